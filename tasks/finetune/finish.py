"""The best epoch's weights → the weights that are saved."""

from tasks.finetune.loop import follow_thaw, val_logits
from tasks.finetune.progress import Progress
from tasks.finetune.training import Training


def finish(training: Training, progress: Progress) -> None:
    """Fit on val what the best epoch's weights need to answer, and make them whole again; all in `progress`."""
    if training.top_layers is None:  # killed at the very end: the last epoch was over
        follow_thaw(training, progress.history[:-1])
    training.model.load_state_dict(progress.best, strict=False)
    forward = training.accelerator.prepare(training.model)
    outputs = val_logits(training, forward)
    progress.finish(training.target, outputs, training.val.examples.truth, calibrate=training.settings.calibrate)
    if training.words:
        progress.best = training.words.widen(training.model, progress.best)
