"""Tampering with MLflow's database: ledger lines, anchor, tags, aliases, data inputs, where a version's files lie"""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from tasks.lineage.kept import STATEMENT_TAG
from tasks.lineage.ledger import ANCHOR, TEXT
from tasks.register.champion import PACKAGE_DIGEST
from tests.audited import NAME, Audited
from tests.torture.mutations import LEDGER, VERSION, Kind, changed, other_digest, table

Done = Iterator[str]
_ENTRY = f"name = '{LEDGER}' AND key = '{TEXT}'"


def _tags(made: Audited, version: int) -> dict[str, str]:
    return dict(made.store.client.get_model_version(NAME, str(version)).tags)


@contextmanager
def line_altered(made: Audited, random: Random) -> Done:
    """Another word in an entry: who, why, which version, the champion."""
    number = random.randrange(1, 4)
    old, new = random.choice([('"via"', '"viaa"'), ('"before":', '"before": '), ('"time":"2', '"time":"1'),
                              ('"seq":', '"seq":1'), ('"model":"tiny', '"model":"tinY')])  # fmt: skip
    sql = f"UPDATE model_version_tags SET value = replace(value, ?, ?) WHERE {_ENTRY} AND version = ?"  # noqa: S608
    with changed(made, "model_version_tags", sql, old, new, number):
        yield f"line {number}"


@contextmanager
def line_deleted(made: Audited, random: Random) -> Done:
    number = random.randrange(1, 3)
    with (
        changed(
            made, "model_version_tags", "DELETE FROM model_version_tags WHERE name = ? AND version = ?", LEDGER, number
        ),
        changed(made, "model_versions", "DELETE FROM model_versions WHERE name = ? AND version = ?", LEDGER, number),
    ):
        yield f"line {number}"


@contextmanager
def ledger_truncated(made: Audited, random: Random) -> Done:
    """The last line goes: no number is missing."""
    with (
        changed(made, "model_version_tags", "DELETE FROM model_version_tags WHERE name = ? AND version = 3", LEDGER),
        changed(made, "model_versions", "DELETE FROM model_versions WHERE name = ? AND version = 3", LEDGER),
    ):
        yield "line 3"


@contextmanager
def ledger_truncated_with_anchor(made: Audited, random: Random) -> Done:
    """The same by somebody who sets anchor and alias back too: this workspace has seen the line."""
    first = made.store.client.get_model_version(LEDGER, "2")
    from tasks.lineage.chain import parse_entry

    entry = parse_entry(first.tags[TEXT])
    assert entry is not None
    anchor = "UPDATE registered_model_tags SET value = ? WHERE name = ? AND key = ?"
    alias = "UPDATE registered_model_aliases SET version = 1 WHERE name = ? AND alias = 'champion'"
    with (
        ledger_truncated(made, random),
        changed(made, "registered_model_tags", anchor, f"{entry.seq} {entry.digest}", NAME, ANCHOR),
        changed(made, "registered_model_aliases", alias, NAME),
    ):
        yield "line 3"


@contextmanager
def line_inserted(made: Audited, random: Random) -> Done:
    """A line that names no predecessor that there is."""
    with table(made, "model_version_tags") as tags, table(made, "model_versions") as versions:
        columns = [row[1] for row in versions.execute("PRAGMA table_info(model_versions)")]
        others = ", ".join(column for column in columns if column != "version")
        copy = f"INSERT INTO model_versions (version, {others}) SELECT 4, {others} FROM model_versions"  # noqa: S608
        versions.execute(f"{copy} WHERE name = ? AND version = 3", (LEDGER,))
        versions.commit()
        columns = [row[1] for row in tags.execute("PRAGMA table_info(model_version_tags)")]
        chosen = ", ".join("4" if column == "version" else column for column in columns)
        tags.execute(
            f"INSERT INTO model_version_tags SELECT {chosen} FROM model_version_tags WHERE name = ? AND version = 3",  # noqa: S608
            (LEDGER,),
        )
        forged = "UPDATE model_version_tags SET value = replace(value, ?, ?) WHERE name = ? AND version = 4"
        tags.execute(forged, ('"seq":3', '"seq":4', LEDGER))
        tags.commit()
        yield "line 4"


