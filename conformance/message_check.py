"""The messages of a layer's call, what nodes made of them, and the gradients of both, held against tinygnn's.

Some layers of tinygnn take the weight matrix before the messages where PyG takes it after them, which is the
same sum: tinygnn's are matrices times PyG's, see `message_parts.PARTS`. Messages and aggregates are compared
as tinygnn has them, their gradients as PyG has them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tinygnn.adapters.errors import AdapterError
from tinygnn.adapters.message_parts import PARTS, Part, Parts
from tinygnn.adapters.pyg_agreement import numbered, share, split, their_streams
from tinygnn.conformance.checks import Check, compared
from tinygnn.conformance.layer_calls import LayerCall
from tinygnn.conformance.layer_replay import NO_GRADIENT, Replay
from tinygnn.conformance.torch_ops import import_torch
from tinygnn.value import Value

TIED = ("max", "min")  # whose shares of equal numbers add up to 1


@dataclass(frozen=True, eq=False)
class Stream:
    """What goes along the edges of one head, tower, relation or step.

    messages and aggregates: ours, rows of numbers, an empty one for a node that has none; shares: what a mean
    has in each message of ours and not of theirs. their_...: tensors with rows in the same order, and those
    of their gradients, None where there is none. edges: what each message is called; name: the stream.
    """

    name: str
    edges: list[str]
    messages: list[list[Any]]
    shares: Any
    aggregates: list[list[Any]]
    their_messages: Any
    their_aggregates: Any
    message_gradients: Any
    aggregate_gradients: Any

    def named(self, row: str) -> str:
        """What a row of it is called."""
        return f"{self.name}, {row}" if self.name else row


def message_checks(found: Replay, call: LayerCall) -> tuple[list[Check], list[Check]]:
    """Messages and aggregates; the gradients of both. None for a layer that passes no messages."""
    conv = call.twin.ours
    name = type(conv).__name__
    if name not in PARTS:
        return [], []
    try:
        streams = list(_streams(found, call))
    except AdapterError as error:
        return [Check("messages", problem=str(error))], []
    parts = PARTS[name](conv, len(streams))
    forward = [_forward(what, found, streams, parts) for what in ("messages", "aggregates")]
    aggr = str(getattr(conv, "aggr", "sum"))
    backward = [_backward(what, found, streams, parts, aggr) for what in ("aggregates", "messages")]
    if name == "PNAConv":  # an aggregate of ours may stand in several columns, and then has the sum
        backward[0] = Check("gradient of aggregates")
    if backward[1].what.endswith(NO_GRADIENT):  # then what is made of them has none either
        backward.reverse()
    return forward, backward


def _streams(found: Replay, call: LayerCall) -> Iterator[Stream]:
    """Ours and theirs side by side. Raises AdapterError where they cannot be, because edges differ."""
    torch, conv = import_torch(), call.twin.ours
    theirs = list(their_streams(conv, call.passings))
    ours = [(passing, r, ks) for passing in found.passings for r, ks in enumerate(split(conv, passing))]
    if not any(ks for _, _, ks in ours) and not any(their.edge_index.numel() for their, _ in theirs):
        return  # a graph without edges
    if len(ours) != len(theirs):
        raise AdapterError(f"messages are passed {len(theirs)} times, and {len(ours)} times in tinygnn")
    given = {key: k for k, key in enumerate(numbered(list(zip(*found.arguments["edge_index"]))))}
    for s, ((passing, r, ks), (their, view)) in enumerate(zip(ours, theirs)):
        pairs = [(int(a), int(b)) for a, b in zip(*their.edge_index.tolist())]
        messages = view(their.messages)
        if messages.dim() != 2 or len(messages) != len(pairs):
            raise AdapterError(f"they have shape {list(their.messages.shape)} for {len(pairs)} edges")
        keys = numbered([(passing.sources[k], passing.targets[k]) for k in ks])
        place = {key: k for k, key in enumerate(numbered(pairs))}
        _insist_on_edges(keys, place, messages, given)
        order = sorted(range(len(ks)), key=lambda i: (given.get(keys[i], len(given)), place[keys[i]]))
        places = [place[keys[i]] for i in order]
        several = len(split(conv, passing)) > 1
        yield Stream(
            f"relation {r}" if several else passing.name or f"step {s}" * (len(ours) > 1),
            [_called(keys[i], given) for i in order],
            [passing.messages[ks[i]] for i in order],
            torch.tensor([share(passing, ks[i]) for i in order], dtype=torch.float64),
            passing.aggregates,
            messages.detach()[places],
            None if their.aggregates is None else view(their.aggregates).detach(),
            None if their.messages.grad is None else view(their.messages.grad)[places],
            None if getattr(their.aggregates, "grad", None) is None else view(their.aggregates.grad),
        )


def _insist_on_edges(
    keys: Sequence[Any], place: Mapping[Any, int], messages: Any, given: Mapping[Any, int]
) -> None:
    """The same messages on both sides; theirs may have further ones of nothing but zeros."""
    known = set(keys)
    missing = [key for key in keys if key not in place]
    beyond = [key for key, k in place.items() if key not in known and bool(messages[k].any())]
    if not missing and not beyond:
        return
    first = min(missing or beyond, key=lambda key: given.get(key, len(given)))
    sides = "tinygnn, and not here" if missing else "this layer, and not in tinygnn"
    others = len(missing) + len(beyond) - 1
    more = f"; {others} other{'s' * (others != 1)} differ" if others else ""
    raise AdapterError(f"one goes along {_called(first, given)} in {sides}{more}")


def _called(key: tuple[int, int, int], given: Mapping[Any, int]) -> str:
    """What a message's edge is called: by its number among those that were given, if it is there."""
    source, target, _ = key
    if key in given:
        return f"edge {given[key]}, {source} -> {target}"
    return f"the self loop of node {source}" if source == target else f"{source} -> {target}"


