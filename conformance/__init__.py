"""The conformance suite: are an implementation's numbers and gradients right?

A `Case` is data with a permanent id; a `Backend` runs it and returns a `Result`; `run_cases` compares the
result with tinygnn's own and gives an `Outcome` with a verdict. On the command line it is
`tinygnn conformance`. Nothing here imports torch until a backend that needs it is made.
"""

from tinygnn.conformance.case import Backend as Backend
from tinygnn.conformance.case import Case as Case
from tinygnn.conformance.case import Result as Result
from tinygnn.conformance.cases import all_cases as all_cases
from tinygnn.conformance.runner import Outcome as Outcome
from tinygnn.conformance.runner import run_cases as run_cases
