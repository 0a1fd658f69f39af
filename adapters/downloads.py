"""Data sets that are here, or that PyG can fetch."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from tinygnn.adapters.errors import AdapterError
from tinygnn.adapters.folders import find_folder
from tinygnn.adapters.source_text import parse_call
from tinygnn.adapters.sources import FOLDERS


def present_or_download(source: str) -> str:
    """The source itself where its files are here, else the source of PyG's download of the same data set.

    PyG downloads to tinygnn's folder in $XDG_CACHE_HOME, by default ~/.cache. A source that is no data set of
    Planetoid or TUDataset by name is returned as it is.

    Raises AdapterError where the files are not here and PyG is not installed.
    """
    scheme, _, rest = source.partition(":")
    if scheme not in FOLDERS:
        return source
    call = parse_call(rest)
    collection, before, after = FOLDERS[scheme]
    try:
        find_folder(collection, call.name, before, after, dict(call.named).get("root"))
    except AdapterError as error:
        if importlib.util.find_spec("torch_geometric") is None:
            raise AdapterError(
                f"{error}; with PyG installed it is downloaded: pip install torch torch_geometric"
            ) from error
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "tinygnn", collection)
        return f"pyg:{collection}(name={call.name!r}, root={str(cache)!r})"
    return source
