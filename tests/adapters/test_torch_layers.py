"""Every layer there and back: the same options, weights, outputs and gradients as PyG's."""

from __future__ import annotations

import copy
import pickle
import random
from dataclasses import dataclass
from typing import Any

import pytest

from tinygnn import Value, nn
from tinygnn.adapters import AdapterError, from_torch, to_torch
from tinygnn.adapters.torch_layers import LAYERS
from tinygnn.nn import Module
from tinygnn.nn.module import leaves
from tinygnn.nn.names import activation_resolver

torch = pytest.importorskip("torch")
pyg = pytest.importorskip("torch_geometric")

torch.set_num_threads(1)  # threads cost more than these few numbers

# Both sides compute in float64 and sum in another order: a few hundred roundings of 2**-53, relative to the
# largest number of a result.
TOLERANCE = 1e-10
# Where the exact number is 0, as a gradient that a softmax takes away, both leave roundings of larger ones.
ROUNDING = 1e-14
EDGES = ([0, 1, 1, 1, 3, 3, 4, 0], [1, 0, 1, 3, 4, 4, 0, 3])  # a loop, a double edge, no edge at 2 and 5
NODES = 6


@dataclass
class Case:
    """Arguments of a layer, and what it is called with: "x" or what else it takes, in order."""

    arguments: dict[str, Any]
    inputs: str = "x edges"
    width: int = 3  # of x
    training: bool = False


def case(inputs: str = "x edges", *, width: int = 3, training: bool = False, **arguments: Any) -> Case:
    return Case(arguments, inputs, width, training)


CONV = {"in_channels": 3, "out_channels": 4}

