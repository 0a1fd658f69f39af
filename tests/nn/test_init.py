"""Initial weights: their range, their shape, and the same bits from the same seed."""

import math
import os
import random
import subprocess
import sys

import pytest

from tinygnn import GNN, manual_seed
from tinygnn.nn import Linear
from tinygnn.nn.init import glorot, kaiming_uniform, uniform, zeros

# Of n draws from U(-b, b) the mean has the standard deviation b/√(3n) and the mean square, which is b²/3,
# b²·√(4/45n); five of them are exceeded once in two million seeds, and the seed here is fixed.
SIGMAS = 5.0


@pytest.mark.parametrize(
    ("draw", "bound"),
    [
        (glorot, math.sqrt(6.0 / 120.0)),
        (kaiming_uniform, math.sqrt(1.0 / 40.0)),
        (lambda rows, columns, rng: uniform(rows, columns, 0.3, rng), 0.3),
    ],
    ids=["glorot", "kaiming_uniform", "uniform"],
)
def test_weights_are_uniform_within_their_bound(draw, bound):
    """[80][40] of them: none outside, mean 0, mean square b²/3."""
    matrix = draw(80, 40, rng=random.Random(0))
    assert [len(row) for row in matrix] == [40] * 80
    numbers = [v.data for row in matrix for v in row]
    n = len(numbers)
    assert max(map(abs, numbers)) <= bound
    assert abs(sum(numbers) / n) <= SIGMAS * bound / math.sqrt(3 * n)
    assert abs(sum(x * x for x in numbers) / n - bound**2 / 3) <= SIGMAS * bound**2 * math.sqrt(4 / (45 * n))


def test_weights_are_leaves_of_their_own():
    """No two entries are one Value."""
    entries = [v for row in glorot(3, 4) for v in row] + zeros(5)
    assert len(set(entries)) == 17
    assert not any(v.parents or v.grad for v in entries)


def test_zeros():
    """A vector."""
    assert [v.data for v in zeros(3)] == [0.0, 0.0, 0.0]
    assert zeros(0) == []


@pytest.mark.parametrize("draw", [glorot, kaiming_uniform], ids=["glorot", "kaiming_uniform"])
def test_a_size_of_zero_is_no_division_by_zero(draw):
    """A layer without inputs or outputs."""
    assert draw(0, 0) == []
    assert draw(2, 0) == [[], []]


def test_manual_seed_starts_the_same_weights_again():
    """For layers that were given no generator."""
    manual_seed(3)
    first, second = Linear(2, 2).state_dict(), Linear(2, 2).state_dict()
    manual_seed(3)
    assert Linear(2, 2).state_dict() == first
    assert first != second
    manual_seed(4)
    assert Linear(2, 2).state_dict() != first


def test_a_generator_given_leaves_the_common_one_alone():
    """And a seed given to a model as well."""
    manual_seed(3)
    first = Linear(2, 2).state_dict()
    manual_seed(3)
    Linear(5, 5, rng=random.Random(0))
    GNN("gcn", 3, 4, 2, seed=1)
    assert Linear(2, 2).state_dict() == first


def test_pythons_own_generator_is_neither_used_nor_changed():
    """random.seed() of the user's program is the user's."""
    random.seed(1)
    expected = random.random()
    manual_seed(0)
    first = Linear(2, 2).state_dict()
    random.seed(1)
    manual_seed(0)
    assert Linear(2, 2).state_dict() == first
    assert random.random() == expected


def test_a_program_without_any_seed_has_the_same_weights_each_time(tmp_path):
    """Same program, same bits, whatever the hash seed."""
    program = (
        "from tinygnn.nn import GCNConv, Linear; print(Linear(3, 2).state_dict(), GCNConv(2, 2).state_dict())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(outputs) == 1
    assert "lin.weight" in outputs.pop()
