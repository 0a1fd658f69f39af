"""The page in a real browser, from disk: what is read off it are the library's numbers."""

from __future__ import annotations

import pytest

from tinygnn import GNN, cross_entropy
from tinygnn.adapters import load
from tinygnn.explain import explain
from tinygnn.explain.expression import plain_number
from tinygnn.optim import Adam


@pytest.fixture(scope="module")
def trained():
    """A model after 20 epochs, its graph, its optimizer, and its page."""
    graph = load("karate")[0]
    model = GNN("gcn", graph.num_features, 4, 2, 4, seed=1)
    optimizer = Adam(model.parameters(), lr=0.01)
    for _ in range(20):
        optimizer.zero_grad()
        cross_entropy(model(graph), graph.y, mask=graph.train_mask).backward()
        optimizer.step()
    page = explain(model, graph, node=8, optimizer=optimizer, title="karate")
    optimizer.zero_grad()
    outputs = model(graph)
    cross_entropy(outputs, graph.y, mask=graph.train_mask).backward()
    return model, graph, optimizer, outputs, page


@pytest.fixture
def opened(browser, trained, tmp_path):
    """The page, opened from disk anew."""
    path = tmp_path / "page.html"
    path.write_text(trained[-1], "utf-8")
    browser.get_log("browser"), browser.get_log("performance")
    browser.get(path.as_uri())
    return browser


def css(browser, selector):
    return browser.find_elements("css selector", selector)


def texts(browser, selector):
    return [element.text for element in css(browser, selector)]


def press(browser, selector, key):
    [element] = css(browser, selector)
    element.send_keys(key)


def requests(browser):
    """What the page asked for, as the browser tells it."""
    import json

    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    return [url for url in sent if not url.startswith("data:")]


def test_it_opens_from_disk_without_an_error_or_a_request(opened):
    asked = requests(opened)
    assert len(asked) == 1 and asked[0].startswith("file:///")
    assert opened.get_log("browser") == []
    assert texts(opened, "#title") == ["Node 8"]
    assert len(css(opened, ".node")) == 34


def test_the_last_total_is_the_models_output(opened, trained):
    outputs = trained[3]
    assert texts(opened, "table[data-part=sum] tr.sum:last-child td button") == [
        plain_number(v.data) for v in outputs[8]
    ]


def test_messages_add_up_to_the_sum_that_is_shown(opened):
    rows = css(opened, "table[data-part=messages] tbody tr")
    shown = [[float(b.text) for b in row.find_elements("css selector", "td button")] for row in rows]
    sums = [float(text) for text in texts(opened, "table[data-part=sum] tr.sum:first-child td button")]
    assert [sum(column) for column in zip(*shown)] == pytest.approx(sums, abs=1e-4)


def test_clicking_a_node_shows_its_chain(opened, trained):
    outputs = trained[3]
    opened.execute_script("document.querySelector('[data-node=\"24\"]').dispatchEvent(new Event('click'))")
    assert texts(opened, "#title") == ["Node 24"]
    assert texts(opened, "table[data-part=sum] tr.sum:last-child td button") == [
        plain_number(v.data) for v in outputs[24]
    ]


def test_gradients_are_those_of_backward(opened, trained):
    outputs = trained[3]
    [choice] = css(opened, "#gradients")
    choice.click()
    assert texts(opened, "table[data-part=sum] tr.sum:last-child td button") == [
        plain_number(v.grad) for v in outputs[8]
    ]
    [first, *_] = css(opened, "table[data-part=messages] tbody tr td")
    assert "rgba(" in first.value_of_css_property("background-color")
    assert "loss per unit" in texts(opened, "#keys")[0]
    kinds = {edge.get_attribute("class") for edge in css(opened, "#graph path[data-target]")}
    assert kinds == {"message plus", "message minus"}


def test_a_number_opens_its_autograd_graph_layer_by_layer_down_to_single_values(opened):
    css(opened, "table[data-part=messages] tbody tr td button")[0].click()
    assert texts(opened, "#value-title")[0].startswith("message ")
    groups = ["act", "convs.1.lin.weight", "convs.0", "convs.0.bias", "convs.0.lin.weight"]
    assert layers_drawn(opened) == groups
    css(opened, ".box[data-group=act]")[0].click()
    assert layers_drawn(opened) == [name for name in groups if name != "act"]
    assert len(css(opened, ".box.one[data-key$=act]")) == 4
    css(opened, "button[data-close]")[0].click()
    assert layers_drawn(opened) == groups
    css(opened, ".box[data-group=act]")[0].click()
    css(opened, ".box.one[data-key$=act]")[0].click()
    assert texts(opened, "#value-title")[0].startswith("act at ")
    assert "relu of 1 number" in texts(opened, "#value-parents caption")[0]
    css(opened, "#trail button")[0].click()
    assert texts(opened, "#value-title")[0].startswith("message ")


BOXES = """
return [...document.querySelectorAll(`.box.one[data-key$=${arguments[0]}]`)].map(
  (box) => [...box.querySelectorAll("text")].map((text) => text.textContent));
"""


