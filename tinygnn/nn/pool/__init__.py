"""Readouts, which make one row of a graph's nodes, and poolings, which keep some of the nodes."""

from tinygnn.nn.pool.attentional_aggregation import AttentionalAggregation as AttentionalAggregation
from tinygnn.nn.pool.glob import MaxAggregation as MaxAggregation
from tinygnn.nn.pool.glob import MeanAggregation as MeanAggregation
from tinygnn.nn.pool.glob import SumAggregation as SumAggregation
from tinygnn.nn.pool.glob import global_add_pool as global_add_pool
from tinygnn.nn.pool.glob import global_max_pool as global_max_pool
from tinygnn.nn.pool.glob import global_mean_pool as global_mean_pool
from tinygnn.nn.pool.sag_pooling import SAGPooling as SAGPooling
from tinygnn.nn.pool.select_topk import SelectTopK as SelectTopK
from tinygnn.nn.pool.set2set import Set2Set as Set2Set
from tinygnn.nn.pool.topk_pooling import TopKPooling as TopKPooling
