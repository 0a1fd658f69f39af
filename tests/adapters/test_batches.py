"""Batch and DataLoader beside PyG's: the same union of the same graphs."""

from __future__ import annotations

from typing import Any

import pytest

from tinygnn import Batch, DataLoader
from tinygnn.adapters import from_pyg_dataset, to_pyg

torch: Any = pytest.importorskip("torch")
pytest.importorskip("torch_geometric")

from torch_geometric.data import Batch as PygBatch  # noqa: E402
from torch_geometric.data import Data  # noqa: E402
from torch_geometric.loader import DataLoader as PygLoader  # noqa: E402


def dataset(level: str) -> list[Any]:
    """Graphs of 1 to 6 nodes, the first without edges, with everything that PyG puts side by side."""
    generator = torch.Generator().manual_seed(3)
    graphs = []
    for n in (1, 4, 6, 2, 3):
        e = 2 * n - 2
        edge_index = torch.randint(n, (2, e), generator=generator)
        graphs.append(
            Data(
                x=torch.randn(n, 3, generator=generator, dtype=torch.float64),
                edge_index=edge_index,
                edge_attr=torch.randn(e, 2, generator=generator, dtype=torch.float64),
                edge_weight=torch.rand(e, generator=generator, dtype=torch.float64),
                y=torch.randint(4, (n if level == "node" else 1,), generator=generator),
                train_mask=torch.rand(n, generator=generator) < 0.5,
            )
        )
    return graphs


@pytest.mark.parametrize("level", ["node", "graph"])
def test_the_union_is_pygs(level: str) -> None:
    data = dataset(level)
    theirs, ours = PygBatch.from_data_list(data), Batch.from_graphs(from_pyg_dataset(data))
    for name in ("edge_index", "x", "y", "edge_attr", "edge_weight", "train_mask", "batch", "ptr"):
        here = getattr(ours, name)
        here = [list(row) for row in here] if name == "edge_index" else here
        assert here == getattr(theirs, name).tolist(), name
    assert ours.num_graphs == theirs.num_graphs
    assert ours.y_level == level


@pytest.mark.parametrize("level", ["node", "graph"])
def test_graphs_that_were_in_a_batch_go_back_to_pyg_unchanged(level: str) -> None:
    data = dataset(level)
    again = [to_pyg(graph) for graph in Batch.from_graphs(from_pyg_dataset(data))]
    for one, other in zip(data, again, strict=True):
        assert one.keys() == other.keys()
        for key in one.keys():  # noqa: SIM118  # a Data is no mapping
            assert one[key].dtype == other[key].dtype
            assert torch.equal(one[key], other[key])


def test_a_batch_becomes_pygs_batch() -> None:
    """And its graphs come back from there."""
    data = dataset("graph")
    batch = Batch.from_graphs(from_pyg_dataset(data))
    theirs = to_pyg(batch)
    assert isinstance(theirs, PygBatch)
    assert torch.equal(theirs.edge_index, PygBatch.from_data_list(data).edge_index)
    assert from_pyg_dataset(theirs) == batch.to_graphs()


@pytest.mark.parametrize("drop_last", [False, True])
def test_the_loader_makes_the_batches_that_pygs_does(drop_last: bool) -> None:
    data = dataset("graph")
    theirs = PygLoader(data, batch_size=2, drop_last=drop_last)
    ours = DataLoader(from_pyg_dataset(data), batch_size=2, drop_last=drop_last)
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert one.x == other.x.tolist() and one.y == other.y.tolist() and one.batch == other.batch.tolist()
