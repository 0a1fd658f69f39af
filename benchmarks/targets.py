"""`TARGETS`: what tinygnn means to reach, as ratios within one run, and whether it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from benchmarks.contenders import CSV_LOOP, family
from benchmarks.measure import Result, ratio

Results = Mapping[str, Result]
# Takes the results and the name of a row; returns the number, or None where something is not measured.
Measure = Callable[[Results, str], float | None]

MET, NOT_MET, NOT_MEASURED = "met", "not met", "not measured"
MEGABYTE = 1e6


@dataclass(frozen=True)
class Target:
    """A number that a contender means to reach.

    unit: "times faster" wants at least `limit`, everything else at most. goal: a bolder limit.
    """

    contender: str
    text: str
    limit: float
    unit: str
    measure: Measure
    goal: float | None = None


@dataclass(frozen=True)
class Verdict:
    """A target held against a row: row names the contender and its interpreter."""

    row: str
    text: str
    wanted: str
    measured: str
    verdict: str


def times(workload: str, peer: str) -> Measure:
    """The time of an epoch as a multiple of the peer's."""

    def measured(results: Results, name: str) -> float | None:
        result = results.get(workload)
        row, other = (result.row(name), result.row(peer)) if result else (None, None)
        return ratio(row, other) if row and other else None

    return measured


def times_faster(workload: str, peer: str) -> Measure:
    """The peer's time of an epoch as a multiple of the contender's."""
    inverse = times(workload, peer)

    def measured(results: Results, name: str) -> float | None:
        found = inverse(results, name)
        return 1.0 / found if found else None

    return measured


def peak_megabytes(workload: str) -> Measure:
    """The peak memory of the whole process."""

    def measured(results: Results, name: str) -> float | None:
        row = results[workload].row(name) if workload in results else None
        return row.peak_memory / MEGABYTE if row and row.peak_memory else None

    return measured


def seconds(workload: str) -> Measure:
    """The time of an epoch."""

    def measured(results: Results, name: str) -> float | None:
        row = results[workload].row(name) if workload in results else None
        return row.median if row else None

    return measured


def time_per_edge(large: str, small: str) -> Measure:
    """Seconds per edge in one workload as a multiple of those in another."""

    def measured(results: Results, name: str) -> float | None:
        per_edge = []
        for workload in (large, small):
            row = results[workload].row(name) if workload in results else None
            if not row:
                return None
            per_edge.append(row.median / results[workload].edges)
        return per_edge[0] / per_edge[1]

    return measured


def memory_per_edge(large: str, small: str) -> Measure:
    """Bytes that training adds to the process, per edge, in one workload as a multiple of another."""

    def measured(results: Results, name: str) -> float | None:
        per_edge = []
        for workload in (large, small):
            row = results[workload].row(name) if workload in results else None
            if not row or not row.peak_memory or not row.memory_before:
                return None
            per_edge.append((row.peak_memory - row.memory_before) / results[workload].edges)
        return per_edge[0] / per_edge[1] if per_edge[1] else None

    return measured


FASTER, SLOWER, MB, SECONDS = "times faster", "times", "MB", "s"
LARGE, MIDDLE, SMALL = "synthetic-100000", "synthetic-10000", "synthetic-1000"
TARGETS = [
    Target("tinygnn", "karate, against micrograd", 300, FASTER, times_faster("karate", "micrograd")),
    Target(
        "tinygnn-gc-off", "karate, against micrograd, the collector off for both", 30, FASTER,
        times_faster("karate", "micrograd-gc-off"),
    ),
    Target("tinygnn", "karate, against PyG float32", 4, SLOWER, times("karate", "pyg-float32")),
    Target("tinygnn-compiled", "karate, against PyG float32", 1, SLOWER, times("karate", "pyg-float32")),
    Target("tinygnn", "cora-gcn, against PyG float32", 30, SLOWER, times("cora-gcn", "pyg-float32"), 15),
    Target(
        "tinygnn-compiled", "cora-gcn, against PyG float32", 12, SLOWER, times("cora-gcn", "pyg-float32"), 5
    ),
    Target("tinygnn", "cora-gcn, peak memory of the process", 350, MB, peak_megabytes("cora-gcn")),
    Target("tinygnn-compiled", "cora-gcn, peak memory of the process", 350, MB, peak_megabytes("cora-gcn")),
    Target("tinygnn", "moons, against micrograd", 10, FASTER, times_faster("moons", "micrograd")),
    Target(
        "tinygnn", "time per edge at 100 000 nodes, against 1 000", 1.6, SLOWER, time_per_edge(LARGE, SMALL)
    ),
    Target(
        "tinygnn-compiled", "time per edge at 100 000 nodes, against 1 000", 1.6, SLOWER,
        time_per_edge(LARGE, SMALL),
    ),
    Target(
        "tinygnn", "memory per edge at 100 000 nodes, against 10 000", 1.6, SLOWER,
        memory_per_edge(LARGE, MIDDLE),
    ),
    Target("tinygnn", "from-csv, against the plain loop", 2, SLOWER, times("from-csv", CSV_LOOP)),
    Target("tinygnn", "from-networkx, against PyG", 8, FASTER, times_faster("from-networkx", "pyg-float32")),
    Target("tinygnn", "from-pyg, Cora", 0.5, SECONDS, seconds("from-pyg")),
]  # fmt: skip


def judge(results: Results, targets: Iterable[Target] = tuple(TARGETS)) -> list[Verdict]:
    """Hold every target against the rows of its contender, one for each interpreter."""
    names = sorted({row.name for result in results.values() for row in result.rows})
    verdicts = []
    for target in targets:
        rows = [name for name in names if family(name) == target.contender] or [target.contender]
        for name in rows:
            measured = target.measure(results, name)
            if measured is not None or name == target.contender:
                verdicts.append(verdict_on(target, name, measured))
    return verdicts


def verdict_on(target: Target, name: str, measured: float | None) -> Verdict:
    """Say whether a measured number is within the limit, and within the goal."""
    direction = "at least" if target.unit == FASTER else "at most"
    wanted = f"{direction} {target.limit:g} {target.unit}"
    if target.goal is not None:
        wanted += f", goal {target.goal:g}"
    if measured is None:
        return Verdict(name, target.text, wanted, "-", NOT_MEASURED)
    verdict = MET if reaches(measured, target.limit, target.unit) else NOT_MET
    if target.goal is not None and verdict == MET:
        verdict += ", goal met" if reaches(measured, target.goal, target.unit) else ", goal not met"
    return Verdict(name, target.text, wanted, f"{digits(measured)} {target.unit}", verdict)


def reaches(measured: float, limit: float, unit: str) -> bool:
    return measured >= limit if unit == FASTER else measured <= limit


def digits(number: float) -> str:
    """Three significant digits, or all before the point."""
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"
