"""Module: its parameters by name, saving and loading them, switching and copying."""

import copy
import gc
import pickle

import pytest

from tinygnn import GNN, Module, Value, mse_loss, nn, optim
from tinygnn.nn import Dropout, GCNConv, Linear


class Block(Module):
    """A parameter of each depth, a part, and things that are neither."""

    def __init__(self):
        self.scale = Value(2.0)
        self.name = "block"
        self.sizes = [1, 2, 3]
        self.bias = [Value(0.0), Value(1.0)]
        self.kernel = [[[Value(1.0)], [Value(2.0)]]]
        self.nothing = None
        self.lin = Linear(2, 2)
        self.empty = []

    def forward(self, x):
        return self.lin(x)


class Stack(Module):
    """Lists of modules, two levels deep."""

    def __init__(self):
        self.blocks = [Block(), Block()]
        self.drop = Dropout(0.5)


class Tied(Module):
    """One weight in two places, and one module in two places."""

    def __init__(self):
        self.encoder = Linear(2, 2, bias=False)
        self.decoder = Linear(2, 2, bias=False)
        self.decoder.weight = self.encoder.weight
        self.again = self.encoder


def names(module):
    return [name for name, _ in module.named_parameters()]


# ---- parameters ----------------------------------------------------------------------------------


def test_parameters_are_named_as_in_pytorch():
    """Own ones first, then those of the parts, in the order they were set."""
    assert names(Block()) == ["scale", "bias", "kernel", "lin.weight", "lin.bias"]


def test_modules_in_a_list_are_named_by_their_position():
    """As in a ModuleList."""
    found = names(Stack())
    assert found[:5] == [
        "blocks.0.scale",
        "blocks.0.bias",
        "blocks.0.kernel",
        "blocks.0.lin.weight",
        "blocks.0.lin.bias",
    ]
    assert found[5] == "blocks.1.scale"
    assert len(found) == 10


def test_named_parameters_yield_the_values_themselves_in_their_nesting():
    """Not copies."""
    block = Block()
    found = dict(block.named_parameters())
    assert found["scale"] is block.scale
    assert found["kernel"][0][1][0] is block.kernel[0][1][0]


def test_parameters_are_a_flat_list_of_leaves():
    """What an optimizer takes: 1 + 2 + 2 + 4 + 2 numbers."""
    parameters = Block().parameters()
    assert len(parameters) == 11
    assert all(type(v) is Value and not v.parents for v in parameters)


def test_a_shared_parameter_comes_once():
    """Under its first name; an optimizer would move it twice otherwise."""
    tied = Tied()
    assert names(tied) == ["encoder.weight"]
    assert len(tied.parameters()) == 4


def test_a_value_in_two_lists_is_one_parameter():
    """Weights can be tied number by number."""
    module = Module()
    shared = Value(1.0)
    module.a = [shared, Value(2.0)]
    module.b = [shared]
    assert len(module.parameters()) == 2


def test_a_result_kept_as_an_attribute_is_no_parameter():
    """`self.hidden = ...` in forward must reach neither the optimizer nor the saved weights."""

    class Curious(Module):
        def __init__(self):
            self.lin = Linear(1, 2)

        def forward(self, x):
            self.hidden = self.lin(x)
            self.norm = self.hidden[0][0] * 2.0
            return self.hidden

    module = Curious()
    before = names(module)
    module([[1.0]])
    assert names(module) == before
    assert list(module.state_dict()) == before


def test_modules_in_a_tuple_are_parts_too():
    """Weights that are silently not trained are the worst kind of missing weights."""
    module = Module()
    module.layers = (Linear(1, 1), Linear(1, 1))
    assert names(module) == ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]


def test_a_module_without_parameters():
    """Dropout, say."""
    assert Dropout().parameters() == []
    assert Dropout().state_dict() == {}
    Dropout().load_state_dict({})


def test_zero_grad_clears_every_gradient():
    """Of parts as well."""
    stack = Stack()
    for v in stack.parameters():
        v.grad = 3.0
    stack.zero_grad()
    assert {v.grad for v in stack.parameters()} == {0.0}


# ---- train and eval ------------------------------------------------------------------------------


def test_a_module_starts_in_training():
    """As in PyTorch."""
    assert all(module.training for module in Stack().modules())