@contextmanager
def lines_reordered(made: Audited, random: Random) -> Done:
    one, other = random.choice([(1, 2), (2, 3), (1, 3)])
    with table(made, "model_version_tags") as tags:
        for source, target in ((one, 99), (other, one), (99, other)):
            tags.execute(
                "UPDATE model_version_tags SET version = ? WHERE name = ? AND version = ?", (target, LEDGER, source)
            )
        tags.commit()
        yield f"line {one}"


@contextmanager
def line_told_otherwise(made: Audited, random: Random) -> Done:
    """What people read of a line: its description or its tags; the entry stays."""
    number = random.randrange(1, 4)
    if random.random() < 0.5:
        sql = "UPDATE model_versions SET description = 'all is well' WHERE name = ? AND version = ?"
        done = changed(made, "model_versions", sql, LEDGER, number)
    else:
        sql = "UPDATE model_version_tags SET value = 'eve' WHERE name = ? AND version = ? AND key = 'by'"
        done = changed(made, "model_version_tags", sql, LEDGER, number)
    with done:
        yield f"line {number}"


@contextmanager
def anchor_altered(made: Audited, random: Random) -> Done:
    chain = made.store.client.get_registered_model(NAME).tags[ANCHOR]
    seq, _, digest = chain.partition(" ")
    new = random.choice([f"{seq} {other_digest(digest, random)}", f"{int(seq) + 1} {digest}", f"x{chain}"])
    sql = "UPDATE registered_model_tags SET value = ? WHERE name = ? AND key = ?"
    with changed(made, "registered_model_tags", sql, new, NAME, ANCHOR):
        yield "line "


@contextmanager
def anchor_deleted(made: Audited, random: Random) -> Done:
    sql = "DELETE FROM registered_model_tags WHERE name = ? AND key = ?"
    with changed(made, "registered_model_tags", sql, NAME, ANCHOR):
        yield "anchor"


@contextmanager
def alias_moved(made: Audited, random: Random) -> Done:
    sql = "UPDATE registered_model_aliases SET version = 1 WHERE name = ? AND alias = 'champion'"
    if random.random() < 0.3:
        sql = "DELETE FROM registered_model_aliases WHERE name = ? AND alias = 'champion'"
    with changed(made, "registered_model_aliases", sql, NAME):
        yield "champion"


@contextmanager
def tag_altered(made: Audited, random: Random) -> Done:
    """Any tag of the version that says where it comes from, or how good it is; changed or removed."""
    ours = ("finetrace.model_digest", "finetrace.content", "base.", "data.", "git.", "accuracy", "macro_f1", "strategy",
            "gate", "prefect.flow_run_id")  # fmt: skip
    key = random.choice(sorted(name for name in _tags(made, VERSION) if name.startswith(ours)))
    sql = "UPDATE model_version_tags SET value = value || '0' WHERE name = ? AND version = ? AND key = ?"
    if random.random() < 0.3:
        sql = "DELETE FROM model_version_tags WHERE name = ? AND version = ? AND key = ?"
    with changed(made, "model_version_tags", sql, NAME, VERSION, key):
        yield key


@contextmanager
def package_tag_altered(made: Audited, random: Random) -> Done:
    new = other_digest(_tags(made, VERSION)[PACKAGE_DIGEST], random)
    sql = "UPDATE model_version_tags SET value = ? WHERE name = ? AND version = ? AND key = ?"
    with changed(made, "model_version_tags", sql, new, NAME, VERSION, PACKAGE_DIGEST):
        yield PACKAGE_DIGEST


@contextmanager
def statement_tag_altered(made: Audited, random: Random) -> Done:
    new = other_digest(_tags(made, VERSION)[STATEMENT_TAG], random)
    sql = "UPDATE model_version_tags SET value = ? WHERE name = ? AND version = ? AND key = ?"
    if random.random() < 0.3:
        new, sql = "", "DELETE FROM model_version_tags WHERE ? = '' AND name = ? AND version = ? AND key = ?"
    with changed(made, "model_version_tags", sql, new, NAME, VERSION, STATEMENT_TAG):
        yield "statement"


