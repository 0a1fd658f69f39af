"""`GRUCell`: one step of a gated recurrent unit."""

from __future__ import annotations

import random

from tinygnn.linalg import Matrix, Row, dot, linear
from tinygnn.nn.init import uniform
from tinygnn.nn.linear import rows_of_width
from tinygnn.nn.module import Module
from tinygnn.value import Value


class GRUCell(Module):
    """h' = (1 - z) n + z h: what a gated recurrent unit remembers after reading x, PyTorch's GRUCell.

    Kyunghyun Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
    Machine Translation", 2014, arXiv:1406.1078, equations 5 to 8, in PyTorch's form:

        r = σ(W_ir x + b_ir + W_hr h + b_hr)             z = σ(W_iz x + b_iz + W_hz h + b_hz)
        n = tanh(W_in x + b_in + r (W_hn h + b_hn))

    Parameters, the parts of r, z and n one below the other: weight_ih [3H][I], weight_hh [3H][H], with
    bias also bias_ih and bias_hh [3H]; all from U(±1/√H), H the hidden_size and I the input_size.
    Shapes: x [N][I], h [N][H] (zeros if it is left out) -> [N][H].

    Departures: W_hn h + b_hn is multiplied by r after the product as in PyTorch, in the paper r meets h
    before it, and z there is 1 - z here.

    >>> len(GRUCell(2, 3)([[1.0, 0.0]])[0])
    3

    Raises ValueError for rows of another length and when x and h differ in their number of rows.
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *, rng: random.Random | None = None
    ) -> None:
        if hidden_size < 1:
            raise ValueError(f"hidden_size is {hidden_size}: a GRUCell needs at least 1")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        bound = hidden_size**-0.5
        self.weight_ih = uniform(3 * hidden_size, input_size, bound, rng)
        self.weight_hh = uniform(3 * hidden_size, hidden_size, bound, rng)
        self.bias_ih = uniform(1, 3 * hidden_size, bound, rng)[0] if bias else None
        self.bias_hh = uniform(1, 3 * hidden_size, bound, rng)[0] if bias else None

    def forward(self, x: Matrix, h: Matrix | None = None) -> list[list[Value]]:
        x = rows_of_width("GRUCell", x, self.input_size)
        h = [[0.0] * self.hidden_size for _ in x] if h is None else h
        h = rows_of_width("GRUCell's h", h, self.hidden_size)
        if len(x) != len(h):
            raise ValueError(f"GRUCell is given {len(x)} rows of x and {len(h)} of h: each x needs its h")
        of_input = linear(x, self.weight_ih, self.bias_ih)
        of_hidden = linear(h, self.weight_hh, self.bias_hh)
        return [self._cell(*rows) for rows in zip(of_input, of_hidden, h)]

    def _cell(self, of_input: list[Value], of_hidden: list[Value], h: Row) -> list[Value]:
        """h' for one row."""
        size = self.hidden_size
        out = []
        for j in range(size):
            r = (of_input[j] + of_hidden[j]).sigmoid()
            z = (of_input[size + j] + of_hidden[size + j]).sigmoid()
            n = (of_input[2 * size + j] + r * of_hidden[2 * size + j]).tanh()
            out.append(dot([1.0 - z, z], [n, h[j]]))
        return out

    def __repr__(self) -> str:
        return f"GRUCell({self.input_size} -> {self.hidden_size})"
