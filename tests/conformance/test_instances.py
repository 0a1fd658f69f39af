"""`assert_conforms` of an instance: the cases with its options, or made for its sizes."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pyg = pytest.importorskip("torch_geometric.nn")

from torch.nn import Linear, ReLU, Sequential, Tanh  # noqa: E402

from tinygnn.conformance import assert_conforms  # noqa: E402


def small() -> Any:
    return Sequential(Linear(3, 4), Tanh(), Linear(4, 2))


def large(inputs: int = 16, outputs: int = 8) -> Any:
    return Sequential(Linear(inputs, 32), ReLU(), Linear(32, outputs))


# Instances with the suite's sizes: how many cases at least have their options.
OF_THE_SUITE = {
    "gcn": (lambda: pyg.GCNConv(3, 2), 20),
    "gcn-not-normalized": (lambda: pyg.GCNConv(3, 2, normalize=False), 4),
    "sage-project": (lambda: pyg.SAGEConv(3, 2, project=True), 2),
    "gat-mean": (lambda: pyg.GATConv(3, 2, heads=3, concat=False), 2),
    "gin-train-eps": (lambda: pyg.GINConv(small(), train_eps=True), 1),
    "nn": (lambda: pyg.NNConv(3, 2, Sequential(Linear(2, 3), Tanh(), Linear(3, 6))), 10),
    "appnp": (lambda: pyg.APPNP(3, 0.125), 20),
    "layer-norm": (lambda: pyg.LayerNorm(3, mode="node"), 5),
    "pair-norm": (lambda: pyg.PairNorm(), 5),
    "mlp": (lambda: pyg.MLP([3, 5, 3], act="tanh", norm=None), 3),
    "top-k": (lambda: pyg.TopKPooling(3), 10),
    "lstm": (lambda: torch.nn.LSTM(3, 2), 3),
}
OF_OTHER_SIZES = {
    "gcn": (lambda: pyg.GCNConv(16, 7), 15),
    "gcn-improved": (lambda: pyg.GCNConv(34, 16, improved=True), 2),
    "sage-max": (lambda: pyg.SAGEConv(16, 7, aggr="max"), 10),
    "gat-heads": (lambda: pyg.GATConv(8, 4, heads=5), 10),
    "gat-dropout": (lambda: pyg.GATConv(8, 4, dropout=0.6), 10),
    "gatv2-edges": (lambda: pyg.GATv2Conv(8, 4, edge_dim=2), 8),
    "gin": (lambda: pyg.GINConv(large(), eps=0.5), 8),
    "gin-train-eps": (lambda: pyg.GINConv(large(), train_eps=True), 8),
    "gine": (lambda: pyg.GINEConv(Sequential(Linear(5, 3)), edge_dim=2), 8),
    "edge": (lambda: pyg.EdgeConv(large(10, 3)), 8),
    "nn": (lambda: pyg.NNConv(4, 5, Sequential(Linear(3, 20))), 8),
    "appnp": (lambda: pyg.APPNP(10, 0.1), 15),
    "gcn2": (lambda: pyg.GCN2Conv(8, 0.125, 0.5, 2), 15),
    "cheb": (lambda: pyg.ChebConv(8, 4, 4), 20),
    "rgcn": (lambda: pyg.RGCNConv(8, 4, 5, num_bases=2), 8),
    "graph-norm": (lambda: pyg.GraphNorm(6), 2),
}


@pytest.mark.parametrize("name", OF_THE_SUITE)
def test_an_instance_runs_the_cases_with_its_options_and_says_how_many(name: str) -> None:
    make, least = OF_THE_SUITE[name]
    found = assert_conforms(make(), like=type(make()).__name__)
    assert found.ran == found.cases >= least
    assert not any("@" in outcome.case.id for outcome in found.outcomes)
    assert "cases have the options of this instance" in " ".join(str(found).split())


@pytest.mark.parametrize("name", OF_OTHER_SIZES)
def test_an_instance_of_other_sizes_runs_cases_made_for_it(name: str) -> None:
    make, least = OF_OTHER_SIZES[name]
    found = assert_conforms(make(), like=type(make()).__name__)
    assert found.ran == found.cases >= least
    assert all("@" in outcome.case.id for outcome in found.outcomes)
    assert "were made anew for it" in " ".join(str(found).split())


def test_cases_made_for_an_instance_find_what_is_wrong_with_it() -> None:
    class Doubled(pyg.GCNConv):  # type: ignore[name-defined, misc]
        def forward(self, x: Any, edge_index: Any, edge_weight: Any = None) -> Any:
            out = super().forward(x, edge_index, edge_weight)
            return out + 1e-3 * (out - out.detach())  # only gradients show it

    with pytest.raises(AssertionError) as error:
        assert_conforms(Doubled(16, 7), like="GCNConv")
    assert "wrong: model/gcn_conv/path@16x7" in str(error.value)
    assert "assert_conforms(module, like=" in str(error.value)


def test_options_that_are_not_shown_are_taken_for_pygs_defaults_unless_they_are_given() -> None:
    class Bare(torch.nn.Module):  # type: ignore[name-defined, misc]
        """Improved or not: only its results show it."""

        def __init__(self, improved: bool) -> None:
            super().__init__()
            self.inside = pyg.GCNConv(3, 2, improved=improved)

        def forward(self, x: Any, edge_index: Any, edge_weight: Any) -> Any:
            return self.inside(x, edge_index, edge_weight)

    names = {"inside.lin.weight": "lin.weight", "inside.bias": "bias"}
    plain = assert_conforms(Bare(False), like="GCNConv", params=names)
    assert "as Bare does not show it" in " ".join(str(plain).split())
    with pytest.raises(AssertionError, match="does not conform"):
        assert_conforms(Bare(True), like="GCNConv", params=names, k="weighted")
    improved = {"improved": True}
    found = assert_conforms(Bare(True), like="GCNConv", params=names, options=improved, k="weighted")
    assert found.ran == 2


def test_an_instance_with_options_that_the_suite_has_not_is_wrong_input() -> None:
    with pytest.raises(ValueError, match="no case of SAGEConv has the options of this instance: give the"):
        assert_conforms(pyg.SAGEConv(3, 2, aggr="powermean"), like="SAGEConv")


def test_an_instance_that_hides_what_has_no_default_has_to_be_told_it() -> None:
    scalers = ["attenuation", "inverse_linear"]
    conv = pyg.PNAConv(3, 2, ["sum"], scalers, torch.tensor([5]))
    with pytest.raises(ValueError, match="no case of PNAConv has the options of this instance: .* options="):
        assert_conforms(conv)
    told = {"aggregators": ["sum"], "scalers": scalers, "deg": [5]}
    assert assert_conforms(conv, options=told).ran == 2
