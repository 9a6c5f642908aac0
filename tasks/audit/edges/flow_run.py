"""Prefect's memory of the flow run ↔ the statement"""

from tasks.audit.edges.edge import Edge, out_of_reach
from tasks.audit.finding import Finding, broken, holds, unreached
from tasks.audit.witnesses import FlowRun, Unreached, Witnesses

FLOW = "retrain"
_FAILED = {"FAILED", "CRASHED", "CANCELLED"}


def check(seen: Witnesses) -> list[Finding]:
    """The flow run is known, ran this flow, and came to a good end by its record and by its events."""
    if isinstance(seen.flow_run, Unreached):
        return out_of_reach("the Prefect flow run", seen.flow_run)
    run = seen.flow_run
    found = []
    if run.flow != FLOW:
        found.append(broken("the flow", f"Prefect ({run.source}) says that it ran {run.flow}, not {FLOW}"))
    if run.state == "COMPLETED":
        found += _events(run)
    elif run.state in _FAILED:
        found.append(
            unreached("the flow run's end", f"{run.source}: it {run.state.lower()}, after the version was made")
        )
    else:
        found.append(unreached("the flow run's end", f"{run.source}: it is {run.state.lower()}"))
    given = ", ".join(f"{name}={value}" for name, value in sorted(run.parameters.items()))
    return [*found, holds("the parameters it was given are known", given[:200])]


def _events(run: FlowRun) -> list[Finding]:
    if not run.events:
        return [holds("it completed", run.source), unreached("its events", f"{run.source} keeps none of them any more")]
    if "Completed" not in run.events:
        return [broken("its events", f"{run.source}: it is marked completed, but no event tells of that")]
    return [holds("it completed, by its record and by its events", run.source)]


EDGE = Edge("flow", "Prefect flow run", check)
