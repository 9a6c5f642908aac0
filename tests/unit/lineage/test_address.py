import pytest

from tasks.errors import SettingsError
from tasks.lineage.address import parse_address


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("3", ("wishes", 3)),
        ("v3", ("wishes", 3)),
        ("champion", ("wishes", "champion")),
        ("@challenger", ("wishes", "challenger")),
        (" @challenger ", ("wishes", "challenger")),
        ("models:/other/3", ("other", 3)),
        ("models:/other@champion", ("other", "champion")),
    ],
)
def test_a_version_is_named_in_each_of_these_ways(asked: str, meant: tuple[str, int | str]) -> None:
    assert parse_address(asked, "wishes") == meant


@pytest.mark.parametrize(
    "asked",
    ["", "@", "../1", "a b", "²", "v²", "models:/other", "models:/a/b/1", "models:/o/champion", "a\x00", "\udcff"],
)
def test_what_names_no_version_is_told_in_one_line_with_the_forms_that_do(asked: str) -> None:
    with pytest.raises(SettingsError, match="models:/NAME@champion") as told:
        parse_address(asked, "wishes")
    assert str(told.value).isprintable()


@pytest.mark.parametrize("asked", ["9" * 10, "9" * 5000])
def test_a_number_that_no_registry_can_look_up_names_no_version(asked: str) -> None:
    with pytest.raises(SettingsError):
        parse_address(asked, "wishes")
