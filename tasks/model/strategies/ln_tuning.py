"""The normalisations learn; every matrix is frozen."""

import warnings
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from tasks.model.strategies.base import Strategy
from tasks.settings import settings


@settings
class LnTuning(Strategy):
    """Few parameters and no added cost once merged. Zhao et al. 2023, arXiv 2312.11420, through PEFT."""

    kind: Literal["ln_tuning"] = "ln_tuning"
    layers: Annotated[int, Field(ge=0)] = 0
    """How many layers' norms learn, counted from the top; 0: every norm of the base."""

    needs: ClassVar[tuple[str, ...]] = ("normalisations",)
    learns_in: ClassVar[Literal["own", "merged", "added"]] = "merged"

    @property
    def learning_rate(self) -> float:
        return 2e-3

    def reshape(self, encoder: Any) -> None:
        from peft import LNTuningConfig, inject_adapter_in_model

        from tasks.model.roles import norm_names

        config = LNTuningConfig(target_modules=norm_names(encoder, self.layers))
        with warnings.catch_warnings():  # PEFT knows no widths of norms, warns of each, and does not use them
            warnings.filterwarnings("ignore", message="Unsupported layer type")
            inject_adapter_in_model(config, encoder)

    def trains(self, name: str, depth: int, layers: int) -> bool:  # noqa: ARG002
        return ".ln_tuning_layers." in name

    def merge(self, encoder: Any) -> None:
        from peft.tuners.ln_tuning.layer import LNTuningLayer

        from tasks.model.tuners import fold

        fold(encoder, LNTuningLayer)