def test_train_and_eval_reach_nested_modules_and_return_the_module():
    """So that `model.eval()(x)` works."""
    stack = Stack()
    assert stack.eval() is stack
    assert not any(module.training for module in stack.modules())
    assert not stack.blocks[1].lin.training
    assert stack.train() is stack
    assert all(module.training for module in stack.modules())
    stack.train(False)
    assert not stack.drop.training


def test_eval_of_one_module_leaves_others_alone():
    """It is no switch of the class."""
    one, other = Dropout(), Dropout()
    one.eval()
    assert other.training


def test_modules_are_the_module_and_all_its_parts():
    """Each list and each part, depth first."""
    stack = Stack()
    found = list(stack.modules())
    assert found == [
        stack,
        stack.blocks[0],
        stack.blocks[0].lin,
        stack.blocks[1],
        stack.blocks[1].lin,
        stack.drop,
    ]


# ---- calling -------------------------------------------------------------------------------------


def test_calling_a_module_runs_forward_with_the_collector_paused():
    """Values hold no cycles for it to find; afterwards it runs again."""

    class Probe(Module):
        def forward(self, x, *, y):
            return x, y, gc.isenabled()

    assert gc.isenabled()
    assert Probe()(1, y=2) == (1, 2, False)
    assert gc.isenabled()


def test_the_collector_runs_again_after_a_forward_that_raises():
    """A wrong input does not change the interpreter."""
    with pytest.raises(ValueError, match="Linear takes rows of 2 entries"):
        Linear(2, 2)([[1.0]])
    assert gc.isenabled()


def test_a_module_without_forward_says_so():
    """With the name of its class."""
    with pytest.raises(TypeError, match="Stack defines no forward"):
        Stack()(1)


def test_repr_shows_the_parts():
    """In one line."""
    assert repr(Tied()) == "Tied(encoder=Linear(2 -> 2), decoder=Linear(2 -> 2), again=Linear(2 -> 2))"


# ---- state_dict ----------------------------------------------------------------------------------


def test_state_dict_holds_plain_numbers_in_the_parameters_nesting():
    """Ready for JSON."""
    state = Block().state_dict()
    assert list(state) == ["scale", "bias", "kernel", "lin.weight", "lin.bias"]
    assert (state["scale"], state["bias"], state["kernel"]) == (2.0, [0.0, 1.0], [[[1.0], [2.0]]])


def test_state_dict_is_a_copy():
    """Training on does not change what was saved."""
    linear = Linear(1, 1)
    state = linear.state_dict()
    saved = linear.weight[0][0].data
    linear.weight[0][0].data = saved + 1.0
    assert state["weight"] == [[saved]]


def test_state_dict_names_a_shared_parameter_in_every_place():
    """As PyTorch's does."""
    assert list(Tied().state_dict()) == ["encoder.weight", "decoder.weight", "again.weight"]


def test_a_state_dict_comes_back_bit_for_bit():
    """Into a module with other numbers."""
    nn.manual_seed(1)
    source, target = Stack(), Stack()
    assert source.state_dict() != target.state_dict()
    target.load_state_dict(source.state_dict())
    assert target.state_dict() == source.state_dict()


def test_loading_keeps_the_values_that_an_optimizer_holds():
    """Numbers are taken over, objects stay: training goes on with the loaded weights."""
    linear = Linear(1, 1)
    optimizer = optim.SGD(linear.parameters(), lr=0.5)
    before = linear.parameters()
    before[0].grad = 7.0
    linear.load_state_dict({"weight": [[3.0]], "bias": [0.0]})
    assert before[0].grad == 7.0  # as PyTorch leaves it
    linear.zero_grad()
    assert all(a is b for a, b in zip(before, linear.parameters(), strict=True))
    mse_loss(linear([[1.0]]), [[0.0]]).backward()  # slope 2 · 3 for both
    optimizer.step()
    assert linear.state_dict() == {"weight": [[0.0]], "bias": [-3.0]}


def test_tensors_are_loaded_through_tolist():
    """PyTorch's state_dict needs no conversion, scalars included."""

    class Tensor:
        def __init__(self, numbers):
            self.numbers = numbers

        def tolist(self):
            return self.numbers

    block = Block()
    state = {name: Tensor(numbers) for name, numbers in Block().state_dict().items()}
    state["scale"] = Tensor(5)
    block.load_state_dict(state)
    assert block.scale.data == 5.0
    assert type(block.scale.data) is float


