"""What a fresh Python runs to load a registered model and ask it: this file's text, with nothing of ours imported

Arguments: the model's folder, questions.json {"columns", "rows", "timed"}, the folder for answers.json and outputs.npy.
"""

import ctypes
import importlib
import json
import statistics
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

WARM_UPS = 2


def main(model_folder: str, questions: str, folder: str) -> None:
    """Load, predict all rows, then time single ones."""
    with suppress(OSError, AttributeError):  # Linux: end when whoever asks is killed
        ctypes.CDLL(None).prctl(1, 9)
    import mlflow.pyfunc
    import numpy as np
    import pandas as pd

    ignore_compiled(model_folder)
    asked = json.loads(Path(questions).read_text(encoding="utf-8"))
    model = mlflow.pyfunc.load_model(model_folder)
    rows = pd.DataFrame(asked["rows"], columns=asked["columns"])
    parameters = model.metadata.get_params_schema()
    has_outputs = any(each.name == "outputs" for each in (parameters.params if parameters else ()))
    labels, answers, outputs = (ask if has_outputs else ask_for_labels)(model, rows)
    times = []
    for number in range(WARM_UPS + asked["timed"] if asked["timed"] else 0):
        one = rows.iloc[[number % len(rows)]]
        started = time.perf_counter()
        model.predict(one)
        times.append(time.perf_counter() - started)
    told = {
        "labels": labels,
        "answers": answers,
        "shapes": [each.shape for each in outputs],
        "milliseconds": 1000 * statistics.median(times[WARM_UPS:]) if times else None,
        "code": str(getattr(sys.modules.get("tasks"), "__file__", "")),
    }
    flat = np.concatenate([each.ravel() for each in outputs])
    np.save(Path(folder) / "outputs.npy", flat, allow_pickle=False)
    (Path(folder) / "answers.json").write_text(json.dumps(told), encoding="utf-8")


def ask(model: Any, rows: Any) -> tuple[None, list[str], list[Any]]:
    """No labels, the answers as tables keep them, and the outputs behind each."""
    import numpy as np

    found = model.predict(rows, params={"outputs": True})
    return None, list(found["answer"]), [np.array(each, dtype=np.float32) for each in found["outputs"]]


def ask_for_labels(model: Any, rows: Any) -> tuple[list[str], None, list[Any]]:
    """The labels, and their probabilities for each row, of a version whose own code knows no other target."""
    import numpy as np

    found = model.predict(rows, params={"top_k": 1_000_000})
    ranks = ["", *(f"_{rank}" for rank in range(2, 1 + len(found.columns) // 2))]
    labels = sorted(found.iloc[0][f"label{rank}"] for rank in ranks)
    place = {label: number for number, label in enumerate(labels)}
    matrix = np.zeros((len(found), len(labels)), dtype=np.float32)
    for rank in ranks:
        matrix[np.arange(len(found)), found[f"label{rank}"].map(place).to_numpy()] = found[f"probability{rank}"]
    return labels, None, list(matrix)


def ignore_compiled(folder: str) -> None:
    """Have Python compile what lies below a folder from its source: nobody recorded the compiled code beside it."""
    machinery: Any = importlib.import_module("importlib._bootstrap_external")

    usual = machinery.cache_from_source

    def source_alone(path: str, *arguments: object, **named: object) -> str:
        if Path(path).is_relative_to(folder):
            raise NotImplementedError  # as where no compiled code is kept at all
        return str(usual(path, *arguments, **named))

    machinery.cache_from_source = source_alone


if __name__ == "__main__":
    main(*sys.argv[1:])