# ---- forward: theirs as tinygnn has them ----------------------------------------------------------------


@dataclass
class Numbers:
    """Numbers of all streams in one row, and where each is."""

    expected: list[float] = field(default_factory=list)
    got: list[float] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)  # ours, where theirs are the same numbers

    def add(
        self,
        label: str,
        expected: list[float],
        got: list[float],
        sizes: list[float],
        values: Sequence[Any] = (),
    ) -> None:
        self.starts.append(len(self.expected))
        self.labels.append(label)
        self.expected += expected
        self.got += got
        self.sizes += sizes
        self.values += values

    def place(self, k: int) -> str:
        row = bisect_right(self.starts, k) - 1
        return f"{self.labels[row]}, feature {k - self.starts[row]}"

    def check(self, what: str, bound: float, found: Replay | None = None, columns: int = 0) -> Check:
        """Compare them; found: where other subgradients may be taken from."""
        interval = None
        if found is not None and len(self.values) == len(self.expected):
            interval = partial(_interval, found, self.values)
        return compared(what, self.expected, self.got, self.sizes, bound, self.place, interval, columns)


def _interval(found: Replay, values: Sequence[Any], k: int) -> tuple[float, float]:
    return found.interval(values[k])


def _forward(what: str, found: Replay, streams: Sequence[Stream], parts: Parts) -> Check:
    """Messages or aggregates."""
    torch, numbers, of_messages = import_torch(), Numbers(), what == "messages"
    made: list[tuple[Stream, list[list[Any]], list[str], Any, Any]] = []
    for stream, of_stream in zip(streams, parts):
        sums = terms = torch.zeros(())
        for part in of_stream:
            other = streams[part.stream]
            theirs = other.their_messages if of_messages else other.their_aggregates
            if theirs is None:
                return Check(what)
            sums = sums + part.factor * (theirs if part.matrix is None else theirs @ part.matrix.T)
            size = theirs.abs() if part.matrix is None else theirs.abs() @ part.matrix.abs().T
            terms = terms + abs(part.factor) * size * (part.matrix is not None or len(of_stream) > 1)
        if of_messages:
            sums, terms = stream.shares.unsqueeze(1) * sums, stream.shares.unsqueeze(1) * terms
            made.append((stream, stream.messages, stream.edges, sums, terms))
        elif made and made[-1][1] is stream.aggregates:  # several relations, which add up to one row
            _, ours, labels, before, size = made.pop()
            made.append((stream, ours, labels, before + sums, size + terms))
        else:
            nodes = [f"node {i}" for i in range(len(stream.aggregates))]
            made.append((stream, stream.aggregates, nodes, sums, terms))
    for stream, ours, labels, sums, terms in made:
        width = len(next((row for row in ours if row), []))
        if width and (sums.dim() != 2 or sums.size(1) != width or len(sums) < len(ours)):
            return Check(what, problem=f"they have shape {list(sums.shape)}, tinygnn's {[len(ours), width]}")
        for row, got, more, label in zip(ours, sums.tolist(), terms.tolist(), labels):
            if row:
                own = [found.size(number) + extra for number, extra in zip(row, more)]
                numbers.add(stream.named(label), list(map(float, row)), got, own)
    return numbers.check(what, found.bound)


