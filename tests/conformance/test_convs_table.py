"""The builder of layer cases, and what the tables of layers must be able to notice."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import pytest

from tinygnn.conformance.case import Case, Result
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.convs_table import EVERY, SOME, Layer, Row, cases
from tinygnn.conformance.data import GRAPHS
from tinygnn.conformance.runner import Reference, run_one
from tinygnn.nn import conv, init
from tinygnn.nn.module import leaves, shape

CLASSES: dict[str, Any] = {name: layer for name, layer in vars(conv).items() if inspect.isclass(layer)}
REQUIRED = inspect.Parameter.empty
CASES = [case for case in all_cases() if case.call in CLASSES]
GRAPH_CONV = Layer("graph_conv", "GraphConv", "an equation")


def one(row: Row, layer: Layer = GRAPH_CONV) -> Case:
    [case] = cases(layer, {"name": replace(row, graphs=("mixed",))})
    return case


# ---- what a row becomes ----------------------------------------------------------------------------------


def test_a_row_is_a_case_on_each_of_its_graphs() -> None:
    found = list(cases(GRAPH_CONV, {"": Row(graphs=EVERY), "max": Row({"aggr": "max"})}))
    assert [case.id for case in found] == [
        *[f"model/graph_conv/{graph}" for graph in GRAPHS],
        *[f"model/graph_conv/{graph}-max" for graph in SOME],
    ]
    assert [case.options["conv"] for case in found[-2:]] == [{"aggr": "max"}] * 2


def test_parameters_have_the_names_and_shapes_of_the_layer() -> None:
    case = one(Row({"bias": False}, sizes=(3, 4), out=4))
    assert {name: shape(values) for name, values in case.inputs.items()} == {
        "x": [6, 3],
        "lin_rel.weight": [4, 3],
        "lin_root.weight": [4, 3],
    }
    assert shape(case.cotangent) == [6, 4]


def test_buffers_are_options_and_shared_parameters_come_once() -> None:
    gin = Layer("gin_conv", "GINConv", "an equation", sizes=())
    assert one(Row({"nn": {"call": "Linear", "args": [3, 2]}, "eps": 0.5}), gin).options["buffers"] == {
        "eps": [0.5]
    }
    shared = one(Row({"share_weights": True}), Layer("gatv2_conv", "GATv2Conv", "an equation"))
    assert "lin_r.weight" not in shared.inputs
    assert shared.options["aliases"] == {"lin_r.weight": "lin_l.weight", "lin_r.bias": "lin_l.bias"}


def test_constants_are_options_and_half_of_a_constant_x_is_zero() -> None:
    case = one(Row(edge_weight=True, constant=("x", "edge_weight")))
    assert {"x", "edge_weight"} <= set(case.options) - set(case.inputs)
    assert 0 < leaves(case.options["x"]).count(0.0) < 18
    assert "constant" in case.flags and "edge-weight" not in case.flags


def test_features_and_relations_of_edges() -> None:
    case = one(Row({"edge_dim": 2}, edge_attr=2, edge_type=3), Layer("gat_conv", "GATConv", "an equation"))
    assert shape(case.inputs["edge_attr"]) == [8, 2]
    assert set(case.options["edge_type"]) <= {0, 1, 2}
    assert shape(one(Row({"edge_dim": 1}, edge_attr=0), Layer("g", "GATConv", "e")).inputs["edge_attr"]) == [
        8
    ]


def test_building_the_table_draws_nothing_from_the_generator_of_the_layers() -> None:
    before = init.default_rng.getstate()
    one(Row())
    assert init.default_rng.getstate() == before


# ---- layers are PyG's ------------------------------------------------------------------------------------

# What PyG takes and tinygnn does not, or otherwise; see the layers' docstrings.
LEFT_OUT = {"cached"}


@pytest.fixture(scope="module")
def pyg() -> Any:
    return pytest.importorskip("torch_geometric.nn")


def arguments(layer: Any) -> dict[str, Any]:
    """The arguments of a constructor in their order, with their defaults."""
    parameters = inspect.signature(layer.__init__).parameters.values()
    return {
        p.name: p.default for p in parameters if p.kind is not p.VAR_KEYWORD and p.name not in ("self", "rng")
    }


@pytest.mark.parametrize("name", CLASSES)
def test_arguments_have_pygs_order_names_and_defaults(name: str, pyg: Any) -> None:
    ours, theirs = arguments(CLASSES[name]), arguments(getattr(pyg, name))
    assert [a for a in ours if a not in LEFT_OUT] == [a for a in theirs if a not in LEFT_OUT]
    for argument, default in ours.items():
        assert default == theirs.get(argument, default) or callable(theirs[argument]), argument


def bounds(state: dict[str, Any]) -> dict[str, float]:
    """The largest absolute number of each parameter."""
    return {name: max(map(abs, leaves(values)), default=0.0) for name, values in state.items()}


@pytest.mark.parametrize("name", CLASSES)
def test_initial_weights_have_pygs_bounds(name: str, pyg: Any) -> None:
    """The largest of ten draws comes as near to its bound as PyG's does."""
    torch = pytest.importorskip("torch")
    from tinygnn.conformance.pyg_backend import build
    from tinygnn.conformance.tinygnn_models import build_layer

    case = next(case for case in CASES if case.call == name)
    torch.manual_seed(0)
    ours = [bounds(build_layer(name, case.options).state_dict()) for _ in range(40)]
    theirs = [bounds({k: v.tolist() for k, v in build(case).state_dict().items()}) for _ in range(40)]
    assert set(ours[0]) == set(theirs[0])
    for key in ours[0]:
        largest, wanted = max(state[key] for state in ours), max(state[key] for state in theirs)
        assert largest == pytest.approx(wanted, rel=0.1), key


