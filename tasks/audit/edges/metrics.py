"""The metrics that the MLflow run shows ↔ the statement"""

from tasks.audit.edges.edge import Edge, out_of_reach
from tasks.audit.finding import Finding, broken, holds, unreached
from tasks.audit.witnesses import Unreached, Witnesses


def check(seen: Witnesses) -> list[Finding]:
    """What the run's page and its charts show is what was measured; and the run is not on its way out."""
    if isinstance(seen.run, Unreached):
        return out_of_reach("the run's metrics", seen.run)
    if isinstance(seen.made, Unreached):
        return out_of_reach("the run's metrics", Unreached("without a statement nobody knows what they should be"))
    found = [broken("the run", "it was deleted in MLflow, and what lies with it goes next: mlflow runs restore")]
    found = found if seen.run.is_deleted else []
    metrics = seen.made.statement.results.get("metrics", {})
    said = {name: each["value"] for name, each in metrics.items() if each.get("value") is not None}
    told = [_compare(name, value, seen.run.metrics.get(name, ())) for name, value in said.items()]
    wrong = [each for each in told if each is not None]
    return found + (wrong or [holds(f"{len(said)} metrics of the run are those of the statement")])


def _compare(name: str, said: float, points: tuple[float, ...]) -> Finding | None:
    """What is wrong with a metric. points: what the run shows, then all that was ever logged."""
    if not points:
        return broken(name, f"it is gone from the run; the statement has {said:.4g}")
    shown, *logged = points
    if said not in logged or shown not in logged:
        return broken(name, f"the run has {shown:.6g}, the statement has {said:.6g}")
    return None if shown == said else unreached(name, f"the run has {shown:.6g} by now: measured again, or added")


EDGE = Edge("metrics", "metrics of the run", check)
