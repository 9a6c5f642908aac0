"""A model on disk: what learned, which base it sits on, and a manifest that names every byte.

about.json          {base, strategy, input, target, labels, decision, format}
weights.safetensors the tensors that learned
config.json, tokenizer.json   the base's own, so that a model of strategy `full` needs nothing else
manifest.json       {files: {name: sha256}, digest}: written last; the digest is the model's name

An ensemble: about.json {base, strategy: null, …, members, temperature}, members/0/ … each such a folder, and a
manifest.json that names every byte of them all.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import TypeAdapter
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from tasks.errors import GateError, IntegrityError
from tasks.files import replacing, write_json
from tasks.inputs import Input
from tasks.model.about import ABOUT, MEMBERS, About, read_about, single_models
from tasks.model.base import find_base
from tasks.model.batches import pad, plan_batches
from tasks.model.classifier import TEXT, Classifier, build_classifier
from tasks.model.device import cpu_threads, pick_attention, pick_device
from tasks.model.ensemble import SavedEnsemble
from tasks.model.manifest import MANIFEST, make_manifest, verify_model
from tasks.model.settings import BaseSettings
from tasks.model.tokenizer import TOKENIZER, load_tokenizer, token_ids
from tasks.settings import as_dict
from tasks.targets import NOTHING, Decision, LabelTarget, Outputs, Target
from tasks.texts import Text

WEIGHTS = "weights.safetensors"
PREDICT_TOKENS = 4096
LABEL = LabelTarget()


def save_model(
    folder: Path,
    state: dict[str, Tensor],
    *,
    base: BaseSettings,
    base_folder: Path,
    strategy: Any,
    labels: Sequence[str],
    row_input: Input = TEXT,
    target: Target = LABEL,
    decision: Decision = NOTHING,
) -> str:
    """Write a model folder, whole or not at all; returns the model's digest.

    Raises GateError if a weight is no finite number: such a model is none.
    """
    refuse_diverged(state)
    about = About(
        base=base, strategy=strategy, input=row_input, target=target, labels=list(labels), decision=dict(decision)
    )
    with replacing(folder) as temporary:
        temporary.mkdir()
        save_file(state, temporary / WEIGHTS)
        write_json(temporary / ABOUT, about.as_json())
        shutil.copyfile(base_folder / "config.json", temporary / "config.json")
        load_tokenizer(base_folder, base.max_tokens).save(str(temporary / TOKENIZER))
        manifest = make_manifest(temporary)
        write_json(temporary / MANIFEST, manifest)
    return str(manifest["digest"])


def save_ensemble(
    folder: Path,
    models: Sequence[tuple[Any, dict[str, Tensor]]],
    *,
    base: BaseSettings,
    base_folder: Path,
    labels: Sequence[str],
    temperature: float,
    row_input: Input = TEXT,
    target: Target = LABEL,
    decision: Decision = NOTHING,
) -> str:
    """Write a folder of models that answer together, (strategy, weights) each, whole or not at all; returns the digest.

    Raises GateError as `save_model` does.
    """
    about = About(
        base=base,
        strategy=None,
        input=row_input,
        target=target,
        labels=list(labels),
        decision=dict(decision),
        members=len(models),
        temperature=temperature,
    )
    with replacing(folder) as temporary:
        temporary.mkdir()
        write_json(temporary / ABOUT, about.as_json())
        for number, (strategy, state) in enumerate(models):
            member = temporary / MEMBERS / str(number)
            own: dict[str, Any] = {"strategy": strategy, "labels": labels, "row_input": row_input, "target": target}
            save_model(member, state, base=base, base_folder=base_folder, **own)
        manifest = make_manifest(temporary)
        write_json(temporary / MANIFEST, manifest)
    return str(manifest["digest"])


def refuse_diverged(state: Mapping[str, Tensor]) -> None:
    """Raise GateError if a weight is NaN or infinite."""
    bad = sorted(name for name, tensor in state.items() if not bool(tensor.isfinite().all()))
    if bad:
        raise GateError(
            f"the trained weights are no finite numbers ({', '.join(bad[:3])}): the loss diverged. Lower "
            "finetune.learning_rate or finetune.head_learning_rate, or check the base."
        )


class SavedModel:
    """A fine-tuned model, ready to predict."""

    def __init__(self, classifier: Classifier, about: About, folder: Path, base: BaseSettings, digest: str) -> None:
        self.digest = digest
        self.labels = tuple(about.labels)
        self.input = about.input
        self.target = about.target
        self.decision = about.decision
        self._device = pick_device()
        self._classifier = classifier.to(self._device).eval()
        self._tokenizer = load_tokenizer(folder, base.max_tokens)
        self._threads = base.threads

    @torch.no_grad()
    def predict(self, texts: Sequence[Text]) -> np.ndarray:
        """What the target makes of the outputs, in float32 with the recorded threads: probabilities (N, C) in the order
        of `labels`, the number (N, 1), or of words an array (W, C) a row, in an array of objects (N,).

        texts: single ones, or pairs, as the model has learned; for words, those with one space between. Raises
        DataError for the other kind, and GateError if an output is no number: a model that overflows answers nothing.
        """
        self.input.check(texts)
        per_word = self.target.per_word
        ids = token_ids(self._tokenizer, texts, per_word=per_word)
        found = np.empty(len(ids), dtype=object) if per_word else np.zeros(self._shape(len(ids)), dtype=np.float32)
        bad = 0
        with cpu_threads(self._threads):
            for rows in plan_batches([len(each) for each in ids], PREDICT_TOKENS):
                batch = pad(rows, ids).to(self._device)
                outputs = self._classifier(batch.input_ids, batch.attention_mask, **batch.extras)
                given = self.target.activate(outputs).cpu().numpy()
                bad += int((~np.isfinite(given.reshape(len(rows), -1))).any(axis=1).sum())
                if ids.words is None:
                    found[rows] = given
                else:
                    _put_words(found, rows, given, ids.words)
        if bad:
            raise GateError(f"the model gives no numbers for {bad:,} of {len(ids):,} texts: it overflows. Train again.")
        return found

    def answers(self, outputs: Outputs) -> list[str]:
        """The answer to each row, from what `predict` gives."""
        return self.target.answers(outputs, self.labels, self.decision)

    def count_cut(self, texts: Sequence[Text]) -> int:
        """How many of the texts are longer than base.max_tokens and are read to there only."""
        return sum(token_ids(self._tokenizer, texts).is_cut or ())

    def _shape(self, rows: int) -> tuple[int, int]:
        return rows, self.target.width(len(self.labels))


def _put_words(found: np.ndarray, rows: Sequence[int], given: np.ndarray, words: Sequence[Sequence[int]]) -> None:
    """Each row's own words, (W, C); zeros for one that has no token."""
    for place, row in enumerate(rows):
        found[row] = given[place, : len(words[row])] * (np.array(words[row]) >= 0)[:, None]