WRONG = {
    "missing": ({"weight": [[1.0, 2.0]]}, r"missing 'bias'"),
    "unknown": ({"weight": [[1.0, 2.0]], "bias": [0.0], "extra": 1.0}, r"unknown 'extra'"),
    "transposed": (
        {"weight": [[1.0], [2.0]], "bias": [0.0]}, r"'weight' has shape \[2, 1\], expected \[1, 2\]"),
    "too deep": ({"weight": [[1.0, 2.0]], "bias": [[0.0]]}, r"'bias' has shape \[1, 1\], expected \[1\]"),
    "a number for a list": ({"weight": [[1.0, 2.0]], "bias": 0.0}, r"'bias' has shape \[\], expected \[1\]"),
    "empty": ({"weight": [[1.0, 2.0]], "bias": []}, r"'bias' has shape \[0\], expected \[1\]"),
    "no number": ({"weight": [[1.0, "2"]], "bias": [0.0]}, r"'weight': expected a real number, got '2'"),
    "None": ({"weight": [[1.0, 2.0]], "bias": None}, r"'bias' has shape \[\], expected \[1\]"),
}  # fmt: skip


@pytest.mark.parametrize(("state", "message"), WRONG.values(), ids=WRONG)
def test_a_state_dict_that_does_not_fit_is_refused_and_changes_nothing(state, message):
    """The name and both shapes are in the message, and the class that was to take it."""
    linear = Linear(2, 1)
    before = linear.state_dict()
    with pytest.raises(ValueError, match=f"cannot load state_dict into Linear: .*{message}"):
        linear.load_state_dict(state)
    assert linear.state_dict() == before


def test_a_ragged_entry_is_refused():
    """Two rows of different lengths are no matrix."""
    linear = Linear(2, 2)
    before = linear.state_dict()
    with pytest.raises(ValueError, match="'weight' has shape"):
        linear.load_state_dict({"weight": [[1.0, 2.0], [3.0]], "bias": [0.0, 0.0]})
    assert linear.state_dict() == before


def test_everything_that_is_wrong_is_named_at_once():
    """Not one error at a time."""
    with pytest.raises(ValueError, match=r"missing 'weight'; unknown 'wieght'; 'bias' has shape \[2\]"):
        Linear(2, 1).load_state_dict({"wieght": [[1.0, 2.0]], "bias": [0.0, 0.0]})


# ---- buffers -------------------------------------------------------------------------------------


class Counter(Module):
    """What is counted is saved, what is averaged too, and only the weight is learned."""

    def __init__(self):
        self.register_buffer("count", 3)
        self.register_buffer("means", [0.5, -1.0])
        self.weight = [Value(1.0)]
        self.part = Linear(1, 1, bias=False)


def test_buffers_are_saved_after_the_parameters_of_their_module_as_in_pytorch():
    """And before those of its parts."""
    module = Module()
    module.counter = Counter()
    module.lin = Linear(1, 1)
    assert list(module.state_dict()) == [
        "counter.weight", "counter.count", "counter.means", "counter.part.weight", "lin.weight", "lin.bias",
    ]  # fmt: skip
    assert list(module.named_buffers()) == [("counter.count", 3), ("counter.means", [0.5, -1.0])]


def test_buffers_are_plain_numbers_and_no_parameters():
    """An optimizer does not see them."""
    counter = Counter()
    assert (counter.count, counter.means) == (3, [0.5, -1.0])
    assert names(counter) == ["weight", "part.weight"]
    assert len(counter.parameters()) == 2
    assert [type(m) for m in counter.modules()] == [Counter, Linear]


def test_a_buffer_set_anew_is_saved_anew_and_the_saved_one_is_a_copy():
    """Running means are replaced at every step."""
    counter = Counter()
    counter.means = [7.0, 8.0]
    counter.count += 1
    state = counter.state_dict()
    counter.means[0] = 9.0
    assert (state["count"], state["means"]) == (4, [7.0, 8.0])


