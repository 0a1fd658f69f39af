"""The 68 inputs that graph libraries get wrong each have a test of their own number."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
ROWS = {"networkx": range(1, 23), "pyg": range(23, 41), "csv": range(41, 69)}


def test_every_row_has_a_test():
    """By its number in the name: test_row_07_... in the file of its format."""
    for name, rows in ROWS.items():
        text = (FOLDER / f"test_awkward_{name}.py").read_text(encoding="utf-8")
        tested = {int(number) for number in re.findall(r"^def test_row_(\d\d)_", text, re.MULTILINE)}
        assert tested == set(rows), name
    assert [row for rows in ROWS.values() for row in rows] == list(range(1, 69))
