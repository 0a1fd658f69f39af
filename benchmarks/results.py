"""RESULTS.md and the plot beside it, written from the measurements."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Result
from benchmarks.plot import scaling
from benchmarks.table import as_markdown, measurements, verdicts
from benchmarks.targets import Verdict

PLOT = "scaling.svg"

HOW_TO_READ = """\
Each contender trains the same model from the same weights in a process of its own; the processes take turns,
round by round. An epoch is everything between two of them: forward pass over all nodes, loss, backward pass,
optimizer step.

- *median*, *min-max*: the time of an epoch, over all rounds. The first epoch of each turn is not counted:
  after the wait for the turn, caches are cold, and tinygnn lets the garbage collector look at everything, as
  it does in training too once in ten seconds or more.
- *first epoch*: what is computed once per graph is computed there; it is in no median.
- *memory before*: the most the process has had when the first epoch starts: the interpreter, what it
  imports, the data. *peak memory*: the most at the end. A megabyte is a million bytes.
- */ peer*: the time of the row as a multiple of the peer's, the median over the rounds of the ratio within
  each round. 1/400 is 400 times as fast, 2.5 takes two and a half times as long. Time per edge compares
  medians of two workloads, which were measured one after the other.
- *tinygnn* is the source as it stands, *tinygnn-compiled* the same source through mypyc. A number after the
  name is another version of Python; the peers all run on the first.
- *gc-off* rows call `gc.disable()` first, all others leave Python's cyclic garbage collector as it is.
  *micrograd-no-zeros* has it off as well, and leaves out the products with zeros of the features."""

NOTES = """\
- Every contender's loss in the first two epochs is that of the first row: to 1e-9 in 64 bits, to 1e-4 in 32.
  That is checked before a row is shown. There is no dropout and no weight decay, so that it can be.
- micrograd has no exp, no log and no optimizer; they are written in its manner. The products of features and
  weights are dense sums, as in its Neuron. On karate, where 33 of 34 features are zero, most of its work is
  multiplying zeros; micrograd-no-zeros shows what is left without that. No target counts on that row.
- PyG runs as its tutorial has it: dense features, edge_index as it comes, nothing cached, on one thread of
  the CPU. It can do better with sparse features, `cached=True`, several threads or a GPU.
- PyG in 32 bits moves half the bytes of tinygnn's 64-bit numbers; the float64 row is the like for like.
- Features reach tinygnn as lists in which each zero is an object of its own, as `tolist()` makes them.
- In `build`, tinygnn checks every edge; PyG's `Data` checks none.
- *csv-loop* is Python's csv module in a plain loop, without checks; in `to-csv` it writes no file of nodes.
  Conversions return the number of edges instead of a loss.
- With the collector off, micrograd frees nothing: its peak memory there is that of all epochs that ran.
- No machine is a quiet laboratory. Between two runs times differ by more than the ratios within one do."""


def write(
    folder: Path, results: Sequence[Result], found: Sequence[Verdict], facts: dict[str, str]
) -> list[Path]:
    """Write RESULTS.md, and the plot if there is something to plot; return what was written."""
    plot = scaling(results)
    written = [folder / "RESULTS.md"]
    written[0].write_text(document(results, found, facts, with_plot=plot is not None), encoding="utf-8")
    if plot is not None:
        written.append(folder / PLOT)
        written[1].write_text(plot, encoding="utf-8")
    return written


def document(
    results: Sequence[Result], found: Sequence[Verdict], facts: dict[str, str], *, with_plot: bool
) -> str:
    """The text of RESULTS.md. facts: what to say of the run, the command among them."""
    blocks = [
        "# What was measured",
        "Written by `python -m benchmarks --write-results`; the command and the machine of the last run:",
        as_markdown([["", ""], *([name, value] for name, value in facts.items())]),
        "## Targets",
        as_markdown(verdicts(found)),
        "## How to read the tables",
        HOW_TO_READ,
    ]
    together = len({result.measured for result in results}) == 1
    for result in results:
        blocks += [f"## {result.workload}", sentence(result), as_markdown(measurements(result))]
        blocks += [] if together else [f"Measured {result.measured}."]
    if with_plot:
        blocks += [
            "## Growth",
            f"![Time per epoch and peak memory against the number of edges]({PLOT})",
            "The synthetic graphs, both axes logarithmic: one decade up for each decade across is linear "
            "growth. Memory starts from what the interpreter and its imports take.",
        ]
    return "\n\n".join([*blocks, "## Notes", NOTES]) + "\n"


def sentence(result: Result) -> str:
    """What a workload is, and how large."""
    size = f" ({result.nodes:,} nodes, {result.edges:,} edges)" if result.edges else ""
    return f"{result.description}{size}."
