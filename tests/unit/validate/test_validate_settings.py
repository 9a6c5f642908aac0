import pytest

from tasks.config import parse_config
from tasks.errors import SettingsError

REST = {
    "base": {"id": "a", "revision": "0" * 40, "sha256": "0" * 64},
    "ingest": {"path": "a.csv"},
}


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"labels": ["refund", "refund"]}, "validate.labels: 'refund' is listed twice"),
        ({"labels": ["refund"]}, "validate.labels: tuple should have at least 2 items"),
        ({"labels": ["refund", " "]}, "validate.labels: a label must not be blank"),
        ({"min_characters": 20, "max_characters": 10}, "validate: min_characters (20) is above max_characters (10)"),
        ({"max_bad_fraction": 1.5}, "validate.max_bad_fraction: input should be less than or equal to 1"),
        ({"seed": -1}, "validate.seed: input should be greater than or equal to 0"),
    ],
)
def test_a_mistake_in_the_settings_is_told_with_its_key(section: dict, message: str) -> None:
    with pytest.raises(SettingsError) as error:
        parse_config({**REST, "validate": section}, "params.yaml")
    assert message in str(error.value)
