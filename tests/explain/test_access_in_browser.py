"""The page for everybody: names that are no code, keyboard, screen reader, contrast, phone, print."""

from __future__ import annotations

import json

import pytest

from tinygnn import GNN, EdgeIndex, Graph
from tinygnn.adapters import load
from tinygnn.cli import main
from tinygnn.explain import explain
from tinygnn.explain.agreement import Agreement
from tinygnn.explain.expression import plain_number
from tinygnn.explain.subject import Subject
from tinygnn.optim import Adam

HOSTILE = "<script>document.title='broken into'</script>"
STYLE = """
return [...document.querySelectorAll(arguments[0])].map((e) => getComputedStyle(e)[arguments[1]]);
"""
IMAGE = "<img src=x onerror=\"document.title='broken into'\">"


def written(path, text):
    path.write_text(text, "utf-8")
    return path


@pytest.fixture(scope="module")
def karate(tmp_path_factory):
    graph = load("karate")[0]
    model = GNN("gcn", 34, 4, 2, 4, seed=1)
    text = explain(model, graph, node=8, optimizer=Adam(model.parameters(), lr=0.01), title="karate")
    return written(tmp_path_factory.mktemp("karate") / "page.html", text)


def test_hostile_names_stay_text_wherever_they_are_shown(visit, tmp_path):
    """Names of nodes, classes, attributes, the file, a module, and another library's words."""

    class Odd(GNN):
        def __repr__(self):
            return IMAGE

    graph = Graph(
        EdgeIndex(([0, 1, 2], [1, 0, 1])), x=[[1.0], [2.0], [0.5]], y=[0, 1, 1],
        node_ids=[HOSTILE, IMAGE, "&lt;b&gt;"], class_names=[HOSTILE, IMAGE], node_attrs={HOSTILE: [1, 2, 3]},
    )  # fmt: skip
    model = Odd("gcn", 1, 2, 2, 2, seed=0)

    def compare(tape):
        return [Agreement(HOSTILE, reason=IMAGE) for _ in tape.layers]

    text = explain(
        model, graph, node=IMAGE, optimizer=Adam(model.parameters()), title=f"{HOSTILE}.csv", compare=compare
    )
    page = visit(written(tmp_path / "page.html", text))
    assert page.browser.title == f"{HOSTILE}.csv"
    assert page.texts("#title") == [f"Node {IMAGE}"]
    assert page.texts("#node option") == [HOSTILE, IMAGE, "&lt;b&gt;"]
    assert IMAGE in page.texts("#about")[0]
    assert any(HOSTILE in text for text in page.texts("#keys li"))
    assert any(HOSTILE in text and IMAGE in text for text in page.texts("#beside"))
    for mode in ("gradients", "values"):
        page.find(f"#{mode}")[0].click()
        for selector in ("table[data-part=messages] td button", "#shares th button", "#loss li button"):
            page.find(selector)[0].click()
            assert page.find("#autograd")[0].is_displayed()
            page.find("#close")[0].click()
    assert page.find("main script, main img, header script, header img, dialog img, dialog script") == []
    assert page.browser.title == f"{HOSTILE}.csv"
    assert page.errors() == []


def test_a_file_whose_names_are_hostile_is_explained_by_the_command(visit, tmp_path):
    edges, nodes = tmp_path / "<b>edges.csv", tmp_path / "nodes.csv"
    edges.write_text(f'source,target\n"{HOSTILE}",b\nb,c\nc,"{HOSTILE}"\n', "utf-8")
    rows = [f'"{HOSTILE}",1.0,"{HOSTILE}"', 'b,2.0,"<i>"', 'c,0.5,"<i>"']
    nodes.write_text('node_id,"<u>age",team\n' + "\n".join(rows) + "\n", "utf-8")
    path = tmp_path / "page.html"
    command = ["explain", str(edges), "--nodes", str(nodes), "--label", "team", "--features", "<u>age"]
    assert main([*command, "--node", HOSTILE, "-o", str(path), "--no-pyg", "--hidden", "2"]) == 0
    page = visit(path)
    assert page.texts("#title") == [f"Node {HOSTILE}"]
    assert "<b>edges.csv" in page.browser.title
    assert page.find("main script, main b, main i, main u, header b") == []
    assert page.errors() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_can_be_read_in_light_and_dark_in_either_mode_and_in_the_dialog(
    visit, karate, contrast, dark
):
    page = visit(karate, dark=dark)
    for mode in ("values", "gradients"):
        page.find(f"#{mode}")[0].click()
        least, text = page.contrasts()[0]
        assert least >= 4.5, text
    page.find("table[data-part=messages] td button")[0].click()
    page.find(".box")[1].send_keys(" ")
    least, text = page.contrasts()[0]
    assert least >= 4.5, text
    [ground] = page.browser.execute_script(STYLE, "#graph", "backgroundColor")
    for selector in ("#graph .message.plus", "#graph .message.minus"):
        assert min(contrast(c, ground) for c in page.browser.execute_script(STYLE, selector, "stroke")) >= 3.0
    letters = page.browser.execute_script(STYLE, "#graph .node text", "fill")
    circles = page.browser.execute_script(STYLE, "#graph .node circle", "fill")
    assert min(contrast(a, b) for a in set(letters) for b in set(circles)) >= 4.5
    boxes = page.browser.execute_script(STYLE, ".box rect", "fill")
    words = page.browser.execute_script(STYLE, ".box text", "fill")
    assert min(contrast(a, b) for a in set(words) for b in set(boxes)) >= 4.5