CASES: dict[str, list[Case]] = {
    "Linear": [case("x", **CONV), case("x", **CONV, bias=False)],
    "Sequential": [
        case("x", **{"*": [nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)]}),
        case("x", **{"*": [nn.Sequential(nn.Linear(3, 4), nn.ELU(0.5)), nn.Dropout(), nn.Identity()]}),
        case("x", **{"*": []}),
    ],
    "MLP": [
        case("x", channel_list=[3, 4, 2]),
        case("x", channel_list=[3, 2], norm=None),
        case("x", channel_list=[3, 4, 4, 2], act="elu", act_first=True, norm="layer", dropout=0.5),
        case("x", channel_list=[3, 4, 2], act=nn.LeakyReLU(0.3), norm="pair", plain_last=False, bias=False),
        case(
            "x batch",
            channel_list=[3, 4, 5, 2],
            norm="graph",
            norm_kwargs={"eps": 0.1},
            bias=[True, False, True],
        ),
        case(
            "x",
            channel_list=[3, 4, 4, 2],
            norm=nn.BatchNorm(4, affine=False),
            act=None,
            dropout=[0.1, 0.2, 0.3],
        ),
        case("x", channel_list=[3, 4, 2], norm="batch_norm", training=True),
    ],
    "JumpingKnowledge": [
        case("stack", mode="cat"),
        case("stack", mode="max"),
        case("stack", mode="lstm", channels=3, num_layers=2),
    ],
    "BatchNorm1d": [
        case("x", num_features=3),
        case("x", num_features=3, training=True),
        case("x", num_features=3, eps=0.1, momentum=None, affine=False, track_running_stats=False),
    ],
    "BatchNorm": [
        case("x", in_channels=3),
        case("x", in_channels=3, momentum=0.5, allow_single_element=True, training=True),
        case("x", in_channels=3, eps=0.1, affine=False, track_running_stats=False),
    ],
    "LayerNorm": [
        case("x batch", in_channels=3),
        case("x batch", in_channels=3, eps=0.1, affine=False),
        case("x batch", in_channels=3, mode="node"),
        case("x", in_channels=3, eps=0.5),
    ],
    "GraphNorm": [case("x batch", in_channels=3), case("x batch", in_channels=3, eps=0.1)],
    "InstanceNorm": [
        case("x batch", in_channels=3, training=True),
        case("x batch", in_channels=3, eps=0.1, affine=True, track_running_stats=True),
        case("x batch", in_channels=3, momentum=0.5, track_running_stats=True, training=True),
    ],
    "PairNorm": [
        case("x batch"),
        case("x batch", scale=2.0, scale_individually=True, eps=0.1),
    ],
    "GraphSizeNorm": [case("x batch")],
    "Dropout": [case("x"), case("x", p=0.25)],
    "Identity": [case("x")],
    "ReLU": [case("x")],
    "LeakyReLU": [case("x"), case("x", negative_slope=0.5)],
    "ELU": [case("x"), case("x", alpha=0.5)],
    "GELU": [case("x"), case("x", approximate="tanh")],
    "SiLU": [case("x")],
    "Softplus": [case("x"), case("x", beta=2.0)],
    "Tanh": [case("x")],
    "Sigmoid": [case("x")],
    "PReLU": [case("x"), case("x", num_parameters=3, init=0.5)],
    "Softmax": [case("x", dim=-1), case("x", dim=0)],
    "LogSoftmax": [case("x", dim=1), case("x", dim=-2)],
    "LSTM": [
        case("sequence", input_size=3, hidden_size=2),
        case("sequence", input_size=3, hidden_size=2, num_layers=2, bidirectional=True, dropout=0.5),
        case("sequence", input_size=3, hidden_size=2, bias=False, batch_first=True),
    ],
    "GCNConv": [
        case(**CONV),
        case("x edges weight", **CONV),
        case(**CONV, improved=True),
        case("x edges weight", **CONV, improved=True),
        case("x edges weight", **CONV, add_self_loops=False),
        case("x edges weight", **CONV, normalize=False, bias=False),
    ],
    "SAGEConv": [
        case(**CONV),
        case(**CONV, aggr="max", root_weight=False),
        case(**CONV, aggr="sum", project=True, bias=False),
        case(**CONV, aggr="mul", normalize=True),
        case(**CONV, aggr="softmax"),
    ],
    "GATConv": [
        case(**CONV),
        case(**CONV, heads=2, negative_slope=0.5, dropout=0.5, residual=True),
        case(**CONV, heads=2, concat=False, add_self_loops=False, bias=False),
        case("x edges attr", **CONV, edge_dim=2),
        case("x edges attr", **CONV, edge_dim=2, fill_value=0.5, heads=3, concat=False, residual=True),
    ],
    "GATv2Conv": [
        case(**CONV),
        case(**CONV, heads=2, negative_slope=0.5, dropout=0.5, residual=True),
        case(**CONV, heads=2, concat=False, add_self_loops=False, bias=False),
        case("x edges attr", **CONV, edge_dim=2, share_weights=True),
        case("x edges attr", **CONV, edge_dim=2, fill_value=0.5, heads=3, concat=False, residual=True),
    ],
    "GINConv": [
        case(nn=nn.Linear(3, 4)),
        case(nn=nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), eps=0.5, train_eps=True),
    ],
    "GINEConv": [
        case("x edges attr3", nn=nn.Linear(3, 4), eps=0.25),
        case("x edges attr", nn=nn.Sequential(nn.Linear(3, 4), nn.Tanh()), edge_dim=2, train_eps=True),
    ],
    "EdgeConv": [
        case(nn=nn.Linear(6, 4)),
        case(nn=nn.Sequential(nn.Linear(6, 4), nn.ReLU()), aggr="mean"),
    ],
    "NNConv": [
        case("x edges attr", **CONV, nn=nn.Linear(2, 12)),
        case("x edges attr", **CONV, nn=nn.Linear(2, 12), aggr="max", root_weight=False, bias=False),
    ],
    "PNAConv": [
        case(**CONV, aggregators=["mean", "max"], scalers=["identity", "linear"], deg=[1, 2, 3]),
        case(
            "x edges attr",
            in_channels=4,
            out_channels=6,
            aggregators=["sum", "std"],
            edge_dim=2,
            towers=2,
            scalers=["amplification", "attenuation", "inverse_linear"],
            deg=[0, 4, 1],
            pre_layers=2,
            post_layers=3,
            divide_input=True,
            act="leaky_relu",
            act_kwargs={"negative_slope": 0.3},
            train_norm=True,
            width=4,
        ),
    ],
    "GraphConv": [
        case(**CONV),
        case("x edges weight", **CONV, aggr="mean"),
        case("x edges weight", **CONV, aggr="max", bias=False),
    ],
    "SGConv": [
        case(**CONV),
        case("x edges weight", **CONV, K=3, cached=True),
        case(**CONV, add_self_loops=False, bias=False),
    ],
    "APPNP": [
        case(K=3, alpha=0.1),
        case("x edges weight", K=2, alpha=0.5, dropout=0.5, cached=True),
        case("x edges weight", K=2, alpha=0.25, add_self_loops=False),
        case("x edges weight", K=1, alpha=0.25, normalize=False),
    ],
    "TAGConv": [
        case(**CONV),
        case("x edges weight", **CONV, K=1, bias=False),
        case("x edges weight", **CONV, K=2, normalize=False),
    ],
    "ChebConv": [
        case(**CONV, K=3),
        case("x edges weight", **CONV, K=2, normalization="rw"),
        case("x edges weight", **CONV, K=1, normalization="rw", bias=False),
    ],
    "GCN2Conv": [
        case("x x0 edges", channels=3, alpha=0.1),
        case("x x0 edges weight", channels=3, alpha=0.5, theta=0.7, layer=3, cached=True),
        case("x x0 edges weight", channels=3, alpha=0.5, theta=0.5, layer=1, shared_weights=False),
        case("x x0 edges weight", channels=3, alpha=0.5, add_self_loops=False),
        case("x x0 edges weight", channels=3, alpha=0.5, normalize=False),
    ],
    "ARMAConv": [
        case(**CONV),
        case("x edges weight", **CONV, num_stacks=2, num_layers=3, act="tanh", dropout=0.5),
        case(**CONV, num_stacks=2, num_layers=2, shared_weights=True, act=None, bias=False),
    ],
    "RGCNConv": [
        case("x edges type", **CONV, num_relations=3),
        case("x edges type", **CONV, num_relations=3, num_bases=2, aggr="add", root_weight=False),
        case("x edges type", in_channels=4, out_channels=6, num_relations=3, num_blocks=2, width=4),
        case("x edges type", **CONV, num_relations=3, aggr="max", bias=False),
    ],
    "GatedGraphConv": [
        case(out_channels=4, num_layers=2),
        case("x edges weight", out_channels=3, num_layers=1, aggr="mean", bias=False),
    ],
    "GRUCell": [
        case("x h", input_size=3, hidden_size=4),
        case("x h", input_size=3, hidden_size=4, bias=False),
    ],
    "SumAggregation": [case("x batch")],
    "MeanAggregation": [case("x batch")],
    "MaxAggregation": [case("x batch")],
    "AttentionalAggregation": [
        case("x batch", gate_nn=nn.Linear(3, 1)),
        case("x batch", gate_nn=nn.Linear(3, 4, bias=False), nn=nn.Linear(3, 4)),
        case("x batch", gate_nn=nn.MLP([3, 2, 1], norm="layer"), nn=nn.MLP([3, 4])),
    ],
    "Set2Set": [
        case("x batch", in_channels=3, processing_steps=2),
        case("x batch", in_channels=3, processing_steps=2, num_layers=2, bias=False, dropout=0.5),
    ],
    "SelectTopK": [
        case("x batch", in_channels=3),
        case("x batch", in_channels=3, ratio=None, min_score=0.3),
        case("x batch", in_channels=3, ratio=2, act="sigmoid"),
    ],
    "TopKPooling": [
        case(in_channels=3),
        case(in_channels=3, ratio=0.8, multiplier=2.0, nonlinearity="sigmoid"),
        case(in_channels=3, nonlinearity=nn.LeakyReLU(0.5).of),
        case(in_channels=3, min_score=0.1),
    ],
    "SAGPooling": [
        case(in_channels=3),
        case(in_channels=3, ratio=0.8, multiplier=2.0, nonlinearity="sigmoid", GNN=nn.GCNConv, bias=False),
        case(in_channels=3, min_score=0.1, GNN=nn.GATConv, heads=2, concat=False, add_self_loops=False),
    ],
}

