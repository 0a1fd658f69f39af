"""What a page holds of a subject: nodes, layers, and the Values behind every number on it, for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygnn.explain.expression import coefficient
from tinygnn.explain.layout import layout
from tinygnn.explain.subject import Subject
from tinygnn.optim import Adam, AdamW
from tinygnn.tape import Call, Passing
from tinygnn.value import Value

WIDE = 40  # entries of a row of features that are shown one by one
SHORT = 34  # letters of a coefficient's formula that have room beside it
# Operations whose partials are 1, or follow from the parents' numbers; of others the page is told them.
DERIVED = {"+", "total", "dot", "affine", "*", ""}


class PageData:
    """A node and those that it hears from in as many steps as the model takes, most_nodes at most.

    most_values: how many Values are kept of the graphs behind the numbers, nearest first. most_messages:
    how many messages to each node are kept one by one.
    """

    def __init__(
        self, subject: Subject, node: int, most_nodes: int, most_values: int, most_messages: int
    ) -> None:
        self.subject = subject
        self.most_messages = most_messages
        self.node = node
        self.passings = [p for call in subject.tape.layers for p in call.passings]
        self.hops = sum(map(_steps, subject.tape.layers))
        self.nodes, self.rings, self.left_out = self._choose(most_nodes)
        self.place = {i: k for k, i in enumerate(self.nodes)}
        self.rows: list[list[int]] = []
        self._row_places: dict[int, int] = {}
        self.values: list[Any] = []  # Values, and floats for constants
        self._value_places: dict[Any, int] = {}
        self._kept_rows: list[Any] = []  # so that no id is used again
        self.layers = [self._layer(k, call) for k, call in enumerate(subject.tape.layers)]
        self.loss = self._ref(subject.loss)
        self.shown = len(self.values)
        self.cut = self._add_parents(most_values)

    # ---- nodes -------------------------------------------------------------------------------------------

    def _choose(self, most: int) -> tuple[list[int], list[int], str]:
        """The nodes on the page, how many steps each is away, and what is left out in words."""
        heard: dict[int, dict[int, None]] = {}
        for passing in self.passings:
            for source, target in zip(passing.sources, passing.targets):
                heard.setdefault(target, {})[source] = None
        distance = {self.node: 0}
        order = [self.node]
        for i in order:
            for j in sorted(heard.get(i, {})):
                if j not in distance:
                    distance[j] = distance[i] + 1
                    order.append(j)
        total = self.subject.graph.num_nodes
        if total <= most:
            far = max(distance.values()) + 1
            nodes = list(range(total))
            return nodes, [distance.get(i, far) for i in nodes], ""
        within = [i for i in order if distance[i] <= self.hops]
        nodes = sorted(within[:most])
        said = f"The page has {len(nodes)} of the graph's {total} nodes: "
        if len(within) > most:
            said += (
                f"the {len(nodes)} closest of the {len(within)} that node {self.subject.label(self.node)} "
                f"hears from in {self.hops} steps."
            )
        else:
            said += f"all that node {self.subject.label(self.node)} hears from in {self.hops} steps."
        return nodes, [distance[i] for i in nodes], said

    # ---- rows and Values ----------------------------------------------------------------------------------

    def _ref(self, number: Any) -> int:
        """The place of a number among the values of the page."""
        key = number if isinstance(number, Value) else ("constant", float(number))
        if key not in self._value_places:
            self._value_places[key] = len(self.values)
            self.values.append(number if isinstance(number, Value) else float(number))
        return self._value_places[key]

    def _row(self, row: Sequence[Any]) -> int:
        if id(row) not in self._row_places:
            self._row_places[id(row)] = len(self.rows)
            self._kept_rows.append(row)
            self.rows.append([self._ref(number) for number in row])
        return self._row_places[id(row)]

    def _add_parents(self, most: int) -> int:
        """Add what the values were made of, nearest first; return how many parents are left out."""
        missing = 0
        for value in self.values:  # grows meanwhile
            for parent in value.parents if isinstance(value, Value) else ():
                if parent not in self._value_places:
                    if len(self.values) >= most:
                        missing += 1
                    else:
                        self._ref(parent)
        return missing

    # ---- layers --------------------------------------------------------------------------------------------

    def _layer(self, k: int, call: Call) -> dict[str, Any]:
        passings: list[dict[str, Any]] = []
        inside: list[dict[str, Any]] = []
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
        return {
            "name": call.name,
            "module": repr(call.module),
            "given": {j: self._given(inputs[j]) for j in sorted(wanted) if j < len(inputs)},
            "passings": passings,
            "inside": inside,
            "output": output,
            "after": after,
        }

    def _passing(self, passing: Passing) -> dict[str, Any]:
        wanted, more = self._wanted(passing)
        entering: dict[int, list[dict[str, Any]]] = {}
        if passing.numbers:
            for k in wanted:
                entering.setdefault(passing.targets[k], []).append(passing.numbers[k])
        why = []
        for k in wanted:
            how = None
            if passing.numbers:
                how = coefficient(passing.formula, passing.numbers[k], entering[passing.targets[k]])
            text = "" if how is None else how.text(6)
            why.append(text if len(text) <= SHORT else "")
        return {
            "name": passing.name,
            "formula": passing.formula,
            "aggr": passing.aggr,
            "sources": [passing.sources[k] for k in wanted],
            "targets": [passing.targets[k] for k in wanted],
            "coefficients": [self._ref(passing.coefficients[k]) for k in wanted],
            "why": why,
            "sent": [self._row(passing.sent[k]) for k in wanted],
            "messages": [self._row(passing.messages[k]) for k in wanted],
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
        return [len(ks), self._row(total) if passing.aggr == "sum" else None]

    def _given(self, row: Sequence[Any]) -> Any:
        """A row that comes in: its place; of a wide one, or one with many zeros, pairs of entry and place."""
        pairs = [[f, number] for f, number in enumerate(row) if float(number) != 0.0]
        if len(row) <= WIDE and 2 * len(pairs) >= len(row):
            return self._row(row)
        return [[f, self._ref(number)] for f, number in pairs[:WIDE]] + [[len(pairs)]]

    def _of_nodes(self, rows: Sequence[Any]) -> dict[int, int]:
        return {i: self._row(rows[i]) for i in self.nodes if i < len(rows) and rows[i]}

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

    # ---- all of it -----------------------------------------------------------------------------------------

    def facts(self) -> dict[str, Any]:
        """The values of JSON that the page's script reads."""
        subject, graph = self.subject, self.subject.graph
        edges = self._edges()
        spots = layout(len(self.nodes), edges, self.rings)
        y = graph.y if graph.y_level == "node" and isinstance(graph.y, list) else [None] * graph.num_nodes
        classes = [type(label) is int for label in y]
        sources = sorted({j for passing in self.passings for j in passing.sources} | set(self.nodes))
        names = {}
        if graph.node_ids is not None:
            names = {i: str(graph.node_ids[i]) for i in sources if str(graph.node_ids[i]) != str(i)}
        train = graph.train_mask or [False] * graph.num_nodes
        notes = [*subject.notes, self.left_out] if self.left_out else list(subject.notes)
        hidden = sum(
            [count for layer in self.layers for p in layer["passings"] for count, _ in p["more"].values()]
        )
        if hidden:
            notes.append(
                f"{hidden} messages are shown as sums alone, beyond {self.most_messages} to each node."
            )
        if self.cut:
            notes.append(
                f"Of the autograd graph the page has the {len(self.values)} Values closest to its numbers."
            )
        return {
            "title": subject.title or "tinygnn explain",
            "model": repr(subject.model),
            "graph": str(graph),
            "notes": notes,
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
            "classes": list(map(str, graph.class_names or [])),
            "edges": edges,
            "layers": self.layers,
            "rows": self.rows,
            "loss": self.loss,
            **self._values(),
            "optimizer": self._optimizer(),
        }

    def _edges(self) -> list[tuple[int, int]]:
        pairs = {
            (min(a, b), max(a, b))
            for a, b in zip(*self.subject.graph.edge_index)
            if a != b and a in self.place and b in self.place
        }
        return sorted([(self.place[a], self.place[b]) for a, b in pairs])

    def _values(self) -> dict[str, Any]:
        ops: dict[str, int] = {}
        groups: dict[str, int] = {}
        found = self._groups()
        parameters = self.subject.parameter_names()
        gradients = dict(zip(self.subject.model.parameters(), self.subject.gradients))
        data: list[float | str] = []
        grads: list[float | str | None] = []
        parents: list[list[int]] = []
        op_of, group_of, partials, names = [], [], {}, {}
        for k, value in enumerate(self.values):
            if not isinstance(value, Value):
                data.append(short(value))
                grads.append(None)
                op_of.append(ops.setdefault("constant", len(ops)))
                parents.append([])
                group_of.append(-1)
                continue
            op = value.op if isinstance(value.op, str) else value.op[0]
            data.append(short(value.data))
            grads.append(short(gradients.get(value, value.grad)))
            op_of.append(ops.setdefault(op, len(ops)))
            known = [self._value_places.get(parent, -1) for parent in value.parents]
            if op not in DERIVED and value.parents:
                partials[k] = [short(partial) for partial in value.partials]
            parents.append(known)
            if value in parameters:
                names[k] = parameters[value]
            name = found.get(value, "")
            group_of.append(groups.setdefault(name, len(groups)) if name else -1)
        return {
            "data": data,
            "grad": grads,
            "op": op_of,
            "ops": list(ops),
            "parents": parents,
            "partials": partials,
            "group": group_of,
            "groups": list(groups),
            "parameters": names,
        }

    def _groups(self) -> dict[Value, str]:
        """Which layer made each Value: the child of the model that was being called, or "loss"."""
        found: dict[Value, str] = {}
        roots = self.subject.tape.calls
        for root in roots:
            for child in root.calls or [root]:
                rows = child.output if isinstance(child.output, list) else []
                outputs = [v for row in rows if isinstance(row, list) for v in row if isinstance(v, Value)]
                _claim(found, outputs, child.name or repr(child.module))
        _claim(found, [self.subject.loss], "loss")
        return found

    def _optimizer(self) -> dict[str, Any] | None:
        """What the next step of Adam or AdamW starts from, for the weights on the page."""
        optimizer = self.subject.optimizer
        if not isinstance(optimizer, Adam):
            return None if optimizer is None else {"name": type(optimizer).__name__}
        found: dict[str, Any] = {
            "name": type(optimizer).__name__,
            "groups": [],
            "of": {},
            "m": {},
            "v": {},
        }
        for number, (group, state) in enumerate(zip(optimizer.param_groups, optimizer.state)):
            settings = {name: group[name] for name in ("lr", "betas", "eps", "weight_decay", "maximize")}
            decoupled = isinstance(optimizer, AdamW)
            found["groups"].append({**settings, "decoupled": decoupled, "t": state.get("step", 0) + 1})
            if group["amsgrad"]:
                return {"name": "Adam with amsgrad"}
            for place, parameter in enumerate(group["params"]):
                k = self._value_places.get(parameter)
                if k is None:
                    continue
                found["of"][k] = number
                if state:
                    found["m"][k] = short(state["exp_avg"][place])
                    found["v"][k] = short(state["exp_avg_sq"][place])
        return found


def short(number: float) -> float | str:
    """Ten significant digits; what JSON has no number for is text."""
    if number - number != 0.0:
        return repr(number)
    return float(f"{number:.10g}")


def _made(passing: Passing, maker: dict[Value, str]) -> str:
    """How the rows that are sent were made, in words."""
    for row in passing.sent:
        for number in row:
            if isinstance(number, Value):
                return maker.get(number, "")
    return ""


def _claim(found: dict[Value, str], outputs: Sequence[Value], name: str) -> None:
    """Give a name to the Values behind some outputs that have none yet, but for leaves."""
    stack = [value for value in outputs if value not in found]
    while stack:
        value = stack.pop()
        if value in found or not value.parents:
            continue
        found[value] = name
        stack += [parent for parent in value.parents if parent not in found]


def _steps(call: Call) -> int:
    """How many steps along edges a layer takes: passings with different names stand side by side."""
    return len(call.passings) if len({p.name for p in call.passings}) == 1 else 1
