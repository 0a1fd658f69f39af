"""Graph convolutions, one file per paper."""

from tinygnn.nn.conv.gat_conv import GATConv as GATConv
from tinygnn.nn.conv.gcn_conv import GCNConv as GCNConv
from tinygnn.nn.conv.sage_conv import SAGEConv as SAGEConv
