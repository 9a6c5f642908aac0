"""The data of the MLflow run ↔ the statement and the kept dvc.lock"""

from tasks.audit.edges.edge import Edge, out_of_reach
from tasks.audit.finding import Finding, broken, difference, holds, unreached
from tasks.audit.recorded import sources
from tasks.audit.witnesses import Unreached, Witnesses
from tasks.dvc_store import outputs
from tasks.tracking import MODEL_DIGEST


def check(seen: Witnesses) -> list[Finding]:
    """The run that the version names trained this model, on the data that the statement names."""
    if isinstance(seen.run, Unreached):
        return out_of_reach("the MLflow run", seen.run)
    if isinstance(seen.made, Unreached):
        return out_of_reach("the run's data", Unreached("without a statement nobody knows which"))
    statement = seen.made.statement
    materials = statement.materials.items()
    said = {
        (name, each["annotations"]["context"]): each["digest"]["md5"]
        for name, each in materials
        if "context" in (each.get("annotations") or {})
    }
    found = _of_model(str(statement.model.get("digest", "")), seen.run.tags.get(MODEL_DIGEST, ""))
    lock = " and of dvc.lock" if seen.lock else ""
    wrong = _missing(said, [*seen.run.inputs]) + _unlike_lock(said, {**sources(seen.lock), **outputs(seen.lock)})
    found += wrong or [holds(f"{len(said)} data inputs of the run are those of the statement{lock}")]
    known = {(name, digest, context) for (name, context), digest in said.items()}
    others = [name for name, digest, context in seen.run.inputs if (name, digest, context) not in known]
    if others and not wrong:
        names = ", ".join(sorted(set(others)))
        found.append(unreached("further data of the run", f"{names}: later trainings of the same model, or added"))
    return found


def _of_model(said: str, found: str) -> list[Finding]:
    if said == found:
        return [holds(f"the run trained model {said[:12]}…")]
    return [broken("the run's model", difference(said, found, "the statement", "the run's tag"))]


def _missing(said: dict[tuple[str, str], str], inputs: list[tuple[str, str, str]]) -> list[Finding]:
    found = []
    for (name, context), md5 in said.items():
        if (name, md5, context) not in inputs:
            other = next((digest for n, digest, c in inputs if (n, c) == (name, context)), None)
            found.append(broken(f"{name} ({context})", difference(md5, other, "the statement", "the run's data")))
    return found


def _unlike_lock(said: dict[tuple[str, str], str], lock: dict[str, str]) -> list[Finding]:
    return [
        broken(f"{name} ({context})", difference(md5, lock[name], "the statement", "the kept dvc.lock"))
        for (name, context), md5 in said.items()
        if name in lock and lock[name] != md5
    ]


EDGE = Edge("inputs", "data of the run", check)
