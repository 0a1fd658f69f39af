"""The page of HTML: everything that came of the cases is on it, as text, and nothing else is loaded."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tinygnn.conformance import cli
from tinygnn.conformance.case import Case, Result
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.compare import Difference
from tinygnn.conformance.html_report import html_page, write_html
from tinygnn.conformance.known_differences import known_differences
from tinygnn.conformance.report import reproduction
from tinygnn.conformance.runner import VERDICTS, Outcome, run_cases
from tinygnn.conformance.selection import select
from tinygnn.conformance.tinygnn_backend import TinygnnBackend
from tinygnn.web_page import digest

CASES = all_cases()
HOSTILE = "<script>alert(1)</script>"
VOID = ("meta", "br", "col", "hr", "img")


class Halved(TinygnnBackend):
    """Gives half of every gradient of x."""

    name = HOSTILE
    version = "<b>1</b>"

    def run(self, case: Case) -> Result:
        outputs = dict(super().run(case).outputs)
        outputs["grad x"] = [[x / 2 for x in row] for row in outputs["grad x"]]
        return Result(outputs)


class Elements(HTMLParser):
    """The elements of a page, with their attributes and where they stand; the text of each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, Any]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def runs() -> list[tuple[Any, list[Outcome]]]:
    """Two backends that agree in what is wrong, and tinygnn."""
    cases = select(CASES, "model/gcn_conv")[:4]
    halved, other = Halved(), Halved()
    other.name = "other"
    return [
        (backend, list(run_cases(cases, backend, known={}))) for backend in (TinygnnBackend(), halved, other)
    ]


@pytest.fixture(scope="module")
def text(runs: list[tuple[Any, list[Outcome]]]) -> str:
    return html_page(runs, [f"a problem {HOSTILE}"], [f"a note {HOSTILE}"])


def test_the_page_is_well_formed_and_every_text_is_escaped(text: str) -> None:
    page = Elements(text)
    assert page.named("script") == page.named("b") == page.named("i") == []
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 10
    assert text.count("a problem &lt;script&gt;") == text.count("a note &lt;script&gt;") == 1