TABLE = [(name, case) for name, cases in CASES.items() for case in cases]
by_case = pytest.mark.parametrize(("name", "case"), TABLE, ids=[f"{n}-{CASES[n].index(c)}" for n, c in TABLE])


def make(name: str, case: Case) -> Module:
    """The layer of a case, with weights from U(-1, 1) and buffers as they are."""
    arguments = dict(case.arguments)
    layer: Module = getattr(nn, name)(*arguments.pop("*", []), **arguments)
    rng = random.Random(name)
    for value in layer.parameters():
        value.data = rng.uniform(-1.0, 1.0)
    return layer.train(case.training)


def drawn(*sizes: int) -> Any:
    rng = random.Random(str(sizes))
    return _drawn(rng, sizes)


def _drawn(rng: random.Random, sizes: tuple[int, ...]) -> Any:
    if not sizes:
        return rng.uniform(-1.0, 1.0)
    return [_drawn(rng, sizes[1:]) for _ in range(sizes[0])]


def values(nested: Any) -> Any:
    return [values(part) for part in nested] if isinstance(nested, list) else Value(nested)


def numbers(nested: Any, name: str = "data") -> list[float]:
    return [float(getattr(leaf, name, leaf)) for leaf in leaves(nested)]


def inputs_of(case: Case) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in case.inputs.split():
        if name == "x":
            made[name] = drawn(NODES, case.width)
        elif name == "stack":
            made[name] = [drawn(NODES, 3), [[0.1 - entry for entry in row] for row in drawn(NODES, 3)]]
        elif name == "x0":
            made[name] = [row[::-1] for row in drawn(NODES, case.width)]
        elif name == "h":
            made[name] = drawn(NODES, 4)
        elif name == "type":
            made[name] = [0, 1, 2, 0, 1, 0, 2, 2]
        elif name == "sequence":
            made[name] = drawn(4, 2, case.width)
        elif name == "weight":
            made[name] = [abs(weight) + 0.1 for weight in drawn(len(EDGES[0]))]
        elif name == "attr":
            made[name] = drawn(len(EDGES[0]), 2)
        elif name == "attr3":
            made[name] = drawn(len(EDGES[0]), 3)
        elif name == "edges":
            made[name] = EDGES
        elif name == "batch":
            made[name] = [0, 0, 0, 1, 1, 2]
    return made


