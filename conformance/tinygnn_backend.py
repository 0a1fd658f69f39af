"""tinygnn's own answers, and how large the errors of others may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tinygnn
from tinygnn import linalg, losses, nn, optim
from tinygnn.aggregate import aggregate
from tinygnn.conformance.case import Case, Numbers, Result
from tinygnn.conformance.compare import (
    EPS,
    ROUNDINGS_PER_VALUE,
    TRAINING_TOLERANCE,
    Expected,
)
from tinygnn.conformance.data import karate
from tinygnn.conformance.magnitude import magnitudes
from tinygnn.conformance.modules import MODULE_DATA, WITH_GRADIENT, build, outputs_of
from tinygnn.conformance.tinygnn_models import put_parameters, run_model, training_model
from tinygnn.conformance.tinygnn_steps import answer_optimizer
from tinygnn.losses import cross_entropy
from tinygnn.nn.module import leaves
from tinygnn.sparse import nonzeros
from tinygnn.value import Value, as_value

OPS: dict[str, Callable[..., Any]] = {
    "pos": lambda x: +x,
    "neg": lambda x: -x,
    "abs": lambda x: x.abs(),
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "sqrt": lambda x: x.sqrt(),
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: x.sigmoid(),
    "relu": lambda x: x.relu(),
    "leaky_relu": lambda x, **options: x.leaky_relu(**options),
    "elu": lambda x, **options: x.elu(**options),
    "gelu": lambda x, **options: x.gelu(**options),
    "silu": lambda x: x.silu(),
    "softplus": lambda x: x.softplus(),
    "clamp": lambda x, **bounds: x.clamp(**bounds),
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "truediv": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "maximum": lambda x, y: as_value(x).maximum(y),
    "minimum": lambda x, y: as_value(x).minimum(y),
    "square-plus-tanh": lambda x: x * x + x.tanh(),
    "difference-of-squares": lambda x, y: (x + y) * (x - y) + x,
    "chain": lambda x: chain(x, 40),
    "quotient": lambda x, y: x.exp() * y / (1.0 + x * x * y * y),
    "powers": lambda x, y: x**y * y**x,
    "relu-then-sqrt": lambda x: x.relu().sqrt(),
    "relu-then-log": lambda x: x.relu().log(),
    "relu-then-inverse": lambda x: x.relu() ** -1.0,
    "clamp-then-sqrt": lambda x: x.clamp(0.0, 1.0).sqrt(),
    "clamp-then-log": lambda x: x.clamp(0.0, 1.0).log(),
    "clamp-then-divided": lambda x: 2.0 / x.clamp(0.0, 1.0),
    "maximum-then-sqrt": lambda x, y: x.maximum(y).sqrt(),
    "maximum-then-log": lambda x, y: x.maximum(y).log(),
    "minimum-then-sqrt": lambda x: x.minimum(0.0).sqrt(),
    "minimum-then-divided": lambda x: 2.0 / x.minimum(0.0),
    "amax-then-log": lambda values: linalg.maximum(values).log(),
    "times-zero-then-sqrt": lambda x: (x * 0.0).sqrt(),
    "total": linalg.total,
    "mean": linalg.mean,
    "amax": linalg.maximum,
    "amin": linalg.minimum,
    "logsumexp": linalg.logsumexp,
    "softmax": linalg.softmax,
    "log_softmax": linalg.log_softmax,
    "log_softmax_at": linalg.log_softmax_at,
    "dot": linalg.dot,
    "dot_self": lambda a: linalg.dot(a, a),
    "linear_combination": linalg.linear_combination,
    "matmul": linalg.matmul,
    "transpose": linalg.transpose,
    "linear": linalg.linear,
    "dense_product": linalg.dense_product,
    "weighted_sums": lambda coefficients, **rest: linalg.weighted_sums(nonzeros(coefficients), **rest),
    "value_weighted_sums": lambda coefficients, **rest: linalg.value_weighted_sums(
        [(list(range(len(row))), row) for row in coefficients], **rest
    ),
    "aggregate": lambda rows, **options: aggregate_rows(rows, **options),
    "mse_loss": losses.mse_loss,
    "l1_loss": losses.l1_loss,
    "huber_loss": losses.huber_loss,
    "smooth_l1_loss": losses.smooth_l1_loss,
    "bce_with_logits": losses.bce_with_logits,
    "cross_entropy": lambda prediction, **rest: losses.cross_entropy(prediction, **rest),
    "nll_loss": lambda prediction, **rest: losses.nll_loss(prediction, **rest),
}


def chain(x: Value, length: int) -> Value:
    """x ← sin(x) + x, `length` times."""
    for _ in range(length):
        x = x.sin() + x
    return x


def aggregate_rows(rows: linalg.Matrix, aggr: str, index: list[int], num_groups: int) -> list[list[Value]]:
    """The aggregate of each group; row i belongs to group index[i]."""
    groups = [[i for i, own in enumerate(index) if own == group] for group in range(num_groups)]
    return [[as_value(entry) for entry in row] for row in aggregate(aggr, rows, groups)]


class TinygnnBackend:
    """tinygnn itself, which the others are compared with."""

    name = "tinygnn"
    version = tinygnn.__version__

    def supports(self, case: Case) -> bool:
        return True

    def run(self, case: Case) -> Result:
        return Result(self.expected(case).outputs)

    def expected(self, case: Case) -> Expected:
        """Run the case and measure the terms of every number in it."""
        return ANSWERS[case.kind](case)


def answer_graph(case: Case) -> Expected:
    """An operation or a model: outputs, gradients and their magnitudes."""
    inputs = {name: to_values(numbers) for name, numbers in case.inputs.items()}
    if case.kind == "op":
        outputs = {"out": OPS[case.call](**inputs, **case.options)}
    else:
        outputs = run_model(case, inputs)
    end = outputs.get("loss", outputs["out"])
    objective = weighted_by(case.cotangent, end)
    for _ in range(case.passes):
        objective.backward(1.0 if isinstance(end, list) else case.cotangent)
    return measured(case, outputs, inputs, objective)


def measured(case: Case, outputs: dict[str, Any], inputs: dict[str, Any], objective: Value) -> Expected:
    """The numbers of outputs and gradients, each with the sum of its terms."""
    sizes, gradients, longest = magnitudes(objective, leaves(list(outputs.values())))
    numbers = {name: pick(out, lambda v: v.data) for name, out in outputs.items()}
    terms = {name: pick(out, lambda v: sizes.get(v, 0.0)) for name, out in outputs.items()}
    for name, values in inputs.items():
        numbers[f"grad {name}"] = pick(values, lambda v: v.grad)
        terms[f"grad {name}"] = pick(values, lambda v: case.passes * gradients.get(v, 0.0))
    return Expected(numbers, terms, ROUNDINGS_PER_VALUE + longest)


def answer_module(case: Case) -> Expected:
    """A readout, a pooling or LSTM: all outputs, and the gradients of all inputs."""
    inputs = {name: to_values(numbers) for name, numbers in case.inputs.items()}
    module = build(nn, case.call, case.options["settings"])
    put_parameters(module, {name: values for name, values in inputs.items() if name not in MODULE_DATA})
    outputs = {name: values_in(out) for name, out in outputs_of(case, module, inputs, lambda i: i).items()}
    ends = leaves([outputs[name] for name in WITH_GRADIENT if name in outputs])
    objective = linalg.linear_combination(case.cotangent[: len(ends)], ends)
    objective.backward()
    return measured(case, outputs, inputs, objective)


def weighted_by(cotangent: Numbers, out: Any) -> Value:
    """The one Value whose gradient is the cotangent at each output: Σ g_i out_i, or out itself."""
    if isinstance(out, Value):
        return out
    return linalg.linear_combination(leaves(cotangent), leaves(out))


def answer_training(case: Case) -> Expected:
    """The loss before every step: [steps]."""
    graph = karate()
    model = training_model(case, graph)
    optimizer = optim.Adam(model.parameters(), **case.options["settings"])
    losses = []
    for _ in range(case.options["steps"]):
        optimizer.zero_grad()
        loss = cross_entropy(model(graph), graph.y, mask=graph.train_mask)
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    return Expected({"loss": losses}, {"loss": [abs(x) for x in losses]}, TRAINING_TOLERANCE / EPS)


ANSWERS: dict[str, Callable[[Case], Expected]] = {
    "op": answer_graph,
    "model": answer_graph,
    "module": answer_module,
    "optimizer": answer_optimizer,
    "schedule": answer_optimizer,
    "training": answer_training,
}


def to_values(numbers: Numbers) -> Any:
    """Nested lists of new leaves."""
    return [to_values(part) for part in numbers] if isinstance(numbers, list) else Value(numbers)


def values_in(nested: Any) -> Any:
    """The same nesting with leaves in place of numbers that are constant."""
    return [values_in(part) for part in nested] if isinstance(nested, (list, tuple)) else as_value(nested)


def pick(nested: Any, read: Callable[[Value], float]) -> Numbers:
    """The same nesting with one number of each Value."""
    return [pick(part, read) for part in nested] if isinstance(nested, list) else read(nested)
