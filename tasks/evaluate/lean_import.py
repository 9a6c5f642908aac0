"""Hugging Face `evaluate`, imported without the transformers pipelines.

`evaluate` imports them for its evaluators, which are not used here, and does without them where they are missing. They
cost 1.5 of its 2.5 CPU-seconds. None in sys.modules is Python's own way to say that a module is missing
(docs.python.org/3/reference/import.html#the-module-cache); it is taken back at once.
"""

import sys

_PIPELINES = "transformers.pipelines"

if _PIPELINES in sys.modules:
    import evaluate
else:
    sys.modules[_PIPELINES] = None  # type: ignore[assignment]
    try:
        import evaluate
    finally:
        del sys.modules[_PIPELINES]

__all__ = ["evaluate"]