def load_model(folder: Path, base: BaseSettings | None = None, root: Path | None = None) -> SavedModel | SavedEnsemble:
    """The model at `folder`, every byte of it and of its base checked.

    One rule for all strategies: rebuild the base, let the strategy shape it, put the weights back. The base is the one
    in about.json; `base` (the current settings) may only say where to look for it. Raises IntegrityError.
    """
    digest = verify_model(folder)
    about = read_about(folder)
    if not about.members:
        return _open_single(folder, about, digest, base, root)
    members = []
    for each in single_models(folder):
        member_digest = verify_model(each)
        member = read_about(each)
        if (member.members, member.labels, member.base, member.target) != (0, about.labels, about.base, about.target):
            raise IntegrityError(
                f"{each} is no member of {folder}: base, target or labels differ. Train the ensemble again."
            )
        members.append(_open_single(each, member, member_digest, base, root))
    return SavedEnsemble(members, about.temperature, digest, about.decision)


def _open_single(folder: Path, about: About, digest: str, base: BaseSettings | None, root: Path | None) -> SavedModel:
    recorded, strategy = about.base, about.strategy
    state = _read_weights(folder / WEIGHTS)
    whole = _is_whole(strategy)
    if base is not None and base.sha256 == recorded.sha256:
        recorded = TypeAdapter(BaseSettings).validate_python(as_dict(recorded) | {"folder": base.folder})
    source = folder if whole else find_base(recorded, root or Path.cwd())
    attention = pick_attention(pick_device(), recorded.max_tokens)
    classifier = build_classifier(
        source,
        strategy,
        about.target.width(len(about.labels)),
        attention,
        with_weights=not whole,
        row_input=about.input,
    )
    put_back(classifier, state)
    strategy.merge(classifier.encoder)
    return SavedModel(classifier, about, folder, recorded, digest)


def _read_weights(file: Path) -> dict[str, Tensor]:
    try:
        return load_file(file)
    except (SafetensorError, OSError) as error:
        raise IntegrityError(f"{file} is no sound safetensors file ({error}). Restore it, or train again.") from None


def put_back(model: nn.Module, state: dict[str, Tensor]) -> None:
    """Load what learned; raise IntegrityError unless it is exactly what the strategy says learns."""
    expected = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    if expected != state.keys():
        odd = sorted(expected ^ state.keys())
        raise IntegrityError(f"saved weights do not fit the strategy ({', '.join(odd[:3])} …). Train the model again.")
    model.load_state_dict(state, strict=False)


def _is_whole(strategy: Any) -> bool:
    """Whether every weight learned, so that nothing of the base is needed but its config."""
    return strategy.kind == "full"
