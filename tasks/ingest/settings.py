"""Which file, and how it is written."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.settings import settings


@settings
class IngestSettings:
    """Where the labelled data lie."""

    path: str
    """A file (.csv .tsv .jsonl .parquet, plain or .gz), a folder with train.* and optionally test.* (an official
    test), or a folder saved by Hugging Face `datasets`."""
    url: str | None = None
    """https address that `path` is fetched from when it is not there; needs sha256."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Digest that the file at `path` must have."""
    text_column: str = "text"
    """Column with the text."""
    label_column: str = "label"
    """Column with the label."""
    header: bool = True
    """Whether the first line of a csv or tsv names the columns; without one, columns are called 1, 2, …"""
    quoting: Literal["double", "none"] = "double"
    """How a csv or tsv quotes: "double" (RFC 4180) or "none" (a quote is an ordinary character)."""
    max_field_bytes: Annotated[int, Field(ge=1_000)] = 1_000_000
    """A longer field is refused: usually an unclosed quote."""
    max_unpacked_ratio: Annotated[int, Field(ge=2)] = 100
    """A .gz that grows more than this is refused as a bomb."""
