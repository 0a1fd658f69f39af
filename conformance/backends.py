"""The built-in backends by name, and where and with which numbers those of torch compute."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from tinygnn.conformance.case import Backend
from tinygnn.conformance.dgl_backend import DglBackend
from tinygnn.conformance.jax_backend import JaxBackend
from tinygnn.conformance.precision import FLOAT64, PRECISIONS, Precision
from tinygnn.conformance.pyg_backend import PygBackend
from tinygnn.conformance.pyg_dense_backend import PygDenseBackend
from tinygnn.conformance.pyg_sparse_backend import PygSparseBackend
from tinygnn.conformance.runner import Outcome
from tinygnn.conformance.tinygnn_backend import TinygnnBackend
from tinygnn.conformance.torch_backend import TorchBackend

BACKENDS: dict[str, Callable[[], Backend]] = {
    "tinygnn": TinygnnBackend,
    "torch": TorchBackend,
    "pyg": PygBackend,
    "pyg-sparse": PygSparseBackend,
    "pyg-dense": PygDenseBackend,
    "jax": JaxBackend,
    "dgl": DglBackend,
}
# Those that compute on other devices, and with other numbers than float64, too.
OF_TORCH: dict[str, type[TorchBackend] | type[PygBackend]] = {
    "torch": TorchBackend,
    "pyg": PygBackend,
    "pyg-sparse": PygSparseBackend,
    "pyg-dense": PygDenseBackend,
}


def add_place(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how backends compute."""
    group = parser.add_argument_group("how torch and PyG compute")
    group.add_argument(
        "--device",
        default="cpu",
        metavar="NAME",
        help="on this device of torch, such as cuda (cpu if not said)",
    )
    group.add_argument(
        "--dtype",
        default="float64",
        choices=PRECISIONS,
        help="with these numbers; errors are measured in their eps",
    )
    group.add_argument(
        "--repeat", type=int, default=1, metavar="N",
        help="run every case N times, and say how far the runs of one backend lie apart",
    )  # fmt: skip


def available(args: argparse.Namespace) -> tuple[list[Backend], list[str]]:
    """The backends to run, and notes on those that are not installed.

    Raises AdapterError when a backend that was asked for, or torch, is not installed; ValueError for a device
    that this machine does not have, and for a backend that takes neither devices nor other numbers.
    """
    if args.repeat < 1:
        raise ValueError(f"--repeat {args.repeat}: every case runs once at least")
    asked = list(dict.fromkeys(args.backend or []))
    precision = PRECISIONS[args.dtype]
    if precision is not FLOAT64 or args.device != "cpu":
        return [elsewhere(name, precision, args.device) for name in asked or ["torch", "pyg"]], []
    if asked:
        return [BACKENDS[name]() for name in asked], []
    backends: list[Backend] = [TinygnnBackend(), TorchBackend()]
    try:
        backends.append(PygBackend())
    except ValueError as error:
        return backends, [f"pyg: not run, {error}"]
    return backends, []


def elsewhere(name: str, precision: Precision, device: str) -> Backend:
    """A backend of torch that computes there."""
    if name not in OF_TORCH:
        raise ValueError(
            f"--device and --dtype are for {', '.join(OF_TORCH)}: {name} computes on the CPU, in float64"
        )
    return OF_TORCH[name](precision, device)


def spread_lines(name: str, outcomes: Sequence[Outcome], repeat: int) -> list[str]:
    """How far the runs of a backend lie apart, where each case ran more than once."""
    if repeat == 1:
        return []
    apart = sorted([o for o in outcomes if o.spread], key=lambda outcome: -outcome.spread)
    ran = sum(outcome.verdict != "skipped" for outcome in outcomes)
    if not apart:
        return [f"  {name}: {repeat} runs of each case gave the same bits"]
    return [
        f"  {name}: of {ran} cases {len(apart)} gave other bits in {repeat} runs; they lie apart by",
        *[f"    {outcome.spread:.0f} ulps in {outcome.case.id}" for outcome in apart[:5]],
    ]
