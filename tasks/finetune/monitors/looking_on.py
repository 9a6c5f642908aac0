"""The monitors of a training, started together and asked together"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tasks.finetune.monitors.base import Epoch, Numbers, Watcher
from tasks.finetune.monitors.seen import LookedOn
from tasks.finetune.progress import Progress
from tasks.finetune.training import Training


def start_watchers(training: Training, progress: Progress) -> dict[str, Watcher]:
    """A watcher by each monitor's kind; none on a process other than the main one."""
    if not training.accelerator.is_main_process:
        return {}
    return {
        each.kind: each.start(training, progress.notes.setdefault(each.kind, {})) for each in training.settings.monitors
    }


def end_epoch(training: Training, progress: Progress, logits: Any) -> Numbers:
    """Let all look at the epoch that is over; their numbers, as `kind/name`."""
    seen: Numbers = {}
    for kind, watcher in training.watchers.items():
        numbers = watcher.after_epoch(progress.history, logits)
        watcher.epochs.append({"epoch": len(progress.history), "step": progress.step} | numbers)
        seen |= {f"{kind}/{name}": value for name, value in numbers.items()}
    return seen


def alarms_of(training: Training, history: Sequence[Epoch]) -> list[dict[str, Any]]:
    """Every alarm with the monitor that raised it, by epoch."""
    found = [
        asdict(alarm) | {"monitor": kind}
        for kind, watcher in training.watchers.items()
        for alarm in watcher.alarms(history)
    ]
    return sorted(found, key=lambda alarm: alarm["epoch"])


def looked_on(training: Training, history: Sequence[Epoch]) -> LookedOn:
    """What all have to say when training is over."""
    findings = {kind: watcher.findings() for kind, watcher in training.watchers.items()}
    return LookedOn(alarms_of(training, history), findings)
