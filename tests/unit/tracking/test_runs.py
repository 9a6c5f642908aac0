from concurrent.futures import ThreadPoolExecutor

from tasks.paths import Paths
from tasks.tracking import ensure_run, find_run, live_run, open_store


def test_an_unknown_model_has_no_run(paths: Paths) -> None:
    assert find_run(paths, "unknown") is None


def test_a_cached_training_finds_its_own_run(paths: Paths) -> None:
    with live_run(paths, name="a", params={}, tags={}) as run:
        run.finish("abc")
    assert ensure_run(paths, model_digest="abc", name="b") == run.run_id


def test_a_new_store_gets_a_run_written_from_the_reports(paths: Paths) -> None:
    client = open_store(paths).client
    run = client.get_run(ensure_run(paths, model_digest="abc", name="b", tags={"mine": "yes"}))
    assert (run.info.status, run.info.run_name, run.data.tags["mine"]) == ("FINISHED", "b", "yes")
    history = client.get_metric_history(run.info.run_id, "val_loss")
    assert [(each.step, each.value) for each in history] == [(1, 0.5), (2, 0.25)]


def test_only_one_run_is_written_for_a_model(paths: Paths) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: ensure_run(paths, model_digest="abc", name="b"), range(4)))
    assert len(set(found)) == 1
