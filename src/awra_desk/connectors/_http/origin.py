"""Where a connection may talk to: https only, no credentials in the URL, loopback by explicit option, links on the same
origin.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import SplitResult, urljoin, urlsplit

from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import TransportError

_PORTS = {"https": 443, "http": 80}


def check_base_url(url: str, *, allow_loopback: bool = False, hosts: Collection[str] = ()) -> str:
    """The base URL without a trailing slash, when a connection may use it.

    Args:
        allow_loopback: also http, to this machine only (the sandbox).
        hosts: the provider's own hosts; empty for a system that people host themselves.

    Raises:
        UsageError: another scheme, user info, query or fragment in it, a host that is not the provider's, or an address
            nobody hosts a service on.
    """
    parts = _split(url)
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment or not host:
        raise UsageError(
            "a base URL is scheme, host and path only, without user, password or query",
            record=_bare(parts),
            remedy="Keep secrets out of it.",
        )
    if is_loopback(host):
        if not allow_loopback or parts.scheme not in _PORTS:
            raise UsageError(
                "a loopback address is for the sandbox only",
                record=_bare(parts),
                remedy="Set option allow_loopback=true.",
            )
        return url.rstrip("/")
    if parts.scheme != "https":
        raise UsageError("a provider is reached by https only", record=_bare(parts), remedy="Write https://.")
    if hosts and host not in hosts:
        raise UsageError(
            f"host {host!r} is not the provider's", record=_bare(parts), remedy=f"Use {' or '.join(sorted(hosts))}."
        )
    if not _addressable(host):
        raise UsageError(
            "no service may be reached at this address", record=_bare(parts), remedy="Use the service's own host name."
        )
    return url.rstrip("/")


def same_origin_link(base_url: str, link: str) -> str:
    """The absolute URL of a link to the next page.

    Raises:
        TransportError: it leads to another scheme, host or port; credentials must not follow it.
    """
    target = urljoin(f"{base_url}/", link)
    if _origin(_split(target)) != _origin(_split(base_url)):
        elsewhere = _bare(_split(target))
        raise TransportError(
            f"a link to the next page leads to {elsewhere}", kind="protocol", remedy="Check the base URL."
        )
    return target


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _addressable(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return True
    # Link-local addresses are where clouds keep their machines' credentials.
    return not (address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise UsageError("the URL cannot be read", remedy="Write it like https://api.example.com.") from None
    return parts


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme)


def _bare(parts: SplitResult) -> str:
    """Scheme, host and port only: the rest may hold secrets."""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}"
