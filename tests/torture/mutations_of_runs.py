"""Tampering with what MLflow shows of the run that trained a version"""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from tests.audited import NAME, Audited
from tests.torture.mutations import VERSION, Kind, changed

Done = Iterator[str]


@contextmanager
def metric_altered(made: Audited, random: Random) -> Done:
    """What the run's page shows, or what its charts are drawn from."""
    run_id = made.store.client.get_model_version(NAME, str(VERSION)).run_id
    name = random.choice(["metrics", "latest_metrics"])
    sql = f"UPDATE {name} SET value = 0.999 WHERE run_uuid = ? AND key = 'accuracy'"  # noqa: S608 - names of our own
    if random.random() < 0.3:
        sql = f"DELETE FROM {name} WHERE run_uuid = ? AND key = 'accuracy'"  # noqa: S608
    with changed(made, name, sql, run_id):
        yield "accuracy"


@contextmanager
def run_deleted(made: Audited, random: Random) -> Done:
    run_id = made.store.client.get_model_version(NAME, str(VERSION)).run_id
    sql = "UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = ?"
    with changed(made, "runs", sql, run_id):
        yield "deleted"


KINDS: tuple[Kind, ...] = (
    Kind("a metric of the run is altered or removed", "metrics", metric_altered),
    Kind("the run is deleted", "metrics", run_deleted),
)