def outputs(result: Any) -> Any:
    """What has a gradient: of a layer that gives more than one thing, the rows; of SelectTopK, the scores."""
    if isinstance(result, tuple):
        return result[1] if len(result) == 2 and not hasattr(leaves(result[0])[0], "data") else result[0]
    return getattr(result, "weight", result)


def assert_agree(layer: Module, module: Any, inputs: dict[str, Any]) -> None:
    """Outputs and all gradients agree for a cotangent that treats no two outputs alike."""
    fixed = {"edges", "batch", "type"}
    ours = {name: given if name in fixed else values(given) for name, given in inputs.items()}
    theirs = {
        name: torch.tensor(given) if name in fixed else torch.tensor(given, dtype=torch.float64)
        for name, given in inputs.items()
    }
    for name in set(theirs) - fixed:
        theirs[name].requires_grad_()
    out = leaves(outputs(layer(*ours.values())))
    called_with = [list(given) if name == "stack" else given for name, given in theirs.items()]
    expected = outputs(module(*called_with))
    close("output", numbers(out), expected)
    cotangent = [0.3 + 0.1 * (7 * i % 11) for i in range(len(out))]
    layer.zero_grad()
    sum((c * o for c, o in zip(cotangent, out)), Value(0.0)).backward()
    module.zero_grad()
    (expected.flatten() * torch.tensor(cotangent, dtype=torch.float64)).sum().backward()
    for name in set(theirs) - fixed:
        close(f"gradient of {name}", numbers(ours[name], "grad"), theirs[name].grad)
    parameters = dict(module.named_parameters())
    for name, parameter in layer.named_parameters():
        close(f"gradient of {name}", numbers(parameter, "grad"), parameters[name].grad)


def close(what: str, ours: list[float], theirs: Any) -> None:
    expected = [0.0] * len(ours) if theirs is None else theirs.detach().flatten().tolist()
    assert len(ours) == len(expected), what
    scale = max(map(abs, expected), default=0.0)
    for i, (a, b) in enumerate(zip(ours, expected)):
        assert abs(a - b) <= TOLERANCE * scale + ROUNDING, f"{what}, number {i}: {a} and {b}"


def test_every_layer_that_is_exported_has_an_entry_and_cases() -> None:
    exported = [
        name
        for name, found in vars(nn).items()
        if isinstance(found, type) and issubclass(found, Module) and found is not Module
    ]
    assert sorted(exported) == sorted(LAYERS), "adapters/torch_layers.py: one entry for each layer"
    assert sorted(exported) == sorted(CASES), "tests/adapters/test_torch_layers.py: cases for each layer"


@by_case
def test_outputs_and_gradients_agree_with_pyg(name: str, case: Case) -> None:
    layer = make(name, case)
    assert_agree(layer, to_torch(layer), inputs_of(case))


