"""`beside_pyg`: recorded messages and their gradients beside those that PyG's hooks see in the same layers.

Ours are matrices times theirs, see `message_parts`; by the transposed matrices gradients go the other way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tinygnn import nn
from tinygnn.adapters.errors import AdapterError, require_pyg, require_torch
from tinygnn.adapters.message_parts import PARTS
from tinygnn.adapters.pyg_messages import PygPassing, pyg_messages
from tinygnn.adapters.torch_output import to_torch
from tinygnn.edge_index import EdgeIndex
from tinygnn.explain.agreement import Agreement
from tinygnn.tape import Call, Passing, Tape
from tinygnn.value import Value

Key = tuple[int, int, int]  # a sender, a hearer, and how many messages between them came before


@dataclass
class Stream:
    """Messages as a tensor [M][F], and their gradients, by sender and hearer.

    shares [M][1]: of each message 1/n where a mean is taken after PyG's messages and before ours.
    """

    keys: list[Key]
    messages: Any
    gradients: Any
    shares: Any = 1.0


def beside_pyg(tape: Tape) -> list[Agreement]:
    """Run each layer of a tape in PyG too, on what it was given, and compare message by message.

    To be called after `backward`: PyG's layer gets the gradients of our layer's outputs. A layer without a
    counterpart has an agreement that says so. Raises AdapterError where PyG is not installed.
    """
    version = require_pyg("torch_geometric").__version__
    found = []
    for call in tape.layers:
        try:
            found.append(_compared(call, f"PyG {version}"))
        except AdapterError as error:
            found.append(Agreement(f"PyG {version}", reason=str(error)))
    return found


def _compared(call: Call, library: str) -> Agreement:
    torch = require_torch()
    conv: Any = call.module
    if type(conv).__name__ not in PARTS:
        raise AdapterError(f"{type(conv).__name__} has no counterpart in PyG whose messages are known")
    module = to_torch(conv).eval()
    found = pyg_messages(
        module,
        *[_tensor(given, place == _edges_at(conv)) for place, given in enumerate(call.inputs)],
        **{name: _tensor(given, name == "edge_index") for name, given in call.options.items()},
    )
    ours, theirs = list(_our_streams(conv, call.passings)), list(their_streams(conv, found.passings))
    if len(ours) != len(theirs):
        raise AdapterError(f"PyG passes messages {len(theirs)} times here, and {len(ours)} were recorded")
    cotangent = [[v.grad if isinstance(v, Value) else 0.0 for v in row] for row in call.output]
    if found.output.requires_grad:
        found.output.backward(torch.tensor(cotangent, dtype=torch.float64))
    numbers = torch.tensor([[float(v) for v in row] for row in call.output], dtype=torch.float64)
    streams = [_stream(passing, view) for passing, view in theirs]
    places = [_places(mine, stream) for mine, stream in zip(ours, streams)]
    parts = PARTS[type(conv).__name__](conv, len(ours))
    messages = []
    for s, mine in enumerate(ours):
        expected = 0.0
        for part in parts[s]:
            rows = streams[part.stream].messages[places[part.stream]]
            expected = expected + part.factor * (rows if part.matrix is None else rows @ part.matrix.T)
        messages.append(_largest(mine.messages - mine.shares * expected))
    gradients: list[list[float | None]] = []
    for r, (mine, stream) in enumerate(zip(ours, streams)):
        if mine.gradients is None or stream.gradients is None:
            gradients.append([None] * len(mine.keys))
            continue
        expected = 0.0
        for s, of_s in enumerate(parts):
            for part in of_s:
                if part.stream == r:
                    rows = ours[s].shares * ours[s].gradients
                    expected = expected + part.factor * (rows if part.matrix is None else rows @ part.matrix)
        gradients.append(list(_largest(stream.gradients[places[r]] - expected)))
    difference = (numbers - found.output.detach()).abs()
    return Agreement(
        library,
        float(difference.max()) if difference.numel() else 0.0,
        _together(call.passings, conv, messages),
        _together(call.passings, conv, gradients),
    )


def _largest(rows: Any) -> list[float]:
    """The largest number of each row, without its sign."""
    found: list[float] = rows.abs().amax(dim=1).tolist() if rows.numel() else [0.0] * len(rows)
    return found


def _tensor(given: Any, edges: bool) -> Any:
    """What our layer was given, for PyG's: floats with a gradient, whole numbers without."""
    torch = require_torch()
    if given is None or isinstance(given, (str, bool)):
        return given
    if edges:
        return torch.tensor([list(part) for part in EdgeIndex.of(given)], dtype=torch.long).reshape(2, -1)
    rows = [[float(v) for v in row] if isinstance(row, (list, tuple)) else row for row in given]
    if rows and all(type(row) is int for row in rows):
        return torch.tensor(rows)
    numbers = [row if isinstance(row, list) else float(row) for row in rows]
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


