"""What a registered version is, walked back: on the workspace of a whole run"""

import json

import pyarrow.parquet as pq
import pytest

from tests.pipeline.conftest import RealRun

pytestmark = pytest.mark.pipeline


def test_a_train_row_names_the_version_that_learned_from_it(real_run: RealRun) -> None:
    row = pq.read_table(real_run.workspace.root / "data" / "split" / "train.parquet").slice(3, 1).to_pylist()[0]
    told = json.loads(real_run.workspace.finetrace("why", row["text"], "--json").stdout)
    (story,) = told["stories"]
    assert (story["row_id"], story["side"]) == (row["row_id"], "train")
    assert story["lines"][0]["file"] == "data/raw/rows.csv"
    assert [(each["version"], each["how"]) for each in story["versions"]] == [(1, "learned")]


def test_a_data_set_names_the_version_made_from_it_and_nothing_is_changed_unasked(real_run: RealRun) -> None:
    ingested = json.loads((real_run.workspace.root / "data" / "reports" / "ingest.json").read_text())
    done = real_run.workspace.finetrace("recall", "--dataset", ingested["sources"][0]["sha256"], "--dry-run", "--json")
    (model,) = json.loads(done.stdout)["models"]
    assert (done.returncode, [each["version"] for each in model["touched"]]) == (0, [1])
    assert model["champion"] == {"before": 1, "after": None}


def test_card_kept_at_registration_says_what_the_registry_knows(real_run: RealRun) -> None:
    done = real_run.workspace.finetrace("card", "--check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "says what the registry knows" in done.stdout
