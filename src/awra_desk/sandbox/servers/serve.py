"""Runs the simulated providers on loopback and says how to reach them; used by the demo, the `sandbox` command and
tests.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from awra_desk.sandbox.merchant import Month
from awra_desk.sandbox.servers._admin import Admin
from awra_desk.sandbox.servers._http import LoopbackServer
from awra_desk.sandbox.servers.faults import FaultPlan
from awra_desk.sandbox.servers.quickbooks import Company, QuickBooksApplication, Tokens
from awra_desk.sandbox.servers.stripe import StripeApplication

PROVIDERS = ("stripe", "quickbooks")


@dataclass(slots=True)
class Sandbox:
    """The running providers.

    Attributes:
        month: what is served; its truth is not.
        servers: provider to its server, whose `faults` and `exchanges` are for tests.
        stripe, quickbooks: the applications, for scripting rows, tokens and books; None if not served.
    """

    month: Month
    servers: dict[str, LoopbackServer] = field(default_factory=dict)
    stripe: StripeApplication | None = None
    quickbooks: QuickBooksApplication | None = None

    def __getitem__(self, provider: str) -> dict[str, Any]:
        """How to connect: `base_url`, `credentials`, `options` (text values), and for QuickBooks `accounts` (role to
        account id).

        Raises:
            KeyError: the provider is not served.
        """
        return self.connections()[provider]

    def connections(self) -> dict[str, dict[str, Any]]:
        """Provider to what `__getitem__` gives; JSON-ready."""
        found: dict[str, dict[str, Any]] = {}
        if self.stripe is not None:
            found["stripe"] = {
                "base_url": self.servers["stripe"].base_url,
                "credentials": {"api_key": self.stripe.api_key},
                "options": {"allow_loopback": "true"},
            }
        if self.quickbooks is not None:
            base_url, tokens = self.servers["quickbooks"].base_url, self.quickbooks.tokens
            found["quickbooks"] = {
                "base_url": base_url,
                "credentials": {
                    "client_id": tokens.client_id,
                    "client_secret": tokens.client_secret,
                    "refresh_token": tokens.refresh_token,
                    "realm_id": self.quickbooks.company.realm_id,
                },
                "options": {
                    "allow_loopback": "true",
                    "realm_id": self.quickbooks.company.realm_id,
                    "authorize_url": f"{base_url}/connect/oauth2",
                    "token_url": f"{base_url}/oauth2/v1/tokens/bearer",
                },
                "accounts": self.quickbooks.company.account_ids,
            }
        return found


@contextmanager
def running_sandbox(
    month: Month,
    *,
    faults: Mapping[str, FaultPlan] | None = None,
    providers: Sequence[str] = PROVIDERS,
    port: int = 0,
    admin: bool = False,
) -> Iterator[Sandbox]:
    """Serves the month until the block ends.

    Args:
        month: what happened.
        faults: provider to scripted trouble; plans may be added to while serving.
        providers: which of `PROVIDERS`.
        port: of the first provider, the next one taking the next port; 0 lets the system choose.
        admin: whether `/_sandbox/` lets another process script trouble.

    Raises:
        ValueError: an unknown provider.
        OSError: the port is taken.
    """
    box = Sandbox(month)
    for provider in providers:
        if provider not in PROVIDERS:
            raise ValueError(f"unknown provider {provider!r}; there are: {', '.join(PROVIDERS)}")
    with ExitStack() as stack:
        for number, provider in enumerate(dict.fromkeys(providers)):
            application = _application(box, provider)
            plan = (faults or {}).get(provider) or FaultPlan()
            server = LoopbackServer(application, port=port + number if port else 0, faults=plan)
            if admin:
                server.admin = Admin(plan, application.rows, server.exchanges)
            box.servers[provider] = stack.enter_context(server)
        yield box


def _application(box: Sandbox, provider: str) -> StripeApplication | QuickBooksApplication:
    seed = f"{box.month.spec}"
    if provider == "stripe":
        key = hashlib.sha256(f"{seed}/stripe".encode()).hexdigest()[:32]
        box.stripe = StripeApplication(box.month.stripe, api_key=f"rk_test_{key}")
        return box.stripe
    box.quickbooks = QuickBooksApplication(Company(box.month), Tokens(f"{seed}/quickbooks"))
    return box.quickbooks