@contextmanager
def old_version_replayed(made: Audited, random: Random) -> Done:
    """The older version, sound and signed, in the place of the champion: its files, its run, its tags."""
    first = "(SELECT {0} FROM model_versions WHERE name = ? AND version = 1)"
    moved = ", ".join(f"{each} = {first.format(each)}" for each in ("source", "run_id", "storage_location"))
    sql = f"UPDATE model_versions SET {moved} WHERE name = ? AND version = ?"  # noqa: S608 - names of our own
    with table(made, "model_version_tags") as tags:
        tags.execute("DELETE FROM model_version_tags WHERE name = ? AND version = ?", (NAME, VERSION))
        columns = [row[1] for row in tags.execute("PRAGMA table_info(model_version_tags)")]
        chosen = ", ".join(str(VERSION) if column == "version" else column for column in columns)
        tags.execute(
            f"INSERT INTO model_version_tags SELECT {chosen} FROM model_version_tags WHERE name = ? AND version = 1",  # noqa: S608
            (NAME,),
        )
        tags.commit()
        with changed(made, "model_versions", sql, NAME, NAME, NAME, NAME, VERSION):
            yield "old one"


@contextmanager
def input_altered(made: Audited, random: Random) -> Done:
    """A data set of the run: its digest, its name, what it was for, or all of it."""
    run_id = made.store.client.get_model_version(NAME, str(VERSION)).run_id
    with table(made, "datasets") as datasets:
        asked = (
            "SELECT d.dataset_uuid, d.name, d.digest, i.input_uuid FROM datasets d JOIN inputs i "
            "ON i.source_id = d.dataset_uuid WHERE i.destination_id = ?"
        )
        uuid, name, digest, input_uuid = random.choice(datasets.execute(asked, (run_id,)).fetchall())
    update = "UPDATE datasets SET {} = ? WHERE dataset_uuid = ?"
    how = random.randrange(4)
    if how == 0:
        done = changed(made, "datasets", update.format("digest"), other_digest(digest, random), uuid)
    elif how == 1:
        done = changed(made, "datasets", update.format("name"), f"{name}.old", uuid)
    elif how == 2:
        done = changed(made, "inputs", "DELETE FROM inputs WHERE input_uuid = ?", input_uuid)
    else:
        done = changed(made, "input_tags", "UPDATE input_tags SET value = 'testung' WHERE input_uuid = ?", input_uuid)
    with done:
        yield name


@contextmanager
def run_renamed(made: Audited, random: Random) -> Done:
    """The run says that it trained another model."""
    run_id = made.store.client.get_model_version(NAME, str(VERSION)).run_id
    sql = "UPDATE tags SET value = ? WHERE run_uuid = ? AND key = 'finetrace.model_digest'"
    with changed(made, "tags", sql, other_digest("0" * 64, random), run_id):
        yield "run's model"


KINDS: tuple[Kind, ...] = (
    Kind("a word of a ledger line is altered", "ledger", line_altered),
    Kind("a ledger line is deleted", "ledger", line_deleted),
    Kind("a ledger line is inserted", "ledger", line_inserted),
    Kind("two ledger lines change places", "ledger", lines_reordered),
    Kind("the ledger's end is cut off", "ledger", ledger_truncated),
    Kind("the ledger's end is cut off, anchor and alias set back", "ledger", ledger_truncated_with_anchor),
    Kind("what people read of a ledger line is altered", "ledger", line_told_otherwise),
    Kind("the anchor is altered", "ledger", anchor_altered),
    Kind("the anchor is deleted", "ledger", anchor_deleted),
    Kind("the alias is moved or removed", "ledger", alias_moved),
    Kind("a tag is altered or removed", "tags", tag_altered),
    Kind("the tag of the files' digest is altered", "package", package_tag_altered),
    Kind("the tag of the statement is altered or removed", "statement", statement_tag_altered),
    Kind("an old version takes the champion's place", "statement", old_version_replayed),
    Kind("a data input of the run is altered or removed", "inputs", input_altered),
    Kind("the run claims another model", "inputs", run_renamed),
)
