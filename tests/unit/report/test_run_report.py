"""The report stands alone, tells the verdict first, and shows what there is."""

import re
from dataclasses import fields
from html.parser import HTMLParser

import pytest

from tasks.files import read_json, write_json
from tasks.paths import Paths
from tasks.report.page import POLICY, render_page
from tasks.report.run_facts import RunFacts
from tasks.report.run_report import OPEN_ERRORS, render_run_report

LOADING = {
    "src",
    "srcset",
    "href",
    "xlink:href",
    "data",
    "action",
    "formaction",
    "poster",
    "background",
    "cite",
    "ping",
}
VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """Every element, id, address and word of a page; raises if an element is closed that was not open."""

    def __init__(self, html):
        super().__init__()
        self.addresses, self.ids, self.tags, self.words, self.open = [], [], [], [], []
        self.attributes = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.addresses += [
            value or "" for name, value in attrs if name in LOADING and not (tag == "path" and name == "d")
        ]
        self.ids += [value for name, value in attrs if name == "id"]
        self.addresses += re.findall(r"url\(([^)]*)\)", " ".join(value or "" for _, value in attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.addresses += re.findall(r"url\(([^)]*)\)|@import\s+(\S+)", data)
        else:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture(params=[True, False], ids=["verdict", "no verdict"])
def page(request, plain_report, workspace, verdict):
    return Page(render_run_report(workspace, verdict) if request.param else plain_report)


def test_nothing_on_the_page_leads_off_it(page):
    assert page.addresses
    assert all(each.startswith(("#", "data:")) for each in page.addresses)
    assert "script" not in page.tags
    assert not [name for name in page.attributes if name.startswith("on")]


def test_every_link_leads_to_a_place_on_the_page(page):
    assert {each.removeprefix("#") for each in page.addresses if each.startswith("#")} <= set(page.ids)


def test_no_id_stands_twice(page):
    assert len(page.ids) == len(set(page.ids))


def test_terminal_escapes_and_formulas_do_not_survive(workspace, verdict):
    html = render_run_report(workspace, verdict)
    assert "\x1b" not in html
    assert not re.search(r">\s*[=@]", html)


def test_the_page_forbids_itself_to_load(plain_report):
    assert f'content="{POLICY}"'.replace("'", "&#39;") in plain_report
    assert POLICY.startswith("default-src 'none'")


def test_a_run_that_was_not_registered_says_how_to(plain_report):
    text = Page(plain_report).text
    assert text.index("! not registered yet") < text.index("Metrics")
    assert "finetrace register" in text


def test_a_refusal_comes_first_with_every_rule(workspace, verdict):
    text = Page(render_run_report(workspace, verdict)).text
    assert text.index("✗ refused accuracy 0.900") < text.index("Gate") < text.index("Accuracy")
    assert "min_accuracy ✗ failed 0.9 0.95 accuracy 0.900 < 0.95" in text
    assert "finite ✓ passed" in text
    assert "max_ece ! off – –" in text


def test_a_passed_gate_names_the_version(workspace, verdict):
    text = Page(render_run_report(workspace, verdict | {"passed": True, "version": 3, "champion": None})).text
    assert "✓ passed" in text
    assert "Registered as version 3." in text
    assert "no champion" in text


@pytest.mark.parametrize(
    "words",
    [
        "Accuracy 90.0\u202f% [85.0\u202f%, 95.0\u202f%]",
        "+2.0 [+1.0, +3.0]",
        "560 rows read",
        "550 rows valid 10 quarantined 9 duplicate",
        "548 rows dealt to sides 1 removed for repeating a test row, "
        "2 dealt so that each side has some of each label, 1 set aside",
        "400 train 48 val 100 test",
        "✓ no text lies on two sides exact 0, near 0, normalised 0",
        "450 train rows after augmenting 50 made",
        "10 of 1\u202f000 learn",
        "6666666666666666",
    ],
)
def test_the_page_shows(plain_report, words):
    assert " ".join(words.split()) in Page(plain_report).text


SCORES = {"val_accuracy": 0.81, "val_macro_f1": 0.79, "val_loss": 0.5}
POSTS = {
    "wise_ft": {
        "kind": "wise_ft",
        "saved_as": "full",
        "shown_part": 0,
        "alpha": 0.25,
        "parts": [{"name": f"{name} <b>", "strategy": "full", "alpha": 0.0, **SCORES} for name in ("start", "tuned")],
        "result": SCORES,
        "curve": [{"alpha": number / 4, **SCORES} for number in range(5)],
    },
    "soup": {
        "kind": "soup",
        "saved_as": "partial",
        "shown_part": 1,
        "kept": [1],
        "parts": [{"name": f"=seed {n}", "strategy": "partial", "kept": n == 1, **SCORES} for n in (0, 1)],
        "result": SCORES,
    },
    "ensemble": {
        "kind": "ensemble",
        "saved_as": "ensemble",
        "shown_part": 0,
        "parts": [{"name": f"seed {n}", "strategy": "lora", **SCORES} for n in (0, 1)],
        "result": SCORES,
    },
}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("wise_ft", "start <b> full 81.0 % 79.0 % 0.5000 75 %"),
        ("wise_ft", "wise-ft, α = 0.25 full 81.0 % 79.0 % 0.5000"),
        ("soup", "'=seed 1 partial 81.0 % 79.0 % 0.5000 yes soup partial 81.0 %"),
        ("soup", "'=seed 0 partial 81.0 % 79.0 % 0.5000 no"),
        ("ensemble", "seed 1 lora 81.0 % 79.0 % 0.5000 yes ensemble ensemble 81.0 %"),
    ],
)
def test_a_model_made_of_parts_stands_beside_them(workspace, kind, words):
    write_json(workspace.report("finetune"), read_json(workspace.report("finetune")) | {"post": POSTS[kind]})
    html = render_run_report(workspace, None)
    assert words in Page(html).text.replace("\u202f", " ")
    assert ("Loss on the val rows from the start" in html) == (kind == "wise_ft")
    assert len(Page(html).ids) == len(set(Page(html).ids))


