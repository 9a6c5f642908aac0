"""Several ways to fine-tune, on the same rows with the same seeds: which is shown to be better, at which cost."""
