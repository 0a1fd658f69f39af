"""no_grad and detect_anomaly: what they change, what they leave alone, and that they end."""

import gc
import math
import tracemalloc
from math import inf, nan

import pytest

from tinygnn import GNN, Graph, Value, cross_entropy, optim
from tinygnn.linalg import dot, softmax, total
from tinygnn.modes import detect_anomaly, no_grad
from tinygnn.value import watchers


@pytest.fixture(autouse=True)
def no_mode_outlives_a_test():
    """Each context takes back what it changed."""
    assert watchers == []
    yield
    left = list(watchers)
    watchers.clear()
    assert left == []


def ring(n=8):
    """A ring of n nodes with one-hot features and two classes."""
    sources = [i for i in range(n) for _ in range(2)]
    targets = [(i + step) % n for i in range(n) for step in (1, n - 1)]
    return Graph(
        (sources, targets), [[float(i == j) for j in range(n)] for i in range(n)], [i % 2 for i in range(n)]
    )


def bits(model):
    return [v.data.hex() for v in model.parameters()]


def train(model, graph, epochs=3):
    """The loss before every step."""
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = cross_entropy(model(graph), graph.y)
        loss.backward()
        optimizer.step()
        losses.append(loss.data.hex())
    return losses


# ---- no_grad -------------------------------------------------------------------------------------


def test_values_made_meanwhile_are_leaves_with_the_same_numbers():
    """Of one operation and of a whole row."""
    x, y = Value(2.0), Value(3.0)
    with no_grad():
        made = [x * y, x.tanh(), x + 1.0, dot([x, y], [y, x]), *softmax([x, y])]
    assert [v.data for v in made[:4]] == [6.0, math.tanh(2.0), 3.0, 12.0]
    assert [(v.op, v.parents, v.partials) for v in made] == [("", (), ())] * 6


def test_values_made_before_keep_their_history():
    """And hand gradients on afterwards, also through a product with a number made without."""
    x = Value(2.0)
    before = x * x
    with no_grad():
        inside = before * 5.0
    (before * inside).backward()
    assert inside.data == 20.0
    assert inside.grad == 4.0  # a leaf: here its gradient ends
    assert x.grad == 20.0 * 4.0


def test_backward_of_a_value_made_without_history_reaches_nothing():
    """Its own gradient is 1, that of the parameters stays as it was."""
    x = Value(2.0)
    x.grad = 7.0
    with no_grad():
        y = x * 3.0
        y.backward()
    assert (y.grad, x.grad) == (1.0, 7.0)


def test_no_grad_nests_and_ends_with_the_outermost():
    """Also when one object is used twice."""
    x, mode = Value(2.0), no_grad()
    with mode:
        with mode, no_grad():
            assert (x * x).parents == ()
        assert (x * x).parents == ()
    assert (x * x).parents == (x, x)


def test_no_grad_ends_with_an_exception_and_lets_it_through():
    """The next value has parents again."""
    x = Value(2.0)
    with pytest.raises(KeyError), no_grad(), no_grad():
        raise KeyError
    assert (x * x).parents == (x, x)


@pytest.mark.parametrize("conv", ["gcn", "sage", "gat"])
def test_a_model_gives_the_same_bits_and_its_parameters_are_untouched(conv):
    """Evaluation between two steps of training changes nothing."""
    graph, model = ring(), GNN(conv, 8, 4, 2, 2, seed=0)
    cross_entropy(model(graph), graph.y).backward()
    before = bits(model), [v.grad for v in model.parameters()]
    with no_grad():
        loss = cross_entropy(model(graph), graph.y)
    assert loss.parents == ()
    assert loss.data == cross_entropy(model(graph), graph.y).data
    assert (bits(model), [v.grad for v in model.parameters()]) == before
    assert all(v.parents == () and v.op == "" for v in model.parameters())


def test_training_with_evaluation_in_between_has_the_same_bits():
    """As if nobody had looked."""
    watched, plain = (GNN("gcn", 8, 4, 2, 2, seed=0) for _ in range(2))
    graph, losses = ring(), []
    for _ in range(3):
        losses += train(watched, graph, 1)
        with no_grad():
            watched(graph)
    expected = [loss for _ in range(3) for loss in train(plain, graph, 1)]
    assert losses == expected
    assert bits(watched) == bits(plain)


def test_a_module_made_meanwhile_has_parameters_that_train():
    """Leaves are leaves."""
    with no_grad():
        model = GNN("gcn", 8, 4, 2, 2, seed=0)
    other = GNN("gcn", 8, 4, 2, 2, seed=0)
    assert train(model, ring()) == train(other, ring())


def living_values():
    gc.collect()
    return sum(isinstance(thing, Value) for thing in gc.get_objects())


