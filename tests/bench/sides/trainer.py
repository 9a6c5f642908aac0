"""Hugging Face Trainer as it comes: a round is an epoch of one real training."""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from tasks.model.base import find_base
from tests.bench.turn import Turn
from tests.bench.workspace import read_side, repository_base


def play(turn: Turn, *, workspace: str, lora: dict[str, Any] | None, rounds: int, threads: int) -> None:
    """Train with Trainer's defaults (batches of 8, float32, padding to the longest of the batch, rate 5e-5, AdamW)."""
    base = repository_base(threads)
    folder = find_base(base, Path.cwd())
    sides = {side: read_side(Path(workspace), side) for side in ("train", "test")}
    labels = sorted({label for _, label in sides["train"]})
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=len(labels))
    if lora is not None:
        model = _with_lora(model, lora)
    examples = {
        side: [
            {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels.index(label)}
            for ids, (_, label) in zip(_ids(tokenizer, rows, base.max_tokens), rows, strict=True)
        ]
        for side, rows in sides.items()
    }
    trainer = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=str(Path(workspace) / "trainer"),
            num_train_epochs=rounds,
            use_cpu=True,
            save_strategy="no",  # ours saves nothing either
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=examples["train"],
        data_collator=DataCollatorWithPadding(tokenizer),
        callbacks=[_Turns(turn, len(examples["train"]))],
    )
    torch.set_num_threads(threads)
    trainer.train()
    logits = trainer.predict(examples["test"]).predictions
    right = (logits.argmax(-1) == [each["labels"] for each in examples["test"]]).mean()
    trainable = sum(each.numel() for each in model.parameters() if each.requires_grad)
    turn.finish(accuracy=float(right), trainable=trainable)


class _Turns(TrainerCallback):  # type: ignore[misc]
    """An epoch is a turn."""

    def __init__(self, turn: Turn, samples: int) -> None:
        self._turn = turn
        self._samples = samples

    def on_epoch_begin(self, *_: Any, **__: Any) -> None:
        self._turn.begin()

    def on_epoch_end(self, *_: Any, **__: Any) -> None:
        self._turn.end(self._samples)


def _ids(tokenizer: Any, rows: list[tuple[str, str]], max_tokens: int) -> list[list[int]]:
    ids: list[list[int]] = tokenizer([text for text, _ in rows], truncation=True, max_length=max_tokens)["input_ids"]
    return ids


def _with_lora(model: Any, lora: dict[str, Any]) -> Any:
    """PEFT's own wrapping, the head trained beside the updates."""
    from peft import LoraConfig, TaskType, get_peft_model

    from tasks.model.encoder import linear_names

    encoder = model.base_model
    targets = linear_names(encoder, attention_only=lora["targets"] == "attention")
    config = LoraConfig(task_type=TaskType.SEQ_CLS, r=lora["rank"], lora_alpha=lora["alpha"], target_modules=targets)
    return get_peft_model(model, config)
