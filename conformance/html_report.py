"""The report as one page of HTML that loads nothing and runs nothing: `tinygnn conformance --html FILE`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import tinygnn
from tinygnn.conformance.case import FLAGS, KINDS, Named, Numbers
from tinygnn.conformance.clusters import Cluster, clusters
from tinygnn.conformance.html_failures import failure_parts, places
from tinygnn.conformance.known_differences import Known, known_of
from tinygnn.conformance.runner import Outcome, Reference
from tinygnn.conformance.selection import layer_of
from tinygnn.conformance.summary_table import HEADS, Cell, rows_of
from tinygnn.conformance.verdicts import FAILURES, VERDICTS
from tinygnn.files import write_atomically
from tinygnn.web_page import (
    Html,
    common_style,
    contents,
    counted,
    definitions,
    element,
    heads,
    number,
    page,
    row,
    scroller,
    section,
    table,
    together,
)  # fmt: skip

Run = tuple[Named, Sequence[Outcome]]

LAYERS = "Layers and operations by backend: how many cases ran, and the worst error"
NAMES = ("ran", *HEADS[1:])
MEANINGS = {
    "ran": "how many cases ran; - where none did",
    "known": "they differ as recorded, or are right by another convention or subgradient",
    "fail": "wrong or error",
    "c": "of those that pass the worst error / (eps · sum of the absolute terms), eps = 2⁻⁵²",
    "ulps": "of those that pass the most floats between what was expected and what came",
}


def write_html(
    path: Path, runs: Sequence[Run], problems: Sequence[str] = (), notes: Sequence[str] = ()
) -> None:
    """Write the page into a file, which appears whole or not at all.

    Raises ValueError where the file cannot be written.
    """
    try:
        write_atomically(path, html_page(runs, problems, notes).encode())
    except OSError as error:
        raise ValueError(f"{path}: cannot be written: {error.strerror}") from error


def check_folder(path: Path) -> None:
    """Raise ValueError where there is no folder for the page: before the cases run."""
    if not path.parent.is_dir():
        raise ValueError(f"{path}: cannot be written: there is no folder {path.parent}")


def html_page(
    runs: Sequence[Run],
    problems: Sequence[str] = (),
    notes: Sequence[str] = (),
    reference: Reference | None = None,
) -> str:
    """The text of the page; the same outcomes give the same bytes.

    problems: what is wrong with the run as a whole; notes: what else is to be known of it.
    """
    outcomes = [outcome for _, done in runs for outcome in done]
    found = clusters([done for _, done in runs], right_numbers(outcomes, reference or Reference()))
    title = f"tinygnn {tinygnn.__version__} conformance"
    sections: list[tuple[str, str, Html]] = [
        ("backends", "Backends", backends_table(runs)),
        ("layers", "Layers", together(layers_table(runs, found), definitions(MEANINGS.items()))),
        ("failures", "Failures", together(*failure_parts(found))),
        ("known", "Known differences", known_table(runs)),
        ("skipped", "Skipped", skipped_table(runs)),
        ("words", "Words", words(outcomes)),
    ]
    return page(
        title,
        element("header", element("h1", title), *verdict(outcomes, problems, notes)),
        contents((key, name) for key, name, _ in sections),
        element("main", *[section(*each) for each in sections]),
        style=common_style() + files("tinygnn.conformance").joinpath("html_report.css").read_text("utf-8"),
    )


def right_numbers(outcomes: Sequence[Outcome], reference: Reference) -> dict[str, Mapping[str, Numbers]]:
    """The right numbers of the cases that fail, where there are some."""
    right: dict[str, Mapping[str, Numbers]] = {}
    for outcome in outcomes:
        if outcome.failed and outcome.case.id not in right:
            try:
                right[outcome.case.id] = reference.expected(outcome.case).outputs
            except KeyError:
                right[outcome.case.id] = {}
    return right


def verdict(outcomes: Sequence[Outcome], problems: Sequence[str], notes: Sequence[str]) -> Iterator[Html]:
    """What came of it in a line, then problems and notes."""
    failed = sum(outcome.failed for outcome in outcomes)
    if failed or problems:
        where = element("a", counted(failed, "failure"), href="#failures")
        yield element("p", "✗ FAILED: ", where if failed else counted(len(problems), "problem"), class_="bad")
    else:
        yield element("p", "✓ all agree", class_="good")
    cases = len({outcome.case.id for outcome in outcomes})
    yield element("p", f"{counted(cases, 'case')}, {counted(len(outcomes), 'outcome')}.")
    for problem in problems:
        yield element("p", f"✗ {problem}", class_="bad")
    for note in notes:
        yield element("p", note)


def backends_table(runs: Sequence[Run]) -> Html:
    """How many cases of which verdict each backend has."""
    rows = []
    for backend, done in runs:
        tally = {verdict: sum(outcome.verdict == verdict for outcome in done) for verdict in VERDICTS}
        cells = [
            number(f"✗ {n}", "bad") if n and verdict in FAILURES else number(n)
            for verdict, n in tally.items()
        ]
        rows.append(row(f"{backend.name} {backend.version}", number(len(done)), *cells))
    columns = ("cases", *VERDICTS)
    caption = "How many cases came to which verdict"
    return table(caption, heads("backend", *columns, numbers=columns), element("tbody", *rows))


def layers_table(runs: Sequence[Run], found: Sequence[Cluster]) -> Html:
    """A row for each layer and operation, a group of columns for each backend."""
    names = [f"{backend.name} {backend.version}" for backend, _ in runs]
    groups = [element("th", name, scope="colgroup", colspan=len(NAMES), class_="group") for name in names]
    columns = [element("th", name, scope="col", class_=kind(name)) for _ in runs for name in NAMES]
    where = places(found)
    bodies: dict[str, list[Html]] = {}
    for each in rows_of([done for _, done in runs]):
        cells = [
            cell
            for (backend, _), own in zip(runs, each.cells)
            for cell in cells_of(own, where.get((backend.name, each.name), ""))
        ]
        bodies.setdefault(each.kind, []).append(row(each.name, *cells))
    content = element(
        "table",
        element("caption", element("span", LAYERS)),
        element("colgroup"),
        *[element("colgroup", span=len(NAMES)) for _ in runs],
        element(
            "thead",
            element("tr", element("th", "layer", scope="col", rowspan=2), *groups),
            element("tr", *columns),
        ),
        *[
            element("tbody", kind_row(name, 1 + len(runs) * len(NAMES)), *rows)
            for name, rows in bodies.items()
        ],
    )
    return scroller(content, LAYERS)


def kind(head: str) -> str:
    """The class of a column's cells: a line parts the backends."""
    return "number group" if head == NAMES[0] else "number"


