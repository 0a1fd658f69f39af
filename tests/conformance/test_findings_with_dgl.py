"""The scripts of the findings in DGL show what they say; `tox -e dgl` has DGL."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("dgl", reason="DGL is not installed: tox -e dgl has it")

TEXT = (Path(__file__).parents[2] / "conformance" / "FINDINGS.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(import dgl\n.*?)```\n\n```text\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize(("script", "shown"), BLOCKS)
def test_the_script_prints_what_stands_under_it(script: str, shown: str) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(script, "FINDINGS.md", "exec"), {})
    assert printed.getvalue() == shown


def test_there_are_some() -> None:
    assert len(BLOCKS) >= 7
