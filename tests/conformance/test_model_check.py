"""`--model`: a torch module's layers beside tinygnn's, message by message, and what it says of mistakes."""

from __future__ import annotations

import json
import random
import textwrap
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tinygnn import Graph
from tinygnn.adapters import to_json
from tinygnn.conformance import cli
from tinygnn.safetensors import save_file

torch = pytest.importorskip("torch")
pytest.importorskip("torch_geometric")

from torch_geometric import nn  # noqa: E402

from tinygnn.adapters.message_parts import PARTS  # noqa: E402
from tinygnn.conformance.checks import Check  # noqa: E402
from tinygnn.conformance.known_layers import known_reasons  # noqa: E402
from tinygnn.conformance.model_check import LayerReport, check_layers  # noqa: E402
from tinygnn.conformance.model_graph import model_graph  # noqa: E402
from tinygnn.conformance.model_jsonl import SCHEMA, model_lines  # noqa: E402
from tinygnn.conformance.model_report import lines  # noqa: E402
from tinygnn.conformance.twins import twins_of  # noqa: E402

Linear, Sequential = torch.nn.Linear, torch.nn.Sequential
EDGES = torch.tensor([[0, 1, 1, 2, 2, 3, 0, 3, 3, 1], [1, 0, 2, 1, 3, 2, 3, 3, 0, 2]])  # a loop, a pair twice
N, F, OUT = 5, 3, 4  # node 4 hears of nobody


def numbers(*shape: int) -> Any:
    rng = random.Random(str(shape))
    count = torch.Size(shape).numel()
    made = torch.tensor([rng.uniform(-1.0, 1.0) for _ in range(count)], dtype=torch.float64)
    return made.reshape(shape).requires_grad_()


def mlp(width: int = F) -> Any:
    return Sequential(Linear(width, OUT), torch.nn.Tanh(), Linear(OUT, OUT))


SCALERS = ["identity", "amplification"]
ATTR, TYPES = numbers(EDGES.size(1), 2), torch.arange(EDGES.size(1)) % 3
WEIGHTS = numbers(EDGES.size(1)).detach().abs().requires_grad_()
LAYERS: dict[str, list[tuple[Callable[[], Any], list[Any]]]] = {
    "GCNConv": [(lambda: nn.GCNConv(F, OUT), []), (lambda: nn.GCNConv(F, OUT), [WEIGHTS])],
    "SAGEConv": [
        (lambda: nn.SAGEConv(F, OUT, project=True), []),
        (lambda: nn.SAGEConv(F, OUT, aggr="max"), []),
        (lambda: nn.SAGEConv(F, OUT, aggr="sum", normalize=True), []),
    ],
    "GraphConv": [
        (lambda: nn.GraphConv(F, OUT), [WEIGHTS]),
        (lambda: nn.GraphConv(F, OUT, aggr="mean"), []),
        (lambda: nn.GraphConv(F, OUT, aggr="max"), [WEIGHTS]),
    ],
    "GATConv": [
        (lambda: nn.GATConv(F, OUT, heads=2), []),
        (lambda: nn.GATConv(F, OUT, heads=2, concat=False, edge_dim=2), [ATTR]),
    ],
    "GATv2Conv": [(lambda: nn.GATv2Conv(F, OUT, heads=2), [])],
    "GINConv": [(lambda: nn.GINConv(mlp(), train_eps=True), [])],
    "GINEConv": [(lambda: nn.GINEConv(mlp(), edge_dim=2), [ATTR])],
    "EdgeConv": [(lambda: nn.EdgeConv(mlp(2 * F)), [])],
    "NNConv": [
        (lambda: nn.NNConv(F, OUT, Linear(2, F * OUT)), [ATTR]),
        (lambda: nn.NNConv(F, OUT, Linear(2, F * OUT), aggr="mean"), [ATTR]),
    ],
    "PNAConv": [
        (
            lambda: nn.PNAConv(
                F, OUT, ["mean", "max"], ["identity", "amplification"], torch.tensor([1, 2, 2])
            ),
            [],
        )
    ],
    "SGConv": [(lambda: nn.SGConv(F, OUT, K=2), [WEIGHTS])],
    "TAGConv": [(lambda: nn.TAGConv(F, OUT, K=3), [WEIGHTS])],
    "APPNP": [(lambda: nn.APPNP(3, 0.1), [WEIGHTS])],
    "ChebConv": [(lambda: nn.ChebConv(F, OUT, K=4), [WEIGHTS])],
    "GCN2Conv": [(lambda: nn.GCN2Conv(F, 0.1, 0.5, 1), [])],
    "ARMAConv": [(lambda: nn.ARMAConv(F, OUT, num_stacks=2, num_layers=2), [WEIGHTS])],
    "RGCNConv": [
        (lambda: nn.RGCNConv(F, OUT, 3), [TYPES]),
        (lambda: nn.RGCNConv(F, OUT, 3, aggr="max"), [TYPES]),
    ],
    "GatedGraphConv": [(lambda: nn.GatedGraphConv(OUT, 2), [WEIGHTS])],
}