def test_it_fits_a_phone(visit, karate):
    page = visit(karate, width=360, height=800, dark=True)
    assert page.overflow() <= 0
    assert page.contrasts()[0][0] >= 4.5
    page.find("table[data-part=messages] td button")[0].click()
    assert page.overflow() <= 0
    assert page.errors() == []


def test_a_screen_reader_is_told_every_control_and_every_number_with_its_row_and_column(visit, karate):
    page = visit(karate)
    assert page.unnamed() == []
    tree = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    said = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if not node.get("ignored")
    ]
    assert {"banner", "main", "region", "table", "columnheader", "rowheader"} <= {role for role, _ in said}
    graph = load("karate")[0]
    outputs = Subject.of(GNN("gcn", 34, 4, 2, 4, seed=1), graph).outputs
    for value in outputs[8]:
        assert ("button", plain_number(value.data)) in said
    chosen = load("karate")[0].y[8]
    assert ("button", f"node 8, class community {chosen}, in the loss") in said
    assert len(page.find("table > caption")) == len(page.find("table"))
    assert len(page.find("tbody tr")) == len(page.find("tbody tr > th[scope=row]"))


def test_a_screen_reader_is_told_the_numbers_of_a_drawn_graph(visit, karate):
    page = visit(karate)
    page.find("table[data-part=sum] tr.sum:last-child td button")[0].click()
    page.find(".box[data-group='convs.1']")[0].send_keys(" ")
    assert page.unnamed() == []
    output = Subject.of(GNN("gcn", 34, 4, 2, 4, seed=1), load("karate")[0]).outputs[8][0]
    number, gradient = plain_number(output.data), plain_number(output.grad)
    said = page.browser.execute_script(
        "return [...document.querySelectorAll('.box')].map((b) => b.ariaLabel)"
    )
    assert said[0] == f"total at 8 [0], total: number {number}, gradient {gradient}"
    assert any(text.startswith("convs.1.lin.weight, 4 Values: 4 leaves: number ") for text in said)


def test_the_keyboard_goes_through_all_of_it(visit, karate):
    """Tab reaches every control in the order in which they stand; nothing holds it."""
    page = visit(karate)
    focus = "return document.activeElement.id || document.activeElement.getAttribute('data-node')"
    seen = []
    for _ in range(8):
        page.tab(1)
        seen.append(page.browser.execute_script(focus))
    assert seen[:5] == ["node", "layer", "entry", "digits", "values"] and seen[5] == "8"
    last = page.find("#weight-place")[0]
    page.browser.execute_script("arguments[0].focus()", last)
    assert page.tab(1) in (["button"], ["div"])


def test_what_has_the_focus_can_be_seen(visit, karate):
    page = visit(karate)
    page.tab(1)
    width = "return getComputedStyle(document.activeElement).outlineWidth"
    assert page.browser.execute_script(width) == "3px"


def test_it_prints_whole_in_dark_ink_on_white(visit, karate):
    page = visit(karate, dark=True)
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert set(page.browser.execute_script(STYLE, ".controls", "display")) == {"none"}
    assert set(page.browser.execute_script(STYLE, "#chain, .scroll", "overflowX")) == {"visible"}
    assert page.browser.execute_script(STYLE, "body", "backgroundColor") == ["rgb(255, 255, 255)"]
    assert page.browser.execute_script(STYLE, ".two", "display") == ["block"]
    assert page.contrasts()[0][0] >= 4.5
    printed = page.browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert len(json.dumps(printed)) > 50_000


def test_without_a_script_the_page_says_what_to_do(karate):
    assert "<noscript>" in karate.read_text("utf-8")
