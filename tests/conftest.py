"""Settings for all tests: Hypothesis draws the same examples each time, skips can be forbidden; a browser."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pytest
from hypothesis import settings

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

settings.register_profile("deterministic", derandomize=True, deadline=None, database=None, print_blob=True)
settings.load_profile("deterministic")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips",
        action="store_true",
        help="fail where a test is skipped, unless its reason names TINYGNN_DATA: for environments in which "
        "every package is there, so that a test cannot go missing unseen",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _fail_if_skipped(item.config, (yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _fail_if_skipped(collector.config, (yield))


def _fail_if_skipped(config: pytest.Config, report: Report) -> Report:
    expected_failure = hasattr(report, "wasxfail")
    if config.getoption("--no-skips") and report.skipped and not expected_failure:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if "TINYGNN_DATA" not in reason:
            report.outcome = "failed"
            report.longrepr = f"{reason} (and --no-skips was given)"
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium, driven by selenium; a window of a desktop's size.

    Where selenium, Chromium or its driver is missing the test is skipped, or, with TINYGNN_BROWSER=required,
    fails; with TINYGNN_BROWSER=none nothing is tried.
    """
    if os.environ.get("TINYGNN_BROWSER") == "none":
        _no_browser("TINYGNN_BROWSER is none")
    chromium, driver = (_first_program(names) for names in (CHROMIUM, DRIVER))
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
    except ImportError:
        _no_browser("selenium is not installed")
    if chromium is None or driver is None:
        _no_browser("there is no Chromium with its driver here (Debian: apt-get install chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    options.add_argument("--window-size=1500,1100")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    yield started
    started.quit()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Page]]:
    """Open a page from disk in a window of that size, in light or dark."""

    def visit(path: Path, *, width: int = 1500, height: int = 1100, dark: bool = False) -> Page:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        browser.get_log("browser"), browser.get_log("performance")
        browser.get(path.as_uri())
        return Page(browser)

    yield visit
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.fixture(scope="session")
def contrast() -> Callable[[str, str], float]:
    """The contrast (WCAG 2) of two colours in the browser's form, as rgb(0, 114, 178)."""

    def light(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        r, g, b = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    def contrast(one: str, other: str) -> float:
        low, high = sorted([light(one), light(other)])
        return (high + 0.05) / (low + 0.05)

    return contrast


class Page:
    """What can be asked of a page that is open in the browser."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser

    def find(self, selector: str) -> list[Any]:
        return list(self.browser.find_elements("css selector", selector))

    def texts(self, selector: str) -> list[str]:
        """The texts of the elements, folded ones too."""
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
        return list(self.browser.execute_script(script, selector))

    def errors(self) -> list[str]:
        """What the console holds."""
        return [entry["message"] for entry in self.browser.get_log("browser")]

    def requests(self) -> list[str]:
        """What was asked for since the page was opened, itself among it."""
        events = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [each["request"]["url"] for each in sent]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        script = "return document.documentElement.scrollWidth - window.innerWidth"
        return int(self.browser.execute_script(script))

    def contrasts(self) -> list[tuple[float, str]]:
        """The contrast (WCAG 2) of every text in HTML that is seen, and its beginning; the least first."""
        return sorted((ratio, text) for ratio, text in self.browser.execute_script(CONTRAST))

    def unnamed(self) -> list[str]:
        """The roles of what can be reached by keyboard and has no name for a screen reader."""
        tree = self.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        reached = [
            node for node in tree
            for each in node.get("properties", []) if each["name"] == "focusable" and each["value"]["value"]
        ]  # fmt: skip
        roles = [(node["role"]["value"], node.get("name", {}).get("value")) for node in reached]
        return [role for role, name in roles if not name and role != "RootWebArea"]

    def tab(self, times: int) -> list[str]:
        """What has the focus after each press of Tab: its element's name."""
        from selenium.webdriver.common.keys import Keys

        names = []
        for _ in range(times):
            self.browser.switch_to.active_element.send_keys(Keys.TAB)
            names.append(self.browser.execute_script("return document.activeElement.tagName.toLowerCase()"))
        return names


CONTRAST = """
const linear = (x) => x / 255 <= 0.03928 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4;
const light = (c) => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
const parse = (text) => {
  const n = text.match(/[\\d.]+/g).map(Number);
  return n.length < 4 ? [...n, 1] : n;
};
const over = (top, below) => top.slice(0, 3).map((x, k) => x * top[3] + below[k] * (1 - top[3]));
const root = matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
const ground = (e) => {
  const found = [];
  for (; e; e = e.parentElement) found.push(parse(getComputedStyle(e).backgroundColor));
  return found.reverse().reduce((below, top) => over(top, below), root);
};
const out = [];
for (const e of document.querySelectorAll("body *")) {
  const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!own || !e.checkVisibility() || e.closest("svg, script, option")) continue;
  const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
  out.push([(a + 0.05) / (b + 0.05), e.textContent.slice(0, 30)]);
}
return out;
"""
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
DRIVER = ("chromedriver",)


def _first_program(names: tuple[str, ...]) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)


def _no_browser(reason: str) -> NoReturn:
    if os.environ.get("TINYGNN_BROWSER") == "required":
        pytest.fail(f"{reason}, and TINYGNN_BROWSER is required")
    pytest.skip(reason)