def compare(layer: Any, *extra: Any) -> list[LayerReport]:
    torch.manual_seed(1)
    module = (layer() if not isinstance(layer, torch.nn.Module) else layer).double().eval()
    x = numbers(N, F)
    if isinstance(module, nn.GCN2Conv):
        return check_layers(module, lambda model: model(x, numbers(N, F), EDGES, *extra))
    return check_layers(module, lambda model: model(x, EDGES, *extra))


def test_every_layer_whose_messages_are_known_is_here() -> None:
    assert LAYERS.keys() == PARTS.keys()


@pytest.mark.parametrize("name", LAYERS)
def test_pygs_own_layer_agrees_in_messages_aggregates_output_and_all_gradients(name: str) -> None:
    for make, extra in LAYERS[name]:
        [report] = compare(make, *extra)
        assert report.reason == ""
        assert [check.what for check in report.departs] == []
        whats = [check.what for check in report.checks]
        assert whats[:5] == [
            "messages",
            "aggregates",
            "output",
            "gradient of aggregates",
            "gradient of messages",
        ]
        assert "gradient of x" in whats
        of_pna = ["gradient of aggregates"] if name == "PNAConv" else []
        assert [check.what for check in report.checks if not check.count] == of_pna


def test_every_message_is_compared_those_of_self_loops_too() -> None:
    [report] = compare(lambda: nn.GCNConv(F, OUT))
    assert report.checks[0].count == (EDGES.size(1) + N - 1) * OUT  # one loop is there
    [report] = compare(lambda: nn.GATConv(F, OUT, heads=2))
    assert report.checks[0].count == (EDGES.size(1) + N - 1) * 2 * OUT


class Scaled(nn.GCNConv):  # type: ignore[misc]
    factor = 1.001

    def message(self, x_j: Any, edge_weight: Any) -> Any:
        return super().message(x_j, edge_weight) * self.factor


class Detached(nn.SAGEConv):  # type: ignore[misc]
    def message(self, x_j: Any) -> Any:
        return x_j.detach()


class Averaged(nn.GINConv):  # type: ignore[misc]
    def aggregate(self, inputs: Any, index: Any, ptr: Any = None, dim_size: Any = None) -> Any:
        return super().aggregate(inputs, index, ptr, dim_size) / 2


class Turned(nn.GraphConv):  # type: ignore[misc]
    def forward(self, x: Any, edge_index: Any, edge_weight: Any = None) -> Any:
        return super().forward(x, edge_index.flip(0)[:, :3], edge_weight)


class Biased(nn.GATConv):  # type: ignore[misc]
    def forward(self, x: Any, edge_index: Any) -> Any:
        return super().forward(x, edge_index) + 1e-9


class Half(nn.GCNConv):  # type: ignore[misc]
    def message(self, x_j: Any, edge_weight: Any) -> Any:
        return super().message(x_j, edge_weight).float().double()


