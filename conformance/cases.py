"""All cases, in order."""

from __future__ import annotations

from dataclasses import replace

from tinygnn.conformance.aggregate_table import aggregate_cases
from tinygnn.conformance.case import DATA, Case
from tinygnn.conformance.data import floats_in, is_float32
from tinygnn.conformance.edge_ops_table import edge_op_cases
from tinygnn.conformance.edge_table import edge_cases
from tinygnn.conformance.gnn_table import gnn_cases
from tinygnn.conformance.layers_table import layer_cases
from tinygnn.conformance.losses_table import loss_cases
from tinygnn.conformance.metamorphic_table import metamorphic_cases
from tinygnn.conformance.models_table import model_cases
from tinygnn.conformance.modules_table import module_cases
from tinygnn.conformance.neighbour_convs_table import neighbour_conv_cases
from tinygnn.conformance.norms_table import norm_cases
from tinygnn.conformance.ops_table import op_cases
from tinygnn.conformance.optimizers_table import optimizer_cases
from tinygnn.conformance.perceptrons_table import perceptron_and_activation_cases
from tinygnn.conformance.profile import with_profile
from tinygnn.conformance.propagation_table import propagation_cases
from tinygnn.conformance.relations_table import relation_cases
from tinygnn.conformance.rows_table import row_cases
from tinygnn.conformance.schedules_table import schedule_cases
from tinygnn.conformance.stacks_table import stack_cases
from tinygnn.conformance.training_table import training_cases

# The options that hold numbers to compute with, beside settings.
NUMBERS = (*DATA, "y", "values", "rows", "coefficients", "target", "weight", "gradients", "metrics", "before")


def all_cases() -> list[Case]:
    """Every case of the suite: operations, losses, models, modules, optimizers, schedules, training."""
    cases = [
        *op_cases(),
        *row_cases(),
        *loss_cases(),
        *aggregate_cases(),
        *model_cases(),
        *layer_cases(),
        *neighbour_conv_cases(),
        *propagation_cases(),
        *relation_cases(),
        *gnn_cases(),
        *stack_cases(),
        *norm_cases(),
        *perceptron_and_activation_cases(),
        *module_cases(),
        *optimizer_cases(),
        *schedule_cases(),
        *training_cases(),
        *edge_cases(),
        *edge_op_cases(),
    ]
    return [with_flag(with_profile(case)) for case in (*cases, *metamorphic_cases(cases))]


def with_flag(case: Case) -> Case:
    """The case, flagged where float32 does not hold all of its numbers; settings may be any floats."""
    given = [case.inputs, case.cotangent, *[case.options.get(name) for name in NUMBERS]]
    return case if all(map(is_float32, floats_in(given))) else replace(case, flags=(*case.flags, "float64"))
