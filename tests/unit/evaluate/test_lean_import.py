"""Importing `evaluate` leanly leaves everything else as it was."""

import subprocess
import sys

CODE = """
import sys
from tasks.evaluate.metric import TargetMetrics
assert "transformers.pipelines" not in sys.modules, "the pipelines were imported"
from transformers import pipeline
assert callable(pipeline)
print(TargetMetrics.__name__)
"""


def test_pipelines_are_not_imported_and_can_be_afterwards():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "TargetMetrics"