class Narrow(nn.GCNConv):  # type: ignore[misc]
    def forward(self, x: Any, edge_index: Any) -> Any:
        return super().forward(x, edge_index)[:, :2]


class WithMore(nn.GCNConv):  # type: ignore[misc]
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.scale, self.more = 2.0, torch.nn.Parameter(torch.ones(1))

    def forward(self, x: Any, edge_index: Any) -> Any:
        return super().forward(x, edge_index) * self.more


@pytest.mark.parametrize(
    ("layer", "first", "where"),
    [
        (lambda: Scaled(F, OUT), "messages", "edge 0, 0 -> 1, feature 0"),
        (lambda: Half(F, OUT), "messages", "edge 0, 0 -> 1, feature 0"),
        (lambda: Averaged(mlp()), "aggregates", "node 0, feature 0"),
        (lambda: Biased(F, OUT), "output", "node 0, feature 0"),
        (
            lambda: Detached(F, OUT, root_weight=False),
            "gradient of messages (torch has none there)",
            "edge 0, 0 -> 1",
        ),
        (lambda: Narrow(F, OUT), "output", ""),
        (lambda: Turned(F, OUT), "messages", ""),
    ],
)
def test_a_mistake_is_named_where_it_begins(layer: Any, first: str, where: str) -> None:
    [report] = compare(layer)
    departs = report.departs[0]
    assert departs.what == first
    assert departs.where.startswith(where)
    if where:
        assert departs.first is not None
        assert departs.first.got != departs.first.expected
    else:
        assert departs.problem


def test_messages_along_other_edges_are_said_to_be() -> None:
    [report] = compare(lambda: Turned(F, OUT))
    assert report.departs[0].problem == (
        "one goes along edge 2, 1 -> 2 in tinygnn, and not here; 6 others differ"
    )


def test_what_a_class_of_ones_own_adds_is_no_option_of_the_layer() -> None:
    [report] = compare(lambda: WithMore(F, OUT))
    assert (report.kind, report.reason, report.departs) == ("WithMore as GCNConv", "", [])


class Own(nn.MessagePassing):  # type: ignore[misc]
    def forward(self, x: Any, edge_index: Any) -> Any:
        return self.propagate(edge_index, x=x)


class Net(torch.nn.Module):  # type: ignore[misc]
    """Two layers, one of which is used twice, one that tinygnn does not have, and one that is not used."""

    def __init__(self, second: Any) -> None:
        super().__init__()
        self.first, self.own, self.second = nn.GCNConv(F, OUT), Own(), second
        self.head, self.unused = Sequential(Linear(OUT, 2), torch.nn.ReLU(), torch.nn.Dropout()), Linear(2, 2)

    def forward(self, x: Any, edge_index: Any) -> Any:
        h = self.first(x, edge_index).relu_()
        h = self.second(self.own(h, edge_index), edge_index)
        h = self.second(torch.nn.functional.relu(h, inplace=True), edge_index)
        return self.head(h).log_softmax(1)


def test_only_the_layer_with_the_mistake_departs_and_layers_that_cannot_be_compared_are_told() -> None:
    reports = compare(lambda: Net(Scaled(OUT, OUT)))
    told = {report.name: report.reason or [check.what for check in report.departs][:1] for report in reports}
    assert told == {
        "first": [],
        "own": "tinygnn has no Own; by itself: --check FILE.py:Own --like GCNConv, or what it is to be",
        "second, call 1": ["messages"],
        "second, call 2": ["messages"],
        "head.0": [],
        "head.1": [],
        "unused": "it was not called",
    }
    assert not any(report.departs for report in compare(lambda: Net(nn.GCNConv(OUT, OUT))))


