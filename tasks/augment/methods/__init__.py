"""Ways to change a text and keep its meaning. To add one: a file beside these, and a line in the union below.

A method is a settings class with a `kind`, and `changer(texts, base_folder)`, which gives the function that changes one
text with the random numbers it is handed. `texts` are all that may come; `base_folder` finds the base model's folder,
for methods that need it. A text that a method cannot change comes back as it was.
"""

from typing import Annotated

from pydantic import Field

from tasks.augment.methods.keyboard_typos import KeyboardTypos
from tasks.augment.methods.nearest_words import NearestWords
from tasks.augment.methods.word_deletion import WordDeletion
from tasks.augment.methods.word_swap import WordSwap

AnyMethod = Annotated[
    WordDeletion | WordSwap | KeyboardTypos | NearestWords,
    Field(discriminator="kind"),
]
