"""Types on a real X screen and waits for what the window's title and the workspace say."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager

PATIENCE = 600  # seconds; a busy machine is slow
SOON, PAUSE = 10, 0.3


def wait_for(ready, what):
    """The first true answer."""
    until = time.monotonic() + PATIENCE
    while not (answer := ready()):
        assert time.monotonic() < until, f"never came: {what}"
        time.sleep(0.1)
    return answer


@contextmanager
def screen():
    """A display of its own with a window manager; its name."""
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1440x900x24", "-nolisten", "tcp"],
        pass_fds=[writer], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writer)
    try:
        with os.fdopen(reader) as pipe:
            name = f":{pipe.readline().strip()}"
        manager = subprocess.Popen(["openbox"], env=os.environ | {"DISPLAY": name}, stderr=subprocess.DEVNULL)
        try:
            yield name
        finally:
            manager.terminate()
            manager.wait()
    finally:
        server.terminate()
        server.wait()


class Typist:
    """One person at one screen."""

    def __init__(self, display):
        self._environment = os.environ | {"DISPLAY": display}

    def run(self, *words):
        done = subprocess.run(["xdotool", *words], env=self._environment, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    def title(self):
        """Of the window that has the keyboard."""
        return self.run("getactivewindow", "getwindowname")

    def see(self, *parts):
        """Wait until the title holds all parts."""
        wait_for(lambda: all(part in self.title() for part in parts), f"{parts} in {self.title()!r}")

    def see_dialog(self):
        """Wait until a question has the keyboard; its title is the program's name alone."""
        wait_for(lambda: self.title() == "AWRA Desk", f"a dialog over {self.title()!r}")

    def press(self, *keys):
        for key in keys:
            self.run("key", "--clearmodifiers", key)
            time.sleep(PAUSE)

    def write(self, text):
        self.run("type", "--delay", "8", text)
        time.sleep(PAUSE)

    def try_until(self, keys, ready, what):
        """Press keys that open something and choose in it; a busy machine may not have opened it yet, so try again."""

        def tried():
            self.press(*keys)
            until = time.monotonic() + SOON
            while not (answer := ready()) and time.monotonic() < until:
                time.sleep(0.1)
            if not answer:
                self.press("Escape")
            return answer

        wait_for(tried, what)

    def sign_in(self, name, password):
        self.see("Sign in")
        self.write(name)
        self.press("Return")
        self.write(password)
        self.press("Return")
        # The next person finds the screen where the last one left it.
        wait_for(lambda: "Sign in" not in self.title() and " – AWRA Desk" in self.title(), f"{name} signed in")


@contextmanager
def program(display, *arguments, home):
    """The product's own command on that display."""
    settings = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
    log = home / "program.log"
    with log.open("w", encoding="utf-8") as file:
        started = subprocess.Popen(
            [sys.executable, "-m", "awra_desk", *arguments],
            cwd=home,
            env=os.environ | settings,
            stderr=file,
            stdout=file,
        )
        try:
            yield log
        finally:
            started.terminate()
            started.wait(20)
