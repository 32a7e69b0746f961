"""What a declared file says about accounts, balances and writing: `[api.accounts]`, `[api.balances]`, `[api.write]`.

    [api.accounts]
    path = "/api/accounts"
    rows = "data"
    id = "{id}"                              # templates, filled from each row as contracts write them
    code = "{number}"
    name = "{name}"
    kind = "{type}"
    currency = "{currency}"
    active = { path = "archived", not_in = ["true"] }

    [api.balances]                           # asked for each day, and with each = "account" for each account
    path = "/api/trial-balance"
    params = { at = "{day}" }                # words: day, account
    rows = "data"                            # none with each = "account": the answer is the one row
    account = "{account_id}"
    currency = "{currency}"
    amounts = [{ path = "debit" }, { path = "credit", times = -1 }]       # added up, debit positive

    [api.write]                              # words: day, currency, memo, reference, note (memo and reference), key
    create = { path = "/api/journals", headers = { Idempotency-Key = "{key}" } }
    submit = { method = "PUT", path = "/api/journals/{id}", body = { state = "posted" } }
    delete = { method = "DELETE", path = "/api/journals/{id}" }           # takes a draft back
    find = { path = "/api/journals", params = { ref = "{reference}" }, rows = "data" }
    read = { path = "/api/journals/{id}", rows = "data" }                 # rows: where the document stands
    closed = { path = "/api/company", through = "data.locked_until" }     # no posting up to that day
    [api.write.body]                         # sent as JSON; a text whose words are all empty is left out
    date = "{day}"
    lines = { each = "lines", account = "{account}", debit = "{debit:number}", branch = "{dimension.branch}" }
    [api.write.document]                     # how a document is read back
    id = "{id}"
    number = "{number}"
    day = "date"
    currency = "{currency}"
    reference = ["reference", "note"]
    draft = { path = "state", in = ["draft"] }
    gone = { path = "state", in = ["void"] }
    lines = "lines"
    account = "{@.account}"
    description = "{@.text}"
    amounts = [{ path = "@.debit" }, { path = "@.credit", times = -1 }]

Words of a line: account, description, debit, credit (one of them is empty), amount (debit positive), absolute, side
("debit" or "credit"), and `dimension.NAME`; a dimension the body has no place for is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from awra_desk.connectors.declared.keys import Keys, amount, condition
from awra_desk.connectors.declared.words import Filled
from awra_desk.normalise.fields import Amount, Condition, Template

LINES = "lines"
_ENTRY = frozenset({"day", "currency", "memo", "reference", "note", "option.*"})
_LINE = _ENTRY | {"account", "description", "debit", "credit", "amount", "absolute", "side", "dimension.*"}
_ID = frozenset({"id", "option.*"})
_METHODS = {method: method for method in ("POST", "PUT", "PATCH", "DELETE")}


@dataclass(frozen=True, slots=True)
class Call:
    """A request that reads.

    Attributes:
        rows: path of the list, or of the object, in the answer; "" when the answer itself is it.
    """

    path: Filled
    params: tuple[tuple[str, Filled], ...]
    rows: str

    @classmethod
    def of(cls, keys: Keys, words: frozenset[str]) -> Call:
        """Read from a table."""
        return cls(keys.path("path", words), keys.texts("params", words), keys.take("rows", str, ""))


@dataclass(frozen=True, slots=True)
class WriteCall:
    """A request that changes something; `body` is None where the entry's own body is sent."""

    method: str
    path: Filled
    headers: tuple[tuple[str, Filled], ...]
    body: Body | None


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON body in the making.

    Attributes:
        fields: name -> text with words, a table, or a fixed value. each_line: whether there is one of it a line.
    """

    fields: Mapping[str, Any]
    each_line: bool

    def dimensions(self) -> frozenset[str]:
        """Names of the dimensions it has a place for."""
        found: set[str] = set()
        for value in self.fields.values():
            if isinstance(value, Body):
                found |= value.dimensions()
            if isinstance(value, Filled):
                found |= {word.partition(".")[2] for word in value.words if word.startswith("dimension.")}
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class AccountList:
    """The table `[api.accounts]`."""

    call: Call
    identity: Template
    code: Template
    name: Template
    kind: Template
    currency: Template
    active: Condition | None


@dataclass(frozen=True, slots=True)
class BalanceList:
    """The table `[api.balances]`; `each`: whether it is asked account by account."""

    call: Call
    each: bool
    account: Template
    currency: Template
    amounts: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class DocumentPaths:
    """The table `[api.write.document]`."""

    identity: Template
    number: Template
    day: str
    currency: Template
    reference: tuple[str, ...]
    draft: Condition | None
    gone: Condition | None
    lines: str
    account: Template
    description: Template
    amounts: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Write:
    """The table `[api.write]`."""

    create: WriteCall
    submit: WriteCall | None
    delete: WriteCall | None
    find: Call
    read: Call
    closed: tuple[Call, str] | None
    body: Body
    document: DocumentPaths


def accounts(keys: Keys) -> AccountList:
    """Read `[api.accounts]`."""
    return AccountList(
        call=Call.of(keys, frozenset({"option.*"})),
        identity=keys.template("id"),
        code=keys.template("code", ""),
        name=keys.template("name"),
        kind=keys.template("kind", ""),
        currency=keys.template("currency", ""),
        active=keys.maybe("active", condition),
    )


def balances(keys: Keys) -> BalanceList:
    """Read `[api.balances]`."""
    each = keys.choice("each", {"day": False, "account": True}, "day")
    call = Call.of(keys, frozenset({"day", "option.*"} | ({"account"} if each else set())))
    asked = {word for _, filled in call.params for word in filled.words} | set(call.path.words)
    for word in ("day", "account") if each else ("day",):
        if word not in asked:
            raise keys.wrong("params", f"does not say {{{word}}}", "Name the parameter that takes it.")
    return BalanceList(
        call=call,
        each=each,
        account=keys.template("account", "" if each else None),
        currency=keys.template("currency", "" if each else None),
        amounts=_amounts(keys),
    )


def write(keys: Keys) -> Write:
    """Read `[api.write]`."""
    found = Write(
        create=keys.required("create", lambda call: _change(call, _ENTRY | {"key"})),
        submit=keys.maybe("submit", lambda call: _change(call, _ID)),
        delete=keys.maybe("delete", lambda call: _change(call, _ID)),
        find=keys.required("find", lambda call: Call.of(call, frozenset({"reference", "option.*"}))),
        read=keys.required("read", lambda call: Call.of(call, _ID)),
        closed=keys.maybe("closed", lambda call: (Call.of(call, frozenset({"option.*"})), call.take("through", str))),
        body=keys.required("body", lambda body: _body(body, _ENTRY)),
        document=keys.required("document", _document),
    )
    if (found.submit is None) is not (found.document.draft is None):
        raise keys.wrong("submit", "and document.draft belong together", "Declare both, or neither.")
    if "reference" not in {word for _, filled in found.find.params for word in filled.words} | set(
        found.find.path.words
    ):
        raise keys.wrong("find.params", "does not say {reference}", "Name the parameter that takes it.")
    return found


def _change(keys: Keys, words: frozenset[str]) -> WriteCall:
    return WriteCall(
        method=keys.choice("method", _METHODS, "POST"),
        path=keys.path("path", words),
        headers=keys.texts("headers", words),
        body=keys.maybe("body", lambda body: _body(body, words)),
    )


def _body(keys: Keys, words: frozenset[str]) -> Body:
    each = keys.take("each", str, "")
    if each not in ("", LINES):
        raise keys.wrong("each", f"is {each!r}", f'Write each = "{LINES}".')
    inside = _LINE if each else words
    fields: dict[str, Any] = {}
    for name, value in keys.rest():
        table = Keys({name: value}, keys.place, keys.file)
        if isinstance(value, dict):
            fields[name] = table.required(name, lambda body: _body(body, inside))
        elif isinstance(value, str):
            fields[name] = table.text(name, inside)
        elif isinstance(value, bool | int):
            fields[name] = value
        else:
            raise table.wrong(name, f"is {value!r}", "Write a text, a whole number, true, false or a table.")
    return Body(fields, bool(each))


def _document(keys: Keys) -> DocumentPaths:
    reference = keys.take("reference", list)
    return DocumentPaths(
        identity=keys.template("id"),
        number=keys.template("number", ""),
        day=keys.take("day", str),
        currency=keys.template("currency"),
        reference=tuple(str(path) for path in reference),
        draft=keys.maybe("draft", condition),
        gone=keys.maybe("gone", condition),
        lines=keys.take("lines", str),
        account=keys.template("account"),
        description=keys.template("description", ""),
        amounts=_amounts(keys),
    )


def _amounts(keys: Keys) -> tuple[Amount, ...]:
    return tuple(table.read(amount) for table in keys.tables("amounts"))
