"""How providers let us in: their hosts, the least we ask of them, and how people sign in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignIn:
    """An OAuth 2 authorization server (RFC 6749, RFC 8252).

    Attributes:
        authorize_url, token_url: its endpoints.
        loopback: whether it sends people back to this machine; where not, they come back to a page of their own app
            and bring the address with them.
        pkce: whether it takes a code challenge (RFC 7636). secret_needed: the app has a secret of its own.
        account_parameter: of the redirect, which says whose account was opened, or ""; account_option: the
            connection's option that keeps it.
        in_json: whether its token endpoint takes JSON in place of a form.
    """

    authorize_url: str
    token_url: str
    loopback: bool
    pkce: bool = True
    secret_needed: bool = False
    account_parameter: str = ""
    account_option: str = ""
    in_json: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """What a connection to a provider takes.

    Attributes:
        hosts: the provider's own; empty for a system that people host themselves.
        scopes: the least that is asked for, as the provider names it.
        reads_alone: whether reading can be granted without writing; if not, our ladder alone keeps it from writing.
        sign_in: where people sign in, or None: the provider gives out keys.
    """

    hosts: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    reads_alone: bool = True
    sign_in: SignIn | None = None
