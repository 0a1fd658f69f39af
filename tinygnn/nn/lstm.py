"""`LSTM`: long short-term memory, a layer that reads a sequence and remembers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tinygnn.linalg import Matrix, dot, flatten, linear, plain
from tinygnn.nn.dropout import Dropout
from tinygnn.nn.init import uniform
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.module import Module

State = tuple[list[Matrix], list[Matrix]]


class LSTM(Module):
    """h_t, c_t = LSTM(x_t, h_t-1, c_t-1) along a sequence: PyTorch's `torch.nn.LSTM`.

    Sepp Hochreiter and Jürgen Schmidhuber, "Long Short-Term Memory", 1997, Neural Computation 9, with the
    forget gate of Gers, Schmidhuber and Cummins, 2000, and without peepholes. For one step:

        i, f, g, o = W_ih x_t + b_ih + W_hh h_t-1 + b_hh          (four parts of H rows each)
        c_t = σ(f) c_t-1 + σ(i) tanh(g),    h_t = σ(o) tanh(c_t)

    Args: input_size I, hidden_size H. Of num_layers the next one reads what the last one gave. bias=False
    leaves both b out. batch_first takes and gives [B][L][...] instead of [L][B][...]. dropout drops, in
    training, numbers of each layer's output but the last one's. bidirectional reads the sequence
    backwards too, with weights of their own, and puts both outputs side by side (D = 2 instead of 1).

    Parameters: weight_ih_l0 [4H][I] ([4H][D·H] in further layers), weight_hh_l0 [4H][H], bias_ih_l0 and
    bias_hh_l0 [4H]; l1, ... for further layers, with _reverse at the end for the way back; all from
    U(±1/√H). Shapes: x [L][B][I], for sequences of length L side by side; state, if given, is the pair
    (h_0, c_0) of [layers·D][B][H] each, else zeros -> the outputs [L][B][D·H] and the pair (h_n, c_n).

    Departures from PyTorch: no proj_size; a single sequence is a batch of one.

    >>> outputs, (h, c) = LSTM(2, 3)([[[1.0, 0.0]], [[0.0, 1.0]]])
    >>> [row[0].data for row in outputs[1]] == [row[0].data for row in h[0]]
    True

    Raises ValueError for sizes below 1, for an empty sequence, and for rows or a state of another shape.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        rng: random.Random | None = None,
    ) -> None:
        for name, size in (("hidden_size", hidden_size), ("num_layers", num_layers)):
            if size < 1:
                raise ValueError(f"{name} is {size}: an LSTM needs at least 1")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = Dropout(dropout, rng=rng)
        self.bidirectional = bidirectional
        self._directions = ("", "_reverse") if bidirectional else ("",)
        bound = hidden_size**-0.5
        for layer in range(num_layers):
            width = input_size if layer == 0 else hidden_size * len(self._directions)
            for direction in self._directions:
                end = f"l{layer}{direction}"
                setattr(self, f"weight_ih_{end}", uniform(4 * hidden_size, width, bound, rng))
                setattr(self, f"weight_hh_{end}", uniform(4 * hidden_size, hidden_size, bound, rng))
                if bias:
                    setattr(self, f"bias_ih_{end}", uniform(1, 4 * hidden_size, bound, rng)[0])
                    setattr(self, f"bias_hh_{end}", uniform(1, 4 * hidden_size, bound, rng)[0])

    def forward(self, x: Sequence[Matrix], state: State | None = None) -> tuple[list[Matrix], State]:
        steps = [rows_of_width("LSTM", rows, self.input_size) for rows in plain(x)]
        if len(set(map(len, steps))) > 1:
            raise ValueError(f"LSTM takes sequences of one length, but x has {list(map(len, steps))} rows")
        steps = _swapped(steps) if self.batch_first else steps
        if not steps:
            raise ValueError("LSTM takes sequences of at least one step: x has none")
        hidden, cells = self._initial_state(state, len(steps[0]))
        last_hidden: list[Matrix] = []
        last_cells: list[Matrix] = []
        for layer in range(self.num_layers):
            outputs = []
            for direction in self._directions:
                k = len(last_hidden)
                read, h, c = self._read(f"l{layer}{direction}", steps, hidden[k], cells[k])
                outputs.append(read)
                last_hidden.append(h)
                last_cells.append(c)
            steps = [[flatten(rows) for rows in zip(*both)] for both in zip(*outputs)]
            if layer < self.num_layers - 1:
                steps = [self.dropout(rows) for rows in steps]
        return _swapped(steps) if self.batch_first else steps, (last_hidden, last_cells)

    def _read(
        self, end: str, steps: list[Matrix], h: Matrix, c: Matrix
    ) -> tuple[list[Matrix], Matrix, Matrix]:
        """One layer in one direction: its output at every step, its last h and c."""
        size = self.hidden_size
        by_input, by_hidden = getattr(self, f"weight_ih_{end}"), getattr(self, f"weight_hh_{end}")
        of_input, of_hidden = getattr(self, f"bias_ih_{end}", None), getattr(self, f"bias_hh_{end}", None)
        backwards = end.endswith("_reverse")
        outputs: list[Matrix] = []
        for rows in reversed(steps) if backwards else steps:
            # 1. The gates i, f, g, o of every sequence in the batch.
            heard, remembered = linear(rows, by_input, of_input), linear(h, by_hidden, of_hidden)
            gates = [[a + b for a, b in zip(row, own)] for row, own in zip(heard, remembered)]
            i, f, o = (
                [[v.sigmoid() for v in row[k * size : (k + 1) * size]] for row in gates] for k in (0, 1, 3)
            )
            g = [[v.tanh() for v in row[2 * size : 3 * size]] for row in gates]
            # 2. c_t = σ(f) c_t-1 + σ(i) tanh(g).
            cells = [[dot([a, b], [old, new]) for a, b, old, new in zip(*rows)] for rows in zip(f, i, c, g)]
            # 3. h_t = σ(o) tanh(c_t).
            h = [[gate * cell.tanh() for gate, cell in zip(row, own)] for row, own in zip(o, cells)]
            c = cells
            outputs.append(h)
        return outputs[::-1] if backwards else outputs, h, c

    def _initial_state(self, state: State | None, batch: int) -> tuple[list[Any], list[Any]]:
        """The state that was given, checked, or zeros."""
        count, size = self.num_layers * len(self._directions), self.hidden_size
        if state is None:
            zeros = [[[0.0] * size for _ in range(batch)] for _ in range(count)]
            return zeros, zeros
        hidden, cells = map(plain, state)
        for name, part in (("h_0", hidden), ("c_0", cells)):
            shapes = [[len(rows), *sorted(set(map(len, rows)))] for rows in part]
            if shapes != [[batch, size] if batch else [0]] * count:
                raise ValueError(
                    f"LSTM: {name} needs the shape [{count}][{batch}][{size}]: layers times directions, "
                    "batch, hidden_size"
                )
        return hidden, cells

    def __repr__(self) -> str:
        return f"LSTM({self.input_size} -> {self.hidden_size * len(self._directions)})"


def _swapped(steps: list[Matrix]) -> list[Matrix]:
    """[L][B][...] -> [B][L][...], and back."""
    return [list(rows) for rows in zip(*steps)]