def layers_drawn(browser):
    return [box.get_attribute("data-group") for box in css(browser, ".box.many")]


def test_single_values_are_drawn_with_their_numbers_and_a_large_layer_opens_by_operation(opened, trained):
    outputs = trained[3]
    css(opened, "#loss li[data-line=loss] button")[0].click()
    css(opened, ".box[data-group='convs.1']")[0].click()
    assert {"total", "linear combination", "dot"} <= set(layers_drawn(opened))
    css(opened, ".box[data-group=total]")[0].click()
    drawn = css(opened, ".box.one[data-key$=total]")
    assert len(drawn) == 32 and opened.switch_to.active_element == drawn[0]
    shown = opened.execute_script(BOXES, "total")
    made = {f"total at {i} [{f}]": v for i in range(34) for f, v in enumerate(outputs[i])}
    told = [texts for texts in shown if texts[0] in made]
    assert len(told) == 16
    for name, operation, number, gradient in told:
        assert operation == "total"
        assert number == f"data {plain_number(made[name].data)}"
        assert gradient == f"grad {plain_number(made[name].grad)}"


def test_the_loss_is_a_number_like_the_others(opened):
    css(opened, "#loss li[data-line=loss] button")[0].click()
    assert texts(opened, "#value-title") == ["loss"]
    assert texts(opened, "#value-grad") == ["1"]


def test_the_parts_of_a_weights_gradient_and_adams_step_are_the_librarys(opened, trained):
    model, graph, optimizer, _, _ = trained
    from selenium.webdriver.support.ui import Select

    Select(css(opened, "#weight-name")[0]).select_by_visible_text("convs.1.lin.weight")
    Select(css(opened, "#weight-row")[0]).select_by_visible_text("[2]")
    Select(css(opened, "#weight-place")[0]).select_by_visible_text("[1]")
    assert len(css(opened, "#weight-place option")) == len(model.convs[1].lin.weight[2])
    assert texts(opened, "#shares caption")[0].startswith("d loss / d convs.1.lin.weight[2][1] = ")
    weight = model.convs[1].lin.weight[2][1]
    assert texts(opened, "#weight-gradient") == [plain_number(weight.grad)]
    parts = [float(row.find_elements("css selector", "td")[2].text) for row in css(opened, "tr[data-share]")]
    assert sum(parts) == pytest.approx(weight.grad, abs=1e-5 * sum(map(abs, parts)))
    before, state = weight.data, optimizer.state_dict()
    numbers = [parameter.data for parameter in model.parameters()]
    optimizer.step()
    after = weight.data
    for parameter, number in zip(model.parameters(), numbers):
        parameter.data = number
    optimizer.load_state_dict(state)
    assert texts(opened, "[data-line=w] strong") == [plain_number(before)]
    assert texts(opened, "[data-line=new] strong") == [plain_number(after)]
    Select(css(opened, "#weight-name")[0]).select_by_visible_text("convs.1.bias")
    assert not css(opened, "#weight-row")[0].is_displayed()
    Select(css(opened, "#weight-place")[0]).select_by_visible_text("[3]")
    assert texts(opened, "#weight-gradient") == [plain_number(model.convs[1].bias[3].grad)]


def test_the_keyboard_is_enough(opened):
    from selenium.webdriver.common.keys import Keys

    press(opened, ".node.chosen", Keys.ARROW_RIGHT)
    assert texts(opened, "#title") == ["Node 9"]
    assert opened.switch_to.active_element.get_attribute("data-node") == "9"
    press(opened, ".node.chosen", Keys.ARROW_LEFT)
    css(opened, "table[data-part=messages] tbody td button")[0].send_keys(Keys.ENTER)
    assert css(opened, "#autograd")[0].is_displayed()
    [act] = css(opened, ".box[data-group=act]")
    assert act.get_attribute("aria-expanded") == "false"
    act.send_keys(Keys.ENTER)
    assert opened.switch_to.active_element.get_attribute("aria-label").startswith("act at ")
    opened.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not css(opened, "#autograd")[0].is_displayed()


@pytest.mark.parametrize("conv", ["sage", "gat", "gin", "edge", "tag"])
def test_pages_of_other_convolutions_show_all_layers_without_an_error(browser, tmp_path, conv):
    from selenium.webdriver.support.ui import Select

    graph = load("karate")[0]
    path = tmp_path / f"{conv}.html"
    path.write_text(explain(GNN(conv, 34, 4, 2, 4, seed=1), graph, node=16), "utf-8")
    browser.get_log("browser")
    browser.get(path.as_uri())
    for layer in range(2):
        Select(css(browser, "#layer")[0]).select_by_index(layer)
        css(browser, "#gradients")[0].click()
        css(browser, "table[data-part=messages] tbody td button")[0].click()
        assert css(browser, ".box")
        css(browser, "#close")[0].click()
    assert browser.get_log("browser") == []