def test_loaded_buffers_keep_the_kind_of_their_numbers():
    """Integers stay integers; floats become floats, whatever stood in the file."""
    counter = Counter()
    counter.load_state_dict({"weight": [0.0], "count": 12.0, "means": [1, 2], "part.weight": [[0.0]]})
    assert (counter.count, counter.means) == (12, [1.0, 2.0])
    assert type(counter.count) is int
    assert all(type(mean) is float for mean in counter.means)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 0.5}, "'count': expected an integer, got 0.5"),
        ({"count": [1]}, r"'count' has shape \[1\], expected \[\]"),
        ({"means": [1.0]}, r"'means' has shape \[1\], expected \[2\]"),
        ({"means": [1.0, "2"]}, "'means': expected a real number, got '2'"),
        ({"count": float("inf")}, "'count': expected an integer, got inf"),
    ],
)
def test_a_buffer_that_does_not_fit_is_refused_and_changes_nothing(change, message):
    """As a parameter that does not fit."""
    counter = Counter()
    before = counter.state_dict()
    with pytest.raises(ValueError, match=f"cannot load state_dict into Counter: .*{message}"):
        counter.load_state_dict({**before, "weight": [5.0], **change})
    assert counter.state_dict() == before


def test_a_buffer_takes_no_name_and_no_value_that_is_something_else():
    """A parameter would vanish otherwise."""
    counter = Counter()
    with pytest.raises(ValueError, match="Counter has an attribute 'weight' already"):
        counter.register_buffer("weight", 1.0)
    with pytest.raises(TypeError, match="expected a real number, got 'x'"):
        counter.register_buffer("label", ["x"])
    counter.register_buffer("count", 0)  # again is no mistake
    assert list(counter.named_buffers()) == [("count", 0), ("means", [0.5, -1.0])]


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"]
)
def test_a_copied_module_has_buffers_of_its_own(duplicate):
    """Not the same list."""
    counter = Counter()
    twin = duplicate(counter)
    assert twin.state_dict() == counter.state_dict()
    twin.means[0] = 4.0
    assert counter.means == [0.5, -1.0]
    assert list(dict(twin.named_buffers())) == ["count", "means"]


# ---- copying -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"]
)
@pytest.mark.parametrize(
    "make",
    [
        lambda: Linear(2, 3),
        lambda: GCNConv(2, 3, improved=True),
        lambda: GNN("gcn", 2, 4, 2, 3, dropout=0.5, seed=1),
    ],
    ids=["Linear", "GCNConv", "GNN"],
)
def test_a_module_can_be_copied_and_pickled(make, duplicate):
    """The copy computes the same and learns on its own."""
    module = make()
    module.eval()
    inputs = ([[1.0, 2.0], [0.5, -1.0]],) + (() if isinstance(module, Linear) else (([0, 1], [1, 0]),))
    twin = duplicate(module)
    assert twin.state_dict() == module.state_dict()
    assert not twin.training
    assert repr(twin) == repr(module)

    def numbers(m):
        return [[v.data for v in row] for row in m(*inputs)]

    assert numbers(twin) == numbers(module)
    twin.parameters()[0].data += 1.0
    assert twin.state_dict() != module.state_dict()


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"]
)
def test_a_copied_module_keeps_its_shared_weights(duplicate):
    """Tied they were, tied they stay."""
    twin = duplicate(Tied())
    assert twin.encoder.weight is twin.decoder.weight
    assert twin.again is twin.encoder
    assert len(twin.parameters()) == 4


def test_a_model_copied_with_its_optimizer_is_trained_by_the_copied_one():
    """Both in one deepcopy: the new optimizer holds the new Values."""
    linear = Linear(1, 1)
    twin, optimizer = copy.deepcopy((linear, optim.Adam(linear.parameters())))
    before = linear.state_dict()
    mse_loss(twin([[1.0]]), [[5.0]]).backward()
    optimizer.step()
    assert linear.state_dict() == before
    assert twin.state_dict() != before


def test_a_dropped_module_is_freed_without_the_collector():
    """A training epoch leaves no reference cycles behind."""
    gc.collect()
    gc.disable()
    try:
        model = GNN("gcn", 2, 4, 2, 3, dropout=0.5, seed=1)
        optimizer = optim.Adam(model.parameters())
        for _ in range(2):
            optimizer.zero_grad()
            output = model([[1.0, 2.0], [0.5, -1.0]], ([0, 1], [1, 0]))
            loss = mse_loss(output, [[0.0] * 3] * 2)
            loss.backward()
            optimizer.step()
        del model, optimizer, output, loss
        assert gc.collect() == 0
    finally:
        gc.enable()
