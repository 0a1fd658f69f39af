"""`explain`: a page of HTML on which every number of a node can be followed, from features to the loss."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

from tinygnn.explain.agreement import Compare
from tinygnn.explain.page_data import PageData, makers_of_subject
from tinygnn.explain.subject import Subject
from tinygnn.graph import Graph
from tinygnn.nn.module import Module
from tinygnn.optim import Optimizer
from tinygnn.value import Value
from tinygnn.web_page import Html, page, palette

MOST_BYTES = 2_000_000
# How many nodes a page has, Values behind its numbers, and messages to each node: the first that stays below
# MOST_BYTES.
SIZES = (
    (150, 40_000, 200),
    (150, 15_000, 60),
    (60, 10_000, 40),
    (25, 6_000, 40),
    (15, 3_000, 20),
    (10, 1_500, 20),
    (1, 0, 10),
)
SCRIPTS = (
    "values", "expressions", "losses", "graph", "chain", "weight", "columns", "value_graph", "autograd",
    "controls",
)  # fmt: skip
FEW_MOMENTS = 4  # epochs for which more of the graph is left out rather than they

BODY = """<header>
<h1 id="title">tinygnn explain</h1>
<p id="about"></p>
<ul id="notes"></ul>
<p class="controls" id="epoch-of"><label for="epoch">Epoch</label>
<input type="range" id="epoch" min="0" max="0" value="0">
<output id="epoch-now" for="epoch"></output></p>
<noscript><p>This page needs JavaScript; <code>tinygnn trace</code> prints the same as text.</p></noscript>
</header>
<main>
<section id="left" aria-labelledby="graph-title">
<h2 id="graph-title">The graph: messages of a layer along its edges</h2>
<div class="controls">
<label>Node <select id="node"></select></label>
<label>Layer <select id="layer"></select></label>
<label id="passing-of">Messages <select id="passing"></select></label>
<label>Edges show entry <select id="entry"></select></label>
<label>Digits <select id="digits"><option>4</option><option selected>6</option><option>10</option>\
<option>17</option></select></label>
<fieldset><legend>Numbers</legend>
<label><input type="radio" name="mode" id="values" checked> values</label>
<label><input type="radio" name="mode" id="gradients"> gradients</label>
</fieldset>
</div>
<svg id="graph" role="group" aria-label="the graph; arrow keys go from node to node"></svg>
<ul class="keys" id="keys"></ul>
</section>
<section aria-labelledby="chain-title">
<h2 id="chain-title"></h2>
<p id="what" class="soft" aria-live="polite"></p>
<div id="chain"></div>
</section>
<section id="weight" aria-labelledby="weight-title">
<h2 id="weight-title">One weight: who contributes to its gradient, and how it is updated</h2>
<div class="controls">
<label>Parameter <select id="weight-name"></select></label>
<label>Row <select id="weight-row"></select></label>
<label>Entry <select id="weight-place"></select></label>
</div>
<div class="two">
<div class="scroll" id="shares"></div>
<div><h3 id="update-title"></h3><ul class="lines" id="update"></ul></div>
</div>
</section>
</main>
<dialog id="autograd" aria-labelledby="value-title">
<form method="dialog"><button class="plain" id="close">Close</button></form>
<div id="trail"></div>
<h2 id="value-title"></h2>
<p>number<span id="value-how"></span> = <strong id="value-data"></strong></p>
<p>gradient: d loss / d it = <strong id="value-grad"></strong></p>
<h3>Its autograd graph</h3>
<div id="value-graph"></div>
<div id="value-parents"></div>
<div id="value-uses"></div>
</dialog>
<script type="application/json" id="data">{data}</script>"""


def explain(
    model: Module,
    graph: Graph,
    *,
    node: str | int,
    loss: Callable[[Any], Value] | None = None,
    optimizer: Optimizer | None = None,
    title: str = "",
    compare: Compare | None = None,
) -> str:
    """The text of an HTML page on a node: one file, to be opened in any browser, that loads nothing.

    It shows the graph, and for each node and layer what every neighbour sends, each coefficient, message,
    sum, bias and activation, or their gradients instead; for each weight who contributed to its gradient
    and, with an Adam or AdamW optimizer, the arithmetic of its next step; and of every number the autograd
    graph. The page stays below 2 MB: of a large graph it has the nodes that the node hears from in as many
    steps as the model has, and says what is left out.

    node: its name or number. loss: a function of the model's output; by default what the labels ask for,
    over the train mask. compare: what another library says to the messages; where PyG is installed
    `tinygnn.adapters.pyg_agreement.beside_pyg`. The model runs in evaluation, dropout off, and is left as it
    was. The same input gives the same bytes.

    >>> from tinygnn import GNN
    >>> graph = Graph(([0, 1, 1, 2], [1, 0, 2, 1]), x=[[1.0], [0.0], [2.0]], y=[0, 0, 1])
    >>> page = explain(GNN("gcn", 1, 2, 2, 2, seed=0), graph, node=1)
    >>> page[:15], len(page) < 2_000_000
    ('<!DOCTYPE html>', True)

    Raises ValueError for an unknown node, for a graph without labels where no loss is given, and for a
    model that passes no messages.
    """
    subject = Subject.of(model, graph, loss, optimizer, title=title, compare=compare)
    return page_of(subject, subject.node(node))


def page_of(subject: Subject, node: int, others: Sequence[Callable[[], Subject]] = ()) -> str:
    """The page of a subject that has run already.

    others: what runs the same model with the weights of other epochs. Those that leave the page small enough
    are on it, spread over the training run, the first and the last among them.
    """
    structure: dict[str, Any] = {}
    moments: list[dict[str, Any]] = []
    makers, room, size = makers_of_subject(subject), 0, SIZES[-1]
    for size in SIZES:
        data = PageData(subject, node, makers, *size)
        structure, moments = data.structure(), [data.moment()]
        room = MOST_BYTES - len(_page(structure, moments).encode())
        if room > min(len(others), FEW_MOMENTS) * _length(moments[0]):
            break
    for k in _spread(len(others), room // (_length(moments[0]) + 1)):
        other = others[k]()
        data = PageData(other, node, makers_of_subject(other), *size)
        if data.structure() == structure:
            moments.append(data.moment())
    moments = sorted(moments, key=lambda moment: -1 if moment["epoch"] is None else moment["epoch"])
    return _page(structure, moments, chosen=subject.epoch)


def _spread(count: int, most: int) -> list[int]:
    """At most so many of the numbers below count, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(k * (count - 1) / (most - 1)) for k in range(most)}) if most > 1 else []


def _length(moment: dict[str, Any]) -> int:
    return len(json.dumps(moment))


def _page(structure: dict[str, Any], moments: list[dict[str, Any]], chosen: int | None = None) -> str:
    epochs = [moment["epoch"] for moment in moments]
    facts = {**structure, "moments": moments, "moment": epochs.index(chosen) if chosen in epochs else 0}
    folder = files("tinygnn.explain")
    style = folder.joinpath("page.css").read_text("utf-8")
    script = "\n".join([folder.joinpath("script", f"{name}.js").read_text("utf-8") for name in SCRIPTS])
    # A "</script>" or "<!--" among the labels would end the script that holds them.
    data = json.dumps(facts, separators=(",", ":"), ensure_ascii=False, allow_nan=False).replace(
        "<", "\\u003c"
    )
    title = moments[facts["moment"]]["title"]
    return page(title, Html(BODY.format(data=data)), style=palette() + style, script=script)
