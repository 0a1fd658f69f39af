"""`record`: keep what happens in a forward pass, message by message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tinygnn.tape import Tape, tapes


@contextmanager
def record() -> Iterator[Tape]:
    """A context that keeps what modules are given and give back, and every message they pass.

    `with record() as tape:` around a forward pass; `backward` may be called in it or later. Afterwards
    tape["convs.0"] is the call of that module, tape.layers those that passed messages, in order; see
    `Tape`, `Call` and `Passing`. All numbers are the Values themselves, whose gradients `backward` fills.
    Where the input is constant, so are messages made from it alone: floats, which have no gradient.

    Each message is a Value of its own between what is sent and the sum: outputs have the bits that they
    have unrecorded, gradients are equal up to rounding. It takes time and memory for each message, and
    nothing while no tape is open.

    >>> from tinygnn.nn import GCNConv
    >>> conv = GCNConv(1, 1, normalize=False)
    >>> conv.load_state_dict({"bias": [0.5], "lin.weight": [[2.0]]})
    >>> with record() as tape:
    ...     out = conv([[1.0], [3.0]], ([0, 1], [1, 0]))
    >>> out[0][0].backward()
    >>> [passing] = tape[""].passings
    >>> [(passing.sources[k], passing.messages[k]) for k in passing.entering(0)]
    [(1, [Value(6.0, grad=1.0)])]
    >>> passing.aggregates[0], passing.outputs[0]
    ([Value(6.0, grad=1.0)], [Value(6.5, grad=1.0)])
    """
    tape = Tape()
    tapes.append(tape)
    try:
        yield tape
    finally:
        tapes.remove(tape)
