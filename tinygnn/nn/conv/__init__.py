"""Graph convolutions, one file per paper."""

from tinygnn.nn.conv.appnp import APPNP as APPNP
from tinygnn.nn.conv.arma_conv import ARMAConv as ARMAConv
from tinygnn.nn.conv.cheb_conv import ChebConv as ChebConv
from tinygnn.nn.conv.gat_conv import GATConv as GATConv
from tinygnn.nn.conv.gated_graph_conv import GatedGraphConv as GatedGraphConv
from tinygnn.nn.conv.gatv2_conv import GATv2Conv as GATv2Conv
from tinygnn.nn.conv.gcn2_conv import GCN2Conv as GCN2Conv
from tinygnn.nn.conv.gcn_conv import GCNConv as GCNConv
from tinygnn.nn.conv.graph_conv import GraphConv as GraphConv
from tinygnn.nn.conv.rgcn_conv import RGCNConv as RGCNConv
from tinygnn.nn.conv.sage_conv import SAGEConv as SAGEConv
from tinygnn.nn.conv.sg_conv import SGConv as SGConv
from tinygnn.nn.conv.tag_conv import TAGConv as TAGConv
