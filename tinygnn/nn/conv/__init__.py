"""Graph convolutions, one file per paper."""

from tinygnn.nn.conv.gcn_conv import GCNConv as GCNConv
