"""What holds for every test: no display, no unexpected log record, no skip in CI, PostgreSQL or an honest word.

Fixtures for everybody: `expect_log` and `postgres_url`. Nothing about the product itself belongs here.
"""

import logging
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.soak import is_full

# Without a display Qt would abort the whole run.
os.environ["QT_QPA_PLATFORM"] = os.environ.get("QT_QPA_PLATFORM") or "offscreen"

POSTGRES = "AWRA_TEST_POSTGRES"
LONG = {"e2e", "keyboard", "simulation"}
IN_CI = os.environ.get("CI") == "true"

# A busy machine must not turn a sound property into a failure; a quick run must give the same answer twice.
settings.register_profile("share", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("full", parent=settings.get_profile("share"), derandomize=False, max_examples=2_000)
settings.load_profile("full" if is_full() else "share")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Whoever asks for the server needs it: the marker follows from the fixture."""
    if "postgres_url" in getattr(item, "fixturenames", ()):
        item.add_marker("postgres")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a server, leave the PostgreSQL tests out and say so; in CI the run fails by it."""
    items.sort(key=lambda item: LONG.isdisjoint(item.path.parts))  # long files first: no core waits at the end
    if os.environ.get(POSTGRES):
        return
    needy = [item for item in items if item.get_closest_marker("postgres")]
    if needy:
        config.hook.pytest_deselected(items=needy)
        items[:] = [item for item in items if item not in set(needy)]
        config.stash[_LEFT_OUT] = len(needy)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a test that skipped or was left out makes a failed run: it proves nothing."""
    left_out = session.config.stash.get(_LEFT_OUT, 0)
    output = getattr(session.config, "workeroutput", None)
    if output is not None:  # one of several workers: the one that gives them work draws the conclusion
        output["left_out"] = left_out
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter is not None and (left_out or reporter.stats.get("skipped")):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.section("no test may skip in CI", red=True)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Every worker collects all tests, so each of them left out the same."""
    if error is None:
        node.config.stash[_LEFT_OUT] = node.workeroutput["left_out"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was left out, where it cannot be overlooked."""
    left_out = config.stash.get(_LEFT_OUT, 0)
    if left_out:
        terminalreporter.section(f"{left_out} PostgreSQL tests left out: no server ({POSTGRES})", yellow=True)


_LEFT_OUT = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A superuser's `postgresql://` address of an empty, throw-away server on loopback."""
    return os.environ[POSTGRES]


class _Collector(logging.Handler):
    """Keeps every record of a test that somebody would have to answer for."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.levelname} {record.name}: {record.getMessage()}")


class ExpectedLogs:
    """The patterns one test declared, each of which must be met."""

    def __init__(self) -> None:
        self.patterns: list[str] = []

    def __call__(self, pattern: str) -> None:
        """Declare that records matching this regular expression (of `LEVEL logger: message`) will be logged."""
        self.patterns.append(pattern)

    def verdict(self, messages: list[str]) -> str:
        """What is wrong with these messages, empty if nothing is."""
        unexpected = [text for text in messages if not any(re.search(pattern, text) for pattern in self.patterns)]
        unmet = [pattern for pattern in self.patterns if not any(re.search(pattern, text) for text in messages)]
        lines = [f"unexpected log record (declare it by the fixture expect_log): {text}" for text in unexpected]
        return "\n".join(lines + [f"expected log record never came: {pattern}" for pattern in unmet])


@pytest.fixture
def expect_log() -> Callable[[str], None]:
    """Call it with a regular expression for every warning or error the test means to provoke."""
    return ExpectedLogs()


@pytest.fixture(autouse=True)
def _no_unexpected_log(expect_log: ExpectedLogs) -> Iterator[None]:
    collector = _Collector()
    root = logging.getLogger()
    root.addHandler(collector)
    try:
        yield
    finally:
        root.removeHandler(collector)
    verdict = expect_log.verdict(collector.messages)
    if verdict:
        pytest.fail(verdict, pytrace=False)
