"""tinygnn: graph neural networks on a scalar autograd engine, to be read and checked.

>>> from tinygnn import Value
>>> x = Value(3.0)
>>> (x * x).backward()
>>> x.grad
6.0
"""

import os

from tinygnn import lr_scheduler as lr_scheduler
from tinygnn import nn as nn
from tinygnn import optim as optim
from tinygnn.batch import Batch as Batch
from tinygnn.edge_index import EdgeIndex as EdgeIndex
from tinygnn.gnn import GNN as GNN
from tinygnn.gradcheck import gradcheck as gradcheck
from tinygnn.graph import Graph as Graph
from tinygnn.graph import adjacency_matrix as adjacency_matrix
from tinygnn.linalg import matmul as matmul
from tinygnn.linalg import transpose as transpose
from tinygnn.loader import DataLoader as DataLoader
from tinygnn.losses import bce_with_logits as bce_with_logits
from tinygnn.losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from tinygnn.losses import cross_entropy as cross_entropy
from tinygnn.losses import huber_loss as huber_loss
from tinygnn.losses import l1_loss as l1_loss
from tinygnn.losses import mse_loss as mse_loss
from tinygnn.losses import nll_loss as nll_loss
from tinygnn.losses import smooth_l1_loss as smooth_l1_loss
from tinygnn.modes import detect_anomaly as detect_anomaly
from tinygnn.modes import no_grad as no_grad
from tinygnn.network import Network as Network
from tinygnn.nn import Module as Module
from tinygnn.nn import manual_seed as manual_seed
from tinygnn.value import Value as Value
from tinygnn.value import drawers as _drawers

__version__ = "0.1.0"


def _draw(value: Value) -> str:
    from tinygnn.explain import draw

    return draw(value)


_drawers.append(_draw)

# In a checkout, adapters/ and conformance/ stand beside this folder; installed, they are in it.
_checkout = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if os.path.isfile(os.path.join(_checkout, "pyproject.toml")):
    __path__.append(_checkout)
