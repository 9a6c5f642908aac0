"""Several models in one folder: whole, or refused; their answers worked out by hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.errors import IntegrityError
from tasks.files import read_json, write_json
from tasks.inputs import TextInput
from tasks.model.about import ABOUT, read_about
from tasks.model.classifier import build_classifier, learned_state
from tasks.model.ensemble import SavedEnsemble
from tasks.model.files import load_model, save_ensemble
from tasks.model.manifest import MANIFEST, make_manifest
from tasks.model.settings import BaseSettings
from tasks.model.strategies.bitfit import BitFit
from tasks.model.strategies.partial import Partial
from tasks.targets import LabelTarget


class Fixed:
    """A model that knows one answer."""

    labels = ("a", "b")
    input = TextInput()
    target = LabelTarget()

    def __init__(self, *answer: float) -> None:
        self.answer = answer

    def predict(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([self.answer for _ in texts], dtype=np.float32)


@pytest.fixture
def saved(tiny_base: BaseSettings, tmp_path: Path) -> Path:
    folder = Path(str(tiny_base.folder))
    strategies = [Partial(layers=1), BitFit()]
    models = [(each, learned_state(build_classifier(folder, each, 2, "sdpa"))) for each in strategies]
    save_ensemble(tmp_path / "model", models, base=tiny_base, base_folder=folder, labels=["a", "b"], temperature=1.25)
    return tmp_path / "model"


def seal(folder: Path) -> None:
    """Manifests that agree with whatever lies there: a forger would write them too."""
    for each in (folder / "members" / "1", folder):
        write_json(each / MANIFEST, make_manifest(each))


def change(file: Path, **values: Any) -> None:
    write_json(file, read_json(file) | values)


def test_the_answer_is_the_mean_of_probabilities_raised_to_one_over_the_temperature() -> None:
    """Mean (0.8, 0.2); at temperature 2: 0.8^½ / (0.8^½ + 0.2^½) = 2 / 3."""
    members = [Fixed(1.0, 0.0), Fixed(0.6, 0.4)]
    np.testing.assert_allclose(SavedEnsemble(members, 1.0, "", {}).predict(["x"]), [[0.8, 0.2]], rtol=1e-6)
    np.testing.assert_allclose(SavedEnsemble(members, 2.0, "", {}).predict(["x"]), [[2 / 3, 1 / 3]], rtol=1e-6)


def test_a_label_that_no_member_believes_in_breaks_nothing() -> None:
    answer = SavedEnsemble([Fixed(1.0, 0.0)] * 2, 0.05, "", {}).predict(["x", "y"])
    np.testing.assert_allclose(answer, [[1.0, 0.0]] * 2, atol=1e-6)


def test_the_folder_says_what_it_is(saved: Path) -> None:
    about = read_about(saved)
    assert (about.kind, about.members, about.temperature, about.strategy) == ("ensemble", 2, 1.25, None)
    assert [read_about(saved / "members" / number).kind for number in "01"] == ["partial", "bitfit"]
    named = read_json(saved / MANIFEST)["files"]
    lying = {path.relative_to(saved).as_posix() for path in saved.rglob("*") if path.is_file()} - {MANIFEST}
    assert named.keys() == lying
    assert load_model(saved).predict(["refund my card"]).shape == (1, 2)


def test_one_flipped_byte_anywhere_is_refused_by_name(saved: Path) -> None:
    for file in sorted(path for path in saved.rglob("*") if path.is_file() and path != saved / MANIFEST):
        content = file.read_bytes()
        file.write_bytes(content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])
        with pytest.raises(IntegrityError, match=file.relative_to(saved).as_posix().replace(".", r"\.")):
            load_model(saved)
        file.write_bytes(content)


@pytest.mark.parametrize(
    ("values", "told"),
    [({"labels": ["b", "a"]}, "is no member of"), ({"members": 2, "strategy": None, "temperature": 1.0}, "no member")],
)
def test_a_member_of_another_ensemble_is_refused_even_where_all_digests_agree(
    values: Any, told: str, saved: Path
) -> None:
    change(saved / "members" / "1" / ABOUT, **values)
    seal(saved)
    with pytest.raises(IntegrityError, match=told):
        load_model(saved)


@pytest.mark.parametrize("values", [{"members": 1}, {"members": "../.."}, {"temperature": 0.0}, {"strategy": {}}])
def test_an_about_that_makes_no_sense_is_refused(values: Any, saved: Path) -> None:
    change(saved / ABOUT, **values)
    seal(saved)
    with pytest.raises(IntegrityError, match=r"about\.json is broken"):
        load_model(saved)


def test_a_member_that_is_missing_is_refused(saved: Path) -> None:
    change(saved / ABOUT, members=3)
    seal(saved)
    with pytest.raises(IntegrityError, match="members/2"):
        load_model(saved)
