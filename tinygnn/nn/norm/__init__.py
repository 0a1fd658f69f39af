"""Norms, one file per paper."""

from tinygnn.nn.norm.batch_norm import BatchNorm as BatchNorm
from tinygnn.nn.norm.batch_norm import BatchNorm1d as BatchNorm1d
from tinygnn.nn.norm.graph_norm import GraphNorm as GraphNorm
from tinygnn.nn.norm.graph_size_norm import GraphSizeNorm as GraphSizeNorm
from tinygnn.nn.norm.instance_norm import InstanceNorm as InstanceNorm
from tinygnn.nn.norm.layer_norm import LayerNorm as LayerNorm
from tinygnn.nn.norm.pair_norm import PairNorm as PairNorm
