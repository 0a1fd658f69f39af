"""The page of HTML in a real browser: it loads nothing, fits a phone, and says what came of the cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tinygnn.conformance.case import Case, Result
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.html_report import write_html
from tinygnn.conformance.report import reproduction
from tinygnn.conformance.runner import VERDICTS, Outcome, run_cases
from tinygnn.conformance.summary_table import rows_of
from tinygnn.conformance.tinygnn_backend import TinygnnBackend

HOSTILE = "<script>document.title='broken into'</script>"

ROWS = """
return [...document.querySelectorAll("#layers tbody tr")]
  .map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent.replace("✗ ", "")))
  .filter((row) => row.length);
"""
SHOWN = """
return [...document.querySelectorAll("article")].filter((each) => each.querySelector("table")).map((each) =>
  [each.querySelector("h4"), ...[...each.querySelectorAll("td")].slice(1, 3)].map((e) => e.textContent));
"""
SEEN = "return [...document.querySelectorAll('article')].map((each) => each.checkVisibility())"
SCROLLS = "return [...document.querySelectorAll('.scroll')].map((each) => getComputedStyle(each).overflowX)"


class Wrong(TinygnnBackend):
    """Gradients of x of the other sign; raises for tanh."""

    name = HOSTILE

    def run(self, case: Case) -> Result:
        if case.call == "tanh":
            raise ValueError(HOSTILE)
        outputs = dict(super().run(case).outputs)
        outputs.update(
            {"grad x": [[-x for x in row] for row in outputs["grad x"]]} if "grad x" in outputs else {}
        )
        return Result(outputs)


@pytest.fixture(scope="module")
def runs() -> list[tuple[Any, list[Outcome]]]:
    cases = [case for case in all_cases() if case.call in ("tanh", "GCNConv", "SAGEConv")][::3]
    backend, other = TinygnnBackend(), Wrong()
    other.supports = lambda case: "mask" not in case.id  # type: ignore[method-assign]
    return [(each, list(run_cases(cases, each, known={}))) for each in (backend, other)]


@pytest.fixture(scope="module")
def path(runs: list[tuple[Any, list[Outcome]]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_html(path, runs, [HOSTILE], [HOSTILE])
    return path


def test_it_opens_from_disk_without_an_error_or_a_request(visit: Any, path: Path) -> None:
    page = visit(path)
    assert page.requests() == [path.as_uri()]
    assert page.errors() == []
    assert page.browser.title.endswith("conformance")
    assert page.find("script, link, img, iframe, object") == []


def test_the_numbers_in_the_tables_are_those_of_the_outcomes(
    visit: Any, path: Path, runs: list[tuple[Any, list[Outcome]]]
) -> None:
    page = visit(path)
    expected = [
        ["0" if text == "." else text for cell in row.cells for text in cell.columns()]
        for row in rows_of([done for _, done in runs])
    ]
    rows = page.browser.execute_script(ROWS)
    assert rows == expected and len(rows) == 3
    tally = page.texts("#backends tbody tr:last-child td")
    done = runs[1][1]
    assert [int(text.replace("✗ ", "")) for text in tally] == [
        len(done), *[sum(outcome.verdict == verdict for outcome in done) for verdict in VERDICTS]
    ]  # fmt: skip


def test_expected_and_got_are_those_of_the_outcomes_to_the_last_digit(
    visit: Any, path: Path, runs: list[tuple[Any, list[Outcome]]]
) -> None:
    page = visit(path)
    worst = {o.case.id: o.worst for _, done in runs for o in done if o.verdict == "wrong"}
    shown = page.browser.execute_script(SHOWN)
    assert len(shown) == len(worst) > 5
    for name, expected, got in shown:
        assert (float(expected), float(got)) == (worst[name].expected, worst[name].got)
    commands = page.texts(".command")
    assert sorted(commands) == sorted(reproduction(o) for _, done in runs for o in done if o.failed)


def test_one_click_marks_a_command_and_nothing_else(visit: Any, path: Path) -> None:
    page = visit(path)
    [command, *_] = page.find(".command")
    page.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", command)
    command.click()
    assert (
        page.browser.execute_script("return getSelection().toString()").strip() == page.texts(".command")[0]
    )


def test_no_name_runs_as_a_script(visit: Any, path: Path) -> None:
    page = visit(path)
    assert page.browser.title != "broken into"
    assert HOSTILE in page.texts("#layers th[scope=colgroup]")[1]
    assert any(HOSTILE in text for text in page.texts("#failures h3"))


@pytest.mark.parametrize("width", [360, 1500])
def test_nothing_but_tables_scrolls_sideways(visit: Any, path: Path, width: int) -> None:
    page = visit(path, width=width)
    page.browser.execute_script("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.overflow() <= 0
    wide = page.browser.execute_script(
        "return [...document.querySelectorAll('body *')].filter((e) => !e.closest('.scroll') && "
        "e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.tagName)"
    )
    assert wide == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_has_a_contrast_of_at_least_four_and_a_half(visit: Any, path: Path, dark: bool) -> None:
    page = visit(path, dark=dark)
    page.browser.execute_script("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    found = page.contrasts()
    assert len(found) > 100
    assert found[0][0] >= 4.5, found[0]
    ground = page.browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (not dark)


def test_the_keyboard_reaches_links_tables_and_what_is_folded(visit: Any, path: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    page = visit(path)
    reached = page.tab(9)
    assert reached[:9] == ["a"] * 7 + ["div"] * 2  # the failures, the contents, the first two tables
    [summary, *_] = page.find("#failures summary")
    details = page.find("#failures details")[0]
    assert details.get_attribute("open") is None
    summary.send_keys(Keys.ENTER)
    assert details.get_attribute("open") is not None
    page.find("nav a")[2].send_keys(Keys.ENTER)
    assert (
        page.browser.execute_script("return document.querySelector('#failures').getBoundingClientRect().top")
        < 50
    )


def test_a_screen_reader_finds_landmarks_headings_and_names(visit: Any, path: Path) -> None:
    page = visit(path)
    tree = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = [node["role"]["value"] for node in tree if not node.get("ignored")]
    assert {"banner", "navigation", "main", "region", "table", "caption"} <= set(roles)
    assert {"columnheader", "rowheader"} <= set(roles)
    assert page.unnamed() == []
    levels = [int(name[1]) for name in page.browser.execute_script(
        "return [...document.querySelectorAll('h1, h2, h3, h4')].map((h) => h.tagName)")]  # fmt: skip
    assert levels[0] == 1 and all(b - a <= 1 for a, b in zip(levels, levels[1:]))


def test_it_prints_with_everything_unfolded_and_no_table_cut_off(visit: Any, path: Path) -> None:
    page = visit(path)
    assert False in page.browser.execute_script(SEEN)
    assert set(page.browser.execute_script(SCROLLS)) == {"auto"}
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert page.find("nav")[0].is_displayed() is False
        assert False not in page.browser.execute_script(SEEN)
        assert set(page.browser.execute_script(SCROLLS)) == {"visible"}
    finally:
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