@pytest.mark.parametrize("conv", ["gcn", "sage", "gat"])
def test_of_an_evaluation_only_its_outputs_stay_alive(conv):
    """Two numbers for each of eight nodes; with gradients all that lies between stays, too."""
    graph, model = ring(), GNN(conv, 8, 16, 2, 2, seed=0)
    model(graph)
    before = living_values()
    with no_grad():
        out = model(graph)
    assert living_values() - before == 16
    del out
    out = model(graph)
    assert living_values() - before > 16 + 8 * 16
    del out
    assert living_values() == before


def test_an_evaluation_needs_less_memory_than_a_pass_with_gradients():
    """At its peak, in three layers of which only one is held at a time."""
    graph, model = ring(30), GNN("gcn", 30, 32, 4, 2, seed=0)
    model(graph)
    peaks = []
    for mode in (no_grad, None):
        tracemalloc.start()
        if mode is None:
            out = model(graph)
        else:
            with mode():
                out = model(graph)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        del out
    assert peaks[0] < 0.7 * peaks[1]


# ---- detect_anomaly: forward ---------------------------------------------------------------------

FIRST = {
    "log(0.0) is -inf": lambda: Value(0.0).log(),
    "log(-1.0) is nan": lambda: Value(-1.0).log(),
    "sqrt(-4.0) is nan": lambda: Value(-4.0).sqrt(),
    "/(1.0, 0.0) is inf": lambda: Value(1.0) / 0.0,
    "/(0.0, 0.0) is nan": lambda: Value(0.0) / Value(0.0),
    "exp(1000.0) is inf": lambda: Value(1000.0).exp(),
    "*(1e+200, -1e+200) is -inf": lambda: Value(1e200) * -1e200,
    "-(inf, inf) is nan": lambda: Value(inf) - inf,
    "*(0.0, inf) is nan": lambda: Value(0.0) * inf,
    "sin(inf) is nan": lambda: Value(inf).sin(),
    "**(0.0; -1.0) is inf": lambda: Value(0.0) ** -1.0,
    "**(-8.0, 0.5) is nan": lambda: Value(-8.0) ** Value(0.5),
    "total(1e+308, 1e+308) is inf": lambda: total([Value(1e308), Value(1e308)]),
    "softmax(inf, 1.0; 0) is nan": lambda: softmax([Value(inf), Value(1.0)]),
}


@pytest.mark.parametrize("message", FIRST)
def test_the_first_operation_that_makes_a_nan_or_an_inf_is_named_with_its_inputs(message):
    """Constants stand behind a semicolon."""
    with pytest.raises(FloatingPointError) as caught, detect_anomaly():
        FIRST[message]()
    assert str(caught.value).startswith(f"{message}, at line ")


def test_the_line_of_the_user_is_named():
    """Not tinygnn's own; with the text that stands there."""
    with pytest.raises(FloatingPointError) as caught, detect_anomaly():
        x = Value(2.0)
        y = (x - 2.0).log()  # here it happens
        y.exp()
    message = str(caught.value)
    assert message.endswith("y = (x - 2.0).log()  # here it happens")
    assert __file__ in message
    assert f"at line {caught.tb.tb_lineno} of " in message


def test_inside_a_layer_the_line_that_called_the_model_is_named():
    """The file of the layer is tinygnn's."""
    graph = ring()
    graph.x[3][3] = 1e308
    model = GNN("sage", 8, 4, 2, 2, seed=0)
    for v in model.parameters():
        v.data = 1e10
    with (
        pytest.raises(FloatingPointError, match=r"is inf, at line \d+ of .*: model\(graph\)  # called here$"),
        detect_anomaly(),
    ):
        model(graph)  # called here


def test_at_most_six_inputs_are_listed():
    """And how many more there are."""
    with (
        pytest.raises(FloatingPointError, match=r"^total\(1e\+308(, 1e\+308){5}, \.\.\. 4 more\) is inf, at"),
        detect_anomaly(),
    ):
        total([Value(1e308)] * 10)


def test_what_was_infinite_or_nan_already_passes_through():
    """Where an input was not finite, an infinite result is no news; where one was nan, a nan is none."""
    with detect_anomaly():
        made = [
            Value(inf) + 1.0,
            Value(-inf) * 2.0,
            Value(inf).relu(),
            Value(inf).exp(),
            Value(inf).log(),
            total([Value(inf), Value(1.0)]),
            Value(nan) + 1.0,
            Value(nan) * inf,
            Value(nan).log(),
            1.0 / Value(inf),
            Value(-inf).exp(),
        ]
    assert [v.data for v in made[:6]] == [inf, -inf, inf, inf, inf, inf]
    assert all(math.isnan(v.data) for v in made[6:9])
    assert [v.data for v in made[9:]] == [0.0, 0.0]


def test_a_leaf_may_be_anything():
    """It was made by nobody."""
    with detect_anomaly():
        assert math.isnan(Value(nan).data)
        assert Value(inf).data == inf


# ---- detect_anomaly: backward --------------------------------------------------------------------


