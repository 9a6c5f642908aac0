"""What several trainings and one model made of them take."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.finetune.post.base import Post
from tasks.finetune.settings import FinetuneSettings
from tasks.settings import as_dict

Plan = Mapping[str, Any]


def plan_post(
    post: Post, trainings: Sequence[FinetuneSettings], saved_as: Any, plans: Sequence[Plan]
) -> dict[str, Any]:
    """The first training's plan with what all of them cost, what each is, and what is saved.

    plans: of each training. saved_as: the strategy of the one model; None: an ensemble.
    """
    states = [_learned(plan) for plan in plans]
    saved = sum(states) if saved_as is None else _saved(saved_as, trainings[0], plans[0])
    conflicts = [f"{_place(number, plans)}{line}" for number, plan in enumerate(plans) for line in plan["conflicts"]]
    return {
        **plans[0],
        "post": {
            "settings": as_dict(post),
            "trainings": len(plans),
            "val_passes": post.val_passes,
            "saved_as": "ensemble" if saved_as is None else saved_as.kind,
            "saved_megabytes": round(saved * 4 / 1e6, 1),
        },
        "parts": [_part(number, plan) for number, plan in enumerate(plans)],
        "cost": _cost(plans, states),
        "conflicts": list(dict.fromkeys(conflicts)),
    }


def _part(number: int, plan: Plan) -> dict[str, Any]:
    return {
        "part": number,
        "strategy": plan["strategy"]["kind"],
        "trainable": _learned(plan),
        "megabytes": round(_learned(plan) * 4 / 1e6, 1),
        "seed": plan["seed"]["value"],
        "seconds": plan["cost"]["seconds"],
    }


def _cost(plans: Sequence[Plan], states: Sequence[int]) -> dict[str, Any]:
    """Trainings follow one another, so seconds add up; the weights of those that are over are held."""
    costs = [plan["cost"] for plan in plans]
    held = (sum(states) if len(states) > 1 else 2 * states[0]) * 4 / 1e9
    return costs[0] | {
        "memory_gigabytes": round(max(each["memory_gigabytes"] for each in costs) + held, 2),
        "seconds": round(sum(each["seconds"] for each in costs), 1),
        "cache_gigabytes": max(each["cache_gigabytes"] for each in costs),
    }


def _learned(plan: Plan) -> int:
    return sum(row["trainable"] for row in plan["depths"])


def _saved(saved_as: Any, training: FinetuneSettings, plan: Plan) -> int:
    """Parameters that the one model stores."""
    if saved_as == training.strategy:
        return _learned(plan)
    whole = sum(row["parameters"] for row in plan["depths"])
    head = plan["depths"][-1]["parameters"]
    return whole - (_learned(plan) - head if training.strategy.learns_in == "merged" else 0)


def _place(number: int, plans: Sequence[Plan]) -> str:
    return f"finetune.post.members.{number}: " if len(plans) > 1 else ""
