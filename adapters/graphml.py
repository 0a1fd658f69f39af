"""GraphML files to `Graph`; the way out is graphml_output.py.

U. Brandes et al., GraphML Progress Report, 2002: http://graphml.graphdrawing.org. Attributes have the
types that the file's keys declare. A document type or an entity, which could make a small file large, is
refused at its first letter.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any
from xml.parsers import expat

from tinygnn.adapters.entries import WHOLE_NUMBER
from tinygnn.adapters.errors import AdapterError, did_you_mean
from tinygnn.adapters.records import Records, columns_of, graph_of
from tinygnn.adapters.text_files import open_bytes
from tinygnn.collector import pause_collector
from tinygnn.graph import Graph

PIECE = 1 << 16  # bytes read at first
LONGEST_NUMBER = 1000  # digits
WORDS = {"true": True, "1": True, "false": False, "0": False}
NONFINITE = {"inf", "-inf", "nan", "+inf"}
TYPES = ("boolean", "int", "long", "float", "double", "string")


@pause_collector(look=False)
def from_graphml(
    path: str | PathLike[str],
    *,
    x: Iterable[str] | None = None,
    y: str | None = None,
    edge_weight: str | None = None,
    edge_attr: Iterable[str] | None = None,
    masks: Mapping[str, str] | None = None,
    label_map: Mapping[Any, int] | None = None,
    fill: Any = None,
    id_type: type | None = None,
    allow_nonfinite: bool = False,
) -> Graph:
    """Read a graph from a GraphML file, packed by gzip or not.

    Options are those of `from_json`; id_type is that of `from_csv`: None reads ids as integers if all are
    written as integers are. boolean, int, long, float, double and string are Python's bool, int, float and
    str; a key's default stands where the attribute is missing. Edges with ids make a multigraph, whose keys
    these are. Nested graphs, hyperedges and ports are refused, edges whose
    direction differs from the others too.

    >>> from tinygnn.adapters import to_graphml
    >>> to_graphml(Graph(([0, 1], [1, 2]), y=[0, 1, 1], edge_weight=[0.5, 2.0]), "graph.graphml")
    >>> graph = from_graphml("graph.graphml", y="y", edge_weight="edge_weight")
    >>> graph, graph.edge_weight
    (Graph(3 nodes, 2 edges, y 2 classes), [0.5, 2.0])

    Raises AdapterError with the line for whatever cannot be read exactly.
    """
    if id_type not in (None, int, str):
        raise AdapterError(f"id_type is {id_type!r}: it is int, str or None")
    reader = Reader(Path(path), allow_nonfinite)
    reader.read()
    ids: list[Any] = list(reader.index)
    if id_type is int or (id_type is None and all(map(WHOLE_NUMBER, ids))):
        for node, line in zip(ids, reader.node_lines):
            if not WHOLE_NUMBER(node):
                raise AdapterError(
                    f"found id {node[:80]!r}, expected a whole number; id_type=str keeps ids as text",
                    path=path,
                    line=line,
                    node=node,
                )
        ids = list(map(int, ids))
    sources, targets, data = reader.ends()
    records = Records(
        "graphml", ids, sources, targets, columns_of(reader.nodes), columns_of(data), reader.graph,
        directed=reader.directed, keys=reader.keys(), path=path,
        node_place=lambda i: {"line": reader.node_lines[i]},
        edge_place=lambda e: {"line": reader.edge_lines[e]},
    )  # fmt: skip
    return graph_of(
        records, x=x, y=y, edge_weight=edge_weight, edge_attr=edge_attr, masks=masks, label_map=label_map,
        fill=fill, allow_nonfinite=allow_nonfinite,
    )  # fmt: skip


class Key:
    """An attribute that the file declares: its name, its type, its default."""

    def __init__(self, attributes: dict[str, str], line: int) -> None:
        self.name = attributes.get("attr.name")
        self.type = attributes.get("attr.type", "string")
        self.domain = attributes.get("for", "all")
        self.line = line
        self.default: Any = None


class Reader:
    """What the file holds, taken up element by element."""

    def __init__(self, path: Path, allow_nonfinite: bool) -> None:
        self.path = path
        self.allow_nonfinite = allow_nonfinite
        self.keys_by_id: dict[str, Key] = {}
        self.index: dict[str, int] = {}
        self.nodes: list[dict[str, Any]] = []
        self.node_lines: list[int] = []
        self.edges: list[tuple[str, str, str | None, dict[str, Any]]] = []
        self.edge_lines: list[int] = []
        self.graph: dict[str, Any] = {}
        self.directed = True
        self.elements: list[str] = []
        self.owner: dict[str, Any] | None = None  # the attributes that a data element adds to
        self.key: Key | None = None
        self.text: list[str] | None = None
        self.graphs = 0
        self.parser: Any = None

    def fail(self, message: str, line: int | None = None, **place: Any) -> AdapterError:
        where = self.parser.CurrentLineNumber if line is None else line
        return AdapterError(message, path=self.path, line=where, **place)

    def read(self) -> None:
        parser = self.parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        parser.StartDoctypeDeclHandler = self.doctype
        parser.EntityDeclHandler = self.doctype
        try:
            with open_bytes(self.path) as file:
                size = PIECE  # grows, so that a letter of a long value is not looked at once per piece
                while piece := file.read(size):
                    parser.Parse(piece, False)
                    size += len(piece)
                parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise AdapterError(
                f"this is no sound XML: {expat.ErrorString(error.code)}", path=self.path, line=error.lineno
            ) from None
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise AdapterError(f"the gzip data is damaged ({error}): pack it again", path=self.path) from None
        except OSError as error:
            raise AdapterError(f"it cannot be read ({error.strerror})", path=self.path) from None
        except (LookupError, UnicodeError, ValueError) as error:  # an encoding that is not known
            if isinstance(error, AdapterError):
                raise
            raise AdapterError(f"it cannot be read ({error}): write it as UTF-8", path=self.path) from None
        if not self.graphs:
            raise self.fail("there is no graph in it")
        self._fill_defaults()

    # ---- what the parser calls ------------------------------------------------------------------------

    def doctype(self, *_: Any) -> None:
        raise self.fail("it declares a document type or an entity, which is refused: remove <!DOCTYPE ...>")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if self.text is not None:
            raise self.fail(f"<{name[:80]}> stands in the value of an attribute, which is text")
        inside = self.elements[-1] if self.elements else None
        expected = {
            None: ("graphml",), "graphml": ("key", "graph", "data", "desc"), "key": ("default", "desc"),
            "graph": ("node", "edge", "data", "desc"), "node": ("data", "desc"), "edge": ("data", "desc"),
        }  # fmt: skip
        if name not in expected.get(inside, ()):
            where = f"in <{inside[:80]}>" if inside else "at the top, where <graphml> is expected"
            advice = "; nested graphs, hyperedges, ports and yEd's drawings are not supported"
            raise self.fail(f"<{name[:80]}> stands {where}{advice if inside else ''}")
        self.elements.append(name)
        handler = getattr(self, f"start_{name}", None)
        if handler is not None:
            handler(attributes)

    def end(self, tag: str) -> None:
        name = self.elements.pop()
        if name == "data":
            self.end_data()
        elif name == "default" and self.key is not None:
            text = "".join(self.text or [])
            self.text = None
            self.key.default = self.convert(self.key, text)
        elif name == "desc":
            self.text = None
        elif name in ("node", "edge"):
            self.owner = self.graph
        elif name in ("key", "graph"):
            self.key = self.owner = None

    def characters(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)
        elif text.strip():
            raise self.fail(f"found text where none belongs: {text.strip()[:80]!r}")

    # ---- elements -------------------------------------------------------------------------------------

    def start_key(self, attributes: dict[str, str]) -> None:
        key = Key(attributes, self.parser.CurrentLineNumber)
        name = self.needed(attributes, "id", "key")
        if name in self.keys_by_id:
            raise self.fail(f"the key {name[:80]!r} stands there twice")
        if key.name is None:
            raise self.fail(f"the key {name[:80]!r} has no attr.name: such data is not supported")
        if key.type not in TYPES:
            raise self.fail(f"attr.type is {key.type[:80]!r}: it is one of {', '.join(TYPES)}")
        if key.domain not in ("all", "graph", "node", "edge", "graphml"):
            raise self.fail(
                f"a key for {key.domain[:80]!r} is not supported: it is for node, edge, graph or all"
            )
        self.keys_by_id[name] = self.key = key

    def start_default(self, attributes: dict[str, str]) -> None:
        self.text = []

    start_desc = start_default

    def start_graph(self, attributes: dict[str, str]) -> None:
        self.graphs += 1
        if self.graphs > 1:
            raise self.fail("there is a second graph: write each to a file of its own")
        direction = attributes.get("edgedefault", "directed")
        if direction not in ("directed", "undirected"):
            raise self.fail(f"edgedefault is {direction[:80]!r}: it is 'directed' or 'undirected'")
        self.directed = direction == "directed"
        self.owner = self.graph

    def start_node(self, attributes: dict[str, str]) -> None:
        node = self.needed(attributes, "id", "node")
        if node in self.index:
            first = self.node_lines[self.index[node]]
            raise self.fail(f"node {node[:80]!r} stands on line {first} already: remove one", node=node)
        self.index[node] = len(self.index)
        self.owner = {}
        self.nodes.append(self.owner)
        self.node_lines.append(self.parser.CurrentLineNumber)

    def start_edge(self, attributes: dict[str, str]) -> None:
        source, target = (self.needed(attributes, end, "edge") for end in ("source", "target"))
        for port in ("sourceport", "targetport"):
            if port in attributes:
                raise self.fail("the edge has a port, which is not supported", edge=(source, target))
        if attributes.get("directed", str(self.directed).lower()) != str(self.directed).lower():
            raise self.fail(
                "the edge is directed otherwise than the graph: give all edges one direction",
                edge=(source, target),
            )
        self.owner = {}
        self.edges.append((source, target, attributes.get("id"), self.owner))
        self.edge_lines.append(self.parser.CurrentLineNumber)

    def start_data(self, attributes: dict[str, str]) -> None:
        name = self.needed(attributes, "key", "data")
        self.key = self.keys_by_id.get(name)
        if self.key is None:
            raise self.fail(f"there is no key {name[:80]!r}{did_you_mean(name, self.keys_by_id)}")
        if self.owner is None:
            self.owner = self.graph
        self.text = []

    def end_data(self) -> None:
        key, owner = self.key, self.owner
        text = "".join(self.text or [])
        self.text = None
        if key is None or owner is None or key.name is None:
            return
        if key.name in owner:
            raise self.fail(f"{key.name[:80]!r} stands there twice", attribute=key.name)
        owner[key.name] = self.convert(key, text)

    def needed(self, attributes: dict[str, str], name: str, of: str) -> str:
        if name not in attributes:
            raise self.fail(f"<{of}> has no {name}")
        return attributes[name]

    def convert(self, key: Key, text: str) -> Any:
        """The text as the type that the key declares."""
        if key.type == "string":
            return text
        word = text.strip()
        try:
            if key.type == "boolean":
                return WORDS[word.lower()]
            if not word.isascii() or "_" in word or len(word) > LONGEST_NUMBER:
                raise ValueError
            if key.type in ("int", "long"):
                return int(word)
            number = float(word)
        except (KeyError, ValueError):
            raise self.fail(
                f"found {text[:80]!r}, expected a value of type {key.type}",
                column=key.name,
                attribute=key.name,
            ) from None
        if number - number != 0.0 and not (self.allow_nonfinite and word.lower() in NONFINITE):
            raise self.fail(
                f"found {text[:80]!r}, expected a finite number; allow_nonfinite=True takes inf and nan",
                column=key.name,
                attribute=key.name,
            )
        return number

    def _fill_defaults(self) -> None:
        for key in self.keys_by_id.values():
            if key.default is None or key.name is None:
                continue
            owners: list[dict[str, Any]] = []
            if key.domain in ("node", "all"):
                owners += self.nodes
            if key.domain in ("edge", "all"):
                owners += [data for *_, data in self.edges]
            if key.domain in ("graph", "all"):
                owners.append(self.graph)
            for owner in owners:
                owner.setdefault(key.name, key.default)

    # ---- edges ----------------------------------------------------------------------------------------

    def ends(self) -> tuple[list[int], list[int], list[dict[str, Any]]]:
        """The numbers of the edges' ends, which may stand before the nodes, and their attributes."""
        for (source, target, *_), line in zip(self.edges, self.edge_lines):
            for node in (source, target):
                if node not in self.index:
                    raise self.fail(
                        f"node {node[:80]!r} is not among the {len(self.index)} nodes: add it",
                        line,
                        node=node,
                        edge=(source, target),
                    )
        sources = [self.index[source] for source, *_ in self.edges]
        return sources, [self.index[edge[1]] for edge in self.edges], [edge[3] for edge in self.edges]

    def keys(self) -> list[Any] | None:
        """The edges' ids as keys of a multigraph; None if no edge has one."""
        found: list[Any] = [key for _, _, key, _ in self.edges]
        if all(key is None for key in found):
            return None
        return list(map(int, found)) if all(key and WHOLE_NUMBER(key) for key in found) else found
