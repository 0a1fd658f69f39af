"""Layers: `Module`, `Linear`, `Dropout` and the graph convolutions."""

from tinygnn.nn.conv import GATConv as GATConv
from tinygnn.nn.conv import GCNConv as GCNConv
from tinygnn.nn.conv import SAGEConv as SAGEConv
from tinygnn.nn.dropout import Dropout as Dropout
from tinygnn.nn.init import manual_seed as manual_seed
from tinygnn.nn.linear import Linear as Linear
from tinygnn.nn.lstm import LSTM as LSTM
from tinygnn.nn.module import Module as Module
from tinygnn.nn.pool import AttentionalAggregation as AttentionalAggregation
from tinygnn.nn.pool import MaxAggregation as MaxAggregation
from tinygnn.nn.pool import MeanAggregation as MeanAggregation
from tinygnn.nn.pool import SelectTopK as SelectTopK
from tinygnn.nn.pool import Set2Set as Set2Set
from tinygnn.nn.pool import SumAggregation as SumAggregation
from tinygnn.nn.pool import TopKPooling as TopKPooling
from tinygnn.nn.pool import global_add_pool as global_add_pool
from tinygnn.nn.pool import global_max_pool as global_max_pool
from tinygnn.nn.pool import global_mean_pool as global_mean_pool
