"""`record`: keep what happens in a forward pass, message by message."""

from __future__ import annotations

from types import TracebackType

from tinygnn.tape import Tape, tapes


class record:
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

    def __init__(self) -> None:
        self.tape = Tape()

    def __enter__(self) -> Tape:
        tapes.append(self.tape)
        return self.tape

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        tapes.remove(self.tape)
