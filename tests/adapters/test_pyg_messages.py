"""`pyg_messages`: what PyG's hooks see, by layer, with gradients, and nothing left behind."""

from __future__ import annotations

import pytest

from tinygnn.adapters.pyg_messages import pyg_messages

torch = pytest.importorskip("torch")
geometric = pytest.importorskip("torch_geometric.nn")

EDGES = torch.tensor([[0, 1, 2, 2], [1, 0, 0, 2]])


def features():
    return torch.tensor([[1.0], [10.0], [100.0]], dtype=torch.float64, requires_grad=True)


def sums(flow="source_to_target"):
    return geometric.SimpleConv(aggr="sum", flow=flow).double()


def test_messages_aggregates_and_their_gradients_are_there_after_backward():
    x = features()
    found = pyg_messages(sums(), x, EDGES)
    (found.output * torch.tensor([[1.0], [2.0], [3.0]])).sum().backward()
    [passing] = found[""]
    assert passing.edge_index.tolist() == EDGES.tolist()
    assert passing.messages.tolist() == [[1.0], [10.0], [100.0], [100.0]]
    assert passing.messages.grad.tolist() == [[2.0], [1.0], [1.0], [3.0]]
    assert passing.aggregates.tolist() == [[110.0], [1.0], [100.0]]
    assert passing.aggregates.grad.tolist() == [[1.0], [2.0], [3.0]]
    assert passing.outputs.tolist() == [[110.0], [1.0], [100.0]]
    assert passing.inputs["x_j"].tolist() == passing.messages.tolist()


def test_senders_come_first_whatever_the_flow():
    [passing] = pyg_messages(sums("target_to_source"), features(), EDGES)[""]
    assert passing.edge_index.tolist() == [[1, 0, 0, 2], [0, 1, 2, 2]]
    assert passing.messages.tolist() == [[10.0], [1.0], [1.0], [100.0]]


def test_a_transposed_sparse_matrix_has_messages_too():
    """PyG would multiply by it at once."""
    conv = sums()
    adj_t = torch.sparse_coo_tensor(EDGES.flip([0]), torch.ones(4, dtype=torch.float64), (3, 3)).coalesce()
    found = pyg_messages(conv, features(), adj_t)
    [passing] = found[""]
    sources, targets = passing.edge_index.tolist()
    heard = dict(zip(zip(sources, targets), passing.messages.flatten().tolist()))
    assert heard == {(0, 1): 1.0, (1, 0): 10.0, (2, 0): 100.0, (2, 2): 100.0}
    assert found.output.tolist() == [[110.0], [1.0], [100.0]]
    assert conv.fuse


def test_passings_of_a_model_are_told_by_layer():
    model = geometric.GCN(1, 2, 2, 1).double()
    found = pyg_messages(model, features(), EDGES)
    assert found.layers == ["convs.0", "convs.1"]
    assert [len(found[name]) for name in found.layers] == [1, 1]
    assert found["convs.1"][0].module is model.convs[1]
    with pytest.raises(KeyError, match="no layer 'convs.2' passed messages; there were 'convs.0', 'convs.1'"):
        found["convs.2"]


def test_a_layer_of_several_steps_has_as_many_passings():
    found = pyg_messages(geometric.APPNP(K=3, alpha=0.1).double(), features(), EDGES)
    assert len(found[""]) == 3


def test_what_a_layer_does_in_place_does_not_reach_what_is_kept():
    """GCN2Conv multiplies what propagate gave by 1 - alpha in its place."""
    conv = geometric.GCN2Conv(1, alpha=0.5, normalize=False).double()
    [passing] = pyg_messages(conv, features(), features(), EDGES)[""]
    assert passing.outputs.tolist() == [[110.0], [1.0], [100.0]]


def test_no_hook_stays_and_the_output_is_that_of_the_layer():
    conv = geometric.GCNConv(1, 2).double()
    plain = conv(features(), EDGES)
    found = pyg_messages(conv, features(), EDGES)
    assert torch.equal(found.output, plain)
    hooks = [name for name, value in vars(conv).items() if name.endswith("hooks") and value]
    assert hooks == []
    conv(features(), EDGES)
    assert len(found.passings) == 1
