"""How rows are dealt to train, val and test."""

from typing import Annotated

from pydantic import Field

from tasks.settings import settings


@settings
class SplitSettings:
    """Shares of the rows, and what counts as the same text."""

    val: Annotated[float, Field(gt=0, lt=0.9)] = 0.15
    """Share of the rows held out to steer training."""
    test: Annotated[float, Field(ge=0, lt=0.9)] = 0.2
    """Share held out for the verdict; not drawn when the data bring an official test file."""
    key: str = "finetrace"
    """Key of the hash that deals the rows; another key is another split."""
    near_duplicate_similarity: Annotated[float, Field(gt=0.3, le=1)] = 0.8
    """Texts whose shingles overlap at least this much (Jaccard) stay on one side."""
    min_train_rows_per_label: Annotated[int, Field(ge=1)] = 2
    """A label with fewer train rows stops the run."""
    min_val_rows_per_label: Annotated[int, Field(ge=0)] = 1
    """A label with fewer val rows stops the run."""
    min_test_rows_per_label: Annotated[int, Field(ge=0)] = 1
    """A label with fewer test rows stops the run."""
    folds: Annotated[int, Field(ge=0, le=50)] = 0
    """Number of cross-validation folds written to the column `fold` of train and val; 0 is off."""
