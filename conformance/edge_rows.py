"""The forty edge cases where implementations disagree: what each is about, and where it is tested.

Their cases have the ids `edge/NN-...`. Three of the forty are no case, for the right answer is an error or
the harness itself is at stake: a test by the name given here stands for each.
"""

from __future__ import annotations

EDGE_ROWS: dict[int, str] = {
    1: "a node's own self loop under GCN's added ones",
    2: "several self loops of one node",
    3: "the degree of a directed graph: which end counts",
    4: "edge weights counted in the degree, or not",
    5: "a degree of zero",
    6: "degrees that cancel to zero, and negative ones",
    7: "self loops without normalisation",
    8: "ties of the maximum",
    9: "the maximum of nothing",
    10: "messages of -inf under a maximum",
    11: "a nan under a maximum",
    12: "the product of nothing",
    13: "a product with one zero",
    14: "a small standard deviation",
    15: "the standard deviation of equal numbers",
    16: "a variance that cancels",
    17: "a softmax of nothing but -inf",
    18: "kinks at 0",
    19: "gelu's formula",
    20: "a row of zeros divided by its length",
    21: "self loops in attention",
    22: "edges that stand there twice",
    23: "an edge of weight zero, and the edge taken away",
    24: "the divisor of a weighted mean",
    25: "the sign of the difference in EdgeConv",
    26: "no edges, no nodes",
    27: "a nan on a node without edges",
    28: "LayerNorm of a graph with and without a batch",
    29: "a norm of a single node",
    30: "a norm beside batch-mates",
    31: "an empty graph at the end of a batch",
    32: "the sign of the score in SAGPooling",
    33: "RGCN's mean: over each relation by itself",
    34: "the gradient of the edge weights",
    35: "a loss over an empty mask",
    36: "an index out of range",
    37: "a sum of 4096 terms, in two orders",
    38: "A (X W) and (A X) W",
    39: "APPNP's self loops",
    40: "a layer that initialises the network it is given once more",
}
# Tests in tests/conformance/test_edge_table.py that stand for a row, or beside its cases.
TESTS: dict[int, str] = {
    7: "test_self_loops_without_normalisation_are_an_error",
    36: "test_an_index_out_of_range_is_an_error",
    40: "test_the_weights_of_a_case_are_loaded_after_the_layer_is_made",
}
