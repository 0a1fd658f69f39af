"""A report in a real browser: it loads nothing, reads in light and dark, and leads from a node to its row."""

from __future__ import annotations

import pytest

from tinygnn import GNN, Graph
from tinygnn.adapters import load
from tinygnn.cli import main
from tinygnn.experiment import Experiment
from tinygnn.history import History
from tinygnn.report import report
from tinygnn.settings import TrainSettings
from tinygnn.tasks import GraphTask, NodeTask, evaluate
from tinygnn.training import fit

HOSTILE = "<script>document.title='broken into'</script>"
HEADS_AND_CELLS = """
return [...document.querySelectorAll(arguments[0])].map((row) =>
  [...row.querySelectorAll("th, td")].map((cell) => cell.textContent));
"""
# The colours of text and marks in a picture, and what is drawn behind them.
PICTURE = """
return [...document.querySelectorAll(arguments[0])].map((e) => getComputedStyle(e)[arguments[1]]);
"""


@pytest.fixture(scope="module")
def karate(tmp_path_factory):
    """A model that is wrong for some nodes, its task, and the file of its report."""
    experiment = Experiment.of(
        TrainSettings(source="karate", epochs=15, split="0.3,0.2", seed=1), load("karate")
    )
    history = experiment.fit()
    path = tmp_path_factory.mktemp("report") / "karate.html"
    settings = experiment.settings.to_dict()
    path.write_text(report(experiment.model, experiment.task, history, settings=settings), "utf-8")
    return experiment.model, experiment.task, path


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Reports of numbers of nodes, of classes of graphs, and of a graph whose names are hostile."""
    folder = tmp_path_factory.mktemp("reports")
    ring = ([0, 1, 2, 3], [1, 2, 3, 0])
    graph = Graph(ring, x=[[1.0], [0.5], [2.0], [0.1]], y=[0.5, -1.0, 2.25, 1e6], train_mask=[True] * 4)
    model, task = GNN("gcn", 1, 2, 2, 1, seed=0), NodeTask(graph)
    (folder / "numbers.html").write_text(report(model, task, fit(model, graph, task=task, epochs=5)), "utf-8")
    graphs = [Graph(ring, x=[[float(k)]] * 4, y=k % 2, y_level="graph") for k in range(8)]
    (folder / "graphs.html").write_text(
        report(GNN("gcn", 1, 2, 2, 2, readout="mean", seed=0), GraphTask(graphs), History()), "utf-8"
    )
    names = [HOSTILE, "<img src=x onerror=alert(1)>", "c", "\u202egnp.exe"]
    graph = Graph(ring, x=[[1.0], [0.5], [2.0], [0.1]], y=[0, 1, 0, 1], train_mask=[True] * 4,
                  node_ids=names, class_names=[HOSTILE, "&amp;"])  # fmt: skip
    text = report(
        GNN("gcn", 1, 2, 2, 2, seed=0),
        NodeTask(graph),
        History(),
        title=HOSTILE,
        settings={"source": HOSTILE},
    )
    (folder / "hostile.html").write_text(text, "utf-8")
    return folder


def test_it_opens_from_disk_without_an_error_or_a_request(visit, karate):
    page = visit(karate[2])
    assert page.requests() == [karate[2].as_uri()]
    assert page.errors() == []
    assert page.find("script, link, img, iframe, object") == []


def test_the_numbers_on_the_page_are_the_librarys(visit, karate):
    model, task, path = karate
    page = visit(path)
    shown = page.browser.execute_script(HEADS_AND_CELLS, "#results tbody tr")
    assert [(line[0], float(line[3])) for line in shown] == [
        (split, pytest.approx(metrics["accuracy"], abs=5e-5))
        for split, metrics in task.evaluate(model).items()
    ]
    outputs = [[float(x) for x in row] for row in evaluate(model, task.graph)]
    wrong = {i for i, row in enumerate(outputs) if row.index(max(row)) != task.targets[i]}
    listed = page.browser.execute_script(HEADS_AND_CELLS, "#wrong tbody tr")
    assert {int(line[0]) for line in listed} == wrong
    assert all(line[2] != line[3] for line in listed)
    assert len(page.find(".graph > a")) == len(wrong) and len(page.find(".node")) == 34


def test_a_wrong_node_leads_to_its_row_by_mouse_and_by_keyboard(visit, karate):
    from selenium.webdriver.common.keys import Keys

    page = visit(karate[2])
    [node, other, *_] = page.find(".graph > a")
    page.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", node)
    node.click()
    assert page.find(":target")[0].get_attribute("id") == node.get_dom_attribute("href").split("#")[1]
    page.browser.execute_script("arguments[0].focus()", other)
    page.browser.switch_to.active_element.send_keys(Keys.ENTER)
    [row] = page.find(":target")
    assert row.is_displayed() and row.get_attribute("id") == other.get_dom_attribute("href").split("#")[1]
    name = page.browser.execute_script("return arguments[0].getAttribute('aria-label')", other)
    assert name.split(",")[0] == row.find_element("css selector", "th").text


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_and_pictures_can_be_read_in_light_and_dark(visit, karate, contrast, dark):
    page = visit(karate[2], dark=dark)
    least, text = page.contrasts()[0]
    assert least >= 4.5, text
    [ground] = page.browser.execute_script(PICTURE, ".curves .ground", "fill")
    assert (ground == "rgb(255, 255, 255)") == (not dark)
    words = page.browser.execute_script(PICTURE, ".curves text", "fill")
    assert min(contrast(colour, ground) for colour in words) >= 4.5
    lines = page.browser.execute_script(PICTURE, ".curves .line", "stroke")
    assert min(contrast(colour, ground) for colour in lines) >= 3.0
    [panel] = page.browser.execute_script(PICTURE, ".graph", "backgroundColor")
    names = page.browser.execute_script(PICTURE, ".graph .name", "fill")
    assert min(contrast(colour, panel) for colour in names) >= 4.5
    edges = page.browser.execute_script(PICTURE, ".graph .wrong", "stroke")
    assert min(contrast(colour, panel) for colour in edges) >= 3.0
    inner = page.browser.execute_script(PICTURE, ".graph .node circle", "fill")
    letters = page.browser.execute_script(PICTURE, ".graph .class", "fill")
    assert min(contrast(a, b) for a in set(letters) for b in set(inner)) >= 4.5


@pytest.mark.parametrize("name", ["karate", "numbers", "graphs", "hostile"])
def test_every_page_fits_a_phone_and_logs_nothing(visit, karate, others, name):
    page = visit(karate[2] if name == "karate" else others / f"{name}.html", width=360, dark=True)
    assert page.overflow() <= 0
    assert page.errors() == []
    assert page.contrasts()[0][0] >= 4.5
    assert page.unnamed() == []


def test_names_of_nodes_and_classes_stay_text(visit, others):
    page = visit(others / "hostile.html")
    assert page.browser.title == f"tinygnn report: {HOSTILE}"
    assert page.find("script, img") == []
    assert HOSTILE in page.texts("#confusion thead th")
    assert HOSTILE in page.texts("#settings dd")
    titles = page.texts(".graph title")
    assert len(titles) == 4 and titles[0].startswith(HOSTILE)


def test_a_link_opens_the_page_that_explains_a_node_from_disk(visit, tmp_path):
    run, path = str(tmp_path / "run"), tmp_path / "a report #1.html"
    assert main(["train", "karate", "--hidden", "2", "--epochs", "1", "--out", run]) == 0
    assert main(["report", run, "-o", str(path), "--explain", "1"]) == 0
    page = visit(path)
    [link] = page.find("#wrong td a")
    name = page.texts("#wrong tbody th")[0]
    link.send_keys("\n")
    assert page.texts("#title") == [f"Node {name}"]
    assert page.errors() == [] and page.requests()[-1].endswith(f"/a%20report%20%231-pages/node-{name}.html")


def test_landmarks_headings_and_tables_are_named(visit, karate):
    page = visit(karate[2])
    tree = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = [node["role"]["value"] for node in tree if not node.get("ignored")]
    assert {"banner", "navigation", "main", "region", "table", "columnheader", "rowheader"} <= set(roles)
    assert page.unnamed() == []
    assert len(page.find("table > caption")) == len(page.find("table"))


def test_it_prints_whole(visit, karate):
    page = visit(karate[2], dark=True)
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert page.find("nav")[0].is_displayed() is False
    assert set(page.browser.execute_script(PICTURE, ".scroll", "overflowX")) == {"visible"}
    assert page.browser.execute_script(PICTURE, "body", "backgroundColor") == ["rgb(255, 255, 255)"]
