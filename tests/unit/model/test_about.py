"""What a model's about.json says, also one that was written before there were targets."""

from pathlib import Path

import numpy as np
import pytest

from tasks.files import read_json, write_json
from tasks.model.files import load_model
from tasks.model.manifest import make_manifest
from tasks.model.settings import BaseSettings
from tests.unit.model.test_pairs import PAIRS, save


@pytest.mark.parametrize(("former", "kind"), [("pairs", "pair"), ("texts", "text")])
def test_a_model_saved_before_there_were_targets_is_read(
    former: str, kind: str, tiny_base: BaseSettings, tmp_path: Path
) -> None:
    folder = save(tmp_path / "model", tiny_base, kind)
    about = read_json(folder / "about.json")
    old = {key: about[key] for key in ("base", "strategy", "labels")} | {"problem": former, "format": 1}
    expected = load_model(folder).predict(PAIRS if kind == "pair" else ["stop"])
    write_json(folder / "about.json", old)
    write_json(folder / "manifest.json", make_manifest(folder))
    model = load_model(folder)
    assert (model.input.kind, model.target.kind) == (kind, "label")
    np.testing.assert_array_equal(model.predict(PAIRS if kind == "pair" else ["stop"]), expected)