# ---- backward: tinygnn's as they have them --------------------------------------------------------------


def _backward(what: str, found: Replay, streams: Sequence[Stream], parts: Parts, aggr: str) -> Check:
    """The gradients of messages or aggregates; of those that are Values, constants have none."""
    torch, numbers, none = import_torch(), Numbers(), True
    of_messages, name = what == "messages", f"gradient of {what}"
    for r, stream in enumerate(streams):
        sums = sizes = torch.zeros(())
        kept: list[int] = []
        for s, part in [
            (s, part) for s, of_stream in enumerate(parts) for part in of_stream if part.stream == r
        ]:
            rows = streams[s].messages if of_messages else streams[s].aggregates
            kept = [i for i, row in enumerate(rows) if row and all(isinstance(v, Value) for v in row)]
            gradient = _tensor([rows[i] for i in kept], lambda number: number.grad)
            size = _tensor([rows[i] for i in kept], found.gradient_size)
            if of_messages:
                shares = streams[s].shares[kept].unsqueeze(1)
                gradient, size = shares * gradient, shares * size
            if part.matrix is not None and kept:
                size = (size + gradient.abs()) @ part.matrix.abs()
                gradient = gradient @ part.matrix
            sums, sizes = sums + part.factor * gradient, sizes + abs(part.factor) * size
        if not kept:
            continue
        theirs = stream.message_gradients if of_messages else stream.aggregate_gradients
        none = none and theirs is None
        if theirs is not None and theirs.shape[1:] != sums.shape[1:]:
            problem = f"they have shape {list(theirs.shape)}, tinygnn's {[len(rows), *sums.shape[1:]]}"
            return Check(name, problem=problem)
        theirs = torch.zeros_like(sums) if theirs is None else theirs[kept]
        same = parts[r] == [Part(r)]  # ours are theirs
        for i, want, got, size in zip(kept, sums.tolist(), theirs.tolist(), sizes.tolist()):
            label = stream.named(stream.edges[i] if of_messages else f"node {i}")
            numbers.add(label, want, got, size, rows[i] if same else ())
    lacking = none and any(numbers.expected)
    shared = of_messages and aggr in TIED and len(streams) == 1 and numbers.expected
    columns = len(streams[0].messages[0]) if shared else 0
    return numbers.check(name + NO_GRADIENT * lacking, found.gradient_bound, found, columns)


def _tensor(rows: Sequence[Sequence[Any]], read: Callable[[Any], float]) -> Any:
    torch = import_torch()
    return torch.tensor([[read(number) for number in row] for row in rows], dtype=torch.float64)
