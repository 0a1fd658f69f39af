"""The profile of a case says which of several conventions it follows."""

from __future__ import annotations

import pytest

from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.profile import PROFILES
from tinygnn.conformance.selection import select

CASES = all_cases()


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("model/gcn_conv/mixed", {"self loops": "kept", "degree": "entering, weighted"}),
        ("model/gcn_conv/mixed-no-self-loops", {"self loops": "none", "degree": "entering, weighted"}),
        ("model/gcn_conv/mixed-not-normalized", {"self loops": "none"}),
        ("model/appnp/mixed", {"self loops": "kept", "degree": "entering, weighted"}),
        ("model/tag_conv/mixed", {"degree": "entering, weighted"}),
        ("model/cheb_conv/mixed", {"degree": "leaving, weighted"}),
        ("model/gat_conv/mixed", {"self loops": "replaced"}),
        ("model/gatv2_conv/mixed-no-self-loops", {"self loops": "none"}),
        ("model/edge_conv/mixed", {"edge difference": "neighbour minus self"}),
        ("model/graph_conv/mixed-weighted-mean", {"weighted mean": "number of edges"}),
        ("model/graph_conv/mixed-mean", {}),
        ("op/gelu/positive", {"gelu": "erf"}),
        ("op/gelu-tanh/positive", {"gelu": "tanh"}),
        ("op/aggregate-max/groups", {"empty neighbourhood": "0"}),
        ("op/aggregate-mul/groups", {"empty neighbourhood": "1"}),
        ("op/aggregate-sum/groups", {}),
        ("op/tanh/positive", {}),
    ],
)
def test_profiles(name: str, profile: dict[str, str]) -> None:
    (case,) = select(CASES, name)
    assert case.profile == profile


def test_every_profile_is_in_the_legend() -> None:
    for case in CASES:
        assert all(way in PROFILES[matter] for matter, way in case.profile.items()), case.id


def test_no_two_ways_are_alike() -> None:
    for ways in PROFILES.values():
        assert len(set(ways.values())) == len(ways) > 1
