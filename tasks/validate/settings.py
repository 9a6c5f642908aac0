"""What a usable row is."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from tasks.settings import as_off, settings


def _distinct(labels: tuple[str, ...] | None) -> tuple[str, ...] | None:
    for label in labels or ():
        if not label.strip():
            raise ValueError("a label must not be blank")
        if labels and labels.count(label) > 1:
            raise ValueError(f"{label!r} is listed twice")
    return labels


@settings
class ValidateSettings:
    """Which rows pass, and how many may fail."""

    labels: Annotated[tuple[str, ...] | None, Field(min_length=2), AfterValidator(_distinct)] = None
    """The known labels; null: every label with at least min_rows_per_label rows."""
    min_rows: Annotated[int, Field(ge=1)] = 100
    """Fewer usable rows (those of an official test file not counted) stop the run."""
    min_rows_per_label: Annotated[int, Field(ge=2)] = 5
    """A label with fewer rows is a misspelling or too rare to learn: its rows are set aside. Each side needs some,
    see split.min_train_rows_per_label."""
    min_characters: Annotated[int, Field(ge=1)] = 1
    """Shorter texts (spaces at the ends and invisible characters not counted) are set aside."""
    max_characters: Annotated[int, Field(ge=10)] = 10_000
    """Longer texts are set aside."""
    max_bad_fraction: Annotated[float, Field(ge=0, le=1)] = 0.05
    """More unusable rows than this stop the run; duplicates are counted apart."""
    duplicates: Literal["drop", "keep"] = "drop"
    """Rows that repeat an earlier text (or pair of texts) and label."""
    conflicts: Literal["drop", "keep"] = "drop"
    """Rows of one text (or pair) under several labels: drop all of them, or keep them and only report. A row that
    contradicts an official test or val file is never learned from: it is dropped here or, as a repeat, by split."""
    label_errors: Annotated[Literal["report", "drop", "off"], BeforeValidator(as_off)] = "report"
    """Likely label errors (cleanlab on cross-validated probabilities, of frozen features or of TF-IDF): only
    report them, drop them into the quarantine, or do not look."""
    label_error_rows: Annotated[int, Field(ge=100)] = 2_000
    """At most so many rows are looked at for label errors."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Draws the sample that is looked at for label errors."""

    @model_validator(mode="after")
    def _lengths_fit(self) -> Self:
        if self.min_characters > self.max_characters:
            raise ValueError(
                f"min_characters ({self.min_characters}) is above max_characters ({self.max_characters}); "
                "no text could pass"
            )
        return self
