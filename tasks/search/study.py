"""The memory of a search, kept by Optuna in an SQLite file: numbers and JSON, nothing pickled"""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.digest import sha256_of_value
from tasks.errors import IntegrityError, SetupError
from tasks.files import make_folder
from tasks.search.space import Choices, Point, Range, Space

_ADVICE = (
    "this Optuna cannot read the memory of the search. Remove the file and search again: trainings that are finished "
    "are kept in data/trials."
)
_INTERRUPTED, _REASON, _RESULT = "interrupted", "reason", "result"


@dataclass(frozen=True)
class Try:
    """One trial of a search: its point, and what came of it."""

    number: int
    point: Point
    state: str
    """complete, pruned or failed."""
    value: float | None
    result: Mapping[str, Any]
    reason: str = ""


class Study:
    """Proposes points and remembers what came of them; a killed search goes on where it was.

    Proposals come from Optuna's tree-structured Parzen estimator (Bergstra et al. 2011), seeded anew for each of them:
    with one trial at a time, a search that was killed proposes what an undisturbed one would have.
    """

    def __init__(self, file: Path, space: Space, *, seed: int, at_once: int = 1) -> None:
        import optuna  # late: half a second

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        make_folder(file.parent)
        _refuse_damaged(file)
        self._optuna, self._space, self._seed, self._at_once = optuna, space, seed, at_once
        try:
            storage = optuna.storages.RDBStorage(f"sqlite:///{file.resolve()}")
        except RuntimeError as error:  # written by another version
            raise SetupError(f"{file}: {_ADVICE} ({' '.join(str(error).split())})") from error
        self._study = optuna.create_study(
            storage=storage, study_name="search", direction="maximize", load_if_exists=True
        )
        self._take_up_interrupted()

    def ask(self) -> tuple[int, Point]:
        """The next point to try, with its number."""
        place = sum(_INTERRUPTED not in each.user_attrs for each in self._study.trials)
        seed = int(sha256_of_value([self._seed, place])[:8], 16)
        self._study.sampler = self._optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=5, constant_liar=self._at_once > 1
        )
        trial = self._study.ask({key: self._distribution(knob) for key, knob in self._space.items()})
        return trial.number, self._point(trial.params)

    def tell(self, number: int, result: Mapping[str, Any]) -> None:
        """What came of a trial: a result as tasks.trials.jobs gives it."""
        trial = self._trial(number)
        for epoch, score in enumerate(result["curve"], 1):
            trial.report(score, epoch)
        trial.set_user_attr(_RESULT, dict(result))
        if result["is_pruned"]:
            self._study.tell(trial, state=self._optuna.trial.TrialState.PRUNED)
        else:
            self._study.tell(trial, result["val_score"])

    def tell_failure(self, number: int, reason: str) -> None:
        """It gave nothing."""
        trial = self._trial(number)
        trial.set_user_attr(_REASON, reason)
        self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)

    def tries(self) -> list[Try]:
        """All that have ended, in their order; those that a kill interrupted are left out."""
        found = []
        for each in self._study.trials:
            if each.state.is_finished() and _INTERRUPTED not in each.user_attrs:
                state = {"COMPLETE": "complete", "PRUNED": "pruned"}.get(each.state.name, "failed")
                value = each.value if state == "complete" else None
                result, reason = each.user_attrs.get(_RESULT, {}), each.user_attrs.get(_REASON, "")
                found.append(Try(each.number, self._point(each.params), state, value, result, reason))
        return found

    def importances(self) -> dict[str, float]:
        """How much of the scores' variance each key explains (fANOVA, Hutter et al. 2014); {} if too few are known."""
        done = [each for each in self.tries() if each.state == "complete"]
        varied = [key for key in self._space if len({json.dumps(each.point[key]) for each in done}) > 1]
        if len(done) < 4 or not varied or len({each.value for each in done}) < 2:
            return {}
        evaluator = self._optuna.importance.FanovaImportanceEvaluator(seed=self._seed)
        found = self._optuna.importance.get_param_importances(self._study, evaluator=evaluator, params=varied)
        return {key: float(value) for key, value in found.items()}

    def _take_up_interrupted(self) -> None:
        """Points that a killed process was training are tried again first."""
        running = self._optuna.trial.TrialState.RUNNING
        for each in self._study.get_trials(deepcopy=False, states=(running,)):
            self._trial(each.number).set_user_attr(_INTERRUPTED, True)
            self._study.tell(each.number, state=self._optuna.trial.TrialState.FAIL)
            self._study.enqueue_trial(each.params)

    def _trial(self, number: int) -> Any:
        return self._optuna.trial.Trial(self._study, self._study.trials[number]._trial_id)

    def _distribution(self, knob: Range | Choices) -> Any:
        kinds = self._optuna.distributions
        if isinstance(knob, Choices):
            return kinds.CategoricalDistribution([json.dumps(value, sort_keys=True) for value in knob.values])
        kind = kinds.IntDistribution if knob.is_whole else kinds.FloatDistribution
        return kind(knob.low, knob.high, log=knob.log)

    def _point(self, params: Mapping[str, Any]) -> Point:
        """Optuna's parameters with choices, which it keeps as JSON, read back."""
        return {
            key: json.loads(params[key]) if isinstance(knob, Choices) else params[key]
            for key, knob in self._space.items()
            if key in params
        }


def _refuse_damaged(file: Path) -> None:
    """Raise IntegrityError if the file is there and no whole SQLite file."""
    if not file.exists():
        return
    try:
        with closing(sqlite3.connect(file)) as database:
            says = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        says = str(error)
    if says != "ok":
        raise IntegrityError(
            f"{file}, the memory of the search, is damaged ({says}). Remove it and search again: trainings that are "
            "finished are kept in data/trials."
        )
