"""Updates through random matrices that all layers share; only two vectors a map learn."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from tasks.model.strategies.base import Strategy
from tasks.settings import settings


@settings
class Vera(Strategy):
    """Far fewer parameters than LoRA at more computing; mergeable. Kopiczko et al. 2023, arXiv 2310.11454, by PEFT.

    The random matrices are not stored with the model but drawn again from `projection_seed` when it is loaded.
    """

    kind: Literal["vera"] = "vera"
    rank: Annotated[int, Field(ge=1, le=4096)] = 256
    """Of the shared random matrices: more learns more; a step's cost grows linearly, what is stored hardly."""
    start: Annotated[float, Field(gt=0)] = 0.1
    """What the inner vector starts with: more makes the first updates larger."""
    targets: Literal["attention", "all"] = "all"
    """Linear maps that get an update: those of attention, or every one in the layers."""
    projection_seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Of the random matrices; another seed makes another model."""

    needs: ClassVar[tuple[str, ...]] = ("linear maps in its layers",)
    learns_in: ClassVar[Literal["own", "merged", "added"]] = "merged"

    @property
    def learning_rate(self) -> float:
        return 1e-2

    def reshape(self, encoder: Any) -> None:
        from peft import VeraConfig, VeraModel

        from tasks.model.encoder import are_transposed, linear_names

        names = linear_names(encoder, attention_only=self.targets == "attention")
        config = VeraConfig(
            r=self.rank,
            d_initial=self.start,
            projection_prng_key=self.projection_seed,
            target_modules=names,
            fan_in_fan_out=are_transposed(encoder, names),
        )
        VeraModel(encoder, config, "default")  # in place; its layers keep hold of the matrices that they share

    def trains(self, name: str, depth: int, layers: int) -> bool:  # noqa: ARG002
        return ".vera_lambda_" in name

    def merge(self, encoder: Any) -> None:
        from peft.tuners.vera.layer import VeraLayer

        from tasks.model.tuners import fold

        fold(encoder, VeraLayer)
