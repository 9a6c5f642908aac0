"""What a row holds. To add an input: write its file, then name it in AnyInput and INPUTS."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from tasks.inputs.base import Input
from tasks.inputs.pair import PairInput
from tasks.inputs.text import TextInput
from tasks.texts import Text, parts

AnyInput = Annotated[TextInput | PairInput, Field(discriminator="kind")]
INPUTS: dict[str, Input] = {each.kind: each for each in (TextInput(), PairInput())}

__all__ = ["INPUTS", "AnyInput", "Input", "PairInput", "TextInput", "input_of"]


def input_of(texts: Sequence[Text]) -> Input:
    """The input that rows like these are."""
    return INPUTS["text" if parts(texts)[1] is None else "pair"]
