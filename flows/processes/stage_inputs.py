"""What a run takes as it is ↔ what dvc.lock records: nothing is learned from damaged data (tasks.damage)"""

from collections.abc import Collection

from tasks.config import load_config
from tasks.damage import (
    Damage,
    KnownDigests,
    find_damage,
    find_damaged_data,
    find_damaged_objects,
    is_changed,
    read_lock,
    refuse_damage,
)
from tasks.dvc_store import parts
from tasks.paths import Paths


def refuse_changed_inputs(paths: Paths, stage: str) -> None:
    """Raise IntegrityError if a file that an earlier stage made is not the one that dvc.lock records, or the data as
    given came from a damaged object of DVC's cache."""
    lock, digest = read_lock(paths.root), _known_digests(paths)
    makers = {path: (maker, md5) for maker, path, md5 in parts(lock, "outs")}
    found = find_damaged_data(paths.root, load_config(paths.params).ingest.path, digest) if stage == "ingest" else []
    for of, path, _ in parts(lock, "deps"):
        maker, md5 = makers.get(path, ("", ""))
        if of == stage and maker and is_changed(paths.root / path, md5, digest):
            objects = list(find_damaged_objects(paths.root, maker, path, md5, digest))
            found += objects or [Damage(maker, path, paths.root / path, in_cache=False)]
    digest.save()
    refuse_damage(found)


def damage_of(paths: Paths, stages: Collection[str]) -> list[Damage]:
    """The damage among what these stages made; they are ones that DVC takes for unchanged. What was hashed before and
    has not changed since is not hashed again."""
    digest = _known_digests(paths)
    found = find_damage(paths.root, stages, digest)
    digest.save()
    return found


def _known_digests(paths: Paths) -> KnownDigests:
    return KnownDigests(paths.state / "digests.json")
