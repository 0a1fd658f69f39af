"""`assert_conforms`: is a module, a function or an optimizer of one's own right? In one line."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tinygnn.conformance import report
from tinygnn.conformance.api import Report, every_case, shared_reference
from tinygnn.conformance.case import DATA, FLAGS, Case
from tinygnn.conformance.hints import Wrong, first_off, hints, label, outputs_of
from tinygnn.conformance.instances import cases_of_instance
from tinygnn.conformance.known_differences import Known, known_differences
from tinygnn.conformance.modules import MODULE_DATA
from tinygnn.conformance.own_backend import backend_for
from tinygnn.conformance.own_module import OwnCode, name_of
from tinygnn.conformance.profile import PROFILES
from tinygnn.conformance.resized import WithOwnAnswers
from tinygnn.conformance.runner import Outcome, Reference, run_one
from tinygnn.conformance.selection import choose
from tinygnn.conformance.subjects import BACKWARD, subject_of
from tinygnn.conformance.verdicts import in_words

SHOWN = 5  # failures that are told in full; of the others the ids
MOST_IDS = 8  # of the others, in a short report
LONGEST_GIVEN = 250  # characters of what a case is given, which then is shown
Again = Callable[[str], str]  # the line that shows the case of an id again


@dataclass(frozen=True)
class Conformance(Report):
    """What came of the cases of one's own code. Printed: which ran, which not and why, and every failure."""

    like: str = ""
    hints: Sequence[str] = ()  # what the wrong numbers have in common
    first: Mapping[str, str] = field(default_factory=dict)  # by id: the first number that is wrong
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by id and output: where it stands
    shown: int = SHOWN

    def __str__(self) -> str:
        return "\n".join(text_of(self))


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


def text_of(found: Conformance) -> Iterator[str]:
    """The whole text: what is wrong first, then what the failures have in common, then the counts."""
    failures = found.failures
    if failures or not found.ran:
        yield f"{found.backend} does not conform to {found.like}: " + (
            f"{len(failures)} of the {found.ran} cases that ran fail" if found.ran else "no case could run"
        )
    told = told_in_full(failures, found.shown)
    for outcome in told:
        yield ""
        yield from failure_lines(outcome, found)
    others = [outcome.case.id for outcome in failures if outcome not in told]
    if others:
        yield ""
        more = len(others) - MOST_IDS if found.shown < SHOWN else 0
        listed = others[:MOST_IDS] if more > 0 else others
        yield from report.wrap(f"and: {', '.join(listed)}" + (f", and {more} more" if more > 0 else ""))
    common = [*in_common(found.outcomes), *found.hints]
    if common:
        yield ""
    for sentence in common:
        yield from report.wrap(f"hint: {sentence}", "")
    others = [] if failures else [*conventions_of(found)]
    for sentence in others:
        yield from report.wrap(f"another convention: {sentence}", "")
    if failures or others or not found.ran:
        yield ""
    counts = found.counts
    parts = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    yield f"{found.backend} like {found.like}: {found.cases} cases, {found.ran} ran: {parts}"
    for reason, ids in skips(found.outcomes).items():
        yield from report.wrap(f"skipped {len(ids)}: {reason}")
    for note in found.problems:
        yield from report.wrap(note)


def conventions_of(found: Conformance) -> Iterator[str]:
    """A sentence on each convention by which numbers are right, and which is not the layer's own."""
    by_name: dict[str, list[Case]] = {}
    for outcome in found.outcomes:
        if outcome.verdict == "profile-difference":
            by_name.setdefault(outcome.detail, []).append(outcome.case)
    for name, cases in by_name.items():
        matter, _, way = name.partition(": ")
        ways, own = PROFILES.get(matter, {}), cases[0].profile.get(matter, "")
        meaning = f" ({ways[way]})" if way in ways else ""
        theirs = f"; {found.like} has there {own!r} ({ways[own]})" if own in ways else ""
        yield f"{len(cases)} of the {found.ran} cases are right with {matter} {way!r}{meaning}{theirs}"