def test_a_layer_that_is_given_other_edges_than_the_graphs_has_a_note() -> None:
    module, x = Sequential(nn.GCNConv(F, OUT)).double(), numbers(N, F)
    for given, note in [
        (EDGES, ""),
        (EDGES.flip(0), "it was given the graph's edges with their sources and targets exchanged"),
        (EDGES[:, 1:], "it was given 9 edges that are not the 10 of the graph, or in another order"),
    ]:
        [report] = check_layers(module, lambda model, given=given: model[0](x, given), EDGES)
        assert (report.note, report.departs) == (note, [])


def test_a_mistake_may_be_put_into_an_instance_or_a_hook() -> None:
    module = Net(nn.GCNConv(OUT, OUT))
    own = module.second.message
    module.second.message = lambda x_j, edge_weight: own(x_j, edge_weight) + 1e-9
    assert compare(module)[2].departs[0].what == "messages"
    module = Net(nn.GCNConv(OUT, OUT))
    module.second.register_aggregate_forward_hook(lambda layer, given, out: out * 1.001)
    assert compare(module)[2].departs[0].what == "aggregates"


def test_another_subgradient_is_none_that_departs_but_a_lost_share_is() -> None:
    """torch's max of a stack picks one of several equals; PyG's aggregation gives a share to nobody."""
    jump = nn.JumpingKnowledge("max")
    ones = [torch.ones((N, F), dtype=torch.float64).requires_grad_() for _ in range(3)]
    [report] = check_layers(jump, lambda model: model(ones))
    [chosen] = [check for check in report.checks if check.chosen]
    assert (chosen.what, chosen.chosen, report.departs) == ("gradient of xs", 3 * N * F, [])

    zeros = torch.zeros((N, F), dtype=torch.float64).requires_grad_()
    [report] = check_layers(nn.SAGEConv(F, OUT, aggr="max").double(), lambda model: model(zeros, EDGES))
    assert report.departs[0].what == "gradient of messages"
    assert len(report.known) == 1
    assert "that share is lost" in report.known[0]
    assert not report.failed
    [scaled] = compare(lambda: Scaled(F, OUT))
    assert (scaled.known, scaled.failed) == ([], True)  # that is not PyG's


def test_what_is_known_of_a_gradient_explains_no_other_number_and_no_other_setting() -> None:
    zeros = torch.zeros((N, F), dtype=torch.float64).requires_grad_()
    module = nn.SAGEConv(F, OUT, aggr="max").double()
    handle = module.register_aggregate_forward_hook(lambda layer, given, out: out + 1e-9)
    [report] = check_layers(module, lambda model: model(zeros, EDGES))
    handle.remove()
    assert (report.departs[0].what, report.known, report.failed) == ("aggregates", [], True)
    [twin] = twins_of(nn.SAGEConv(F, OUT, aggr="mean").double())
    assert known_reasons(twin, report.departs[-1:]) == []


@pytest.mark.parametrize(("normalization", "known"), [("sym", 0), ("rw", 0), (None, 1)])
def test_what_is_known_of_a_layer_without_an_option_is_of_no_layer_with_it(
    normalization: str | None, known: int
) -> None:
    [twin] = twins_of(nn.ChebConv(F, OUT, 3, normalization=normalization).double())
    assert len(known_reasons(twin, [Check("output", 1, 1)])) == known


class Between(torch.nn.Module):  # type: ignore[misc]
    """Two layers, and something between them."""

    def __init__(self, between: Callable[[Any], Any]) -> None:
        super().__init__()
        self.first, self.second, self.between = nn.GCNConv(F, OUT), nn.GCNConv(OUT, OUT), between

    def forward(self, x: Any, edge_index: Any) -> Any:
        return self.second(self.between(self.first(x, edge_index)), edge_index)


