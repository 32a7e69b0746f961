"""Secrets go to the system's keyring; where there is none, to memory with a notice, and nowhere else."""

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from threading import Event

import keyring.backend
import keyring.errors
import pytest

from awra_desk.system import secrets as module
from awra_desk.system.secrets import NOTICE, SERVICE, KeyringSecrets, MemorySecrets

SECRET = '{"api_key": "rk_live_canary"}'


class Ring(keyring.backend.KeyringBackend):
    """A keyring in a dictionary."""

    priority = 5

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if (service, username) not in self.kept:
            raise keyring.errors.PasswordDeleteError("not there")
        del self.kept[service, username]


class Broken(Ring):
    """A keyring that fails as asked."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def get_password(self, service, username):
        raise self.error

    def set_password(self, service, username, password):
        raise self.error

    def delete_password(self, service, username):
        raise self.error


def test_a_secret_goes_to_the_keyring_and_comes_back():
    ring = Ring()
    store = KeyringSecrets(ring)
    assert store.get("acme/Stripe") is None
    store.put("acme/Stripe", SECRET)
    assert ring.kept == {(SERVICE, "acme/Stripe"): SECRET}
    assert KeyringSecrets(ring).get("acme/Stripe") == SECRET
    store.delete("acme/Stripe")
    store.delete("acme/Stripe")
    assert store.get("acme/Stripe") is None
    assert store.notice == ""


@pytest.mark.parametrize(
    "error",
    [
        keyring.errors.NoKeyringError("none"),
        keyring.errors.KeyringLocked(SECRET),
        keyring.errors.InitError("bus"),
        OSError("bus"),
    ],
)
def test_a_keyring_that_fails_leaves_memory_and_a_notice(error, expect_log, caplog):
    expect_log("no keyring")
    store = KeyringSecrets(Broken(error))
    store.put("acme/Stripe", SECRET)
    assert store.get("acme/Stripe") == SECRET
    assert store.notice == NOTICE
    assert SECRET not in caplog.text
    store.delete("acme/Stripe")
    assert store.get("acme/Stripe") is None
    assert len(caplog.records) == 1


@pytest.mark.parametrize("use", ["get", "delete"])
def test_reading_from_a_broken_keyring_does_not_fail(use, expect_log):
    expect_log("no keyring")
    store = KeyringSecrets(Broken(keyring.errors.KeyringLocked("locked")))
    assert getattr(store, use)("acme/Stripe") is None
    assert store.notice == NOTICE


def test_only_the_operating_systems_own_keyrings_are_taken(monkeypatch, expect_log):
    expect_log("no keyring")
    plain = Ring()
    plain.__class__.__module__ = "keyrings.alt.file"
    monkeypatch.setattr(keyring.backend, "get_all_keyring", lambda: [plain])
    store = KeyringSecrets()
    store.put("a", SECRET)
    assert plain.kept == {}
    assert store.get("a") == SECRET


def test_the_best_safe_keyring_is_taken(monkeypatch):
    class Better(Ring):
        priority = 9

    weak, best = Ring(), Better()
    Ring.__module__ = "keyring.backends.libsecret"
    Better.__module__ = "keyring.backends.SecretService"
    monkeypatch.setattr(keyring.backend, "get_all_keyring", lambda: [weak, best])
    store = KeyringSecrets()
    store.put("a", SECRET)
    assert best.kept == {(SERVICE, "a"): SECRET}
    assert module.NOTICE not in store.notice


def test_memory_shows_nothing():
    store = MemorySecrets()
    store.put("a", SECRET)
    assert "canary" not in repr(store)


def test_threads_that_need_the_first_secret_together_ask_the_same_keyring(monkeypatch):
    """The second must not think that there is none while the first still looks for it."""
    looking, found = Event(), Event()
    ring = Ring()
    for name in ("a", "b"):
        ring.set_password(SERVICE, name, f"secret of {name}")

    def search():
        looking.set()
        assert found.wait(10)
        return ring

    monkeypatch.setattr(module, "_system_keyring", search)
    store = KeyringSecrets()
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(store.get, name) for name in ("a", "b")]
        assert looking.wait(10)
        wait(asked, timeout=0.2, return_when=FIRST_COMPLETED)  # room for one that would not wait for the other
        found.set()
        assert [each.result() for each in asked] == ["secret of a", "secret of b"]
    assert store.notice == ""
