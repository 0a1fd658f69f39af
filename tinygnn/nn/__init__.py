"""Layers: `Module`, `Linear`, `Dropout` and the graph convolutions."""

from tinygnn.nn.conv import GCNConv as GCNConv
from tinygnn.nn.dropout import Dropout as Dropout
from tinygnn.nn.init import manual_seed as manual_seed
from tinygnn.nn.linear import Linear as Linear
from tinygnn.nn.module import Module as Module