def _edges_at(conv: Any) -> int:
    """The place of edge_index among the arguments."""
    return 2 if isinstance(conv, nn.GCN2Conv) else 1


# ---- streams ------------------------------------------------------------------------------------------


def numbered(pairs: Sequence[tuple[int, int]]) -> list[Key]:
    """Pairs of sender and hearer, told apart where there are several of them."""
    seen: Counter[tuple[int, int]] = Counter()
    keys = []
    for pair in pairs:
        keys.append((*pair, seen[pair]))
        seen[pair] += 1
    return keys


def _our_streams(conv: Any, passings: Sequence[Passing]) -> Iterator[Stream]:
    """One for each passing; where a passing has several relations, one for each of them."""
    torch = require_torch()
    for passing in passings:
        for ks in split(conv, passing):
            rows = [passing.messages[k] for k in ks]
            values = all(isinstance(v, Value) for row in rows for v in row)
            yield Stream(
                numbered([(passing.sources[k], passing.targets[k]) for k in ks]),
                torch.tensor([[float(v) for v in row] for row in rows], dtype=torch.float64),
                torch.tensor([[v.grad for v in row] for row in rows], dtype=torch.float64)
                if values and rows
                else None,
                torch.tensor([[share(passing, k)] for k in ks], dtype=torch.float64),
            )


def split(conv: Any, passing: Passing) -> list[list[int]]:
    """Which messages of a passing belong to each stream."""
    if isinstance(conv, nn.RGCNConv) and passing.numbers:
        of = [int(told["r"]) for told in passing.numbers]
        return [[k for k, r in enumerate(of) if r == relation] for relation in range(conv.num_relations)]
    return [list(range(len(passing.messages)))]


def share(passing: Passing, k: int) -> float:
    return 1.0 / passing.numbers[k]["n"] if passing.numbers and "/ n" in passing.formula else 1.0


def _together(passings: Sequence[Passing], conv: Any, streams: Sequence[Any]) -> list[Any]:
    """Numbers by stream as numbers by passing."""
    left = list(streams)
    found: list[Any] = []
    for passing in passings:
        of_passing: list[Any] = [None] * len(passing.messages)
        for ks in split(conv, passing):
            for k, number in zip(ks, left.pop(0)):
                of_passing[k] = number
        found.append(of_passing)
    return found


View = Callable[[Any], Any]


def their_streams(conv: Any, passings: Sequence[PygPassing]) -> Iterator[tuple[PygPassing, View]]:
    """Their passings, one for each head, tower or stack, and what takes it out of a tensor."""
    for passing in passings:
        if passing.messages is None:
            raise AdapterError("PyG passed no messages one by one here")
        if isinstance(conv, nn.ARMAConv):
            for k in range(conv.num_stacks):
                yield passing, lambda tensor, k=k: tensor[k]  # type: ignore[misc]
        elif passing.messages.dim() == 3:
            for k in range(passing.messages.size(1)):
                yield passing, lambda tensor, k=k: tensor[:, k]  # type: ignore[misc]
        else:
            yield passing, lambda tensor: tensor


def _stream(passing: PygPassing, view: View) -> Stream:
    messages, gradients = passing.messages, passing.messages.grad
    pairs = list(zip(*passing.edge_index.tolist()))
    return Stream(
        numbered(pairs),
        view(messages).detach(),
        None if gradients is None else view(gradients),
    )


def _places(ours: Stream, theirs: Stream) -> list[int]:
    """Where each of our messages is among theirs; those that PyG sends beyond them are rows of zeros."""
    place = {key: k for k, key in enumerate(theirs.keys)}
    found = [place.get(key) for key in ours.keys]
    places = [k for k in found if k is not None]
    beyond = sorted(set(range(len(theirs.keys))) - set(places))
    if len(places) < len(found) or bool(theirs.messages[beyond].any()):
        raise AdapterError(
            f"PyG sends {len(theirs.keys)} messages along this step, and {len(found)} were recorded"
        )
    return places
