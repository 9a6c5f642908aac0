"""A signed workspace with two versions, made once; whoever tampers with it puts it back"""

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from tasks.lineage.keys import KEY_VARIABLE
from tests.audited import Audited, cleared_environment
from tests.torture.fuzz import make_signed


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    """The workspace; its key is the one that signs while the tests run."""
    folder = tmp_path_factory.mktemp("audited")
    with cleared_environment(), patch.dict(os.environ, {KEY_VARIABLE: str(folder / "key.pem")}):
        yield make_signed(folder)


@pytest.fixture
def other_folder(tmp_path: Path) -> Path:
    """A folder outside the workspace."""
    return tmp_path
