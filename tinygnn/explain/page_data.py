"""What a page holds of a subject: nodes, layers, and the Values behind every number on it, for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinygnn.explain.agreement import Agreement, power_of_ten
from tinygnn.explain.layers import claim, makers_of
from tinygnn.explain.layout import layout
from tinygnn.explain.page_values import PageValues, for_json, packed
from tinygnn.explain.subject import Subject
from tinygnn.explain.update import REMEMBERED, NextStep
from tinygnn.tape import Call, Passing
from tinygnn.value import Value
from tinygnn.web_page import counted, in_line

WIDE = 40  # entries of a row of features that are shown one by one
FEW = 8  # rows of graphs that are shown
EQUAL = -999  # stands for the power of ten of a difference of 0


class PageData:
    """A node and those that it hears from in as many steps as the model takes, most_nodes at most.

    makers: see `makers_of_subject`. most_values: how many Values behind the numbers are kept besides,
    those behind the node's output first. most_messages: how many messages to each node are kept one by one.
    `structure` is what stays while training goes on, `moment` what changes.
    """

    def __init__(
        self,
        subject: Subject,
        node: int,
        makers: Mapping[Value, str],
        most_nodes: int,
        most_values: int,
        most_messages: int,
    ) -> None:
        self.subject = subject
        self.makers = makers
        self.most_messages = most_messages
        self.node = node
        self.passings = [p for call in subject.layers for p in call.passings]
        self.hops = sum(map(_steps, subject.layers))
        self.nodes, self.rings, self.left_out = self._choose(most_nodes)
        self.place = {i: k for k, i in enumerate(self.nodes)}
        self.values = PageValues()
        self.shown_messages: list[list[list[int]]] = []  # by layer and passing
        self.layers = [self._layer(k, call) for k, call in enumerate(subject.layers)]
        self.loss = self.values.ref(subject.loss)
        outputs = subject.outputs if isinstance(subject.outputs, list) else []
        of_node = outputs[node] if len(outputs) == subject.graph.num_nodes else [subject.loss]
        first = [v for v in (of_node if isinstance(of_node, list) else [of_node]) if isinstance(v, Value)]
        self.cut = self.values.add_parents(most_values, first)
        known = subject.parameter_names()
        self.weights = [w for w in subject.model.parameters() if w in self.values]
        self.parameters = {self.values.ref(w): known[w] for w in self.weights}

    # ---- nodes -------------------------------------------------------------------------------------------

    def _choose(self, most: int) -> tuple[list[int], list[int], str]:
        """The nodes on the page, how many steps each is away, and what is left out in words."""
        heard: dict[int, dict[int, None]] = {}
        for passing in self.passings:
            for source, target in zip(passing.sources, passing.targets):
                heard.setdefault(target, {})[source] = None
        subject = self.subject
        order = list(dict.fromkeys([self.node, *subject.pair]))
        distance = dict.fromkeys(order, 0)
        who = " and ".join([f"node {subject.label(i)}" for i in order])
        hears = "hears" if len(order) == 1 else "hear"
        for i in order:
            for j in sorted(heard.get(i, {})):
                if j not in distance:
                    distance[j] = distance[i] + 1
                    order.append(j)
        total = subject.graph.num_nodes
        if total <= most:
            far = max(distance.values()) + 1
            nodes = list(range(total))
            return nodes, [distance.get(i, far) for i in nodes], ""
        within = [i for i in order if distance[i] <= self.hops]
        nodes = sorted(within[:most])
        said = f"The page has {len(nodes)} of the graph's {total} nodes: "
        said += f"the {len(nodes)} closest of the {len(within)}" if len(within) > most else "all"
        said += f" that {who} {hears} from in {counted(self.hops, 'step')}."
        return nodes, [distance[i] for i in nodes], said

    # ---- layers --------------------------------------------------------------------------------------------

    def _layer(self, k: int, call: Call) -> dict[str, Any]:
        passings: list[dict[str, Any]] = []
        inside: list[dict[str, Any]] = []
        self.shown_messages.append([])
        maker: dict[Value, str] = {}
        given = call.inputs[0] if call.inputs else None
        inputs = [row for row in given if isinstance(row, list)] if isinstance(given, list) else []
        maker.update({v: "as they come in" for row in inputs for v in row if isinstance(v, Value)})
        for step in call.steps:
            if isinstance(step, Passing):
                passings.append({**self._passing(step), "made": _made(step, maker)})
                continue
            if passings:
                inside += self._modules(step)
            rows = step.output if isinstance(step.output, list) else []
            values = [v for row in rows if isinstance(row, list) for v in row if isinstance(v, Value)]
            maker.update(dict.fromkeys(values, f"by {step.name} = {step.module!r}"))
        wanted = {i for p in passings for i, t in zip(p["sources"], p["targets"]) if t in self.place}
        after = [part for behind in self.subject.behind(k) for part in self._modules(behind)]
        output = self._rows_of_nodes(call.output)
        last = k == len(self.subject.layers) - 1
        return {
            "name": call.name,
            "module": repr(call.module),
            "given": {j: self._given(inputs[j]) for j in sorted(wanted) if j < len(inputs)},
            "passings": passings,
            "inside": inside,
            "output": output,
            "after": after,
            "graphs": self._of_graphs(k) if last else [],
        }

    def _passing(self, passing: Passing) -> dict[str, Any]:
        wanted, more = self._wanted(passing)
        self.shown_messages[-1].append(wanted)
        names = list(passing.numbers[0]) if passing.numbers else []
        return {
            "name": passing.name,
            "formula": passing.formula,
            "aggr": passing.aggr,
            "sources": [passing.sources[k] for k in wanted],
            "targets": [passing.targets[k] for k in wanted],
            "coefficients": [self.values.ref(passing.coefficients[k]) for k in wanted],
            "numbers": {
                name: [self.values.ref(passing.numbers[k][name]) for k in wanted]
                for name in names
                if name != "r"
            },
            "sent": [self.values.row(passing.sent[k]) for k in wanted],
            "messages": [self.values.row(passing.messages[k]) for k in wanted],
            "more": {i: self._together(passing, ks) for i, ks in more.items()},
            "aggregates": self._of_nodes(passing.aggregates),
            "terms": [[name, self._of_nodes(rows)] for name, rows in passing.terms],
            "outputs": self._of_nodes(passing.outputs),
        }

    def _wanted(self, passing: Passing) -> tuple[list[int], dict[int, list[int]]]:
        """The messages that are shown one by one, and the others to the same nodes."""
        of_node: dict[int, list[int]] = {}
        for k, target in enumerate(passing.targets):
            if target in self.place:
                of_node.setdefault(target, []).append(k)
        kept = sorted([k for ks in of_node.values() for k in ks[: self.most_messages]])
        return kept, {
            i: ks[self.most_messages :] for i, ks in of_node.items() if len(ks) > self.most_messages
        }

    def _together(self, passing: Passing, ks: list[int]) -> list[Any]:
        """How many messages are not shown, and the row that they add up to."""
        total = [sum(map(float, column)) for column in zip(*[passing.messages[k] for k in ks])]
        return [len(ks), self.values.row_of_its_own(total) if passing.aggr == "sum" else None]

    def _given(self, row: Sequence[Any]) -> Any:
        """A row that comes in: its place; of wide features, or with many zeros, pairs of entry and place."""
        if any(isinstance(number, Value) and number.parents for number in row):
            return self.values.row(row)
        pairs = [[f, number] for f, number in enumerate(row) if float(number) != 0.0]
        if len(row) <= WIDE and 2 * len(pairs) >= len(row):
            return self.values.row(row)
        return [[f, self.values.ref(number)] for f, number in pairs[:WIDE]] + [[len(pairs)]]

    def _of_nodes(self, rows: Sequence[Any]) -> dict[int, int]:
        return {i: self.values.row(rows[i]) for i in self.nodes if i < len(rows) and rows[i]}

    def _rows_of_nodes(self, output: Any) -> dict[int, int]:
        n = self.subject.graph.num_nodes
        if not isinstance(output, list) or len(output) != n or not all(isinstance(r, list) for r in output):
            return {}
        return self._of_nodes(output)

    def _modules(self, call: Call) -> list[dict[str, Any]]:
        """The leaves of a call that change rows of nodes."""
        inner = [part for step in call.steps if isinstance(step, Call) for part in self._modules(step)]
        given = call.inputs[0] if call.inputs else None
        rows = self._rows_of_nodes(call.output)
        same = isinstance(given, list) and all(
            a is b for old, new in zip(given, call.output or []) for a, b in zip(old, new)
        )
        if inner or not rows or same:
            return inner
        return [{"name": call.name, "module": repr(call.module), "rows": rows}]

    def _of_graphs(self, layer: int) -> list[dict[str, Any]]:
        """What is made of all nodes behind the last layer: by modules, or by the model itself."""
        found = [part for behind in self.subject.behind(layer) for part in self._graphs(behind)]
        rows = self.subject.outputs
        shown = isinstance(rows, list) and 0 < len(rows) <= FEW and all(isinstance(r, list) for r in rows)
        if found or not shown or len(rows) == self.subject.graph.num_nodes:
            return found
        module = repr(self.subject.model)
        return [{"name": "output", "module": module, "rows": [self.values.row(r) for r in rows]}]

    def _graphs(self, call: Call) -> list[dict[str, Any]]:
        """The leaves of a call that make rows of graphs: a readout, and what follows it."""
        inner = [part for step in call.steps if isinstance(step, Call) for part in self._graphs(step)]
        rows = call.output
        of_graphs = isinstance(rows, list) and 0 < len(rows) <= FEW and all(isinstance(r, list) for r in rows)
        given = call.inputs[0] if call.inputs else None
        if inner or not of_graphs or len(rows) == self.subject.graph.num_nodes or given is rows:
            return inner
        return [{"name": call.name, "module": repr(call.module), "rows": [self.values.row(r) for r in rows]}]

    # ---- all of it -----------------------------------------------------------------------------------------

    def structure(self) -> dict[str, Any]:
        """What the page's script reads, without the numbers."""
        subject, graph = self.subject, self.subject.graph
        edges = self._edges()
        spots = layout(len(self.nodes), edges, self.rings)
        y = graph.y if graph.y_level == "node" and isinstance(graph.y, list) else [None] * graph.num_nodes
        classes = [type(label) is int for label in y]
        sources = sorted({j for passing in self.passings for j in passing.sources} | set(self.nodes))
        names = {}
        if graph.node_ids is not None:
            names = {i: subject.label(i) for i in sources if str(graph.node_ids[i]) != str(i)}
        train = subject.in_loss or [False] * graph.num_nodes
        step = subject.step
        return {
            "model": repr(subject.model),
            "graph": str(graph),
            "notes": self._notes(),
            "node": self.node,
            "nodes": [
                {
                    "i": i,
                    "x": spots[k][0],
                    "y": spots[k][1],
                    "class": y[i] if classes[i] else None,
                    "target": None if classes[i] or y[i] is None else str(y[i]),
                    "train": bool(train[i]),
                }
                for k, i in enumerate(self.nodes)
            ],
            "names": names,
            "classes": list(map(in_line, graph.class_names or [])),
            "edges": edges,
            "layers": self.layers,
            "loss": self.loss,
            **self.values.structure(self.makers, self._names_of_outputs()),
            "parameters": self.parameters,
            "weights": [self.values.ref(w) for w in self.weights],
            "group_of_weight": [] if step is None else [step.place[w][0] for w in self.weights],
        }

    def moment(self) -> dict[str, Any]:
        """The numbers as they are now."""
        subject = self.subject
        gradients = dict(zip(subject.model.parameters(), subject.gradients))
        return {
            "title": subject.title or "tinygnn explain",
            "epoch": subject.epoch,
            **self.values.moment(gradients),
            "optimizer": None if subject.step is None else _step_facts(subject.step, self.weights),
            "agreements": [
                _agreement_facts(agreement, shown)
                for agreement, shown in zip(subject.agreements, self.shown_messages)
            ],
        }

    def _notes(self) -> list[str]:
        notes = [*self.subject.notes, self.left_out] if self.left_out else list(self.subject.notes)
        hidden = sum(
            [count for layer in self.layers for p in layer["passings"] for count, _ in p["more"].values()]
        )
        if hidden:
            notes.append(
                f"{hidden} messages are shown as sums alone, beyond {self.most_messages} to each node."
            )
        if self.cut:
            notes.append(
                f"Of the autograd graph the page has {len(self.values)} Values, "
                "those behind the node's output first."
            )
        return notes

    def _names_of_outputs(self) -> dict[Value, str]:
        """What the model gave for the nodes that are not on the page, and for graphs."""
        rows, n = self.subject.outputs, self.subject.graph.num_nodes
        found = {}
        for i, row in enumerate(rows if isinstance(rows, list) else []):
            of = f"of {self.subject.label(i)}" if len(rows) == n else f"of graph {i}"
            for f, value in enumerate(row if isinstance(row, list) and i not in self.place else []):
                if isinstance(value, Value):
                    found[value] = f"output {of} [{f}]"
        return found

    def _edges(self) -> list[tuple[int, int]]:
        pairs = {
            (min(a, b), max(a, b))
            for a, b in zip(*self.subject.graph.edge_index)
            if a != b and a in self.place and b in self.place
        }
        return sorted([(self.place[a], self.place[b]) for a, b in pairs])