def kind_row(name: str, width: int) -> Html:
    """The row above layers and operations of a kind."""
    text = element("span", f"{name}: {KINDS.get(name, name)}")
    return element("tr", element("th", text, scope="rowgroup", colspan=width, class_="kind"))


def cells_of(own: Cell, where: str) -> Iterator[Html]:
    """The cells of a layer on a backend; failures lead to their cluster."""
    for head, text in zip(NAMES, own.columns()):
        if head == "fail" and own.failed:
            yield number(element("a", f"✗ {text}", href=f"#{where}"), "bad")
        else:
            yield element("td", "0" if text == "." else text, class_=kind(head))


def known_table(runs: Sequence[Run]) -> Html:
    """What differs and is no failure, gathered by reason, with the upstream issue."""
    rows = []
    for backend, done in runs:
        records = known_of(backend)
        reasons: dict[tuple[str, str, Html], list[str]] = {}
        for outcome in done:
            if not outcome.failed and outcome.verdict not in ("pass", "skipped"):
                key = (outcome.verdict, outcome.detail, upstream(outcome, records))
                reasons.setdefault(key, []).append(outcome.case.id)
        for (verdict, reason, issue), ids in reasons.items():
            names = element("ul", *[element("li", element("code", name)) for name in ids])
            cases = element("details", element("summary", counted(len(ids), "case")), names)
            rows.append(row(backend.name, verdict, reason, element("td", issue), element("td", cases)))
    if not rows:
        return element("p", "None.")
    caption = "What differs and is no failure: recorded differences, other conventions, other subgradients"
    return table(caption, heads("backend", "verdict", "reason", "upstream", "cases"), element("tbody", *rows))


def upstream(outcome: Outcome, records: Mapping[str, Known]) -> Html:
    """Where a recorded difference was reported, as a link where it is an issue on GitHub."""
    known = records.get(outcome.case.id) if outcome.verdict == "known" else None
    text = "" if known is None else known.upstream
    issue = re.match(r"([\w.-]+/[\w.-]+)#(\d+)", text)
    if issue is None:
        return together(text)
    where = f"https://github.com/{issue[1]}/issues/{issue[2]}"
    return together(element("a", issue[0], href=where, rel="noreferrer"), text[issue.end() :])


def skipped_table(runs: Sequence[Run]) -> Html:
    """For which reasons cases were skipped, and how many."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for backend, done in runs:
        for outcome in done:
            if outcome.verdict == "skipped":
                reasons.setdefault((backend.name, outcome.detail), []).append(layer_of(outcome.case))
    if not reasons:
        return element("p", "None.")
    rows = []
    for (name, reason), layers in reasons.items():
        names = list(dict.fromkeys(layers))
        folded = element("details", element("summary", str(len(names))), ", ".join(names))
        rows.append(row(name, reason, number(len(layers)), element("td", folded)))
    columns = heads("backend", "reason", "cases", "layers and operations", numbers=["cases"])
    return table("Why cases were skipped", columns, element("tbody", *rows))


def words(outcomes: Sequence[Outcome]) -> Html:
    """Verdicts, and the traps that the cases set."""
    flags = sorted({flag for outcome in outcomes for flag in outcome.case.flags})
    return together(
        element("h3", "Verdicts"),
        definitions(VERDICTS.items()),
        element("h3", "Traps that cases set"),
        definitions((flag, FLAGS.get(flag, "")) for flag in flags),
    )
