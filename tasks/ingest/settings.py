"""Which file, and how it is written."""

from itertools import combinations
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from tasks.masking import mask_url
from tasks.settings import settings


@settings
class IngestSettings:
    """Where the labelled data lie."""

    path: Annotated[str, Field(pattern=r"^[^\x00]+$")]
    """A file (.csv .tsv .jsonl .parquet .conll; all but .parquet also .gz), a folder with train.* and optionally val.*
    (or dev.*; an official val) and test.* (an official test), or a folder saved by Hugging Face `datasets`."""
    extra_tests: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")], str] = Field(
        default_factory=dict
    )
    """Further test sets by name, e.g. {shifted: data/raw/set/shifted.csv}: files below the folder `path`, read like its
    own. The model is scored on each beside the test; no row of theirs is learned from."""
    url: str | None = None
    """https address that `path` is fetched from when it is not there; needs sha256."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Digest that the file at `path` must have; for one file, not for a folder."""
    format: Literal["auto", "csv", "tsv", "jsonl", "parquet", "conll"] = "auto"
    """How the file is written; auto: by its name's ending. conll: a token and its tag a line, a blank line between
    sentences; its columns are text, tags (a tag a token) and sentence (a label a sentence, a line of its own)."""
    encoding: Literal["utf-8", "latin-1", "windows-1252", "utf-16", "utf-16-le", "utf-16-be"] = "utf-8"
    """What a file of text is encoded in; declared, never guessed."""
    c1_as_windows_1252: bool = False
    """Turn C1 control characters (U+0080 to U+009F) into what they are in Windows-1252, mostly quotes and dashes: for
    a file that somebody read as Latin-1 and saved as UTF-8. The report counts what was changed."""
    text_column: str = "text"
    """Column with the text."""
    pair_column: str | None = None
    """Column with the second text where a row is a pair of texts (premise and hypothesis); null: rows are one text."""
    label_column: str = "label"
    """Column with the label."""
    header: bool = True
    """Whether the first line of a csv or tsv names the columns; without one, columns are called 1, 2, …"""
    delimiter: Annotated[str, Field(pattern=r'^[^"\r\n\x00]$')] | None = None
    """What parts the fields of a csv or tsv; null: a comma in a csv, a tab in a tsv."""
    quoting: Literal["double", "none"] = "double"
    """How a csv or tsv quotes: "double" (RFC 4180) or "none" (a quote is an ordinary character)."""
    max_field_bytes: Annotated[int, Field(ge=1_000)] = 1_000_000
    """A longer field is refused: usually an unclosed quote."""
    max_unpacked_ratio: Annotated[int, Field(ge=2)] = 100
    """A .gz that grows more than this is refused as a bomb; so is a parquet file."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        named = [
            ("text_column", self.text_column),
            ("pair_column", self.pair_column),
            ("label_column", self.label_column),
        ]
        for (one, column), (other, again) in combinations(named, 2):
            if column == again:
                raise ValueError(f"{one} and {other} are both {column!r}; name {len(self.columns)} columns")
        taken = {*self.extra_tests} & {"any", "train", "val", "test"}
        if taken:
            raise ValueError(f"extra_tests: {min(taken)!r} is what a side is called already; give it another name")
        if self.url is not None:
            address = urlsplit(self.url)
            if address.scheme != "https" or not address.hostname:
                raise ValueError("url must begin with https:// and name a host")
            if "@" in address.netloc:
                raise ValueError("url holds a user name or password, which would end up in logs; remove it")
            if mask_url(self.url) != self.url:
                raise ValueError("url holds a key, token or signature, which would end up in dvc.lock; remove it")
            if self.sha256 is None:
                raise ValueError("url needs sha256, the digest of the file it must give; add it")
        return self

    @property
    def columns(self) -> dict[str, str]:
        """The columns that are read, by the setting that names each: the text, the second text if any, the label."""
        pair = {} if self.pair_column is None else {"pair_column": self.pair_column}
        return {"text_column": self.text_column, **pair, "label_column": self.label_column}