def test_the_operation_whose_gradient_first_becomes_infinite_is_named():
    """√0 is a fine number, its slope is not."""
    with pytest.raises(FloatingPointError) as caught, detect_anomaly():
        x = Value(0.0)
        y = x.sqrt()  # the slope is infinite
        (y * 3.0).backward()
    assert str(caught.value).startswith(
        "the gradient of sqrt(0.0) for its input 0 is inf (3.0 times the slope inf), at line "
    )
    assert str(caught.value).endswith("y = x.sqrt()  # the slope is infinite")


def test_a_gradient_that_becomes_nan_is_named():
    """0 times the infinite slope."""
    with (
        pytest.raises(
            FloatingPointError, match=r"sqrt\(0\.0\) for its input 0 is nan \(0\.0 times the slope inf\)"
        ),
        detect_anomaly(),
    ):
        (Value(0.0).sqrt() * 0.0).backward()


def test_the_input_is_named_by_its_position():
    """x / y at y = 1e-200: d/dy = -1e400."""
    with (
        pytest.raises(FloatingPointError, match=r"the gradient of /\(1\.0, 1e-200\) for its input 1 is -inf"),
        detect_anomaly(),
    ):
        (Value(1.0) / Value(1e-200)).backward()


def test_a_sum_of_gradients_that_overflows_is_named():
    """Each share is finite."""
    x = Value(0.0)
    with pytest.raises(FloatingPointError, match=r"^the gradient of \*\(0\.0, 1e\+308\)"), detect_anomaly():
        (x * 1e308 + x * 1e308).backward()


def test_backward_of_values_made_before_names_the_operation_without_a_line():
    """There was nobody to note it."""
    y = Value(0.0).sqrt()
    with (
        pytest.raises(FloatingPointError, match=r"sqrt\(0\.0\).*, made before detect_anomaly$"),
        detect_anomaly(),
    ):
        y.backward()


def test_an_infinite_gradient_from_outside_passes_through():
    """It was the caller's; what an operation masks stays masked."""
    x = Value(2.0)
    with detect_anomaly():
        (x * 3.0 + 1.0).backward(inf)
    assert x.grad == inf
    x, y = Value(-2.0), Value(1.0)
    with detect_anomaly():
        x.relu().maximum(y).backward(inf)
    assert (x.grad, y.grad) == (0.0, inf)


# ---- detect_anomaly: what it leaves alone --------------------------------------------------------


def test_a_forward_and_backward_pass_that_is_fine_is_left_alone():
    """Numbers, parents, gradients."""
    x = Value(0.5)
    with detect_anomaly():
        y = x * x.tanh()
        y.backward()
    assert y.parents[0] is x
    assert x.grad == pytest.approx(math.tanh(0.5) + 0.5 * (1.0 - math.tanh(0.5) ** 2))


@pytest.mark.parametrize("conv", ["gcn", "sage", "gat"])
def test_a_model_trains_with_the_same_bits_as_outside(conv):
    """Dropout and all."""
    watched, plain = (GNN(conv, 8, 4, 2, 2, dropout=0.5, seed=0) for _ in range(2))
    with detect_anomaly():
        losses = train(watched, ring())
    assert losses == train(plain, ring())
    assert bits(watched) == bits(plain)


def test_detect_anomaly_ends_with_its_context_with_an_exception_and_with_an_anomaly():
    """Afterwards nothing raises."""
    with detect_anomaly():
        pass
    assert Value(0.0).log().data == -inf
    with pytest.raises(KeyError), detect_anomaly():
        raise KeyError
    assert Value(0.0).log().data == -inf
    with pytest.raises(FloatingPointError), detect_anomaly(), detect_anomaly():
        Value(0.0).log()
    assert Value(0.0).log().data == -inf


def test_one_object_can_be_used_again_and_nested_in_itself():
    """It forgets in between."""
    mode = detect_anomaly()
    for _ in range(2):
        with mode:
            with mode:
                Value(1.0).log()
            with pytest.raises(FloatingPointError):
                Value(0.0).log()


def test_values_are_let_go_when_the_context_ends():
    """While it is open they are held, for their lines."""
    mode, before = detect_anomaly(), living_values()
    with mode:
        for _ in range(20):
            Value(1.0) * Value(2.0)
        assert living_values() - before > 20
    assert living_values() == before


@pytest.mark.parametrize(
    "modes", [(detect_anomaly, no_grad), (no_grad, detect_anomaly)], ids=["in", "around"]
)
def test_both_modes_together_find_the_anomaly_and_keep_no_history(modes):
    """Whichever is the outer one."""
    outer, inner = modes
    with outer(), inner():
        assert (Value(2.0) * Value(3.0)).parents == ()
        with pytest.raises(FloatingPointError, match=r"^log\(0\.0\) is -inf"):
            Value(0.0).log()
    assert (Value(2.0) * Value(3.0)).parents != ()
