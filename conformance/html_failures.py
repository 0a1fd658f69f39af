"""The failures on the page of HTML: in clusters, expected beside got, and the command that repeats each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tinygnn.conformance.clusters import Cluster, Wrong
from tinygnn.conformance.compare import Difference
from tinygnn.conformance.report import reproduction
from tinygnn.conformance.selection import layer_of
from tinygnn.conformance.summary_table import short
from tinygnn.web_page import Html, command, counted, element, heads, number, row, shortened, table

SHOWN_AT_ONCE = 1  # cases of a cluster; the others are folded away
MOST_TABLES = 300  # failures, behind which a line has to do for each
MOST_WORDS = 1000  # characters of what a backend says
NUMBERS = ("position", "expected", "got", "error", "c", "bound", "ulps")


def failure_parts(found: Sequence[Cluster]) -> Iterator[Html]:
    """Every failure, in clusters."""
    if not found:
        yield element("p", "None.")
        return
    answers = sum(len(cluster.members) for cluster in found)
    yield element(
        "p",
        f"{counted(answers, 'wrong answer')} in {counted(len(found), 'cluster')}, the largest first. "
        "Backends stand together where they give the same wrong numbers to a case, cases where they are "
        "wrong in the same way.",
    )
    if answers > MOST_TABLES:
        rest = f"the other {answers - MOST_TABLES} with the worst of them"
        yield element(
            "p", f"The first {MOST_TABLES} are shown with the numbers of every wrong output, {rest}."
        )
    before = 0
    for k, cluster in enumerate(found, 1):
        yield cluster_section(k, cluster, MOST_TABLES - before)
        before += len(cluster.members)


def cluster_section(k: int, cluster: Cluster, in_full: int) -> Html:
    """A cluster; of its cases the first `in_full` with the numbers of every wrong output."""
    names = " and ".join(cluster.backends)
    parts = [
        f"{shortened(text, MOST_WORDS)}." for text in (capitalized(cluster.detail), cluster.mistake) if text
    ]
    if len(cluster.backends) > 1:
        same = "answer" if cluster.verdict == "error" else "wrong numbers"
        parts.append(f"{names} give the same {same} to each of these cases.")
    members = [failure(wrong, in_full=j < in_full) for j, wrong in enumerate(cluster.members)]
    first, more = members[:SHOWN_AT_ONCE], members[SHOWN_AT_ONCE:]
    if more:
        first.append(element("details", element("summary", f"{len(more)} more of the same"), *more))
    title = f"✗ {k}. {cluster.verdict} on {names}: {counted(len(members), 'case')}"
    return element(
        "section",
        element("h3", title, id=f"{place(k)}-title"),
        *[element("p", part) for part in parts],
        *first,
        id=place(k),
        aria_labelledby=f"{place(k)}-title",
    )


def place(k: int) -> str:
    """Where on the page the k-th cluster is."""
    return f"failure-{k}"


def places(found: Sequence[Cluster]) -> dict[tuple[str, str], str]:
    """For a backend and a layer the place of the first cluster with their failures."""
    where: dict[tuple[str, str], str] = {}
    for k, cluster in enumerate(found, 1):
        for wrong in cluster.members:
            for backend in cluster.backends:
                where.setdefault((backend, layer_of(wrong.case)), place(k))
    return where


def failure(wrong: Wrong, *, in_full: bool) -> Html:
    """A case that fails: what was computed, expected and got, and the commands that show it again."""
    again = [command(reproduction(outcome)) for outcome in wrong.outcomes]
    return element(
        "article",
        element("h4", element("code", wrong.case.id)),
        *(numbers_of(wrong) if in_full else worst_of(wrong)),
        element("p", "See it again:", class_="again"),
        *again,
    )


def numbers_of(wrong: Wrong) -> Iterator[Html]:
    """What was computed, the traps that were set, and the worst number of each output that fails."""
    case, first = wrong.case, wrong.outcomes[0]
    if case.equation:
        yield element("p", f"Computed: {case.equation}.")
    if case.flags:
        yield element("p", f"Traps: {', '.join(case.flags)}.")
    if first.verdict == "error":
        yield element("p", shortened(first.detail, MOST_WORDS))
    rows = [difference_row(difference) for difference in first.differences if not difference.ok]
    if rows:
        caption = f"{case.id}: the worst number of each wrong output"
        yield table(caption, heads("output", *NUMBERS, numbers=NUMBERS), element("tbody", *rows))


def worst_of(wrong: Wrong) -> Iterator[Html]:
    """The same in a line: the worst number of the case, or what is wrong with it."""
    first = wrong.outcomes[0]
    worst = first.worst
    if first.verdict == "error" or worst is None:
        yield element("p", shortened(first.detail, MOST_WORDS))
    elif worst.problem:
        yield element("p", f"{worst.output}: {worst.problem}")
    else:
        where = f"{worst.output}, position {worst.index}"
        c = f"c {short(worst.ratio)} of {short(worst.bound)}"
        yield element("p", f"{where}: {worst.got!r}, expected {worst.expected!r}; {c}")


def difference_row(difference: Difference) -> Html:
    """One wrong output."""
    if difference.problem:
        return row(difference.output, element("td", difference.problem, colspan=len(NUMBERS)))
    texts = [difference.index, repr(difference.expected), repr(difference.got), f"{difference.error:.6g}"]
    texts += [short(x) for x in (difference.ratio, difference.bound, difference.ulps)]
    return row(difference.output, *map(number, texts))


def capitalized(text: str) -> str:
    """A sentence with a capital at its start."""
    return text[:1].upper() + text[1:]
