"""What a declared file's table `[api]` says, compiled and strictly checked.

    [api]
    provider = "Shop books"                  # how people know it
    hosts = ["books.example.com"]            # none: people host it themselves, at any https address
    per_minute = 120                         # requests; below what the system allows
    options = { company = "the company's name there" }    # what the connection must be given
    headers = { X-Company = "{option.company}" }

    [api.auth]                               # words: the parts of the connection's secret
    kind = "bearer"                          # bearer {key} | basic {user}, {password} | header | oauth2 | none
    [api.auth]
    kind = "header"
    name = "Authorization"
    value = "token {api_key}:{api_secret}"
    [api.auth]                               # a refresh token; see `_http.tokens`
    kind = "oauth2"
    token_url = "https://accounts.example.com/oauth/token"
    scheme = "Bearer"

    [api.errors]                             # where the system's own words of a refusal stand
    words = "{message}"
    fault = { path = "code", not_in = ["0"] }             # a success status that is none

    [api.streams.journals]                   # one table a stream; its mapping is [streams.journals]
    path = "/api/journals"
    params = { since = "{since}", page = "{page}", size = "{size}" }
    rows = "data.items"                      # where the list stands; "" when the answer is the list
    id = "id"
    changed = { path = "updated", form = "instant" }      # instant | local (no offset) | unix
    look_back_minutes = 30
    page = { by = "page", size = 100 }
    detail = { path = "/api/journals/{id}", rows = "data" }   # when the list leaves the lines out

Ways to page: `changed` (the list is sorted by change: `{since}` creeps on, `{offset}` within equal stamps), `key`
(sorted by id: `{after}` the last id), `offset` (`{offset}`), `page` (`{page}` from `first`, default 1; for lists whose
earlier rows never leave their place), `cursor` (`{cursor}`, found at `next`), `link` (the answer's own link, at `next`,
or in the Link header for `next = "header"`), `all`. Prefer them in this order.

`[api.accounts]`, `[api.balances]` and `[api.write]` are described in `declaration_ledger`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from awra_desk.connectors.declared.declaration_ledger import (
    AccountList,
    BalanceList,
    Call,
    Write,
    accounts,
    balances,
    write,
)
from awra_desk.connectors.declared.keys import Keys, condition, no_path
from awra_desk.connectors.declared.stamps import Form
from awra_desk.connectors.declared.words import Filled
from awra_desk.domain.errors import UsageError
from awra_desk.normalise import Contract, load_contract
from awra_desk.normalise.fields import Condition, Template

NOTHING = Filled(())
_PAGING = frozenset({"since", "size", "offset", "page", "after", "cursor", "option.*"})
_OPTIONS = frozenset({"option.*"})


class By(StrEnum):
    """A way to page."""

    CHANGED = "changed"
    KEY = "key"
    OFFSET = "offset"
    PAGE = "page"
    CURSOR = "cursor"
    LINK = "link"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Paging:
    """How one stream is paged; attributes as the file names them."""

    by: By
    size: int
    first: int
    next: str


@dataclass(frozen=True, slots=True)
class StreamCall:
    """How one stream is asked for.

    Attributes:
        changed: path and form of the stamp of a record's last change, or None: the stream is read whole each time.
    """

    call: Call
    identity: str
    changed: tuple[str, Form] | None
    look_back_minutes: int
    paging: Paging
    detail: Call | None


class AuthKind(StrEnum):
    """How a request proves who asks."""

    NONE = "none"
    BEARER = "bearer"
    BASIC = "basic"
    HEADER = "header"
    OAUTH2 = "oauth2"


@dataclass(frozen=True, slots=True)
class AuthSpec:
    """The table `[api.auth]`."""

    kind: AuthKind
    name: str = ""
    value: Filled = NOTHING
    token_url: str = ""
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A compiled declared file.

    Attributes:
        file: how people know it. options: name -> what it is, of each connection option that must be given.
    """

    file: str
    provider: str
    hosts: tuple[str, ...]
    per_minute: int
    options: Mapping[str, str]
    headers: tuple[tuple[str, Filled], ...]
    auth: AuthSpec
    words: Template
    fault: Condition | None
    streams: Mapping[str, StreamCall]
    accounts: AccountList | None
    balances: BalanceList | None
    write: Write | None
    contract: Contract


