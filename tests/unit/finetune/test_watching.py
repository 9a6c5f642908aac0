"""Numbers of several trainings in one run are told apart, and the bar never goes back."""

from typing import Any

from tasks.finetune.watching import Watch


class Heard:
    """Stands for MLflow's run and for the bar."""

    def __init__(self) -> None:
        self.logged: list[tuple[int, dict[str, float]]] = []
        self.shown: list[int] = []
        self.steps = 0

    def log(self, step: int, numbers: dict[str, float]) -> None:
        self.logged.append((step, dict(numbers)))

    def expect(self, steps: int) -> None:
        self.steps = steps

    def show(self, step: int, numbers: Any) -> None:  # noqa: ARG002
        self.shown.append(step)


def test_the_second_of_three_trainings_has_names_of_its_own_and_goes_on_in_the_bar() -> None:
    live, bar = Heard(), Heard()
    mine = Watch(live, bar).of_member(1, 3)
    mine.expect(10)
    mine.numbers(4, {"val_loss": 0.5})
    assert live.logged == [(4, {"members/1/val_loss": 0.5})]
    assert (bar.steps, bar.shown) == (30, [14])


def test_of_many_steps_every_so_many_go_to_mlflow_and_each_epoch_and_a_loss_that_is_no_number() -> None:
    """1000 steps: every fifth; the bar is told of each."""
    live, bar = Heard(), Heard()
    watch = Watch(live, bar)
    watch.expect(1000)
    for step in range(1, 12):
        watch.numbers(step, {"train_loss": 0.5})
    watch.numbers(12, {"val_loss": 0.5})
    watch.numbers(13, {"train_loss": float("nan")})
    assert [step for step, _ in live.logged] == [5, 10, 12, 13]
    assert bar.shown == list(range(1, 14))


def test_a_curve_stands_under_its_own_name_by_its_own_axis() -> None:
    live = Heard()
    Watch(live, None).curve("wise_ft", {0: {"val_loss": 1.0}, 500: {"val_loss": 0.5}})
    assert live.logged == [(0, {"wise_ft/val_loss": 1.0}), (500, {"wise_ft/val_loss": 0.5})]
