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
    "rounding explains it. tinygnn's layer is given what the layer got, and the gradient that its output "
    "has, which is held against what a small change of the output does to the loss, whatever follows."
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
        yield f"{report.name:{names}} {report.kind:{kinds}} {cells}{mark(report)}"
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
    known = [report for report in compared if report.known]
    for reasons in dict.fromkeys(tuple(report.known) for report in known):
        alike = [report.name for report in known if tuple(report.known) == reasons]
        verb = f"depart{'s' * (len(alike) == 1)}"
        yield ""
        yield from wrap(f"known: {', '.join(alike)} {verb} as this version of PyG is known to:", "")
        for reason in reasons:
            yield from wrap(f"- {reason}.")
    failed = [report for report in reports if report.failed]
    for report in failed[:1]:
        yield ""
        yield from first_departure(report)
    if failed[1:]:
        yield from wrap(f"Further layers depart: {', '.join(report.name for report in failed[1:])}.", "")
    yield ""
    yield from wrap(verdict(reports, compared, known, failed), "")


def mark(report: LayerReport) -> str:
    """What the row of a layer ends with."""
    return "  departs" * report.failed or "  known" * bool(report.known)


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
    if not report.departs or report.known:
        yield from after(report)
        return
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


def after(report: LayerReport) -> Iterator[str]:
    """A gradient that is wrong behind a layer."""
    assert report.after is not None and report.after.first is not None
    number = report.after.first
    yield f"Behind {report.name} ({report.kind}) and before what was compared next the gradient goes wrong:"
    got = f"torch's gradient says {number.got:.6g}" if number.got else "torch has no gradient there"
    yield from wrap(
        f"changed along a direction, its output changes the loss at a rate of {number.expected:.6g}, and "
        f"{got}. Something there is detached, or its backward is wrong."
    )


def verdict(
    reports: Sequence[LayerReport],
    compared: Sequence[LayerReport],
    known: Sequence[LayerReport],
    failed: Sequence[LayerReport],
) -> str:
    """The last line."""
    if failed:
        return f"FAILED: {len(failed)} of {layers(len(reports))} depart{'s' * (len(failed) == 1)}"
    if not compared:
        return "FAILED: no layer could be compared"
    but = f", but for what is known of {layers(len(known))}" if known else ""
    after = sum(report.after is not None for report in reports)
    return (
        f"all numbers of {layers(len(compared))} are tinygnn's, up to rounding{but}; what is done between "
        f"layers is not compared, but the gradient that it gives back is right behind {after} of "
        f"{layers(len(reports))}"
    )


def layers(count: int) -> str:
    """So many layers, in words."""
    return f"{count} layer{'s' * (count != 1)}"