def test_the_policy_allows_the_pages_own_style_and_nothing_else(text: str) -> None:
    page = Elements(text)
    [policy] = [m["content"] for m in page.named("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    [style] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert policy == f"default-src 'none'; style-src '{digest(style)}'; base-uri 'none'; form-action 'none'"
    assert not [
        a for _, a in page.found if "src" in a or "style" in a or any(name.startswith("on") for name in a)
    ]
    assert "url(" not in style and "@import" not in style


def test_every_failure_has_expected_got_and_its_command(
    text: str, runs: list[tuple[Any, list[Outcome]]]
) -> None:
    plain = re.sub(r"</?span>", "", text)
    failed = [outcome for _, done in runs for outcome in done if outcome.failed]
    assert len(failed) == 8
    for outcome in failed:
        worst = outcome.worst
        assert worst is not None and worst.output == "grad x"
        assert f">{worst.expected!r}</td>" in text and f">{worst.got!r}</td>" in text
        assert reproduction(outcome).replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#x27;") in plain


def test_on_a_page_of_many_failures_each_still_has_its_worst_number(
    runs: list[tuple[Any, list[Outcome]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinygnn.conformance.html_failures.MOST_TABLES", 1)
    text = html_page(runs)
    assert "The first 1 are shown with the numbers of every wrong output, the other 3 with the worst" in text
    assert text.count("the worst number of each wrong output") == 2  # the table's caption and its region
    for outcome in runs[1][1][1:]:
        worst = outcome.worst
        assert worst is not None
        line = f"<p>grad x, position {worst.index}: {worst.got!r}, expected {worst.expected!r}; c "
        assert line in text


def test_backends_that_give_the_same_wrong_numbers_stand_in_one_cluster(text: str) -> None:
    assert re.findall(r'<h3 id="failure-\d+-title">(.*?)</h3>', text) == [
        "✗ 1. wrong on &lt;script&gt;alert(1)&lt;/script&gt; and other: 4 cases"
    ]
    assert "<p>grad x: 1/2 times the right numbers." in text
    assert "4 wrong answers in 1 cluster" in text and "8 failures" in text


def test_links_on_the_page_lead_somewhere(text: str) -> None:
    page = Elements(text)
    names = [a["id"] for _, a in page.found if "id" in a]
    assert len(names) == len(set(names))
    inner = [a["href"][1:] for a in page.named("a") if a["href"].startswith("#")]
    assert set(inner) <= set(names) and "failure-1" in inner
    assert {a["aria-labelledby"] for _, a in page.found if "aria-labelledby" in a} <= set(names)


def test_tables_have_captions_and_every_head_says_what_it_heads(text: str) -> None:
    page = Elements(text)
    assert len(page.named("caption")) == len(page.named("table")) > 3
    assert {a["scope"] for a in page.named("th")} == {"col", "row", "colgroup", "rowgroup"}


def test_the_same_outcomes_give_the_same_bytes(text: str, runs: list[tuple[Any, list[Outcome]]]) -> None:
    assert html_page(runs, [f"a problem {HOSTILE}"], [f"a note {HOSTILE}"]) == text


def test_known_differences_name_reason_and_issue_and_skipped_cases_are_counted() -> None:
    case, known, *more = CASES[:4]
    outcomes = [Outcome(case, "pyg", "known", "why & how")]
    outcomes += [Outcome(each, "pyg", "skipped", "no <such> thing") for each in more]
    outcomes.append(Outcome(known, "pyg", "profile-difference", "self loops are kept"))
    backend = TinygnnBackend()
    text = html_page([(backend, outcomes)])
    assert "why &amp; how" in text and "self loops are kept" in text
    assert '<td>no &lt;such&gt; thing</td><td class="number">2</td>' in text
    assert "✓ all agree" in text


def test_an_upstream_issue_is_a_link() -> None:
    pyg = type("Pyg", (TinygnnBackend,), {"name": "pyg", "version": "2.8.1"})()
    linked = [name for name, record in known_differences("pyg", "2.8.1").items() if "#" in record.upstream]
    outcomes = [Outcome(case, "pyg", "known", "why") for case in CASES if case.id in linked]
    text = html_page([(pyg, outcomes)])
    assert re.search(
        r'<a href="https://github\.com/pyg-team/pytorch_geometric/issues/\d+" rel="noreferrer">', text
    )


def test_a_page_with_every_verdict_and_with_odd_numbers_is_made() -> None:
    odd = (
        Difference("out", 3, float("nan"), float("-inf"), float("inf"), float("inf"), 12.0, float("inf")),
        Difference("grad x", problem="missing"),
    )
    outcomes = [Outcome(case, "p", verdict, "why", odd) for case, verdict in zip(CASES, VERDICTS)]
    outcomes.append(Outcome(replace(CASES[9], id="unknown/\ud800"), "p", "wrong", "no vector", odd))
    text = html_page([(TinygnnBackend(), outcomes)])
    Elements(text)
    assert ">-inf</td>" in text and "missing" in text and "unknown/?" in text


def test_a_page_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    write_html(path, [(TinygnnBackend(), [])])
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ValueError, match="report.html: cannot be written: No space left"):
        write_html(path, [(TinygnnBackend(), [])], ["another"])
    assert path.read_bytes() == before and [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_the_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "report.html"
    assert cli.run(["--backend", "tinygnn", "-k", "op/tanh", "--html", str(path)]) == 0
    assert "all agree" in path.read_text("utf-8")
    assert cli.run(["--backend", "tinygnn", "-k", "op/tanh", "--html", str(tmp_path / "no" / "x.html")]) == 2
    assert "cannot be written: there is no folder" in capsys.readouterr().err