def _step_facts(step: NextStep, weights: Sequence[Value]) -> dict[str, Any]:
    """What the next step of an optimizer starts from and ends with, for the weights on the page."""
    remembered = {}
    for name in REMEMBERED:
        numbers = [step.memory(w, name) for w in weights]
        if any(number is not None for number in numbers):
            remembered[name] = packed([0.0 if number is None else number for number in numbers])
    groups = []
    for group, state in zip(step.groups, step.states):
        settings = {name: setting for name, setting in group.items() if name not in ("params", "name")}
        t = state.get("step", 0) + 1
        betas = group.get("betas", ())
        biases = [1.0 - beta**t for beta in betas]  # browsers' powers may differ in the last bit
        groups.append({**settings, "t": t, "biases": biases, "remembers": sorted(state)})
    return {
        "name": type(step.optimizer).__name__,
        "known": step.known,
        "groups": groups,
        "remembered": remembered,
        "clip_norm": step.clip_norm,
        "norm": for_json(step.norm),
        "factor": for_json(step.factor),
        "after": packed([step.after[w] for w in weights]),
    }


def _agreement_facts(agreement: Agreement, shown: list[list[int]]) -> dict[str, Any]:
    """Powers of ten that bound the differences of the messages on the page."""

    def bounds(of_passings: Sequence[Sequence[float | None]]) -> list[list[int | None]]:
        return [[_bound(of_one[k]) for k in ks] for of_one, ks in zip(of_passings, shown)]

    return {
        "library": agreement.library,
        "reason": agreement.reason,
        "outputs": _bound(agreement.outputs),
        "messages": bounds(agreement.messages),
        "gradients": bounds(agreement.gradients),
    }


def _bound(difference: float | None) -> int | None:
    if difference is None:
        return None
    power = power_of_ten(difference)
    return EQUAL if power is None else power


def _made(passing: Passing, maker: dict[Value, str]) -> str:
    """How the rows that are sent were made, in words."""
    for row in passing.sent:
        for number in row:
            if isinstance(number, Value):
                return maker.get(number, "")
    return ""


def makers_of_subject(subject: Subject) -> dict[Value, str]:
    """Which layer made each Value, or "loss"."""
    found = makers_of(subject.tape)
    claim(found, [subject.loss], "loss")
    return found


def _steps(call: Call) -> int:
    """How many steps along edges a layer takes: passings with different names stand side by side."""
    return len(call.passings) if len({p.name for p in call.passings}) == 1 else 1
