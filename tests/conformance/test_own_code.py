"""`tinygnn conformance --check FILE.py:NAME --like LAYER`: code of one's own, without torch."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tinygnn.conformance import cli

Run = pytest.CaptureFixture[str]

TANH = """
import math
from tinygnn import Value

def tanh(x):
    t = math.tanh(x.data)
    return Value(t, (x,), (1.0 - t * t,), "tanh")

def forgetful(x):
    return math.tanh(x.data)

def text(x):
    return "tanh"

number = 3.0
"""
GCN = """
from tinygnn.nn import Module
from tinygnn.nn.init import glorot, zeros
from tinygnn.linalg import linear

class MyGCN(Module):
    def __init__(self, in_channels, out_channels):
        self.W = glorot(out_channels, in_channels)
        self.b = zeros(out_channels)

    def forward(self, h, edges):
        hears = [[i] for i in range(len(h))]
        for source, target in zip(*edges):
            if source != target:
                hears[target].append(source)
        h = linear(h, self.W)
        return [
            [
                sum(h[j][k] * (len(hears[i]) * len(hears[j])) ** -0.5 for j in hears[i]) + self.b[k]
                for k in range(len(self.b))
            ]
            for i in range(len(h))
        ]

class Alone(MyGCN):
    def forward(self, h, edges):
        hears = [[j for j, t in zip(*edges) if t == i] for i in range(len(h))]
        h, d = linear(h, self.W), [len(row) for row in hears]
        return [
            [
                sum(h[j][k] * (d[i] * d[j]) ** -0.5 for j in hears[i] if d[j]) + self.b[k]
                for k in range(len(self.b))
            ]
            for i in range(len(h))
        ]

class Swapped(MyGCN):
    def forward(self, h, edges):
        return super().forward(h, edges[::-1])

instance = MyGCN(3, 2)
wide = MyGCN(5, 4)
"""
BACKWARD = """
def backward(output, gradient=1.0):
    output.backward(gradient)

def too_early(output):
    "Hands on in the order in which it finds them, whether all has arrived or not."
    found, output.grad = [output], 1.0
    for value in found:
        for parent, partial in zip(value.parents, value.partials):
            if parent not in found:
                found.append(parent)
                parent.grad = 0.0 if parent.parents else parent.grad
            if partial != 0.0:
                parent.grad += value.grad * partial
"""
FUNCTION = """
from my_gcn import MyGCN

def gcn(h, edges, weight, bias=None):
    layer = MyGCN(len(weight[0]), len(weight))
    layer.W, layer.b = weight, [0.0] * len(weight) if bias is None else bias
    return layer.forward(h, edges)

def always(x, edge_index, W, b):
    return gcn(x, edge_index, W, b)
"""
SGD = """
class SGD:
    def __init__(self, params, lr=0.001):
        self.params, self.lr = params, lr

    def step(self):
        for w in self.params:
            w.data -= self.lr * w.grad

class Up(SGD):
    def step(self):
        for w in self.params:
            w.data += self.lr * w.grad

def made(params, lr=0.001):
    return SGD(params, lr)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with somebody's files, in which the command runs."""
    for name, text in {
        "my_tanh.py": TANH,
        "my_gcn.py": GCN,
        "my_sgd.py": SGD,
        "my_backward.py": BACKWARD,
        "function.py": FUNCTION,
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def answered(capsys: Run, check: str, like: str, *more: str) -> tuple[int, str]:
    """The status and what is printed."""
    status = cli.run(["--check", check, "--like", like, *more])
    out, err = capsys.readouterr()
    assert err == ""
    return status, out


def complaint(capsys: Run, *options: str) -> str:
    """The one line on stderr for wrong input."""
    assert cli.run(list(options)) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    ("check", "like", "ran"),
    [
        ("my_tanh.py:tanh", "op/tanh", 12),
        ("my_tanh.py:tanh", "tanh", 12),
        ("my_backward.py:backward", "backward", 500),
        ("my_sgd.py:SGD", "optimizer/sgd", 1),
        ("my_sgd.py:made", "SGD", 1),
    ],
)
def test_right_code_is_said_to_be_right(folder: Path, capsys: Run, check: str, like: str, ran: int) -> None:
    status, out = answered(capsys, check, like)
    assert status == 0
    last = out.splitlines()[-1]
    assert re.fullmatch(r"right: \w+ agrees with \S+ in all (\d+) cases? that ran, gradients too", last)
    assert int(re.findall(r"\d+", last)[0]) >= ran


