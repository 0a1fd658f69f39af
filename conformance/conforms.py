"""`assert_conforms`: is a module, a function or an optimizer of one's own right? In one line."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tinygnn.conformance.api import every_case, shared_reference
from tinygnn.conformance.case import DATA, Case
from tinygnn.conformance.hints import Wrong, first_off, hints, label, outputs_of
from tinygnn.conformance.instances import cases_of_instance
from tinygnn.conformance.known_differences import Known, known_differences
from tinygnn.conformance.modules import MODULE_DATA
from tinygnn.conformance.own_backend import backend_for
from tinygnn.conformance.own_module import OwnCode, name_of
from tinygnn.conformance.own_report import SHOWN, Conformance
from tinygnn.conformance.resized import WithOwnAnswers
from tinygnn.conformance.runner import Outcome, Reference, run_one
from tinygnn.conformance.selection import choose
from tinygnn.conformance.subjects import BACKWARD, subject_of
from tinygnn.conformance.verdicts import in_words

Again = Callable[[str], str]  # the line that shows the case of an id again


def assert_conforms(
    module: Any,
    like: Any = None,
    *,
    params: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    k: str = "",
) -> Conformance:
    """Raise AssertionError unless code of one's own computes what the suite says, gradients too.

    module: a class of torch's or tinygnn's modules whose constructor is called with the layer's sizes and
    options by PyG's names; or an instance, which is checked on the cases that have its options (it is copied,
    and a torch module cast to float64); a function of Values or tensors for an operation; a class of
    optimizers. like: "GCNConv", "op/tanh", "optimizer/adam"; without it the name of the class. params: a
    module's own names of parameters to PyG's, {"W": "lin.weight"}; "lin.weight.T" for the transpose. options:
    what the module does without having an option for it, {"bias": False}. k: only the case of this id, or
    ids that hold this.

    It fails where a case is wrong or an error, and where none could run. A parameter, x or an edge weight
    without any gradient is wrong unless the right one is 0. Conventions of the layer, valid subgradients and
    what PyG's own layer, or torch's function, is known to do otherwise are no failures. Cases that need an
    option, an argument of `forward` or features that the module does not have are skipped and counted.

    Returns what came of every case; print it to see which ran.
    Raises AdapterError without torch for what needs it, ValueError for a layer or a parameter's name that
    does not exist.
    """
    found = conformance_of(module, like, params=params, options=options, k=k)
    if found.failures or not found.ran:
        raise AssertionError(str(found))
    return found


def conformance_of(
    module: Any,
    like: Any = None,
    *,
    params: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    k: str = "",
    flags: Sequence[str] = (),
    quick: bool = False,
    again: Again | None = None,
    shown: int = SHOWN,
) -> Conformance:
    """`assert_conforms` without the assertion.

    flags, quick: which cases; again: how to see one again; shown: how many failures are told in full.
    """
    subject = subject_of(
        like if isinstance(like, str) else name_of(module if like is None else like), every_case()
    )
    cases, name = subject.cases, subject.name
    params, options = dict(params or {}), dict(options or {})
    reference: Reference = shared_reference()
    backend = backend_for(module, subject, params, options, reference)
    known = known_differences("pyg", version_of("torch_geometric"))
    if backend.library == "torch" and subject.kind == "operation":
        known = {**known_differences("torch", version_of("torch")), **known}
    notes: list[str] = []
    if backend.is_instance:
        cases, notes = cases_of_instance(module, name, cases, params, options)
        if not cases:
            raise ValueError(
                f"{'; '.join(notes)}: give the class, or an instance with options the suite has; say with "
                "options={...} what the instance does not show"
            )
        cases = [case for case in cases if "@" not in case.id or case.id.split("@")[0] not in known]
        backend.reference = reference = WithOwnAnswers(reference, cases)
    check_names(params, cases, backend)
    if k and not any(k in case.id for case in cases):
        raise ValueError(f"no case of {name} that {backend.name} could run has an id that holds {k!r}")
    chosen = choose(cases, k, (), flags, quick)
    again = again or line_for(module, backend, name, params, options)
    outcomes, wrong, failed = [], [], []
    for case in chosen:
        outcome = outcome_of(case, backend, reference, known.get(case.id))
        outcomes.append(replace(outcome, again=again(case.id)))
        if outcomes[-1].verdict == "wrong" and backend.result is not None:
            wrong.append(Wrong(case, reference.expected(case), backend.result))
            failed.append(outcome)
    return Conformance(
        backend.name,
        backend.version,
        outcomes,
        tuple(notes),
        name,
        hints(wrong, only_backward=subject.kind == BACKWARD),
        {each.case.id: first_off(each) for each in wrong},
        {each.case.id: labels_of(each, outcome) for each, outcome in zip(wrong, failed)},
        shown,
    )


def labels_of(wrong: Wrong, outcome: Outcome) -> dict[str, str]:
    """Where the worst number of each output stands."""
    names = outputs_of(wrong)
    return {d.output: label(wrong, d.output, d.index) for d in outcome.differences if d.output in names}


def version_of(package: str) -> str | None:
    """The version of a package that is installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def check_names(params: Mapping[str, str], cases: Sequence[Case], backend: OwnCode) -> None:
    """Raise ValueError for a name in params that the layer, or the instance, does not have."""
    theirs = dict.fromkeys(
        name
        for case in cases
        for name in (*case.inputs, *case.options.get("buffers", {}))
        if name not in (*DATA, *MODULE_DATA)
    )
    for own, pyg in params.items():
        if pyg.removesuffix(".T") not in theirs:
            raise ValueError(
                f"params maps {own!r} to {pyg!r}, but no case of {backend.like} has that parameter: "
                f"they have {', '.join(theirs) or 'none'}"
            )
    if backend.is_instance:
        have = [name for name, _ in (*backend.made.named_parameters(), *backend.made.named_buffers())]
        for own in params:
            if own not in have:
                raise ValueError(f"params names {own!r}, but {backend.name} has {', '.join(have) or 'none'}")


def outcome_of(case: Case, backend: OwnCode, reference: Reference, known: Known | None) -> Outcome:
    """One case's outcome: a known difference of PyG's may be met, but need not."""
    outcome = run_one(case, backend, reference)
    if outcome.failed and known is not None:
        as_pyg = run_one(case, backend, reference, known)
        outcome = outcome if as_pyg.failed else as_pyg
    remarks = dict(backend.remarks)
    differences = [
        replace(d, problem=remarks[d.output]) if d.output in remarks and not d.ok else d
        for d in outcome.differences
    ]
    changed = [d for d in differences if d.output.startswith("input ")]
    misshapen = [d for d in differences if d.output == "out" and d.problem.startswith("shape")]
    told = tuple(changed or misshapen or differences)
    detail = in_words(told) if outcome.detail == in_words(outcome.differences) else outcome.detail
    return replace(outcome, differences=told, detail=detail)


def line_for(
    module: Any, backend: OwnCode, like: str, params: Mapping[str, str], options: Mapping[str, Any]
) -> Again:
    """The call that checks one case again."""
    shown = backend.name if not backend.is_instance else "module"
    extra = "".join(f", {n}={dict(v)!r}" for n, v in (("params", params), ("options", options)) if v)
    call = f'assert_conforms({shown}, like="{like}"{extra}, k='
    place = inspect.getmodule(type(module) if backend.is_instance else module)
    if not backend.is_instance and place is not None and place.__name__ != "__main__":
        call = f"from {place.__name__} import {shown}; {call}"
    return lambda id: f"from tinygnn.conformance import assert_conforms; {call}{id!r})"
