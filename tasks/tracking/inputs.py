"""Which data a run saw, each named by the md5 that DVC knows it by."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from tasks.digest import md5_of_file
from tasks.errors import IntegrityError
from tasks.paths import Paths


@dataclass(frozen=True)
class DataInput:
    """A data file: path relative to the workspace, content's md5, what it was for."""

    name: str
    md5: str
    context: str
    rows: int | None = None
    columns: tuple[tuple[str, str], ...] = ()


def read_inputs(paths: Paths, raw: str | None = None) -> list[DataInput]:
    """The train, val and test files, each with its md5; and the raw data at `raw`, if dvc.lock knows their md5.

    Raises IntegrityError if a file is not the one that dvc.lock records.
    """
    recorded = read_lock(paths.root / "dvc.lock")
    files = [(paths.augmented, "training"), (paths.val, "validation"), (paths.test, "testing")]
    inputs = [_read_input(paths, file, context, recorded) for file, context in files if file.exists()]
    return inputs + ([DataInput(raw, recorded[raw], "raw")] if raw and raw in recorded else [])


def read_lock(lock: Path) -> dict[str, str]:
    """Path → md5 of every file that dvc.lock records; nothing if there is no dvc.lock."""
    stages = (yaml.safe_load(lock.read_text(encoding="utf-8")) or {}).get("stages", {}) if lock.exists() else {}
    found: dict[str, str] = {}
    for stage in stages.values():
        found |= {each["path"]: each["md5"] for each in stage.get("deps", []) if "md5" in each}
    for stage in stages.values():
        found |= {each["path"]: each["md5"] for each in stage.get("outs", []) if "md5" in each}
    return found


def log_inputs(client: Any, run_id: str, inputs: list[DataInput]) -> None:
    """Attach the data to the run; the same data twice is one input."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    client.log_inputs(
        run_id,
        [
            DatasetInput(
                Dataset(
                    name=each.name,
                    digest=each.md5,
                    source_type="local",
                    source=json.dumps({"uri": each.name}),
                    schema=_schema(each) if each.columns else None,
                    profile=None if each.rows is None else json.dumps({"num_rows": each.rows}),
                ),
                [InputTag("mlflow.data.context", each.context)],
            )
            for each in inputs
        ],
    )


def _read_input(paths: Paths, file: Path, context: str, recorded: dict[str, str]) -> DataInput:
    name = file.relative_to(paths.root).as_posix()
    md5 = md5_of_file(file)
    if recorded.get(name, md5) != md5:
        raise IntegrityError(f"{name} has md5 {md5}, dvc.lock says {recorded[name]}. Run `finetrace run` again.")
    try:
        table = pq.ParquetFile(file)
    except pa.ArrowInvalid as error:
        raise IntegrityError(f"{name} is no longer Parquet ({error}). Run `finetrace run` again.") from None
    columns = tuple((field.name, str(field.type)) for field in table.schema_arrow)
    return DataInput(name, md5, context, table.metadata.num_rows, columns)


def _schema(data: DataInput) -> str:
    """In the form that MLflow's page shows as a table."""
    kinds = {"string": "string", "int64": "long", "int32": "integer"}
    columns = [{"type": kinds.get(kind, "string"), "name": name, "required": True} for name, kind in data.columns]
    return json.dumps({"mlflow_colspec": columns})