@pytest.mark.parametrize("name", ["MyGCN", "instance", "wide"])
def test_a_tinygnn_module_is_checked_as_a_class_and_as_an_instance(
    folder: Path, capsys: Run, name: str
) -> None:
    names = ("--param", "W=lin.weight", "--param", "b=bias")
    status, out = answered(capsys, f"my_gcn.py:{name}", "GCNConv", *names)
    assert status == 0, out
    assert int(re.findall(r"in all (\d+) cases", out)[0]) >= 10
    assert ("were made anew for it" in " ".join(out.split())) == (name == "wide")


def test_a_function_of_x_and_the_parameters_is_a_layer_too(folder: Path, capsys: Run) -> None:
    status, out = answered(capsys, "function.py:gcn", "GCNConv", "--param", "weight=lin.weight")
    assert status == 0 and int(re.findall(r"in all (\d+) cases", out)[0]) >= 20, out
    status, out = answered(capsys, "function.py:always", "GCNConv", "-k", "gcn_conv/directed")
    assert status == 1
    assert "with --check as --param W=lin.weight --param b=bias" in " ".join(out.split())
    names = ("--param", "W=lin.weight", "--param", "b=bias")
    status, out = answered(capsys, "function.py:always", "GCNConv", *names, "-k", "gcn_conv/directed")
    assert status == 0 and "it always takes a bias" in out


def test_wrong_code_is_said_to_be_wrong_with_the_rule_a_hint_and_the_command_again(
    folder: Path, capsys: Run
) -> None:
    names = ["--param", "W=lin.weight", "--param", "b=bias"]
    status, out = answered(capsys, "my_gcn.py:Swapped", "GCNConv", *names, "-k", "gcn_conv/")
    assert status == 1
    text = " ".join(out.split())
    assert "wrong: model/gcn_conv/directed" in text
    assert "these are the numbers that come when edges go the wrong way, from target to source" in text
    assert out.splitlines()[-1].startswith("wrong: Swapped differs from GCNConv in ")
    [again] = re.findall(r"reproduce: tinygnn conformance (.*)", out)
    assert again.split() == [
        "--check", "my_gcn.py:Swapped", "--like", "GCNConv", *names, "-k", "model/gcn_conv/directed",
    ]  # fmt: skip
    assert cli.run(again.split()) == 1


def test_a_layer_of_another_convention_is_not_the_same_and_is_told_which(folder: Path, capsys: Run) -> None:
    names = ["--param", "W=lin.weight", "--param", "b=bias"]
    status, out = answered(capsys, "my_gcn.py:Alone", "GCNConv", *names, "-k", "gcn_conv/path")
    assert status == 0
    text, last = " ".join(out.split()), out.splitlines()[-1]
    assert "right with self loops 'none' (the graph stays as it is (DGL)); GCNConv has there 'kept'" in text
    assert last == "not the same: Alone follows another convention than GCNConv in 1 of the 1 case"


def test_a_chain_rule_that_hands_on_too_early_is_wrong(folder: Path, capsys: Run) -> None:
    status, out = answered(capsys, "my_backward.py:too_early", "backward")
    assert status == 1
    assert "wrong: op/chain/once" in out and "a value handed on before all had arrived" in out


def test_an_optimizer_is_told_the_first_step_that_is_off(folder: Path, capsys: Run) -> None:
    status, out = answered(capsys, "my_sgd.py:Up", "optimizer/sgd")
    assert status == 1
    assert "which is parameter 0 after step 1" in out
    assert "when the step is added, not subtracted" in out


def test_what_returns_no_value_is_told_that_no_gradient_arrives(folder: Path, capsys: Run) -> None:
    status, out = answered(capsys, "my_tanh.py:forgetful", "op/tanh", "-k", "op/tanh/positive")
    assert status == 1
    assert "no gradient at all: forgetful returned a float in place of a Value" in " ".join(out.split())
    status, out = answered(capsys, "my_tanh.py:text", "op/tanh", "-k", "op/tanh/positive")
    assert status == 1
    assert "text returned a str, not a Value or rows of them" in out


def test_missing_parameters_are_named_with_a_proposal(folder: Path, capsys: Run) -> None:
    status, out = answered(capsys, "my_gcn.py:MyGCN", "GCNConv")
    assert status == 1
    assert "missing: bias [2], lin.weight [2, 3]; not in the layer: W [2, 3], b [2]" in " ".join(out.split())


