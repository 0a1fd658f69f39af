"""Adapters: graphs of networkx, PyG and CSV files to `tinygnn.Graph` and back.

>>> from tinygnn.adapters import load
>>> load("karate")
[Graph(34 nodes, 156 edges, x 34, y 4 classes)]

networkx and PyG are imported when one of their graphs is converted, not before.
"""

from tinygnn.adapters.conversion import convert
from tinygnn.adapters.csv_files import from_csv
from tinygnn.adapters.csv_output import to_csv
from tinygnn.adapters.dgl_graphs import from_dgl, to_dgl
from tinygnn.adapters.downloads import present_or_download
from tinygnn.adapters.errors import AdapterError
from tinygnn.adapters.format import Format
from tinygnn.adapters.formats import save
from tinygnn.adapters.frames import from_frames
from tinygnn.adapters.frames_output import to_frames
from tinygnn.adapters.graphml import from_graphml
from tinygnn.adapters.graphml_output import to_graphml
from tinygnn.adapters.json_graphs import from_json
from tinygnn.adapters.json_output import to_json
from tinygnn.adapters.networkx_graphs import from_networkx
from tinygnn.adapters.networkx_output import to_networkx
from tinygnn.adapters.planetoid import from_planetoid
from tinygnn.adapters.planetoid_output import to_planetoid
from tinygnn.adapters.pyg_data import from_pyg, from_pyg_dataset
from tinygnn.adapters.pyg_output import to_pyg
from tinygnn.adapters.saved_pyg import from_pt, to_pt
from tinygnn.adapters.scipy_matrices import from_scipy, to_scipy
from tinygnn.adapters.sources import load
from tinygnn.adapters.torch_export import export_torch
from tinygnn.adapters.torch_modules import from_torch
from tinygnn.adapters.torch_output import to_torch
from tinygnn.adapters.tudataset import from_tudataset
from tinygnn.adapters.tudataset_output import to_tudataset

__all__ = [
    "AdapterError",
    "Format",
    "convert",
    "export_torch",
    "from_csv",
    "from_dgl",
    "from_frames",
    "from_graphml",
    "from_json",
    "from_networkx",
    "from_planetoid",
    "from_pt",
    "from_pyg",
    "from_pyg_dataset",
    "from_scipy",
    "from_torch",
    "from_tudataset",
    "load",
    "present_or_download",
    "save",
    "to_csv",
    "to_dgl",
    "to_frames",
    "to_graphml",
    "to_json",
    "to_networkx",
    "to_planetoid",
    "to_pt",
    "to_pyg",
    "to_scipy",
    "to_torch",
    "to_tudataset",
]
