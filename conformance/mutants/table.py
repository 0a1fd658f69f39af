"""All mutants, in order."""

from __future__ import annotations

from tinygnn.conformance.mutants.mutant import Mutant
from tinygnn.conformance.mutants.of_domains import domain_mutants
from tinygnn.conformance.mutants.of_gat import gat_mutants
from tinygnn.conformance.mutants.of_gcn import gcn_mutants, model_mutants
from tinygnn.conformance.mutants.of_losses import loss_mutants
from tinygnn.conformance.mutants.of_operations import aggregation_mutants, operation_mutants, slope_mutants
from tinygnn.conformance.mutants.of_sage import sage_mutants
from tinygnn.conformance.mutants.of_steps import step_mutants


def layer_mutants() -> list[Mutant]:
    """Those of graph layers and of models."""
    return [*gcn_mutants(), *sage_mutants(), *gat_mutants(), *model_mutants()]


def all_mutants() -> list[Mutant]:
    """Every mutant."""
    return [
        *layer_mutants(),
        *operation_mutants(),
        *slope_mutants(),
        *aggregation_mutants(),
        *domain_mutants(),
        *loss_mutants(),
        *step_mutants(),
    ]