def told_in_full(failures: Sequence[Outcome], shown: int = SHOWN) -> list[Outcome]:
    """The first failures, of errors with one reason only one."""
    told: list[Outcome] = []
    for outcome in failures:
        same = [each for each in told if outcome.verdict == each.verdict == "error"]
        if len(told) < shown and outcome.detail not in [each.detail for each in same]:
            told.append(outcome)
    return told


def failure_lines(outcome: Outcome, found: Conformance) -> Iterator[str]:
    """One failure: the case and its rule, both numbers side by side, and how to see it again."""
    case = outcome.case
    yield f"{outcome.verdict}: {case.id}"
    yield from report.wrap(f"{outcome.detail}.")
    options = "" if case.kind == "op" else f", with {settings_of(case)}"
    yield from report.wrap(f"The case: {case.equation or case.call}{options}.")
    yield from report.wrap(given_in(case)) if len(given_in(case)) <= LONGEST_GIVEN else ()
    for flag in case.flags:
        yield from report.wrap(f"{flag}: {FLAGS.get(flag, '')}.")
    wrong = [difference for difference in outcome.differences if not difference.ok]
    if wrong:
        yield report.side_by_side_header(found.backend).replace("tinygnn", "expected")
        labels = found.labels.get(case.id, {})
        yield from (report.side_by_side(each, labels.get(each.output, "")) for each in wrong)
    if found.first.get(case.id):
        yield from report.wrap(found.first[case.id])
    if any(looks_like_float32(difference) for difference in wrong):
        yield "  The error is as large as float32's rounding: something in it is not float64."
    yield f"  reproduce: {outcome.again}"


def settings_of(case: Case) -> str:
    """The options of a case as a call shows them."""
    settings = case.options.get("conv", case.options.get("settings", {}))
    sizes = [str(size) for size in case.options.get("sizes", [])]
    return f"{case.call}({', '.join([*sizes, *(f'{name}={value!r}' for name, value in settings.items())])})"


def given_in(case: Case) -> str:
    """What the case is given, as far as it is short: to compute it again by hand."""
    given = {
        **case.inputs,
        **{n: v for n, v in case.options.items() if n in ("index", "batch", "num_groups")},
    }
    parts = [f"{name} = {numbers!r}" for name, numbers in given.items()]
    if case.edge_index is not None:
        parts.append(f"edge_index = {case.edge_index!r}")
    if case.kind == "optimizer":
        return f"Given: {'; '.join(parts)}; gradients of step 1 = {case.options['gradients'][0]!r}."
    return f"Given: {'; '.join(parts)}. d(objective)/d(out) = {case.cotangent!r}."


def looks_like_float32(difference: Any) -> bool:
    """Whether the error is of the size that rounding to float32 makes."""
    return not difference.problem and 1e-9 < difference.error / max(abs(difference.expected), 1e-3) < 1e-6


def in_common(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """What all failing cases have and none of the passing ones: a flag, an option, an output."""
    failing = [outcome for outcome in outcomes if outcome.failed]
    passing = [outcome for outcome in outcomes if not outcome.failed and outcome.verdict != "skipped"]
    if len(failing) < 2:
        return
    if len({(outcome.verdict, outcome.detail) for outcome in failing}) == 1 and failing[0].verdict == "error":
        yield "all failing cases fail for this one reason"
        return
    for flag, legend in FLAGS.items():
        with_flag = all(flag in outcome.case.flags for outcome in failing)
        if with_flag and passing and not any(flag in outcome.case.flags for outcome in passing):
            yield f"all failing cases and none that passes have the flag {flag} ({legend})"
    outputs = [{d.output for d in outcome.differences if not d.ok} for outcome in failing]
    several = len(failing[0].differences) > 1
    if several and all(outputs) and all(found == outputs[0] for found in outputs):
        yield f"in all failing cases {', '.join(sorted(outputs[0]))} and nothing else is wrong"


def skips(outcomes: Sequence[Outcome]) -> dict[str, list[str]]:
    """The ids of the skipped cases, by reason."""
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.verdict == "skipped":
            found.setdefault(outcome.detail, []).append(outcome.case.id)
    return found
