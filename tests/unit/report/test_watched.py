"""What the monitors saw becomes pictures and a table of alarms; what did not run has none."""

import xml.etree.ElementTree as ET

import pytest

from tasks.files import read_json, write_json
from tasks.report.charts.heat_map import MOST_COLUMNS, heat_map, thinned
from tasks.report.drawing import draw
from tasks.report.run_report import render_run_report
from tasks.report.watched import watched_charts

PLACES = ("layer 1", "layer 2", "layer 10")
PICTURES = {
    "gradient_flow": {"gradient_norm", "update_ratio"},
    "attention": {"attention_entropy", "attention_distance", "attention_heads"},
    "representation_drift": {"cka", "cosine"},
    "forgetting": {"forgetting"},
}


def numbers(epoch, *kinds):
    return {f"{kind}/{place}": 0.1 * epoch for kind in kinds for place in PLACES}


def monitors(count=3):
    whole = range(1, count + 1)
    heads = {str(epoch): [[0.2, 0.4]] * 3 for epoch in range(count + 1)}
    flow = [
        {"epoch": each, "step": each, "gradient_norm/head": 9.0, "update_ratio/head": 1e-3}
        | numbers(each, "gradient_norm", "update_ratio")
        for each in whole
    ]
    return {
        "convergence": {"epochs": [{"epoch": each, "step": each, "gap": 0.1} for each in whole]},
        "gradient_flow": {"epochs": flow},
        "attention": {
            "epochs": [{"epoch": e, "step": e} | numbers(e, "entropy", "distance") for e in (0, *whole)],
            "heads": heads,
        },
        "representation_drift": {"epochs": [{"epoch": e, "step": e} | numbers(e, "cka", "cosine") for e in whole]},
        "forgetting": {
            "epochs": [{"epoch": e, "step": e, "topic_accuracy": 0.9, "neighbours_kept": 0.7} for e in (0, *whole)]
        },
    }


ALARM = {
    "name": "overfitting", "epoch": 2, "monitor": "convergence",
    "message": "val loss has risen by 30% <script>", "advice": "lower finetune.epochs",
}  # fmt: skip


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("count", [1, 3, 100])
def test_a_monitor_has_its_pictures_and_only_its_own(kind, count):
    charts = watched_charts({kind: monitors(count)[kind]})
    assert charts.keys() == PICTURES[kind]
    for name, (spec, label) in charts.items():
        svg = draw(spec, name, label)
        ET.fromstring(svg)  # noqa: S314 - our own
        assert "var(--accent)" in svg


def test_monitors_without_a_picture_have_none():
    assert watched_charts({"convergence": monitors()["convergence"], "forgetting": {"epochs": []}}) == {}


def test_depths_stand_as_in_the_model_the_head_on_top():
    spec, _ = watched_charts(monitors())["gradient_norm"]
    assert spec["encoding"]["y"]["scale"]["domain"] == ["head", "layer 10", "layer 2", "layer 1"]


def test_colours_of_gradients_are_on_a_log_scale_and_of_cka_from_1_down():
    monitored = {
        "gradient_flow": {
            "epochs": [{"epoch": 1, **{f"gradient_norm/{p}": v for p, v in zip(PLACES, (1, 10, 100), strict=True)}}]
        }
    }
    spec, _ = watched_charts(monitored)["gradient_norm"]
    assert [cell["shade"] for cell in spec["data"]["values"]] == [0.0, 0.5, 1.0]
    spec, _ = watched_charts(
        {"representation_drift": {"epochs": [{"epoch": 1, "cka/layer 1": 1.0, "cka/layer 2": 0.25}]}}
    )["cka"]
    assert [cell["shade"] for cell in spec["data"]["values"]] == [0.0, 0.75]


def test_many_epochs_are_thinned_out_and_show_no_numbers():
    assert thinned(range(1, 1001))[:: MOST_COLUMNS - 1] == [1, 1000]
    assert len(thinned(range(1, 1001))) == MOST_COLUMNS
    cells = [{"column": each, "place": "head", "shade": 0.5, "shown": "x"} for each in range(100)]
    assert len(heat_map(cells, across="epoch", places=["head"])["layer"]) == 1


@pytest.fixture
def watched(workspace):
    report = read_json(workspace.report("finetune"))
    write_json(workspace.report("finetune"), report | {"monitors": monitors(), "alarms": [ALARM]})
    return workspace


def test_the_page_tells_alarms_with_their_advice_and_shows_every_picture(watched):
    page = render_run_report(watched, None)
    assert '<section id="watching">' in page
    assert "! overfitting" in page
    assert "risen by 30% &lt;script&gt;" in page
    assert "lower finetune.epochs" in page
    for captions in (
        "Gradient norm before clipping",
        "Linear CKA with the start",
        "120 general sentences on six topics",
    ):
        assert captions in page


def test_a_training_that_nobody_watched_has_no_such_section(workspace):
    assert 'id="watching"' not in render_run_report(workspace, None)


def test_a_training_without_alarms_says_who_looked(watched):
    report = read_json(watched.report("finetune"))
    write_json(
        watched.report("finetune"),
        report | {"alarms": [], "monitors": {"convergence": report["monitors"]["convergence"]}},
    )
    page = render_run_report(watched, None)
    assert "✓ no alarm" in page
    assert "convergence." in page


def test_of_several_members_the_alarms_are_told_by_member_and_whose_pictures_they_are(watched):
    report = read_json(watched.report("finetune"))
    parts = [{"name": "seed 1"}, {"name": "seed <2>"}]
    told = ALARM | {"member": 0, "message": "member 0 (seed 1): val loss has risen"}
    post = {"kind": "soup", "parts": parts, "watched_member": 1}
    write_json(watched.report("finetune"), report | {"alarms": [told], "post": post})
    page = render_run_report(watched, None)
    assert "member 0 (seed 1): val loss has risen" in page
    assert "those of member 1, seed &lt;2&gt;." in page