class Straight(torch.autograd.Function):  # type: ignore[misc]
    """A relu that lets every gradient through."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.clamp(min=0.0)

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        return gradient


def test_a_gradient_that_goes_wrong_between_layers_is_found_there() -> None:
    for between in (torch.relu, torch.tanh, lambda h: torch.cat([h, h])[:N].exp()):
        reports = compare(lambda between=between: Between(between))
        assert [report.after is not None and report.after.ok for report in reports] == [True, True]
        assert not any(report.failed for report in reports)
    for between, got in ((lambda h: h.detach().relu(), 0.0), (Straight.apply, None)):
        first, second = compare(lambda between=between: Between(between))
        assert (first.failed, first.departs, second.failed) == (True, [], False)
        assert first.after is not None and first.after.first is not None
        assert got is None or first.after.first.got == got
        text = " ".join(" ".join(lines([first, second])).split())
        assert "Behind first (GCNConv) and before what was compared next the gradient goes wrong" in text
        assert "FAILED: 1 of 2 layers departs" in text


def test_nothing_is_said_between_layers_at_a_kink_and_of_a_game_of_chance() -> None:
    kept: dict[str, Any] = {}
    kink = lambda h: (h - kept.setdefault("at", h.detach())).abs()  # noqa: E731
    for between in (kink, lambda h: h * torch.rand(())):
        first, _ = compare(lambda between=between: Between(between))
        assert (first.after, first.failed) == (None, False)


def test_nothing_is_said_behind_a_layer_whose_output_is_0() -> None:
    module = Between(torch.Tensor.detach)
    torch.nn.init.zeros_(module.first.lin.weight)
    first, _ = compare(module)
    assert (first.after, first.failed) == (None, False)


class Two(Between):
    def forward(self, x: Any, edge_index: Any) -> Any:
        h = self.first(x, edge_index)
        return h, {"second": self.second(h, edge_index)}


class WithHidden(Between):
    def forward(self, x: Any, edge_index: Any) -> Any:
        h = self.first(x, edge_index)
        return self.second(h, edge_index), h.detach()


def test_an_output_that_is_given_without_a_gradient_is_no_mistake_beside_one_that_has_it() -> None:
    reports = compare(WithHidden(torch.tanh))
    assert [(report.after is not None and report.after.ok, report.failed) for report in reports] == [
        (True, False), (True, False),
    ]  # fmt: skip


def test_every_output_of_a_model_counts() -> None:
    module = Two(torch.tanh)
    module.second = Scaled(OUT, OUT)
    first, second = compare(module)
    assert (first.departs, second.departs[0].what) == ([], "messages")
    module.second = Detached(OUT, OUT, root_weight=False)
    assert compare(module)[1].departs[0].what == "gradient of messages (torch has none there)"


@pytest.mark.parametrize("name", ["SAGEConv", "GATConv", "RGCNConv", "ChebConv"])
def test_a_graph_without_edges_and_one_of_a_single_node(name: str) -> None:
    none, extra = torch.zeros((2, 0), dtype=torch.long), [TYPES[:0]] if name == "RGCNConv" else []
    for nodes in (1, N):
        for make, _ in LAYERS[name][:1]:
            x = numbers(nodes, F)
            [report] = check_layers(make().double(), lambda model, x=x: model(x, none, *extra))
            assert report.checks
            assert (report.reason, report.departs) == ("", [])


def test_a_layer_may_change_in_place_what_it_is_given() -> None:
    module = Sequential(Linear(F, OUT), torch.nn.ReLU(inplace=True), Linear(OUT, 2)).double()
    reports = check_layers(module, lambda model: model(numbers(N, F)))
    assert [report.departs for report in reports] == [[], [], []]


def test_the_module_is_left_as_it_was() -> None:
    module = Net(nn.GCNConv(OUT, OUT)).double().eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    compare(module)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    for part in module.modules():
        assert not part._forward_hooks
        assert not part._forward_pre_hooks
        assert not getattr(part, "_message_forward_hooks", {})


def test_a_sparse_matrix_and_a_pair_are_reasons() -> None:
    module = nn.SAGEConv(F, OUT).double()
    x = numbers(N, F)
    [report] = check_layers(module, lambda model: model((x, x), EDGES))
    assert report.reason == "it was called with a pair as x, for two kinds of nodes"
    dense = torch.zeros((N, N), dtype=torch.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matrix = dense.to_sparse_csr()
    [report] = check_layers(module, lambda model: model(x, matrix))
    assert report.reason == "it was called with a sparse matrix"


# ---- the command ----------------------------------------------------------------------------------------

MODEL = """
    import torch
    from torch_geometric.nn import GCNConv
    from beside import WIDTH

    class Wrong(GCNConv):
        def message(self, x_j, edge_weight):
            return super().message(x_j, edge_weight) * 1.0001

    class Net(torch.nn.Module):
        def __init__(self, second=GCNConv):
            super().__init__()
            self.conv1, self.conv2 = GCNConv(34, WIDTH), second(WIDTH, 4)

        def forward(self, x, edge_index):
            return self.conv2(self.conv1(x, edge_index).tanh(), edge_index)

    class OfData(Net):
        def forward(self, data):
            return super().forward(data.x, data.edge_index)

    def wrong():
        return Net(Wrong)

    right = Net()
    number = 3

    class Needs(Net):
        def __init__(self, second):
            super().__init__()

        def forward(self, x, edge_index, temperature):
            return x

    def needs():
        return Needs(None)
