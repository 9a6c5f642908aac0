"""What is added to the train rows."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from tasks.augment.methods import AnyMethod
from tasks.settings import settings


@settings
class AugmentSettings:
    """Off by default: with no methods and no label names, the train rows pass as they are."""

    methods: tuple[AnyMethod, ...] = ()
    """Ways to change a text, e.g. {kind: word_swap, rate: 0.1}; each new row draws one of them."""
    copies: Annotated[int, Field(ge=0, le=20)] = 0
    """New rows made from each train row."""
    balance: bool = False
    """Whether rows are made from the smaller labels until they have as many as the largest."""
    max_balance_factor: Annotated[float, Field(gt=1, le=100)] = 5.0
    """With `balance`, no label grows beyond this many times its own train rows and their copies."""
    label_names: bool = False
    """Whether each label's name is a train row, too (`card_arrival`: card arrival). For few rows and telling names."""
    max_held_out_similarity: Annotated[float, Field(ge=0.5, le=1)] = 0.8
    """A new row at least this much like a val or test row (as in split.near_duplicate_similarity) is thrown away."""
    seed: int = 0
    """Draws the methods and the changes."""

    @model_validator(mode="after")
    def _methods_and_amount_agree(self) -> Self:
        if self.methods and not (self.copies or self.balance):
            raise ValueError("methods are listed, but copies is 0 and balance is off. Set one, or remove the methods")
        if not self.methods and (self.copies or self.balance):
            asked = f"copies is {self.copies}" if self.copies else "balance is on"
            raise ValueError(f"{asked}, but no methods are listed that make new rows. List some, or set it back")
        return self
