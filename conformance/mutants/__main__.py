"""python -m tinygnn.conformance.mutants"""

import sys

from tinygnn.conformance.cli import run

sys.exit(run(["--mutants", *sys.argv[1:]]))
