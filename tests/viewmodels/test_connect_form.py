"""The form that connects: signing in with the address brought back, stopping it, and what is never kept."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from awra_desk.app.bootstrap import ACCESS
from awra_desk.app.connecting import DeskConnecting
from awra_desk.system.secrets import MemorySecrets
from awra_desk.viewmodels.connect_form import ConnectForm
from awra_desk.viewmodels.connections import Connections
from awra_desk.viewmodels.session import Session
from tests.unit.services.conftest import PASSWORD, new_scene
from tests.viewmodels.doubles import HeldRunner, ImmediateRunner, ScriptedAsker, writer

APP = {"client_id": "app", "client_secret": "of the app"}
PAGE = "https://books.example.com/signed-in"


class Asking(DeskConnecting):
    """Signs in as a provider would that sends people to a page of their own."""

    def sign_in(self, connection, given, *, redirect, ask, progress):
        self.landed = ask("Sign in there, then paste the whole address your browser ended at: ")
        options = {**connection.options, "realm_id": "77"}
        return {**given, "refresh_token": "r1", "scope": "a b"}, replace(connection, options=options)


@pytest.fixture
def scene(tmp_path):
    with new_scene(tmp_path) as made:
        yield made


@pytest.fixture
def keys():
    return MemorySecrets()


@pytest.fixture
def desk(scene, keys):
    return replace(scene.desk, connecting=Asking(keys, scene.desk.clock, None, ACCESS))


def opened(desk, runner=None):
    runner = runner or ImmediateRunner(desk)
    session = Session(desk, runner, ScriptedAsker(), writer=writer)
    session.sign_in("amina", PASSWORD)
    model = Connections(session)
    form = ConnectForm(model)
    form.choose("quickbooks")
    return model, form


def submit(form, values=APP):
    form.submit("Books", "https://quickbooks.api.intuit.com", "Africa/Nairobi", values, PAGE)


def test_the_address_that_the_browser_ended_at_is_brought_back(desk, keys, scene):
    model, form = opened(desk)
    form.answer(f" {PAGE}?code=1 ")
    submit(form)
    assert form.state.finished
    assert desk.connecting.landed == f"{PAGE}?code=1"
    assert json.loads(keys.get("co/Books")) == {**APP, "refresh_token": "r1", "scope": "a b"}
    assert model.current().options["realm_id"] == "77"
    assert scene.trail()[-1].detail["signed_in"] == "a b"
    assert model.session.asker.news[-1][0] == "Books is connected and reads only. Test it, then pull it."
    assert not any(secret in repr(form.state) for secret in (APP["client_secret"], "r1"))


def test_a_sign_in_that_is_stopped_connects_nothing(desk, keys):
    model, form = opened(desk)
    model.session.jobs._runner.cancel_next = True
    submit(form)
    assert (form.state.busy, form.state.asking, form.state.finished) == (False, False, False)
    assert model.session.asker.news[-1][0] == "Connect stopped. Nothing was connected."
    assert keys.get("co/Books") is None
    assert model.state.rows[0].name == "books"


def test_while_it_waits_it_says_so_and_takes_nothing_else(desk):
    runner = HeldRunner(desk)
    session = Session(desk, runner, ScriptedAsker(), writer=writer)
    session.sign_in("amina", PASSWORD)
    runner.let_go()
    runner.let_go()
    form = ConnectForm(Connections(session))
    form.choose("quickbooks")
    submit(form)
    assert (form.state.busy, form.state.asking) == (True, True)
    before = len(runner.held)
    submit(form)
    assert len(runner.held) == before
    form.cancel()
    assert form.state.words == "stopping…"


def test_what_is_missing_is_named_before_anything_is_asked(desk):
    _, form = opened(desk)
    submit(form, {"client_id": "app"})
    assert form.state.trouble.text == "Client secret of your app is missing. Fill it in."
    form.submit(" ", "https://x.example", "UTC", APP, PAGE)
    assert form.state.trouble.what == "The name is missing"
    form.choose("mpesa_statement")
    form.submit("M-PESA", "", "UTC", {}, "")
    assert form.state.trouble.what == "File or folder is missing"
    assert not form.state.busy
