"""The gate looks at every byte that dvc.lock names."""

from typing import Any

import pytest
import yaml

from tasks.digest import md5_of_file
from tasks.dvc_store import object_file
from tasks.errors import IntegrityError
from tasks.register.stage import run


@pytest.mark.parametrize("place", ["workspace", "cache"])
def test_damage_behind_the_rows_that_were_learned_from_is_refused(workspace: Any, place: str) -> None:
    """The rows before augmenting, which the gate does not read itself."""
    paths = workspace.paths
    paths.train.write_bytes(paths.augmented.read_bytes())
    name, md5 = paths.train.relative_to(paths.root).as_posix(), md5_of_file(paths.train)
    lock = {"stages": {"split": {"outs": [{"path": name, "md5": md5}]}}}
    (paths.root / "dvc.lock").write_text(yaml.safe_dump(lock))
    given = {"register": workspace.register, "base": workspace.base, "settings": workspace.settings}
    assert run(paths, **given)["passed"]
    file = paths.train if place == "workspace" else object_file(paths.root / ".dvc" / "cache", md5)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"damaged")
    with pytest.raises(IntegrityError, match="finetrace run --until split --force"):
        run(paths, **given)
