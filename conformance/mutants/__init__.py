"""The suite, tested: mistakes planted into the torch backend, one rule at a time, and who notices.

`python -m tinygnn.conformance.mutants`, or `tinygnn conformance --mutants`.
"""

from tinygnn.conformance.mutants.mutant import Mutant as Mutant
from tinygnn.conformance.mutants.trials import Trial as Trial
from tinygnn.conformance.mutants.trials import try_mutant as try_mutant
