"""Learned vectors stand before each text; the base is frozen."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from tasks.model.strategies.virtual import Virtual
from tasks.settings import settings


@settings
class Prompt(Virtual):
    """A few vectors, good with large bases, weak with small ones. Lester et al. 2021, arXiv 2104.08691, through PEFT.

    They take positions of the base and are left out of the mean over tokens.
    """

    kind: Literal["prompt"] = "prompt"
    tokens: Annotated[int, Field(ge=1, le=512)] = 20
    """Learned vectors before each text: more learns more, and every text becomes so much longer."""
    start: Literal["words", "random"] = "words"
    """What they start as: words drawn from the base's table, or noise."""

    needs: ClassVar[tuple[str, ...]] = ("a table of words", "vectors in place of ids")

    @property
    def learning_rate(self) -> float:
        return 1e-2

    def reshape(self, encoder: Any) -> None:
        from peft import PromptEmbedding, PromptTuningConfig

        from tasks.model.encoder import words_of
        from tasks.model.virtual_tokens import prepend_vectors

        words: Any = words_of(encoder)
        config = PromptTuningConfig(
            num_virtual_tokens=self.tokens,
            token_dim=words.embedding_dim,
            num_transformer_submodules=1,
            prompt_tuning_init="SAMPLE_VOCAB" if self.start == "words" else "RANDOM",
        )
        prepend_vectors(encoder, PromptEmbedding(config, words))
