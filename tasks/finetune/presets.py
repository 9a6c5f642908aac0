"""Named ways to fine-tune: each is nothing but some lines of params.yaml's section finetune."""

import difflib
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
    "freeze_out": Preset(
        _strategy("full") | {"thaw": {"kind": "freeze_out"}},
        "full, with work saved once lower layers have settled",
        "less than full as layers freeze",
        "after Brock et al. 2017, arXiv 1706.04983",
    ),
    "lora": Preset(
        _strategy("lora"),
        "small versions, merged for predicting",
        "two thin matrices a linear map",
        "Hu et al. 2021, arXiv 2106.09685",
    ),
    "lora_plus": Preset(
        _strategy("lora", up_faster=16.0),
        "LoRA that learns in fewer steps where bases are wide",
        "as lora",
        "Hayou et al. 2024, arXiv 2402.12354",
    ),
    "rslora": Preset(
        _strategy("lora", rank=16, scaling="root_rank"),
        "LoRA at a rank so high that alpha / rank would hold it back",
        "twice as much as lora",
        "Kalajdzievski 2023, arXiv 2312.03732",
    ),
    "dora": Preset(
        _strategy("dora"),
        "nearer to full than lora at the same rank",
        "as lora and a length a row; a step is slower",
        "Liu et al. 2024, arXiv 2402.09353",
    ),
    "adalora": Preset(
        _strategy("adalora"),
        "LoRA with ranks where they matter",
        "half as much again as lora; a step is slower",
        "Zhang et al. 2023, arXiv 2303.10512",
    ),
    "vera": Preset(
        _strategy("vera"),
        "very many versions of one base",
        "two vectors a linear map; a step is slower",
        "Kopiczko et al. 2023, arXiv 2310.11454",
    ),
    "ia3": Preset(
        _strategy("ia3"),
        "few rows, and tiny versions, merged for predicting",
        "a factor for each key, value and inner feature",
        "Liu et al. 2022, arXiv 2205.05638",
    ),
    "adapter": Preset(
        _strategy("adapter"),
        "middling data; other layers than the base's may help",
        "two small layers in each of the base's, at predicting too",
        "Houlsby et al. 2019, arXiv 1902.00751",
    ),
    "adapter_feed_forward": Preset(
        _strategy("adapter", after="feed_forward"),
        "as adapter, half of it",
        "one small layer in each of the base's, at predicting too",
        "Pfeiffer et al. 2020, arXiv 2005.00247",
    ),
    "reft": Preset(
        _strategy("reft"),
        "few parameters, where a few tokens say it all",
        "an edit of eight tokens' states behind each layer, at predicting too",
        "Wu et al. 2024, arXiv 2404.03592",
    ),
    "prompt": Preset(
        _strategy("prompt"),
        "large bases and many versions; weak with small bases",
        "twenty vectors; every text is twenty tokens longer",
        "Lester et al. 2021, arXiv 2104.08691",
    ),
    "p_tuning": Preset(
        _strategy("p_tuning"),
        "as prompt, steadier to train",
        "a small network; every text is twenty tokens longer",
        "Liu et al. 2021, arXiv 2103.10385",
    ),
    "prefix": Preset(
        _strategy("prefix"),
        "as prompt, reaching every layer",
        "twenty keys and values a layer",
        "Li & Liang 2021, arXiv 2101.00190",
    ),
    "ln_tuning": Preset(
        _strategy("ln_tuning"),
        "next to no parameters, and nothing added for predicting",
        "the normalisations; gradients pass the whole base",
        "Zhao et al. 2023, arXiv 2312.11420",
    ),
    "bitfit": Preset(
        _strategy("bitfit"),
        "few rows; a change that is easy to read",
        "the biases; gradients pass the whole base",
        "Ben Zaken et al. 2021, arXiv 2106.10199",
    ),
    "wise_ft": Preset(
        _strategy("full") | {"post": {"kind": "wise_ft"}},
        "full, drawn back towards the base as far as val likes; texts unlike the train rows",
        "as full, and some passes over val",
        "Wortsman et al. 2021, arXiv 2109.01903",
    ),
    "soup": Preset(
        _strategy("full") | {"post": {"kind": "soup", "members": [{}, {"learning_rate": 1e-4}, {"layer_decay": 0.8}]}},
        "one model from three trainings, as quick as one",
        "three times full to train",
        "Wortsman et al. 2022, arXiv 2203.05482",
    ),
    "ensemble": Preset(
        _strategy("full")
        | {"post": {"kind": "ensemble", "members": [{}, *map(_strategy, ("partial", "lora", "feature_extraction"))]}},
        "answers that hang less on one training, also with few rows, where predicting may cost four times as much",
        "full, partial, lora and a head on the untouched base, to train, to store and to predict",
        "Lakshminarayanan et al. 2016, arXiv 1612.01474",
    ),
}
"""By name."""


def apply_preset(finetune: FinetuneSettings, name: str) -> FinetuneSettings:
    """The settings with a preset's lines in place of their own. Raises SettingsError if there is no such preset."""
    settings = dict(preset_named(name).settings)
    return TypeAdapter(FinetuneSettings).validate_python(as_dict(finetune) | settings)


def preset_named(name: str) -> Preset:
    """The preset of this name. Raises SettingsError, with the nearest known name, if there is none."""
    if name not in PRESETS:
        near = difflib.get_close_matches(name, PRESETS, n=1, cutoff=0.5)
        told = f"did you mean {near[0]!r}? Known" if near else "known"
        raise SettingsError(f"{name}: no such preset; {told}: {', '.join(PRESETS)}.")
    return PRESETS[name]
