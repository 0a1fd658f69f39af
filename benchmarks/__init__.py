"""Measurements of tinygnn beside other engines: `python -m benchmarks` in the repository root.

Every contender trains the same model from the same weights in a process of its own; the processes take
turns, so that what slows the machine down slows all of them. What was measured stands in RESULTS.md.

    __main__.py      the command
    contenders.py    who is measured: a row of a table each
    workloads/       what they do: a small file and a row of a table each
    engines/         how: the training loops, one file per engine
    worker.py        the process of one contender; process.py is the other end of its pipes
    measure.py       the turns they take, and the check that all train the same model
    targets.py       what tinygnn means to reach, and whether it does
    table.py, plot.py, results.py    what is printed and written

To add a workload: a file in workloads/ that makes its data, its row in workloads/__init__.py, and, if
it is no training of a kind that is there, a loop in each engine. Benchmarks are no tests: tests assert
no times.
"""
