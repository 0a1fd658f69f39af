"""Settings for all tests: Hypothesis draws the same examples each time, skips can be forbidden; a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
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


CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
DRIVER = ("chromedriver",)


def _first_program(names: tuple[str, ...]) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)


def _no_browser(reason: str) -> NoReturn:
    if os.environ.get("TINYGNN_BROWSER") == "required":
        pytest.fail(f"{reason}, and TINYGNN_BROWSER is required")
    pytest.skip(reason)
