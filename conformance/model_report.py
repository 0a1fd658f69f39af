"""What `tinygnn conformance --model` prints: a row for each layer, then the first that departs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tinygnn.conformance.checks import Check
from tinygnn.conformance.model_check import LayerReport
from tinygnn.conformance.report import wrap
from tinygnn.conformance.summary_table import short

COLUMNS = ("messages", "aggregates", "output", "gradients")
CELL = 15  # characters
LEGEND = (
    "Of each layer the largest c = |error| / (eps · sum of the absolute terms), and the bound up to which "
    "rounding explains it. tinygnn's layer is given what the layer got, and the gradient that its output has."
)


def lines(reports: Sequence[LayerReport]) -> Iterator[str]:
    """The whole report."""
    compared = [report for report in reports if report.checks]
    names = max([len(report.name) for report in compared], default=0)
    kinds = max([len(report.kind) for report in compared], default=0)
    if compared:
        yield " ".join([f"{'layer':{names}} {'':{kinds}}", *[f"{column:>{CELL}}" for column in COLUMNS]])
    for report in compared:
        cells = " ".join(f"{cell(report, column):>{CELL}}" for column in COLUMNS)
        yield f"{report.name:{names}} {report.kind:{kinds}} {cells}{'  departs' * bool(report.departs)}"
    if compared:
        yield from wrap(LEGEND, "")
    for report in reports:
        if not report.checks:
            yield from wrap(f"not compared: {report.name} ({report.kind}): {report.reason}", "")
        if report.note:
            yield from wrap(f"note: {report.name} ({report.kind}): {report.note}", "")
        chosen = [check.what for check in report.checks if check.chosen]
        if chosen:
            text = f"other subgradients, at kinks or ties, as right as tinygnn's, in the {', '.join(chosen)}"
            yield from wrap(f"note: {report.name} ({report.kind}): {text}", "")
    departing = [report for report in compared if report.departs]
    for report in departing[:1]:
        yield ""
        yield from first_departure(report)
    if departing[1:]:
        yield from wrap(f"Further layers depart: {', '.join(report.name for report in departing[1:])}.", "")
    yield ""
    yield verdict(compared, departing)


def cell(report: LayerReport, column: str) -> str:
    """The largest c of the quantities of a column and its bound, "-" where there are none."""
    checks = [check for check in report.checks if column_of(check) == column]
    if any(check.problem for check in checks):
        return "differ"
    worst = max([check.worst for check in checks if check.worst], key=lambda found: found.ratio, default=None)
    return "-" if worst is None else f"{short(worst.ratio)} of {short(worst.bound)}"


def column_of(check: Check) -> str:
    return "gradients" if check.what.startswith("gradient") else check.what


def first_departure(report: LayerReport) -> Iterator[str]:
    """The layer, the first quantity that departs, the first number of it, and what follows."""
    first, *rest = report.departs
    yield f"{report.name} ({report.kind}) is the first layer that departs, in its {first.what}:"
    if first.problem:
        yield from wrap(first.problem)
    if first.first is not None:
        number = first.first
        yield f"  {first.where}: {number.got!r} here, {number.expected!r} in tinygnn"
        share = f"{first.departing} of {first.count} numbers depart"
        yield f"  c {short(number.ratio)} of {short(number.bound)}; {share}"
    if rest:
        whats = ", ".join(check.what for check in rest)
        yield from wrap(f"What depends on it departs too, or by itself: {whats}.")
    if report.known:
        yield f"  PyG's own {report.kind} is known to depart, where it does:"
        for reason in report.known:
            yield from wrap(f"- {reason}.")


def verdict(compared: Sequence[LayerReport], departing: Sequence[LayerReport]) -> str:
    """The last line."""
    if not compared:
        return "FAILED: no layer could be compared"
    of = f"{len(compared)} layer{'s' * (len(compared) != 1)}"
    if departing:
        return f"FAILED: {len(departing)} of {of} depart{'s' * (len(departing) == 1)}"
    return f"all numbers of {of} are tinygnn's, up to rounding; what is done between layers is not compared"
