"""The real window over the finished month of the view models' tests, with work that runs at once."""

import pytest

from awra_desk.app.composition import build_frame
from awra_desk.app.gui import make_application
from awra_desk.ui.theme import LIGHT, look
from tests.viewmodels.conftest import asker, desk, finished, runner, session  # noqa: F401 - fixtures


@pytest.fixture(scope="session")
def qapp_cls():
    """The application as the product makes it."""
    return lambda _arguments: make_application(LIGHT)


@pytest.fixture(autouse=True)
def _light(qapp):
    look().choose(LIGHT)


@pytest.fixture
def frame(qtbot, session):  # noqa: F811
    """The signed-in frame at the size of the pictures, shown and active."""
    made = build_frame(session)
    session.refresh()
    qtbot.addWidget(made)
    made.resize(1440, 900)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.screens["workbench"].workbench.choose("Stripe balance")
    made.current.enter()
    return made


@pytest.fixture
def workbench(frame):
    """The workbench's screen."""
    return frame.screens["workbench"]
