"""Layers: `Module`, `Linear`, `Dropout` and the graph convolutions."""

from tinygnn.nn.conv import GATConv as GATConv
from tinygnn.nn.conv import GCNConv as GCNConv
from tinygnn.nn.conv import SAGEConv as SAGEConv
from tinygnn.nn.dropout import Dropout as Dropout
from tinygnn.nn.init import manual_seed as manual_seed
from tinygnn.nn.linear import Linear as Linear
from tinygnn.nn.lstm import LSTM as LSTM
from tinygnn.nn.module import Module as Module