# ---- the tables notice ----------------------------------------------------------------------------------


class Altered:
    """PyG with its layers' cases changed before they are run: an implementation with a mistake."""

    name, version = "altered", "0"

    def __init__(self, change: Any) -> None:
        from tinygnn.conformance.pyg_backend import PygBackend

        self.pyg, self.change = PygBackend(), change

    def supports(self, case: Case) -> bool:
        return True

    def run(self, case: Case) -> Result:
        return self.pyg.run(self.change(case))


REFERENCE = Reference()


# Settings that change no number on one graph, or that the loaded state brings along.
WITHOUT_EFFECT = {"cached", "is_sorted", "eps"}


def settings() -> list[tuple[str, str]]:
    """Every setting of every layer that some case gives and that has a default."""
    found = []
    for name in CLASSES:
        given = {setting for case in CASES if case.call == name for setting in case.options.get("conv", {})}
        optional = {a for a, default in arguments(CLASSES[name]).items() if default is not REQUIRED}
        found += [(name, setting) for setting in sorted(given & optional - WITHOUT_EFFECT)]
    return found


@pytest.mark.parametrize(("name", "setting"), settings())
def test_a_layer_that_heeds_a_setting_not_is_caught(name: str, setting: str, pyg: Any) -> None:
    """PyG's layer is made without it; its numbers differ, or it cannot be loaded or run."""

    def without(case: Case) -> Case:
        kept = {key: value for key, value in case.options["conv"].items() if key != setting}
        return replace(case, options={**case.options, "conv": kept})

    backend = Altered(without)
    setting_cases = [case for case in CASES if case.call == name and setting in case.options.get("conv", {})]
    verdicts = (run_one(case, backend, REFERENCE).verdict for case in setting_cases)
    assert any(found in ("wrong", "error") for found in verdicts)


@pytest.mark.parametrize("name", CLASSES)
def test_swapped_sources_and_targets_are_caught(name: str, pyg: Any) -> None:
    """On directed graphs."""
    backend = Altered(lambda case: replace(case, edge_index=case.edge_index[::-1]))
    case = next(case for case in CASES if case.call == name and "directed" in case.flags)
    assert run_one(case, backend, REFERENCE).verdict == "wrong"


@pytest.mark.parametrize("name", CLASSES)
def test_a_forgotten_edge_is_caught(name: str, pyg: Any) -> None:
    """Of two that are alike one counts only: a graph whose duplicates were merged."""

    def merged(case: Case) -> Case:
        assert case.edge_index is not None
        sources, targets = case.edge_index
        last = {(s, t): e for e, (s, t) in enumerate(zip(sources, targets))}
        kept = sorted(last.values())
        options = dict(case.options)
        inputs = dict(case.inputs)
        for place in (options, inputs):
            for key in ("edge_attr", "edge_weight", "edge_type"):
                if key in place:
                    place[key] = [place[key][e] for e in kept]
        edges = [sources[e] for e in kept], [targets[e] for e in kept]
        return replace(case, edge_index=edges, options=options, inputs=inputs)

    backend = Altered(merged)
    with_duplicates = [case for case in CASES if case.call == name and "duplicate-edge" in case.flags]
    assert any(run_one(case, backend, REFERENCE).verdict == "wrong" for case in with_duplicates)
