"""DVC's objects ↔ the md5 that each is called by"""

from tasks.audit.edges.edge import Edge, out_of_reach
from tasks.audit.finding import Finding, broken, holds, unreached
from tasks.audit.recorded import maker, sources
from tasks.audit.witnesses import Place, Unreached, Witnesses
from tasks.dvc_store import outputs


def check_cache(seen: Witnesses) -> list[Finding]:
    """What stages made, and the data as given, lie in the cache as they were."""
    return _check(seen, seen.cache, "the DVC cache")


def check_remote(seen: Witnesses) -> list[Finding]:
    """The same, in the remote."""
    return _check(seen, seen.remote, "the DVC remote")


def _check(seen: Witnesses, place: Place | Unreached, where: str) -> list[Finding]:
    if isinstance(place, Unreached):
        return out_of_reach(where, place)
    paths = _paths(seen, place)
    if not paths:
        return out_of_reach(where, Unreached("nothing tells which objects belong to the version"))
    wrong = [
        broken(
            f"{path} ({maker(seen.lock, path.partition(' › ')[0]) or 'data'})",
            f"{where}: object {md5} {_has(place, md5)}",
        )
        for md5, path in paths.items()
        if md5 in place.found and (place.found[md5] != md5 or (md5.endswith(".dir") and not place.lists.get(md5)))
    ]
    missing = [path for md5, path in paths.items() if md5 not in place.found]
    there = len(paths) - len(missing) - len(wrong)
    found = wrong + ([holds(f"{there} objects of {where} have the bytes that they are called by")] if there else [])
    if missing:
        told = f"{', '.join(missing[:3])}{' …' if len(missing) > 3 else ''}"
        found.append(unreached(f"{len(missing)} of {len(paths)} objects", f"they are not in {where}: {told}"))
    return found


def _paths(seen: Witnesses, place: Place) -> dict[str, str]:
    """md5 → the path it is of, members of folders too. The data as given count only where DVC keeps them."""
    made = outputs(seen.lock)
    known = {**sources(seen.lock), **made}
    data = {} if isinstance(seen.made, Unreached) else seen.made.statement.materials
    raw = {name for name, each in data.items() if (each.get("annotations") or {}).get("context") == "raw"}
    wanted = {
        md5: path
        for path, md5 in known.items()
        if (path in made and path not in seen.uncached) or (path in raw and md5 in place.found)
    }
    for folder, listed in place.lists.items():
        of = wanted.get(folder, "")
        wanted |= {md5: f"{of} › {member}" for member, md5 in listed.items() if md5 not in wanted}
    return wanted


def _has(place: Place, md5: str) -> str:
    if place.found[md5] == md5:
        return "is no list of files"
    return f"has bytes with md5 {place.found[md5]}"


CACHE = Edge("cache", "DVC cache", check_cache)
REMOTE = Edge("remote", "DVC remote", check_remote)
