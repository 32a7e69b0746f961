"""The form that connects a system or gives it new credentials; what is typed as a secret is handed on, never kept."""

from __future__ import annotations

import queue
from collections.abc import Mapping
from dataclasses import dataclass, replace

from awra_desk.domain.errors import UserError
from awra_desk.ports.connections import Connection
from awra_desk.ports.progress import Progress
from awra_desk.ports.providers import Field, Filled, Offer
from awra_desk.ports.tasks import Lane
from awra_desk.services.connect import connect, connecting_of
from awra_desk.viewmodels.connections import Connections
from awra_desk.viewmodels.observable import Observable

CONNECT = "Connect"
_POLL = 0.2  # seconds between two looks at a cancel while the person is in the browser


@dataclass(frozen=True, slots=True)
class FormState:
    """What the form shows.

    Attributes:
        fixed: the connection that is changed, None when one is added; its provider and name stay.
        notice: why no secret can be kept here, "" when one can. access: what will be asked for, in words.
        busy: it is being connected; words: how far that is. asking: the address the browser ended at is awaited.
        trouble: why it was refused. finished: it is connected.
    """

    offers: tuple[Offer, ...] = ()
    offer: Offer | None = None
    fixed: Connection | None = None
    notice: str = ""
    access: str = ""
    verb: str = ""
    busy: bool = False
    words: str = ""
    asking: bool = False
    trouble: UserError | None = None
    finished: bool = False


class ConnectForm(Observable[FormState]):
    """One use of the form.

    Args:
        fixed: the connection that is changed, None to add one.
    """

    def __init__(self, connections: Connections, fixed: Connection | None = None) -> None:
        offers = tuple(connections.offers.values())
        super().__init__(FormState(offers=offers, fixed=fixed))
        self._connections, self._session = connections, connections.session
        self._answers: queue.Queue[str] = queue.Queue()
        self._job = 0
        self.choose(fixed.provider if fixed else offers[0].provider)
        self._unsubscribe = self._session.jobs.subscribe(self._follow)
        connecting = connecting_of(self._session.desk)
        self._session.jobs.quietly(
            Lane.NET, connecting.notice, lambda notice: self._set(replace(self.state, notice=notice))
        )

    def choose(self, provider: str) -> None:
        """Another provider."""
        offer = next(offer for offer in self.state.offers if offer.provider == provider)
        verb = "Sign in…" if offer.signs_in else "Save" if self.state.fixed else CONNECT
        self._set(replace(self.state, offer=offer, access=_access(offer), verb=verb, trouble=None))

    def submit(self, name: str, base_url: str, zone: str, values: Mapping[str, str], redirect: str) -> None:
        """Connect it; a refusal stands in `state.trouble`.

        Args:
            values: by the field's name, options and parts of the secret alike.
        """
        offer = self.state.offer
        if offer is None or self.state.busy:
            return
        trouble = self._lacks(offer, name, base_url, values)
        self._set(replace(self.state, trouble=trouble))
        if trouble is not None:
            return
        secret = {each.name: values.get(each.name, "") for each in offer.secrets}
        options = {each.name: values.get(each.name, "") for each in offer.fields if not each.secret}
        fixed = self.state.fixed
        filled = Filled(offer.provider, name.strip(), base_url.strip(), zone.strip(), options, secret,
                        redirect.strip(), sign_in=offer.signs_in, new=fixed is None)  # fmt: skip
        desk, who = self._session.desk, self._session.who
        self._set(replace(self.state, busy=True, words="", asking=offer.signs_in and bool(redirect.strip())))

        def work(progress: Progress) -> UserError | None:
            try:
                connect(desk, filled, who=who, ask=lambda said: self._ask(said, progress), progress=progress)
            except UserError as error:
                return error  # it is told in the form, not behind it
            return None

        kept = "Nothing was connected." if fixed is None else "Its credentials are as they were."
        self._job = self._session.jobs.on_thread(
            Lane.NET, CONNECT, work, lambda error: self._done(filled.name, error), kept=kept, failed=self._stopped
        )

    def answer(self, address: str) -> None:
        """The address that the browser ended at."""
        self._answers.put(address.strip())

    def cancel(self) -> None:
        """Stop waiting for the browser."""
        self._session.jobs.cancel(self._job)

    def close(self) -> None:
        """The form is gone."""
        self.cancel()
        self._unsubscribe()

    def _lacks(self, offer: Offer, name: str, base_url: str, values: Mapping[str, str]) -> UserError | None:
        """What must be filled in; a secret that the keyring holds need not be typed again."""
        if not name.strip():
            return UserError("The name is missing", remedy="Name it, so that people know it again.")
        if not base_url.strip():
            return UserError(f"{offer.address_label} is missing", remedy="Fill it in.")

        def needed(each: Field) -> bool:
            return each.required and not (self.state.fixed is not None and (each.secret or each.path))

        missing = next((each for each in offer.fields if needed(each) and not values.get(each.name, "").strip()), None)
        return UserError(f"{missing.label} is missing", remedy="Fill it in.") if missing else None

    def _ask(self, said: str, progress: Progress) -> str:
        """On the network lane: wait for the person's answer, or for a cancel."""
        while True:
            progress(0, None, said.partition(", then paste")[0])
            try:
                return self._answers.get(timeout=_POLL)
            except queue.Empty:
                continue

    def _follow(self) -> None:
        job = next((job for job in self._session.jobs.state if job.number == self._job), None)
        if job is not None and self.state.busy:
            self._set(replace(self.state, words="stopping…" if job.stopping else job.words))

    def _done(self, name: str, error: UserError | None) -> None:
        self._set(replace(self.state, busy=False, asking=False, trouble=error, finished=error is None))
        if error is None:
            said = "has new credentials" if self.state.fixed else "is connected and reads only. Test it, then pull it"
            self._session.asker.announce(f"{name} {said}.")
            self._connections.connected(name)

    def _stopped(self) -> None:
        self._set(replace(self.state, busy=False, asking=False, words=""))


def _access(offer: Offer) -> str:
    """What the provider will be asked for, and where its secret goes."""
    if not offer.secrets:
        return ""
    kept = "What is typed here goes to this system's keyring and nowhere else."
    if not offer.scopes:
        return kept
    alone = "" if offer.reads_alone else " Reading alone cannot be granted there; the ladder keeps us from writing."
    return f"Asked for, and no more: {', '.join(offer.scopes)}.{alone} {kept}"