"""


@pytest.fixture
def model(tmp_path: Path) -> str:
    (tmp_path / "mine.py").write_text(textwrap.dedent(MODEL), encoding="utf-8")
    (tmp_path / "beside.py").write_text("WIDTH = 8", encoding="utf-8")
    return str(tmp_path / "mine.py")


@pytest.mark.parametrize("name", ["Net", "OfData", "right"])
def test_a_right_model_says_how_far_it_agrees(
    model: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["--model", f"{model}:{name}", "--data", "pyg:KarateClub"]) == 0
    out = capsys.readouterr().out
    assert f"mine.py:{name} on pyg:KarateClub: Graph(34 nodes, 156 edges" in out
    rows = [line.split() for line in out.splitlines() if line.startswith("conv")]
    assert [row[:2] for row in rows] == [["conv1", "GCNConv"], ["conv2", "GCNConv"]]
    for row in rows:
        ratios, bounds = list(map(float, row[2::3])), list(map(float, row[4::3]))
        assert len(ratios) == len(bounds) == 4
        assert all(0.0 < ratio < bound / 4 for ratio, bound in zip(ratios, bounds))
        assert bounds[0] == (8 + 2 * 34 if row[0] == "conv1" else 8 + 18)  # W x; a degree
    assert "all numbers of 2 layers are tinygnn's, up to rounding" in out


def test_a_mistake_in_layer_2_is_named_with_edge_feature_and_both_numbers(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(3)
    weights = {
        "conv1.bias": [0.5] * 8,
        "conv1.lin.weight": [[rng.uniform(-1.0, 1.0) for _ in range(34)] for _ in range(8)],
        "conv2.bias": [0.0] * 4,
        "conv2.lin.weight": [[0.25] * 8] * 4,
    }
    save_file(weights, tmp_path / "w.safetensors")
    command = ["--model", f"{model}:wrong", "--weights", str(tmp_path / "w.safetensors"), "--data", "karate"]
    assert cli.run(command) == 1
    out = capsys.readouterr().out
    assert "conv2 (Wrong as GCNConv) is the first layer that departs, in its messages:" in out
    [line] = [line for line in out.splitlines() if line.startswith("  edge 0, 0 -> 1, feature 0: ")]
    got, expected = float(line.split()[7]), float(line.split()[9])
    assert got == pytest.approx(1.0001 * expected, rel=1e-12)
    assert "FAILED: 1 of 2 layers departs" in out


def test_gradients_of_the_edges_weights_are_compared_too(tmp_path: Path) -> None:
    graph = Graph(
        edge_index=([0, 1, 2], [1, 2, 0]),
        x=[[0.5, -1.0], [2.0, 0.25], [1.0, 1.5]],
        edge_weight=[0.5, 1.5, 2.0],
    )
    to_json(graph, tmp_path / "graph.json")
    made = model_graph(str(tmp_path / "graph.json"))
    module = Weighted().double()
    [report] = check_layers(module, made.run, made.data.edge_index)
    assert (report.reason, report.departs) == ("", [])
    [check] = [check for check in report.checks if check.what == "gradient of edge_weight"]
    assert check.count == 3
    assert made.data.edge_weight.grad.abs().min() > 0.0


class Weighted(torch.nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.GraphConv(2, 2)

    def forward(self, x: Any, edge_index: Any, edge_weight: Any) -> Any:
        return self.conv(x, edge_index, edge_weight)


def test_the_lines_for_programs_are_as_the_schema_says(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jsonschema: Any = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    path = tmp_path / "layers.jsonl"
    assert cli.run(["--model", f"{model}:wrong", "--data", "karate", "--jsonl", str(path)]) == 1
    capsys.readouterr()
    zeros = torch.zeros((N, F), dtype=torch.float64).requires_grad_()
    known = check_layers(nn.SAGEConv(F, OUT, aggr="max").double(), lambda module: module(zeros, EDGES))
    behind_own = Between(torch.Tensor.detach)
    behind_own.first, behind_own.second = Own(), nn.GCNConv(F, OUT)
    others = [*compare(lambda: Net(Turned(OUT, OUT))), *compare(lambda: Between(Straight.apply)), *known]
    others += compare(behind_own)
    text = [
        *path.read_text(encoding="utf-8").splitlines(),
        *model_lines(others, "a.py:B", None, "karate", "2"),
    ]
    records = list(map(json.loads, text))
    for record in records:
        validator.validate(record)
    assert [(r["layer"], r["verdict"], r["first"]) for r in records[:2]] == [
        ("conv1", "pass", None), ("conv2", "departs", "messages"),
    ]  # fmt: skip
    first = records[1]["checks"][0]["first"]
    assert first["where"] == "edge 0, 0 -> 1, feature 0"
    assert first["got"] == pytest.approx(1.0001 * first["expected"], rel=1e-12)
    assert records[1]["reproduce"] == f"tinygnn conformance --model {model}:wrong --data karate"
    assert {record["verdict"] for record in records} == {"pass", "departs", "known", "not-compared"}
    assert any(record["verdict"] == "departs" and record["reason"] for record in records)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--model", "mine.py"], "--model is 'mine.py': give FILE.py:NAME"),
        (["--model", "no-such.py:Net"], "there is no file no-such.py"),
        (["--model", "MODEL:Nett"], "has no Nett"),
        (["--model", "MODEL:number"], "is a int, not a torch.nn.Module"),
        (["--model", "MODEL:Needs"], "calling the class without arguments raised TypeError"),
        (["--model", "MODEL:needs", "--data", "edges.csv"], "edges.csv"),
        (["--model", "MODEL:needs"], "takes 'temperature', which the graph does not have"),
        (["--model", "MODEL:Net", "--data", "no-such-source"], "'no-such-source' is not known"),
        (["--model", "MODEL:Net", "--weights", "WEIGHTS"], "Missing key(s)"),
        (["--model", "MODEL:Net", "--weights", "no-such.safetensors"], "no-such.safetensors"),
        (["--model", "MODEL:Net", "--backend", "pyg"], "none of the cases: leave out --backend"),
        (["--model", "MODEL:Net", "--html", "page.html"], "none of the cases: leave out --html"),
        (["--weights", "w.safetensors"], "give --model FILE.py:NAME too"),
    ],
)
def test_what_is_wrong_with_the_input_is_one_line(
    model: str, tmp_path: Path, options: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "w.safetensors"
    save_file({"conv1.bias": [0.0] * 8}, weights)
    given = [option.replace("MODEL", model).replace("WEIGHTS", str(weights)) for option in options]
    assert cli.run(given) == 2
    err = capsys.readouterr().err
    assert reason in err
    assert err.count("\n") == 1
