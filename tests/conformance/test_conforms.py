"""`assert_conforms`: one torch module held against the layer that it is to be like."""

from __future__ import annotations

import re
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pyg = pytest.importorskip("torch_geometric.nn")

from tinygnn.conformance import assert_conforms  # noqa: E402

LAYERS = [
    "APPNP",
    "ARMAConv",
    "ChebConv",
    "EdgeConv",
    "GATConv",
    "GATv2Conv",
    "GCN2Conv",
    "GCNConv",
    "GINConv",
    "GINEConv",
    "GatedGraphConv",
    "GraphConv",
    "NNConv",
    "PNAConv",
    "RGCNConv",
    "SAGEConv",
    "SGConv",
    "TAGConv",
    "BatchNorm",
    "LayerNorm",
    "GraphNorm",
    "InstanceNorm",
    "PairNorm",
    "GraphSizeNorm",
    "MLP",
    "AttentionalAggregation",
    "Set2Set",
    "TopKPooling",
    "SAGPooling",
    "MaxAggregation",
    "MeanAggregation",
    "SumAggregation",
    "global_add_pool",
    "global_max_pool",
    "global_mean_pool",
]
NAMES = {"W": "lin.weight.T", "b": "bias"}


class MyGCN(torch.nn.Module):  # type: ignore[name-defined, misc]
    """GCNConv as a student writes it: other names, no options, zeros and ones of the default type."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.W = torch.nn.Parameter(torch.randn(in_channels, out_channels))
        self.b = torch.nn.Parameter(torch.zeros(out_channels))

    def forward(self, h: Any, edges: Any) -> Any:
        nodes = torch.arange(len(h))
        keep = edges[0] != edges[1]
        source, target = torch.cat([edges[:, keep], torch.stack([nodes, nodes])], dim=1)
        degree = torch.zeros(len(h)).index_add(0, target, torch.ones(len(target)))
        weight = (degree[source] * degree[target]) ** -0.5
        messages = weight[:, None] * (h @ self.W)[source]
        return torch.zeros(len(h), len(self.b)).index_add(0, target, messages) + self.b


def complaint(module: Any, *, k: str = "gcn_conv/directed", **settings: Any) -> str:
    """What the AssertionError says of a module that is to be like GCNConv."""
    settings.setdefault("params", NAMES)
    with pytest.raises(AssertionError) as error:
        assert_conforms(module, like="GCNConv", k=k, **settings)
    return str(error.value)


@pytest.mark.parametrize("name", LAYERS)
def test_the_layers_of_pyg_conform_to_themselves(name: str) -> None:
    found = assert_conforms(getattr(pyg, name), like=name)
    assert found.ran == found.cases >= 7


def test_the_layer_is_named_by_a_string_a_class_or_the_class_itself() -> None:
    assert assert_conforms(pyg.SGConv, k="sg_conv/path").like == "SGConv"
    assert assert_conforms(torch.nn.ReLU, like=torch.nn.ReLU).ran == 2


def test_a_layer_with_other_names_and_fewer_options_conforms_and_says_what_did_not_run() -> None:
    found = assert_conforms(MyGCN, like="GCNConv", params=NAMES)
    assert found.ran + found.skipped == found.cases
    assert found.ran >= 15
    assert found.counts == {"pass": found.ran, "skipped": found.skipped}
    text = str(found)
    assert "skipped 8: its constructor takes no improved" in text
    assert re.search(r"skipped \d+: its forward takes no edge_weight", text)


def test_torchs_default_type_random_state_and_the_module_stay_as_they_were() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    instance = MyGCN(3, 2)
    weights = instance.W.clone()
    torch.set_rng_state(before)
    with torch.no_grad():
        assert_conforms(instance, like="GCNConv", params=NAMES, k="gcn_conv/path")
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_default_dtype() == torch.float32
    assert instance.W.dtype == torch.float32
    assert torch.equal(instance.W, weights)
    assert instance.W.grad is None


def test_wrong_numbers_are_listed_with_the_rule_and_a_line_that_shows_them_again() -> None:
    class Swapped(MyGCN):
        def forward(self, h: Any, edges: Any) -> Any:
            return super().forward(h, edges.flip(0))

    text = complaint(Swapped, k="gcn_conv/")
    assert "Swapped does not conform to GCNConv" in text
    assert "wrong: model/gcn_conv/directed" in text
    assert "directed: some edge has no reverse: swapped sources and targets show." in text
    assert re.search(r"output +expected +Swapped", text)
    assert "all failing cases and none that passes have the flag directed" in " ".join(text.split())
    [again, *_] = re.findall(r"reproduce: (.*)", text)
    assert again.startswith("from tinygnn.conformance import assert_conforms; ")
    assert again.endswith("k='model/gcn_conv/directed')")


def test_a_missing_gradient_is_wrong() -> None:
    class Detached(MyGCN):
        def forward(self, h: Any, edges: Any) -> Any:
            return super().forward(h.detach(), edges)

    class NoGradient(MyGCN):
        def forward(self, h: Any, edges: Any) -> Any:
            with torch.no_grad():
                return super().forward(h, edges)

    text = complaint(Detached)
    assert re.search(r"wrong: .*\n.*\n(.*\n)*  grad x +no gradient at all", text)
    assert "  grad x: no gradient at all (None)" in text and "by more than rounding" not in text
    text = complaint(NoGradient)
    assert "error:" not in text
    for name in ("grad x", "grad lin.weight", "grad bias"):
        assert re.search(rf"{name} +no gradient at all", text)


def test_no_gradient_is_right_where_it_is_zero() -> None:
    class Linear(torch.nn.Module):  # type: ignore[name-defined, misc]
        """GraphConv where there are no edges."""

        def __init__(self, in_channels: int, out_channels: int) -> None:
            super().__init__()
            self.lin_root = torch.nn.Linear(in_channels, out_channels, bias=False)
            self.lin_rel = torch.nn.Linear(in_channels, out_channels)

        def forward(self, x: Any, edge_index: Any) -> Any:
            return self.lin_root(x) + self.lin_rel.bias

    assert assert_conforms(Linear, like="GraphConv", k="graph_conv/no-edges").counts["pass"] == 1


def test_a_changed_input_a_tuple_and_a_wrong_shape_are_named() -> None:
    class Changing(MyGCN):
        def forward(self, h: Any, edges: Any) -> Any:
            out = super().forward(h, edges)
            h *= 2.0
            return out

    class Sorting(MyGCN):
        def forward(self, h: Any, edges: Any) -> Any:
            out = super().forward(h, edges)
            edges += 1
            return out

    class Tuple(MyGCN):
        def forward(self, h: Any, edges: Any) -> Any:
            return super().forward(h, edges), None

    class Summed(MyGCN):
        def forward(self, h: Any, edges: Any) -> Any:
            return super().forward(h, edges).sum(0)

    text = complaint(Changing)
    assert re.search(r"input x +forward changed it in place", text)
    assert "  input x: forward changed it in place." in text and "by more than rounding" not in text
    assert "forward changed edge_index in place" in complaint(Sorting)
    assert "forward returned a tuple of 2, not one tensor" in complaint(Tuple)
    text = complaint(Summed)
    assert re.search(r"out +shape \[2\], expected \[4, 2\]", text)
    assert "grad" not in text.split("reproduce")[0].split("output")[1]


def test_float32_inside_is_told() -> None:
    class Rounded(MyGCN):
        def forward(self, h: Any, edges: Any) -> Any:
            return super().forward(h, edges).float().double()

    class Narrow(MyGCN):
        def forward(self, h: Any, edges: Any) -> Any:
            return (super().forward(h, edges) * 1.1).float()

    assert "as large as float32's rounding" in complaint(Rounded)
    assert "torch.float32, although it was cast to float64" in complaint(Narrow)


def test_missing_and_extra_parameters_are_named_with_a_proposal() -> None:
    text = " ".join(complaint(MyGCN, params={}).split())
    assert "missing: bias [2], lin.weight [2, 3]; not in the layer: W [3, 2], b [2]" in text
    assert 'params={"W": "lin.weight.T", "b": "bias"}' in text
    turned = " ".join(complaint(MyGCN, params={"W": "lin.weight", "b": "bias"}).split())
    assert "lin.weight has the shape [3, 2], expected [2, 3]; give NAME.T for a transposed one" in turned


def test_a_name_in_params_that_does_not_exist_is_wrong_input() -> None:
    with pytest.raises(ValueError, match=r"maps 'W' to 'lin.wieght', but no case of GCNConv has that"):
        assert_conforms(MyGCN, like="GCNConv", params={"W": "lin.wieght"})
    with pytest.raises(ValueError, match=r"params names 'V', but MyGCN has W, b"):
        assert_conforms(MyGCN(3, 2), like="GCNConv", params={"V": "lin.weight", "b": "bias"})


def test_an_unknown_layer_is_wrong_input() -> None:
    with pytest.raises(ValueError, match="did you mean 'GCNConv'"):
        assert_conforms(MyGCN, like="GCNcov")
    with pytest.raises(ValueError, match="no cases of a layer 'MyGCN': give like= one of GCNConv, "):
        assert_conforms(MyGCN)
    with pytest.raises(ValueError, match="has an id that holds 'nowhere'"):
        assert_conforms(MyGCN, like="GCNConv", k="nowhere")


def test_options_say_what_a_module_does_unasked() -> None:
    class WithoutBias(torch.nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self, in_channels: int, out_channels: int) -> None:
            super().__init__()
            self.lin = pyg.GCNConv(in_channels, out_channels, bias=False).lin

        def forward(self, x: Any, edge_index: Any, edge_weight: Any = None) -> Any:
            layer = pyg.GCNConv(*self.lin.weight.shape[::-1], bias=False)
            layer.lin = self.lin
            return layer(x, edge_index, edge_weight)

    assert "say so: options={'bias': False}" in complaint(WithoutBias, params={})
    found = assert_conforms(WithoutBias, like="GCNConv", options={"bias": False})
    assert found.counts["pass"] == 4


def test_a_required_edge_weight_is_given_by_place_and_cases_without_are_skipped() -> None:
    class Weighted(torch.nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self, in_channels: int, out_channels: int) -> None:
            super().__init__()
            self.inner = pyg.GCNConv(in_channels, out_channels)

        def forward(self, x: Any, edge_index: Any, e: Any) -> Any:
            return self.inner(x, edge_index, e * 1.0)

    names = {"inner.lin.weight": "lin.weight", "inner.bias": "bias"}
    found = assert_conforms(Weighted, like="GCNConv", params=names)
    assert found.counts["pass"] + found.counts["known"] >= 10
    assert "its forward requires e, which the case has not" in str(found)


def test_a_module_that_runs_no_case_does_not_conform() -> None:
    class Nothing(MyGCN):
        def forward(self, h: Any) -> Any:
            return h

    text = complaint(Nothing)
    assert "no case could run" in text
    assert "its forward takes no edge_index" in text


def test_what_raises_is_an_error_with_its_message() -> None:
    class Raising(MyGCN):
        def forward(self, h: Any, edges: Any) -> Any:
            raise RuntimeError(f"{len(h)} nodes are too many")

    assert "error: model/gcn_conv/directed" in complaint(Raising)
    assert "Raising raised RuntimeError: 4 nodes are too many" in complaint(Raising)