def load_declaration(text: str, file: str) -> Declaration:
    """Compile a declared file's text.

    Args:
        file: its name, for messages.

    Raises:
        UsageError: it is not TOML, or says something this language has no word for; the message names the place.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the declared file is not TOML: {error}", record=file, remedy="Correct it there.") from None
    contract = load_contract(text, beside=("api",))
    keys = Keys(document.get("api"), "api", file)
    declaration = _declaration(keys, contract)
    keys.done()
    if unmapped := sorted(set(declaration.streams) ^ set(contract.streams)):
        raise keys.wrong(
            f"streams.{unmapped[0]}", "and its mapping do not meet", f"Declare both [api.streams.{unmapped[0]}] and"
            f" [streams.{unmapped[0]}]."
        )  # fmt: skip
    return declaration


def _declaration(keys: Keys, contract: Contract) -> Declaration:
    provider = keys.take("provider", str)
    hosts = keys.take("hosts", list, [])
    options = keys.take("options", dict, {})
    errors = keys.table("errors")
    words, fault = (errors.template("words", ""), errors.maybe("fault", condition)) if errors else (Template(()), None)
    if errors:
        errors.done()
    streams = keys.table("streams") or keys.required("streams", lambda found: found)
    found = Declaration(
        file=keys.file,
        provider=provider,
        hosts=tuple(str(host) for host in hosts),
        per_minute=keys.number("per_minute", 1, 6000, 60),
        options={name: str(meaning) for name, meaning in options.items()},
        headers=keys.texts("headers", _OPTIONS),
        auth=keys.required("auth", _auth),
        words=words,
        fault=fault,
        streams={name: _table(streams, name, value).read(_stream) for name, value in streams.rest()},
        accounts=keys.maybe("accounts", accounts),
        balances=keys.maybe("balances", balances),
        write=keys.maybe("write", write),
        contract=contract,
    )
    if found.accounts is None and (found.write is not None or (found.balances is not None and found.balances.each)):
        raise keys.wrong(
            "accounts", "is missing", "A ledger that is written to, or asked account by account, needs it."
        )
    return found


def _table(keys: Keys, name: str, value: object) -> Keys:
    return Keys(value, f"{keys.place}.{name}", keys.file)


def _auth(keys: Keys) -> AuthSpec:
    kind = keys.choice("kind", {kind.value: kind for kind in AuthKind})
    if kind is AuthKind.HEADER:
        # Any part of the secret may be a word here; `auth` says which are missing.
        return AuthSpec(kind, keys.take("name", str), Filled.read(keys.take("value", str)))
    if kind is AuthKind.OAUTH2:
        url = keys.take("token_url", str)
        if not url.startswith("https://"):
            raise keys.wrong("token_url", f"is {url!r}", "Write an https:// address.")
        return AuthSpec(kind, token_url=url, scheme=keys.take("scheme", str, "Bearer"))
    return AuthSpec(kind)


def _stream(keys: Keys) -> StreamCall:
    paging = keys.required("page", _paging)
    call = Call.of(keys, _PAGING)
    changed = keys.maybe("changed", _changed)
    stream = StreamCall(
        call=call,
        identity=keys.take("id", str),
        changed=changed,
        look_back_minutes=keys.number("look_back_minutes", 0, 60 * 24 * 90, 30),
        paging=paging,
        detail=keys.maybe("detail", lambda found: Call.of(found, frozenset({"id", "option.*"}))),
    )
    _complete(keys, stream)
    return stream


def _complete(keys: Keys, stream: StreamCall) -> None:
    """What the way of paging needs must be asked for, and nothing may be asked that has no value."""
    paging = stream.paging
    asked = {word for _, filled in stream.call.params for word in filled.words} | set(stream.call.path.words)
    needs = {
        By.CHANGED: {"since", "offset"},
        By.KEY: {"after"},
        By.OFFSET: {"offset"},
        By.PAGE: {"page"},
        By.CURSOR: {"cursor"},
    }.get(paging.by, set())
    if stream.changed is not None:
        needs |= {"since"}
    if missing := sorted(needs - asked):
        raise keys.wrong("params", f"does not say {{{missing[0]}}}", f"Paging by {paging.by} needs it; name the"
                         " parameter that takes it.")  # fmt: skip
    allowed = needs | {"size"}
    if spare := sorted(word for word in asked - allowed if not word.startswith("option.")):
        raise keys.wrong("params", f"has {{{spare[0]}}} in it, which never has a value here", "Take it out, or declare"
                         " what it needs.")  # fmt: skip
    if paging.by is By.CHANGED and stream.changed is None:
        raise keys.wrong("changed", "is missing", "Paging by change needs it.")
    if no_path(stream.identity):
        raise keys.wrong("id", f"is {stream.identity!r}", "Write the path of the record's id, like id.")


def _paging(keys: Keys) -> Paging:
    by = keys.choice("by", {by.value: by for by in By})
    return Paging(
        by=by,
        # An overlapping page of one row would never get on.
        size=keys.number("size", 2, 10_000, 100),
        first=keys.number("first", 0, 1, 1),
        next=keys.take("next", str, "" if by not in (By.CURSOR, By.LINK) else None),
    )


def _changed(keys: Keys) -> tuple[str, Form]:
    return keys.take("path", str), keys.choice("form", {form.value: form for form in Form})
