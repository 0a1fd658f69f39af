"""`WORKLOADS`: what is measured. A row names the file that makes the data and the contenders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from benchmarks.contenders import CSV_LOOP, MICROGRAD, ONE_SCOPE, PYG, TINYGNN, TORCH
from benchmarks.workloads import build, conversion, cora, karate, molecules, moons, synthetic


@dataclass(frozen=True)
class Workload:
    """Something that every contender does in the same way.

    make: returns the data, initial weights included, as JSON can hold it; its "kind" names the loop of
    the engines that runs. skipped: contenders that are not started, and why. slow: an epoch may take
    a minute, so that one is enough before the first round and none in front of a turn.
    """

    name: str
    description: str
    make: Callable[[], dict[str, Any]]
    contenders: tuple[str, ...]
    skipped: dict[str, str] = field(default_factory=dict)
    slow: bool = False


# A product in a sum is three of micrograd's Values: the constant, the product and the sum so far.
CORA_IN_MICROGRAD = "does not fit in memory: 62 million products of three Values, about 2 kB each product"

ROWS = [
    Workload(
        "moons",
        "The demo that comes with micrograd: an MLP 2-16-16-1 on 100 points of two moons",
        moons.make,
        (*TINYGNN, *MICROGRAD, *TORCH),
    ),
    Workload(
        "karate",
        "GCN with 16 hidden channels on Zachary's karate club",
        karate.make,
        (*TINYGNN, ONE_SCOPE, *MICROGRAD, "micrograd-no-zeros", *PYG),
    ),
    Workload(
        "cora-gcn",
        "GCN with 16 hidden channels on Cora",
        partial(cora.make, "gcn"),
        (*TINYGNN, ONE_SCOPE, "micrograd", *PYG),
        {"micrograd": CORA_IN_MICROGRAD},
    ),
    Workload(
        "cora-gat",
        "GAT with 8 heads of 8 hidden channels on Cora",
        partial(cora.make, "gat"),
        (*TINYGNN, *PYG),
    ),
    Workload(
        "cora-sage",
        "GraphSAGE with 16 hidden channels on Cora",
        partial(cora.make, "sage"),
        (*TINYGNN, *PYG),
    ),
    Workload(
        "cora-gin",
        "GIN with 16 hidden channels, two layers in each MLP, on Cora",
        partial(cora.make, "gin"),
        (*TINYGNN, *PYG),
    ),
    Workload(
        "molecules-gin",
        f"Graph classification: GIN of three layers with 16 hidden channels and a sum over the nodes, on "
        f"{molecules.GRAPHS} random graphs in batches of {molecules.BATCH}",
        molecules.make,
        (*TINYGNN, *PYG),
    ),
    *[
        Workload(
            f"synthetic-{nodes}",
            "GCN with 16 hidden channels on a random graph of 5 edges a node and 16 sparse features",
            partial(synthetic.make, nodes),
            ("tinygnn", "tinygnn-compiled", *PYG),
        )
        for nodes in synthetic.SIZES
    ],
    Workload(
        "build",
        f"A graph from {build.EDGES:,} edges in Python lists; an epoch is building it once",
        build.make,
        ("tinygnn", "tinygnn-compiled", "pyg-float32"),
    ),
    Workload(
        "from-csv",
        "A CSV file of edges read by from_csv; the plain loop is csv.reader, strip and a dict that numbers",
        partial(conversion.make, "from-csv"),
        ("tinygnn", "tinygnn-compiled", CSV_LOOP),
    ),
    Workload(
        "to-csv",
        "The same graph written by to_csv; the plain loop is csv.writer",
        partial(conversion.make, "to-csv"),
        ("tinygnn", "tinygnn-compiled", CSV_LOOP),
    ),
    Workload(
        "from-networkx",
        "An undirected graph of networkx with weights converted by from_networkx",
        partial(conversion.make, "from-networkx"),
        ("tinygnn", "tinygnn-compiled", "pyg-float32"),
        slow=True,
    ),
    Workload(
        "to-networkx",
        "The same graph converted back by to_networkx",
        partial(conversion.make, "to-networkx"),
        ("tinygnn", "tinygnn-compiled", "pyg-float32"),
        slow=True,
    ),
    Workload(
        "from-pyg",
        "Cora as PyG's Data converted by from_pyg",
        partial(conversion.make_cora, "from-pyg"),
        ("tinygnn", "tinygnn-compiled"),
    ),
    Workload(
        "to-pyg",
        "Cora converted back by to_pyg",
        partial(conversion.make_cora, "to-pyg"),
        ("tinygnn", "tinygnn-compiled"),
    ),
]
WORKLOADS = {row.name: row for row in ROWS}
