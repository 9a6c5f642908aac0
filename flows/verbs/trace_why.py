"""`finetrace why`: a row's story, printed"""

from dataclasses import asdict
from typing import Any

from rich.console import Console

from flows.verbs.commands import print_json
from flows.verbs.terminal import make_console
from flows.verbs.trace_words import listed, opened_store, shown
from tasks.config import load_config
from tasks.errors import DataError
from tasks.paths import Paths
from tasks.trace.learned import Touch
from tasks.trace.why import Answer, Story, ask_why

_MOST_NEAR = 5


def show_why(paths: Paths, asked: str, *, as_json: bool) -> None:
    """Print the story of a row. Raises DataError if neither the workspace nor a version knows it."""
    answer = find_story(paths, asked)
    if as_json:
        print_json(as_values(answer))
    else:
        print_answer(make_console(stderr=False), answer)
    raise_if_unknown(answer)


def find_story(paths: Paths, asked: str) -> Answer:
    """Where a row came from, what became of it, and which versions learned from it. asked: its id or its text."""
    config = load_config(paths.params)
    with opened_store(paths) as store:
        versions = _versions(store, config.register.name)
        raw, similarity = config.ingest.path, config.split.near_duplicate_similarity
        return ask_why(paths, asked, raw=raw, similarity=similarity, versions=versions)


def raise_if_unknown(answer: Answer) -> None:
    """Raise DataError if neither the workspace nor a version knows the row."""
    if answer.matched == "nothing":
        raise DataError(_not_found(answer))


def _versions(store: Any, name: str) -> list[Any]:
    if store is None:
        return []
    from tasks.trace.versions import read_versions, traced_models

    return [each for model in traced_models(store, name) for each in read_versions(store, model)]


def as_values(answer: Answer) -> dict[str, Any]:
    """The same as plain values."""
    stories = [
        {
            **{k: v for k, v in story.__dict__.items() if k != "learned"},
            "versions": list(map(touch_values, story.learned)),
        }
        for story in answer.stories
    ]
    elsewhere = list(map(touch_values, answer.elsewhere))
    return {
        **asdict(Answer(answer.matched, [], answer.more, answer.nearest)),
        "stories": stories,
        "elsewhere": elsewhere,
    }


def touch_values(touch: Touch) -> dict[str, Any]:
    """A version, and what it has to do with the rows, as plain values."""
    version = touch.version
    aliases = list(version.aliases)
    return {
        "model": version.name,
        "version": version.number,
        "aliases": aliases,
        "how": touch.how,
        "why": touch.why,
    } | {"others": list(touch.others)}


def print_answer(console: Console, answer: Answer) -> None:
    """The stories for a person."""
    if answer.stories and answer.matched != "row id":
        console.print(f"Found by its {answer.matched}.")
    for story in answer.stories:
        _print_story(console, story)
    if answer.more:
        console.print(f"… and {answer.more:,} more rows. Ask for one of them by its id.")
    if answer.matched == "in versions only":
        console.print("The workspace's data do not hold it, but versions do:")
    for touch in answer.elsewhere:
        console.print(f"  {touch_line(touch)}")
    if answer.nearest:
        console.print("No row has this text. The nearest ones, by the letters they share (1 is the same):")
    for row in answer.nearest:
        where = f"{row['row_id']}  line {row['line']:<6} {row['similarity']:.2f}  {shown(row['label'])}"
        console.print(f"  {where}  {shown(row['text'])}")


def touch_line(touch: Touch) -> str:
    """A version, and what it has to do with the rows, on one line."""
    aliases = f" ({', '.join(touch.version.aliases)})" if touch.version.aliases else ""
    return f"{shown(touch.version.shown)}{shown(aliases)} {shown(touch.words, 400)}"


def _print_story(console: Console, story: Story) -> None:
    console.print(f"[bold]{story.row_id}[/]  {shown(story.label)}  {shown(story.text)}")
    if story.pair is not None:
        console.print(f"  pair         {shown(story.pair)}")
    for line in story.lines:
        console.print(f"  from         {shown(line['file'])} line {line['line']:,}: {_passed(line)}")
        for reason in line["reasons"]:
            console.print(
                f"               {shown(reason['reason'])}: {shown(reason['expectation'] or 'no expectation')}"
            )
        if line["quarantined"] and line["advice"]:
            console.print(f"               advice: {shown(line['advice'], 300)}")
    if story.parent:
        made = f"made by {story.parent['method']} from row {story.parent['row_id']}"
        console.print(f"  from         {shown(made)}")
    fold = f", fold {story.fold}" if story.fold else ""
    console.print(f"  side         {shown(story.side or story.why_no_side, 300)}{fold}")
    _print_near(console, story)
    if story.side == "train" and not story.parent:
        children = [f"{child['row_id']} ({child['method']})" for child in story.children]
        console.print(f"  augmented    {listed(children) or 'nothing was made of it'}")
    if story.prediction:
        console.print(f"  the model    says {_said(story.prediction)}")
    _print_versions(console, story.learned)


def _said(prediction: dict[str, Any]) -> str:
    """The model's answer, how sure it is, and how good that is."""
    sure = "" if prediction["probability"] is None else f" with {prediction['probability']:.3f}"
    verdict = {1.0: "right", 0.0: "wrong"}.get(prediction["score"], f"score {prediction['score']:.3f}")
    return f"{shown(prediction['predicted'])}{sure}: {verdict}"


def _print_near(console: Console, story: Story) -> None:
    for number, row in enumerate(story.near[:_MOST_NEAR]):
        what = f"{row['row_id']} line {row['line']} {row['similarity']:.2f} {row['label']}: {row['text']}"
        console.print(f"  {'near it' if not number else '':<12} {shown(what)}")
    if len(story.near) > _MOST_NEAR:
        console.print(f"{'':<15}… and at least {len(story.near) - _MOST_NEAR} more")


def _print_versions(console: Console, touches: list[Touch]) -> None:
    """Versions that have to do with it, and those of which nobody can tell; the others are counted."""
    told = [touch for touch in touches if touch.how != "untouched"]
    for number, touch in enumerate(told):
        console.print(f"  {'versions' if not number else '':<12} {touch_line(touch)}")
    others = len(touches) - len(told)
    if others or not touches:
        head = "" if told else "versions"
        nothing = f"{others} more: have nothing to do with it" if told else f"none of {others} has to do with it"
        console.print(f"  {head:<12} {nothing if touches else 'none registered yet'}")


def _passed(line: dict[str, Any]) -> str:
    return "[yellow]quarantined[/]" if line["quarantined"] else "[green]passed the checks[/]"


def _not_found(answer: Answer) -> str:
    unknown = [each.version.shown for each in answer.elsewhere]
    tail = f" Of {listed(unknown)} it cannot be told: their rows are not reachable here." if unknown else ""
    return f"no row of this workspace, and none of a reachable version, is or has that.{tail}"