@by_case
def test_there_and_back_is_the_same_layer(name: str, case: Case) -> None:
    layer = make(name, case)
    module = to_torch(layer)
    back = from_torch(module)
    assert repr(back) == repr(layer)
    assert back.state_dict() == layer.state_dict()
    assert type(module).__name__ == LAYERS[name].name
    back(*inputs_of(case).values())
    # GCN2Conv shows the β that these make; averages of degrees are in the state_dict; act says it all; PyG's
    # cached layers would answer for the first graph ever after.
    lost = {"theta", "layer", "deg", "act_kwargs", "cached"}
    read = LAYERS[name].read(back)
    read.update(read.pop("**", {}))
    for option, value in case.arguments.items():
        if option in ("act", "nonlinearity"):
            ours, given = (getattr(act, "__self__", act) for act in (read[option], value))
            made = activation_resolver(given, case.arguments.get("act_kwargs"))
            assert repr(activation_resolver(ours)) == repr(made)
        elif option == "norm":
            assert repr(list(back.norms)) == repr(list(layer.norms))  # type: ignore[attr-defined]
        else:
            assert option in lost or plainly(read[option]) == plainly(value), option


def plainly(value: Any) -> Any:
    """A value that can be compared."""
    if isinstance(value, (Module, list)):
        return repr(value)
    return value


@by_case
def test_a_wrong_key_or_shape_is_named(name: str, case: Case) -> None:
    layer = make(name, case)
    state = to_torch(layer).state_dict()
    layer.load_state_dict(state)
    with pytest.raises(ValueError, match="unknown 'strange.weight'"):
        layer.load_state_dict({**state, "strange.weight": torch.zeros(2)})
    for key in state:
        with pytest.raises(ValueError, match=f"missing '{key}'"):
            layer.load_state_dict({name: entry for name, entry in state.items() if name != key})
        with pytest.raises(ValueError, match=rf"'{key}' has shape \[1, 7, 1, 1\]"):
            layer.load_state_dict({**state, key: torch.zeros(1, 7, 1, 1)})


def test_modes_are_kept() -> None:
    layer = nn.GCNConv(2, 3)
    assert to_torch(layer).training
    assert not to_torch(layer.eval()).training
    assert not from_torch(to_torch(layer)).training


def test_improved_counts_without_edge_weights_however_the_layer_is_called() -> None:
    layer = nn.GCNConv(2, 3, improved=True)
    module, x, edges = to_torch(layer), torch.rand(6, 2).double(), torch.tensor(EDGES)
    expected = torch.tensor([[value.data for value in row] for row in layer(x, EDGES)], dtype=torch.float64)
    for out in (
        module(x, edges),
        module(x, edges, None),
        module(x, edge_index=edges),
        module(x=x, edge_index=edges, edge_weight=None),
        copy.deepcopy(module)(x, edges, torch.ones(8).double()),
        pickle.loads(pickle.dumps(module))(x, edges),
    ):
        assert torch.allclose(out, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["SGConv", "APPNP", "GCN2Conv"])
def test_a_cached_layer_does_not_keep_to_its_first_graph(name: str) -> None:
    case = next(case for case in CASES[name] if case.arguments.get("cached"))
    layer = make(name, case)
    module = to_torch(layer)
    other = [torch.rand(2, 3).double()] * (2 if name == "GCN2Conv" else 1)
    module(*other, torch.tensor([[0], [1]]))
    assert_agree(layer, module, inputs_of(case))


def test_dtype_is_float64_or_what_is_asked_for() -> None:
    layer = nn.Linear(2, 3)
    assert to_torch(layer).weight.dtype == torch.float64
    assert to_torch(layer, dtype="float32").weight.dtype == torch.float32
    assert to_torch(layer, dtype=torch.float16).bias.dtype == torch.float16
    for wrong in ("int64", "float63", torch.int32, 7):
        with pytest.raises(AdapterError, match="give a floating type"):
            to_torch(layer, dtype=wrong)


def test_no_generator_is_moved() -> None:
    torch.manual_seed(0)
    nn.manual_seed(0)
    expected = torch.rand(1).item(), nn.init.default_rng.random()
    torch.manual_seed(0)
    nn.manual_seed(0)
    from_torch(to_torch(nn.Linear(2, 3, rng=random.Random(1))))
    assert (torch.rand(1).item(), nn.init.default_rng.random()) == expected