def test_a_leak_between_sides_is_told(workspace):
    split = read_json(workspace.report("split"))
    write_json(workspace.report("split"), split | {"leaks": {"exact": 0, "near": 3}})
    assert "✗ 3 pairs of texts lie on two sides" in Page(render_run_report(workspace, None)).text


def test_more_errors_than_a_few_unfold(plain_report, results):
    page = Page(plain_report)
    assert page.tags.count("article") == len(results["errors"])
    assert f"{len(results['errors']) - OPEN_ERRORS} more" in page.text


@pytest.mark.parametrize("stage", [each.name for each in fields(RunFacts)])
def test_a_missing_report_leaves_a_page(workspace, verdict, stage):
    (workspace.evaluation / "results.json" if stage == "results" else workspace.report(stage)).unlink()
    page = Page(render_run_report(workspace, verdict))
    assert {each.removeprefix("#") for each in page.addresses if each.startswith("#")} <= set(page.ids)


def test_a_workspace_without_any_report_says_what_to_do(tmp_path):
    assert "finetrace run" in Page(render_run_report(Paths(tmp_path), None)).text


def test_the_same_reports_give_the_same_bytes(workspace, verdict):
    assert render_run_report(workspace, verdict) == render_run_report(workspace, verdict)


def test_a_page_escapes_its_title_and_keeps_its_body():
    html = render_page("a <b>", "<p>kept</p>")
    assert "<title>a &lt;b&gt;</title>" in html
    assert "<p>kept</p>" in html


def test_how_many_texts_are_cut_is_told_for_each_side_that_has_some(plain_report):
    assert "440 of 450 train, 90 of 100 test rows are longer than base.max_tokens" in plain_report
    assert "of 50 val" not in plain_report.split("texts cut")[1].split("</dd>")[0]
