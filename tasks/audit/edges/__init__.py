"""The questions of the audit, one file each, in the order they are told"""

from tasks.audit.edges import (
    base,
    code,
    flow_run,
    inputs,
    kept,
    ledger,
    lock,
    metrics,
    objects,
    package,
    statement,
    tags,
    workspace,
)
from tasks.audit.edges.edge import Edge

EDGES: tuple[Edge, ...] = (
    package.EDGE,
    statement.EDGE,
    kept.EDGE,
    tags.EDGE,
    ledger.EDGE,
    inputs.EDGE,
    metrics.EDGE,
    lock.EDGE,
    base.EDGE,
    code.EDGE,
    objects.CACHE,
    objects.REMOTE,
    workspace.EDGE,
    flow_run.EDGE,
)
