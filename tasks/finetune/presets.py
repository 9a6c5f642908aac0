"""Named ways to fine-tune: each is nothing but some lines of params.yaml's section finetune."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from tasks.errors import SettingsError
from tasks.finetune.settings import FinetuneSettings
from tasks.settings import as_dict


@dataclass(frozen=True)
class Preset:
    """Some lines, and what a person should know before taking them."""

    settings: Mapping[str, Any]
    """The lines, as parsed."""
    use: str
    """What it is for."""
    cost: str
    """What learns and what it costs, beside full fine-tuning."""
    paper: str = ""


def _strategy(kind: str, **settings: Any) -> dict[str, Any]:
    return {"strategy": {"kind": kind, **settings}}


PRESETS: dict[str, Preset] = {
    "feature_extraction": Preset(
        _strategy("feature_extraction"),
        "a first answer in seconds, and few rows",
        "the head alone; the base runs once over the rows",
    ),
    "partial": Preset(
        _strategy("partial", layers=2),
        "most of full's gain on little hardware",
        "the top two layers; states below are computed once",
    ),
    "full": Preset(_strategy("full"), "the reference, and enough rows", "every weight, with AdamW's two states each"),
    "discriminative": Preset(
        _strategy("full") | {"layer_decay": 0.8},
        "full, with lower layers that move less",
        "as full",
        "Howard & Ruder 2018, arXiv 1801.06146, section 3.2",
    ),
    "progressive": Preset(
        _strategy("full") | {"thaw": {"kind": "on_plateau", "start": 1, "layers": 1}},
        "full, with layers that join when val stops getting better",
        "less than full while layers are frozen",
    ),
    "ulmfit": Preset(
        _strategy("full")
        | {"layer_decay": 0.38, "thaw": {"kind": "by_epoch"}, "schedule": {"kind": "slanted_triangle"}},
        "the three tricks of ULMFiT together; made for an LSTM",
        "less than full while layers are frozen",
        "Howard & Ruder 2018, arXiv 1801.06146",
    ),
    "lora": Preset(
        _strategy("lora"),
        "small versions, merged for predicting",
        "low-rank updates",
        "Hu et al. 2021, arXiv 2106.09685",
    ),
}
"""By name."""


def apply_preset(finetune: FinetuneSettings, name: str) -> FinetuneSettings:
    """The settings with a preset's lines in place of their own. Raises SettingsError if there is no such preset."""
    if name not in PRESETS:
        raise SettingsError(f"{name}: no such preset; known: {', '.join(PRESETS)}.")
    return TypeAdapter(FinetuneSettings).validate_python(as_dict(finetune) | dict(PRESETS[name].settings))
