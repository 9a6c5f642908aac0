"""evidence → the card's text, and a card against what the registry knows"""

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from tasks.trace.card.data_section import data, reads_pairs, target_of, use
from tasks.trace.card.evidence import Evidence
from tasks.trace.card.results_section import evaluation, provenance
from tasks.trace.card.training_section import limits, training


def make_card(evidence: Evidence) -> str:
    """The model card: metadata as the Hugging Face hub reads it, then the page. The same evidence, the same text."""
    from huggingface_hub import ModelCard

    lines = [
        f"# {evidence.name} v{evidence.number}",
        "",
        "Written by finetrace from evidence alone: beside each number stand the file and the key that it comes from, "
        "and the table at the end names each file by its digest.",
        "",
        *use(evidence),
        *data(evidence),
        *training(evidence),
        *evaluation(evidence),
        *limits(evidence),
        *provenance(evidence),
        *_loading(evidence),
    ]
    text = f"---\n{_metadata(evidence).to_yaml()}\n---\n\n" + "\n".join(lines).rstrip() + "\n"
    return str(ModelCard(text).content)  # parsed once: metadata that the hub could not read would show here


def _loading(evidence: Evidence) -> list[str]:
    pairs = reads_pairs(evidence)
    asked = '{"text": ["a text"], "pair": ["its second text"]}' if pairs else '["a text"]'
    given = f"pandas.DataFrame({asked})" if pairs else asked
    return [
        "## How to load it",
        "",
        "```python",
        "import mlflow.pyfunc",
        *(["import pandas"] if pairs else []),
        "",
        f'model = mlflow.pyfunc.load_model("models:/{evidence.name}/{evidence.number}")',
        f"model.predict({given})",
        "```",
        "",
    ]


def _metadata(evidence: Evidence) -> Any:
    """What the evidence knows of the fields of the hub; the others, language and licence among them, are left out."""
    from huggingface_hub import EvalResult, ModelCardData

    statement = evidence.statement
    raw = [each for each in statement.materials.values() if each.get("annotations", {}).get("context") == "raw"]
    names = [str(each["name"]) for each in raw]
    metrics = statement.results.get("metrics", {})
    target = target_of(evidence)
    measured = [name for name in target.metrics if metrics.get(name, {}).get("value") is not None]
    results = [
        EvalResult(
            task_type=target.hub_task,
            dataset_type=str(evidence.reports.get("ingest", {}).get("format", "text")),
            dataset_name=names[0] if names else "test rows",
            dataset_split="test",
            dataset_revision=str(raw[0]["digest"].get("md5", "")) if raw else None,
            metric_type=name,
            metric_value=metrics[name]["value"],
            metric_name=name,
        )
        for name in measured
    ]
    strategy = str(statement.settings.get("finetune", {}).get("strategy", {}).get("kind", ""))
    return ModelCardData(
        base_model=str(statement.settings.get("base", {}).get("id", "")) or None,
        datasets=names or None,
        library_name="mlflow",
        metrics=measured or None,
        model_name=evidence.name,
        pipeline_tag=target.hub_task,
        tags=[each for each in ("finetrace", target.hub_task, strategy) if each],
        eval_results=results or None,
    )


@dataclass(frozen=True)
class Disagreement:
    """A line of a card that is not as the evidence has it."""

    line: int
    """1 for the first line of the card."""
    says: str
    should: str


def compare_cards(given: str, right: str) -> list[Disagreement]:
    """The lines of a card that disagree with the right one; [] if none does."""
    one, other = given.splitlines(), right.splitlines()
    found: list[Disagreement] = []
    for kind, start, end, first, last in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind != "equal":
            pairs = zip_longest(one[start:end], other[first:last], fillvalue="")
            found += [Disagreement(start + number + 1, says, should) for number, (says, should) in enumerate(pairs)]
    return found
