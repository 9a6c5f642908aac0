"""The files in the workspace ↔ the kept dvc.lock, while they are still those of this version"""

from tasks.audit.edges.edge import Edge, out_of_reach
from tasks.audit.finding import Finding, broken, difference, holds, unreached
from tasks.audit.witnesses import Unreached, Witnesses
from tasks.dvc_store import parts, stages


def check(seen: Witnesses) -> list[Finding]:
    """A stage whose inputs and settings are as recorded has outputs as recorded, and dvc.lock says so."""
    if isinstance(seen.disk, Unreached):
        return out_of_reach("the workspace", seen.disk)
    disk = seen.disk
    wrong: list[Finding] = []
    same = []
    for stage in stages(seen.lock):
        if stage in disk.unsettled:
            continue
        outs = {path: md5 for of, path, md5 in parts(seen.lock, "outs") if of == stage}
        bad = {path: disk.found[path] for path, md5 in outs.items() if disk.found.get(path, md5) != md5}
        wrong += [
            broken(f"{path} ({stage})", difference(outs[path], md5, "the kept dvc.lock", "the workspace"))
            for path, md5 in bad.items()
        ]
        gone = sorted(path for path in outs if path not in disk.found)
        if gone:
            wrong.append(unreached(f"{', '.join(gone)} ({stage})", "it is not in the workspace"))
        if stage in disk.edited and not bad:
            wrong.append(
                broken(f"dvc.lock ({stage})", "it says something else than the kept one; the files are as kept")
            )
        elif not bad and not gone:
            same.append(stage)
    found = wrong + ([holds(f"the outputs of {', '.join(same)} are as recorded")] if same else [])
    return found + [unreached(stage, f"the workspace has moved on: {why}") for stage, why in disk.unsettled.items()]


EDGE = Edge("workspace", "workspace", check)
