"""Git ↔ the kept files, and the code that dvc.lock says ran"""

from tasks.audit.edges.edge import Edge, out_of_reach
from tasks.audit.finding import Finding, broken, holds, unreached
from tasks.audit.recorded import maker, sources
from tasks.audit.witnesses import Code, Made, Unreached, Witnesses
from tasks.dvc_store import outputs


def check(seen: Witnesses) -> list[Finding]:
    """The commit with the recorded changes gives params.yaml, dvc.yaml, dvc.lock, constraints.txt and the code."""
    if isinstance(seen.code, Unreached):
        return out_of_reach("the code in git", seen.code)
    if isinstance(seen.made, Unreached):
        return out_of_reach("the code in git", Unreached("without a statement nobody knows the commit"))
    commit = seen.made.statement.commit
    found = [holds(f"commit {commit[:10]} is here", "with the recorded changes" if _has_changes(seen.made) else "")]
    return found + _kept(seen.code, seen.made) + _ran(seen, seen.code)


def _has_changes(made: Made) -> bool:
    return "dirty.diff" in made.files


def _kept(code: Code, made: Made) -> list[Finding]:
    wrong: list[Finding] = []
    same, absent = [], []
    for name, text in code.texts.items():
        kept = made.files.get(name)
        if kept is None:
            wrong.append(broken(name, "git has it at that commit; it was not kept with the version"))
        elif kept.decode("utf-8", "replace").replace("\r\n", "\n") == text.replace("\r\n", "\n"):
            same.append(name)
        else:
            wrong.append(_other(code, name, "the kept file is not the one in git"))
    absent = [name for name in ("params.yaml", "dvc.yaml", "dvc.lock", "constraints.txt") if name not in code.texts]
    found = wrong + ([holds(f"{', '.join(same)} are as in git")] if same else [])
    missing = [name for name in absent if name in made.files]
    return found + ([unreached(", ".join(missing), "git does not have it at that commit")] if missing else [])


def _ran(seen: Witnesses, code: Code) -> list[Finding]:
    known = {**sources(seen.lock), **outputs(seen.lock)}
    wrong = [
        _other(
            code, f"{path} ({maker(seen.lock, path)})", f"git has md5 {md5}, dvc.lock says that {known[path]} was read"
        )
        for path, md5 in code.found.items()
        if known.get(path, md5) != md5
    ]
    same = sum(known.get(path) == md5 for path, md5 in code.found.items())
    return wrong + ([holds(f"{same} files and folders of code and data in git are those that ran")] if same else [])


def _other(code: Code, what: str, why: str) -> Finding:
    name = what.partition(" (")[0]
    if any(each == name or each.startswith(f"{name}/") for each in code.left_out):
        return unreached(what, "a change of it was too large to be kept, or is binary")
    if code.is_masked:
        return unreached(what, f"{why}; a secret was masked in the recorded changes")
    return broken(what, why)


EDGE = Edge("code", "code", check)