def test_the_options_that_choose_cases_and_the_reports_work(folder: Path, capsys: Run) -> None:
    check = ("my_tanh.py:tanh", "op/tanh")
    assert "in all 2 cases" in answered(capsys, *check, "--flag", "infinite")[1]
    few = answered(capsys, *check, "--quick")[1]
    assert 1 <= int(re.findall(r"in all (\d+) cases", few)[0]) < 12
    assert "op/tanh/nan" in answered(capsys, *check, "--verbose")[1]
    answered(capsys, *check, "--jsonl", "report.jsonl", "--html", "report.html")
    assert "tanh with tinygnn" in Path("report.html").read_text(encoding="utf-8")
    records = [json.loads(line) for line in Path("report.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {(r["backend"], r["verdict"]) for r in records} == {("tanh", "pass")} and len(records) == 12


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--check", "my_tanh.py:tahn", "--like", "tanh"], "my_tanh.py has no tahn; did you mean 'tanh'?"),
        (["--check", "my_tanh.py:nothing", "--like", "tanh"], "it has tanh, forgetful, text, number"),
        (
            ["--check", "my_tahn.py:tanh", "--like", "tanh"],
            "no file my_tahn.py; did you mean 'my_tanh.py' or ",
        ),
        (["--check", "my_tanh.py", "--like", "tanh"], "give FILE.py:NAME, such as my_layer.py:MyGCN"),
        (["--check", "my_tanh.py:tanh", "--like", "op/tahn"], "'op/tahn'; did you mean 'op/tanh' or "),
        (["--check", "my_gcn.py:MyGCN", "--like", "GCNcov"], "'GCNcov'; did you mean 'GCNConv' or "),
        (["--check", "my_gcn.py:MyGCN"], "no cases of a layer 'MyGCN': give like= one of "),
        (["--check", "my_gcn.py:MyGCN", "--like", "tanh"], "MyGCN is a module: op/tanh needs a function"),
        (
            ["--check", "my_tanh.py:number", "--like", "tanh"],
            "3.0 cannot be called: op/tanh needs a function",
        ),
        (["--check", "my_sgd.py:SGD", "--like", "GCNConv"], "SGD is derived neither from tinygnn.nn.Module"),
        (["--check", "my_tanh.py:tanh", "--like", "logsoftmax"], "may be LogSoftmax or op/log_softmax"),
        (["--check", "my_gcn.py:MyGCN", "--like", "GCNConv", "--param", "W"], "such as W=lin.weight"),
        (["--check", "my_gcn.py:MyGCN", "--like", "GCNConv", "--param", "W=weight"], "maps 'W' to 'weight'"),
        (["--check", "my_tanh.py:tanh", "--like", "tanh", "--backend", "torch"], "leave out --backend"),
        (["--check", "my_tanh.py:tanh", "--exec", "node x"], "leave out --exec"),
        (["--like", "tanh"], "give --check FILE.py:NAME"),
    ],
)
def test_wrong_input_is_one_line_that_says_how_to_mend_it(
    folder: Path, capsys: Run, options: list[str], said: str
) -> None:
    assert said in complaint(capsys, *options)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import math\n\nx = y\n", "broken.py:3 cannot be imported, NameError: name 'y' is not defined"),
        ("def tanh(x:\n    pass\n", "broken.py:1 cannot be imported, SyntaxError"),
        (
            "import nowhere\n",
            "broken.py:1 cannot be imported, ModuleNotFoundError: No module named 'nowhere'",
        ),
        ("raise SystemExit(3)\n", "broken.py:1 cannot be imported, SystemExit: 3"),
    ],
)
def test_a_file_that_cannot_be_imported_is_named_with_its_line(
    folder: Path, capsys: Run, text: str, said: str
) -> None:
    Path("broken.py").write_text(text, encoding="utf-8")
    assert said in complaint(capsys, "--check", "broken.py:tanh", "--like", "tanh")


def test_a_file_imports_what_stands_beside_it_and_leaves_the_path_as_it_was(
    folder: Path, capsys: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(sys.path)
    (folder / "beside.py").write_text("from my_tanh import tanh as theirs\n", encoding="utf-8")
    monkeypatch.chdir("/")
    status, _ = answered(capsys, f"{folder / 'beside.py'}:theirs", "tanh", "--quick")
    assert status == 0 and sys.path == before


def test_without_torch_the_door_is_open_and_torch_is_not_imported(folder: Path) -> None:
    code = (
        "import sys; from tinygnn.conformance import cli; "
        "status = cli.run(['--check', 'my_tanh.py:tanh', '--like', 'op/tanh']); "
        "print(status, [m for m in sys.modules if m.startswith('torch')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder)
    assert (done.stdout.splitlines()[-1], done.stderr) == ("0 []", "")


def test_the_help_says_that_the_file_is_run(capsys: Run) -> None:
    with pytest.raises(SystemExit):
        cli.run(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "The file is imported, which runs it: check files that you trust" in text
