"""A runner that runs at once, an asker that answers by script, and a small real month in a real store."""

from __future__ import annotations

from awra_desk.domain.errors import Cancelled, UserError
from awra_desk.exporters.xlsx import XlsxWriter
from awra_desk.ports.progress import silent


class Ended:
    def cancel(self):
        pass


class ImmediateRunner:
    """Everything on the caller's thread, `desk` in place of the other process's."""

    def __init__(self, desk):
        self.desk = desk
        self.cancel_next = False

    def start(self, lane, work, *, done, failed, progress=silent):
        return self._run(work, done, failed, progress)

    def start_process(self, work, *, done, failed, progress=silent):
        return self._run(lambda report: work(self.desk, report), done, failed, progress)

    def _run(self, work, done, failed, progress):
        def report(count, total, words):
            progress(count, total, words)
            if self.cancel_next:
                raise Cancelled

        try:
            result = work(report)
        except Exception as error:  # noqa: BLE001 - handed on, as a runner must
            failed(error)
        else:
            done(result)
        return Ended()


class HeldRunner(ImmediateRunner):
    """Keeps work until `let_go`."""

    def __init__(self, desk):
        super().__init__(desk)
        self.held = []

    def _run(self, work, done, failed, progress):
        self.held.append((work, done, failed, progress))
        return Ended()

    def let_go(self):
        held, self.held = self.held, []
        for item in held:
            super()._run(*item)


class ScriptedAsker:
    """Answers what the test says and remembers what it was told."""

    def __init__(self):
        self.answers = []
        self.questions, self.told, self.news = [], [], []

    def confirm(self, question, *, detail, verb):
        self.questions.append((question, verb))
        return self.answers.pop(0)

    def tell(self, error: UserError):
        self.told.append(error.text)

    def announce(self, text, *, undo=""):
        self.news.append((text, undo))


def writer():
    return XlsxWriter()
