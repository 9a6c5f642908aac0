"""ingested rows → rows that passed, quarantine, expectations and a page"""

from pathlib import Path
from typing import Any

import numpy as np

from tasks.files import replacing
from tasks.memory import memory_that_goes_back
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.problem import ProblemSettings
from tasks.table import INGESTED, QUARANTINE, read_table, write_table
from tasks.texts import Text
from tasks.validate.check import check_rows
from tasks.validate.page import validation_page
from tasks.validate.report import report, suspects_csv
from tasks.validate.settings import ValidateSettings
from tasks.validate.several_labels import refuse_several
from tasks.validate.suite import suites_json


def run(
    paths: Paths, *, validate: ValidateSettings, base: BaseSettings, problem: ProblemSettings | None = None
) -> dict[str, Any]:
    """Check the ingested rows and write those that passed, the others with their reasons, the suites and the page.

    Raises DataError if the data are too bad to go on with; then nothing is written.
    """

    def featurise(texts: list[Text]) -> np.ndarray:
        from tasks.model.features import text_features  # late: it imports torch, which not every run needs

        return text_features(texts, base, paths)

    target = (problem or ProblemSettings()).target
    with memory_that_goes_back():
        rows = read_table(paths.ingested, INGESTED)
        if validate.labels is None and target.has_one_class:
            refuse_several(rows)
        checked = check_rows(rows, validate, target, featurise)
        numbers = report(checked, validate.label_errors, target)
        page = validation_page(checked, numbers, target)

        write_table(paths.validated, checked.kept, INGESTED)
        write_table(paths.quarantine, checked.aside, QUARANTINE)
        _write_text(paths.expectations, suites_json(list(checked.suites.values())))
        _write_text(paths.label_errors, suspects_csv(checked))
        _write_text(paths.validation_page, page)
        return numbers


def _write_text(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
