"""`CONTENDERS`: who is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """An engine and how it is run.

    engine: its file in engines/. collector: whether Python's cyclic garbage collector is left on, as it
    is for users. installed: measure the tinygnn that is installed, and only if it is compiled, instead of
    the checkout's source. float32: 32-bit numbers instead of 64. skip_zeros: leave out the products with
    zeros of the features. keeps_epoch: a loop in one scope, whose logits and loss live on while the next
    epoch makes its own.
    """

    name: str
    engine: str
    collector: bool = True
    installed: bool = False
    float32: bool = False
    skip_zeros: bool = False
    keeps_epoch: bool = False


CONTENDERS = {
    contender.name: contender
    for contender in [
        Contender("tinygnn", "with_tinygnn"),
        Contender("tinygnn-gc-off", "with_tinygnn", collector=False),
        Contender("tinygnn-one-scope", "with_tinygnn", keeps_epoch=True),
        Contender("tinygnn-compiled", "with_tinygnn", installed=True),
        Contender("micrograd", "with_micrograd"),
        Contender("micrograd-gc-off", "with_micrograd", collector=False),
        Contender("micrograd-no-zeros", "with_micrograd", collector=False, skip_zeros=True),
        Contender("torch-float32", "with_torch", float32=True),
        Contender("torch-float64", "with_torch"),
        Contender("pyg-float32", "with_pyg", float32=True),
        Contender("pyg-float64", "with_pyg"),
        Contender("csv-loop", "with_csv"),
    ]
}

TINYGNN = ("tinygnn", "tinygnn-gc-off", "tinygnn-compiled")
ONE_SCOPE = "tinygnn-one-scope"
MICROGRAD = ("micrograd", "micrograd-gc-off")
TORCH = ("torch-float32", "torch-float64")
PYG = ("pyg-float32", "pyg-float64")
CSV_LOOP = "csv-loop"


def family(name: str) -> str:
    """The contender that a row is of: "tinygnn 3.13" is tinygnn, run by another Python."""
    return name.split(" ")[0]


class Skip(Exception):
    """A contender cannot take part; the message says why and, where there is one, the way to mend it."""
