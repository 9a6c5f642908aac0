"""How rows are dealt to train, val and test."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tasks.settings import settings


@settings
class SplitSettings:
    """Shares of the rows, and what counts as the same text."""

    val: Annotated[float, Field(gt=0, lt=0.9)] = 0.1
    """Share of the rows held out to steer training."""
    test: Annotated[float, Field(ge=0, lt=0.9)] = 0.2
    """Share held out for the verdict; not drawn when the data bring an official test file."""
    key: str = "finetrace"
    """Key of the hash that deals the rows; another key is another split."""
    near_duplicate_similarity: Annotated[float, Field(ge=0.5, le=1)] = 0.8
    """Texts that share at least this much of their three-letter shingles (Jaccard; case and punctuation aside) stay on
    one side. At 0.8 one changed letter is forgiven in texts of 27 letters or more, at 0.7 from 17. 1 is equal only."""
    together: Literal["text", "pair"] = "text"
    """Where rows are pairs of texts, what stays on one side: "text", rows with the same first text (one premise, one
    question) or near ones; "pair", only rows of which both texts are near."""
    min_train_rows_per_label: Annotated[int, Field(ge=1)] = 2
    """Train rows that each label needs. Where the hash gives fewer, texts of the label are dealt to the side; a label
    that has too few rows for all minimums stops the run."""
    min_val_rows_per_label: Annotated[int, Field(ge=0)] = 1
    """Val rows that each label needs, likewise."""
    min_test_rows_per_label: Annotated[int, Field(ge=0)] = 1
    """Test rows that each label needs, likewise; an official test file is taken as it is."""
    folds: Annotated[int, Field(ge=0, le=50)] = 0
    """Number of cross-validation folds, written as 1, 2, … to the column `fold` of train and val; 0 is off."""

    @model_validator(mode="after")
    def _leave_rows_for_train(self) -> Self:
        if self.val + self.test > 0.9:
            raise ValueError(f"val + test is {self.val + self.test:.2f}; leave at least 0.1 of the rows for train")
        if self.folds == 1:
            raise ValueError("folds is 1; one fold leaves nothing to train on. Set 2 or more, or 0 for none")
        return self
