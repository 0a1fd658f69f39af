"""`DataLoader`: graphs in batches, in a new order every epoch."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from tinygnn.batch import Batch
from tinygnn.graph import Graph
from tinygnn.nn import init


class DataLoader:
    """Gives `Batch`es of batch_size graphs, the last one smaller where they do not divide evenly.

    shuffle=True puts the graphs in a new order each time the loader is iterated, drawn from rng: a
    `random.Random` of yours, or a new one with that seed, or without both `tinygnn.manual_seed`'s. The
    order depends on the generator's state at that moment and on nothing before: who keeps
    `loader.rng.getstate()` can go on from there. drop_last leaves out a last batch that is smaller.

    >>> graphs = [Graph(([0], [1])), Graph(([], []), num_nodes=1), Graph(([0, 1], [1, 0]))]
    >>> loader = DataLoader(graphs, batch_size=2, shuffle=True, seed=0)
    >>> len(loader), [len(batch) for batch in loader]
    (2, [2, 1])

    Raises ValueError for no graphs, for a batch_size below 1, where drop_last leaves nothing, and when
    both seed and rng are given; TypeError for what is no Graph or no whole number.
    """

    def __init__(
        self,
        graphs: Sequence[Graph],
        batch_size: int = 1,
        shuffle: bool = False,
        seed: int | None = None,
        *,
        rng: random.Random | None = None,
        drop_last: bool = False,
    ) -> None:
        self.graphs = list(graphs)
        for k, graph in enumerate(self.graphs):
            if not isinstance(graph, Graph) or isinstance(graph, Batch):
                raise TypeError(f"graphs[{k}] is {graph!r}: a DataLoader takes a list of Graphs")
        if not self.graphs:
            raise ValueError("a DataLoader of no graphs: give at least one")
        if type(batch_size) is not int:
            raise TypeError(f"batch_size is {batch_size!r}: give a whole number")
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}: a batch has at least one graph")
        if drop_last and batch_size > len(self.graphs):
            raise ValueError(
                f"batch_size is {batch_size} and there are {len(self.graphs)} graphs: drop_last leaves none"
            )
        if seed is not None and rng is not None:
            raise ValueError("give the DataLoader a seed or a generator rng, not both")
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        if rng is None:
            rng = init.default_rng if seed is None else random.Random(seed)
        self.rng = rng

    def __len__(self) -> int:
        """The number of batches."""
        full, rest = divmod(len(self.graphs), self.batch_size)
        return full if self.drop_last or not rest else full + 1

    def __iter__(self) -> Iterator[Batch]:
        order = list(range(len(self.graphs)))
        if self.shuffle:
            self.rng.shuffle(order)  # now, and not when the first batch is asked for
        return self._batches(order)

    def _batches(self, order: list[int]) -> Iterator[Batch]:
        for k in range(len(self)):
            chosen = order[k * self.batch_size : (k + 1) * self.batch_size]
            yield Batch.from_graphs([self.graphs[i] for i in chosen])

    def __repr__(self) -> str:
        return f"DataLoader({len(self.graphs)} graphs in {len(self)} batches)"