def gcn(*arguments: Any, **options: Any) -> Any:
    return pyg.nn.GCNConv(*arguments, **options)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (lambda: gcn(3, 2, flow="target_to_source"), "GCNConv.flow is 'target_to_source'.*always 'source"),
        (lambda: gcn(3, 2, aggr="mean"), "GCNConv.aggr is 'mean'"),
        (lambda: gcn(-1, 2), "GCNConv.in_channels is -1.*known from the start"),
        (lambda: pyg.nn.SAGEConv((3, 3), 2), "SAGEConv.in_channels is .3, 3.*one size"),
        (lambda: pyg.nn.SAGEConv(3, 2, aggr="lstm"), "SAGEConv: aggr is 'lstm': choose from"),
        (lambda: pyg.nn.GATConv(3, 2, edge_dim=1, fill_value=torch.ones(1)), "GATConv.fill_value is a t"),
        (lambda: torch.nn.DataParallel(gcn(3, 2)), "around the model: give model.module"),
        (lambda: torch.nn.Conv1d(1, 1, 1), "Conv1d, which has no counterpart in tinygnn: there are Linear, "),
        (lambda: pyg.nn.SAGPooling(3, GNN=pyg.nn.ClusterGCNConv), "SAGPooling.GNN is ClusterGCNConv"),
        (lambda: torch.nn.ModuleList([gcn(3, 2)]), r"ModuleList.*such as from_torch.model\[0\]"),
        (lambda: "gcn", "takes a torch.nn.Module, not a str"),
    ],
)  # fmt: skip
def test_what_tinygnn_cannot_be_is_refused(module: Any, message: str) -> None:
    with pytest.raises(AdapterError, match=message):
        from_torch(module())


def test_pytorchs_own_linear_comes_in_too() -> None:
    theirs = torch.nn.Linear(3, 2, bias=False).double()
    ours = from_torch(theirs)
    assert isinstance(ours, nn.Linear) and ours.bias is None
    assert ours.state_dict() == {"weight": theirs.weight.tolist()}


@pytest.mark.parametrize("options", [{}, {"eps": 0.25}, {"elementwise_affine": False}])
def test_pytorchs_own_layer_norm_is_the_one_of_each_node(options: dict[str, Any]) -> None:
    theirs = torch.nn.LayerNorm(3, **options).double()
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter)
    x = [[0.5, -1.25, 2.0], [1.5, 0.0, -0.75]]
    ours = from_torch(theirs)(x)
    for row, expected in zip(ours, theirs(torch.tensor(x, dtype=torch.float64)).tolist()):
        assert [value.data for value in row] == pytest.approx(expected, rel=1e-14)
    with pytest.raises(ValueError, match="in_channels is None"):
        from_torch(torch.nn.LayerNorm((2, 3)))
    with pytest.raises(ValueError, match="missing 'bias'"):
        from_torch(torch.nn.LayerNorm(3, bias=False))


def test_pytorchs_own_linear_comes_in_within_a_layer() -> None:
    own = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    for layer in (pyg.nn.GINConv(own).double(), own):
        names = [name for name, _ in from_torch(layer).named_parameters()]
        assert names == [name for name, _ in layer.named_parameters()]


def test_a_class_of_ones_own_is_refused_with_what_can_be_done() -> None:
    class Mine(Module):
        def __init__(self) -> None:
            self.first = nn.GCNConv(2, 3)

    class Theirs(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = gcn(2, 3)

    with pytest.raises(AdapterError, match="Mine is a class of its own.*to_torch.model.first"):
        to_torch(Mine())
    with pytest.raises(AdapterError, match="Theirs is a Theirs.*from_torch.model.first"):
        from_torch(Theirs())
    with pytest.raises(AdapterError, match="takes a layer or model"):
        to_torch(3)  # type: ignore[arg-type]


def test_a_subclass_of_a_layer_may_compute_something_else_and_is_refused() -> None:
    class Doubled(nn.Linear):
        pass

    class Other(torch.nn.Dropout):
        pass

    with pytest.raises(AdapterError, match="class of its own"):
        to_torch(Doubled(2, 3))
    with pytest.raises(AdapterError, match="no counterpart"):
        from_torch(Other())


def test_what_pyg_refuses_is_an_adapter_error() -> None:
    """PyG's MLP gives every norm a size, and its GraphSizeNorm takes none."""
    with pytest.raises(AdapterError, match=r"MLP: torch_geometric.nn.MLP refuses it: .*GraphSizeNorm"):
        to_torch(nn.MLP([3, 4, 2], norm="graph_size_norm"))
