"""Vectors made by a small network stand before each text; the base is frozen."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from tasks.model.strategies.virtual import Virtual
from tasks.settings import settings


@settings
class PTuning(Virtual):
    """Steadier to train than plain prompt vectors. Liu et al. 2021, arXiv 2103.10385, through PEFT (its MLP form).

    For predicting, the network is folded into the vectors that it makes.
    """

    kind: Literal["p_tuning"] = "p_tuning"
    tokens: Annotated[int, Field(ge=1, le=512)] = 20
    """Learned vectors before each text: more learns more, and every text becomes so much longer."""
    width: Annotated[int, Field(ge=1, le=4096)] = 128
    """Of the network that makes them: wider learns more."""

    needs: ClassVar[tuple[str, ...]] = ("a table of words", "vectors in place of ids")

    @property
    def learning_rate(self) -> float:
        return 2e-3

    def reshape(self, encoder: Any) -> None:
        from peft import PromptEncoder, PromptEncoderConfig

        from tasks.model.encoder import words_of
        from tasks.model.virtual_tokens import prepend_vectors

        words: Any = words_of(encoder)
        config = PromptEncoderConfig(
            num_virtual_tokens=self.tokens,
            token_dim=words.embedding_dim,
            num_transformer_submodules=1,
            encoder_hidden_size=self.width,
        )
        prepend_vectors(encoder, PromptEncoder(config))

    def merge(self, encoder: Any) -> None:
        from tasks.model.virtual_tokens import fold_network

        fold_network(encoder)
