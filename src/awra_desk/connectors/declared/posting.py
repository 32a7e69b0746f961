"""A balanced entry as the declared JSON body, the document read back, and the writing of it: once.

Where writing takes two calls (a draft, then its submission), only the second makes it count; the reference is looked up
before each, so an answer lost anywhere leaves at most a draft, which is found and carried on with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from awra_desk.connectors._http import Reply, dumps, loads, out_of_order
from awra_desk.connectors.declared.declaration_ledger import Body, Write, WriteCall
from awra_desk.connectors.declared.rest import DeclaredRest, inside, listed
from awra_desk.connectors.declared.words import Filled
from awra_desk.domain.entries import DocumentState, Entry, EntryLine, LedgerDocument
from awra_desk.domain.errors import UserError
from awra_desk.domain.money import to_text
from awra_desk.normalise.exact_json import JsonRefused
from awra_desk.normalise.fields import Amount, Misfit, Scope, elements, find, texts
from awra_desk.ports.connections import OutcomeUnknown, PostingRefused, TransportError

LOOKED_UP = "It is looked up by its reference before anything is sent again."
_REFERENCE = re.compile(r"\bawra:[A-Za-z0-9-]+")


class Posting:
    """Writes to one declared ledger."""

    def __init__(self, rest: DeclaredRest, write: Write) -> None:
        self._rest = rest
        self._write = write

    def rendered(self, entry: Entry, reference: str) -> str:
        """The request body, the same text for the same entry and reference.

        Raises:
            UserError: the body has no place for a dimension of it.
        """
        places = self._write.body.dimensions()
        for name in sorted({name for line in entry.lines for name, _ in line.dimensions} - places):
            words = f"{self._rest.declared.provider} has no place for the dimension {name!r}"
            raise UserError(words, record=reference, remedy=f"Use {' or '.join(sorted(places)) or 'none'}.")
        said = self._rest.words(
            day=entry.day.isoformat(),
            currency=entry.currency,
            memo=entry.memo,
            reference=reference,
            note=f"{entry.memo} {reference}".strip(),
        )
        return dumps(_body(self._write.body, said, entry))

    def find(self, reference: str) -> list[LedgerDocument]:
        """Documents with the reference, drafts included, sorted by id."""
        reply = self._rest.get(self._write.find, reference=reference)
        path = self._write.document.identity
        ids = [path.text(Scope(row)) for row in listed(reply, self._write.find.rows)]
        found = [document for identity in ids for document in self.read(identity)]
        return sorted(
            (document for document in found if document.reference == reference), key=lambda one: one.document_id
        )

    def read(self, identity: str) -> list[LedgerDocument]:
        """The document as it is now, in a list; an empty one when it is void."""
        reply = self._rest.get(self._write.read, id=identity)
        return self._document(reply, inside(reply, self._write.read.rows))

    def post(self, payload: str, reference: str, key: str) -> LedgerDocument:
        """Look up, create, submit, read.

        Raises:
            PostingRefused, OutcomeUnknown, TransportError: as the port says.
        """
        found = self.find(reference)
        if not found:
            words = self._rest.words(reference=reference, key=key)
            self._change(self._write.create, words, payload)
            found = self._after_writing(reference)
        posted = [document for document in found if document.state is DocumentState.POSTED]
        if len(posted) > 1 or not found:
            ids = ", ".join(document.document_id for document in posted) or "none"
            raise OutcomeUnknown(
                f"documents with this reference: {ids}", record=reference, remedy="Look at them there."
            )
        return posted[0] if posted else self._submitted(found, payload, reference)

    def _submitted(self, drafts: list[LedgerDocument], payload: str, reference: str) -> LedgerDocument:
        """The draft, submitted.

        Raises:
            PostingRefused: it was refused and is taken back, or it is not what was approved.
        """
        draft = drafts[0]
        if len(drafts) > 1 or not _carries(payload, draft):
            raise PostingRefused(
                f"draft {draft.document_id} carries the reference but is not what was approved",
                record=reference,
                remedy="Delete such drafts there, then stage the entry again.",
            )
        assert self._write.submit is not None  # a declaration has drafts only with it
        words = self._rest.words(id=draft.document_id)
        try:
            self._change(self._write.submit, words)
        except PostingRefused as refusal:
            raise self._withdrawn(draft, refusal, reference) from None
        except TransportError as error:
            raise OutcomeUnknown(error.what, record=reference, remedy=LOOKED_UP) from None
        found = [one for one in self._after_writing(reference) if one.document_id == draft.document_id]
        if not found or found[0].state is not DocumentState.POSTED:
            raise OutcomeUnknown("it was submitted and is a draft still", record=reference, remedy=LOOKED_UP)
        return found[0]

    def _withdrawn(self, draft: LedgerDocument, refusal: PostingRefused, reference: str) -> PostingRefused:
        """The refusal, after the draft was taken back so that nothing of it stays in the books."""
        where = f"Delete draft {draft.document_id} there. {refusal.remedy}"
        if self._write.delete is None:
            return PostingRefused(f"{refusal.what}; its draft is still there", record=reference, remedy=where)
        try:
            self._change(self._write.delete, self._rest.words(id=draft.document_id))
        except (PostingRefused, OutcomeUnknown, TransportError) as error:
            return PostingRefused(f"{refusal.what}; its draft may still be there ({error.what})", record=reference,
                                  remedy=where)  # fmt: skip
        return refusal

    def _after_writing(self, reference: str) -> list[LedgerDocument]:
        """The documents now; a line that fails now leaves something written behind it."""
        try:
            return self.find(reference)
        except TransportError as error:
            raise OutcomeUnknown(error.what, record=reference, remedy=LOOKED_UP) from None

    def _change(self, call: WriteCall, words: Mapping[str, str], payload: str | None = None) -> Reply:
        content = payload if call.body is None else dumps(_body(call.body, words, None))
        headers = self._rest.headers(call.headers, words)
        return self._rest.http.write(call.path.path(words), method=call.method, content=content, headers=headers)

    def _document(self, reply: Reply, body: Any) -> list[LedgerDocument]:
        """The document that stands in an answer.

        Raises:
            TransportError: kind "protocol"; a part of it is missing.
        """
        paths, scope = self._write.document, Scope(body)
        try:
            if paths.gone is not None and paths.gone.holds(scope):
                return []
            currency = paths.currency.required(scope)
            lines = [self._line(item, currency) for item in elements(scope, paths.lines)]
            draft = paths.draft is not None and paths.draft.holds(scope)
            found = [_REFERENCE.search(text) for path in paths.reference for text in texts(scope, path)]
            return [
                LedgerDocument(
                    document_id=paths.identity.required(scope),
                    number=paths.number.text(scope),
                    state=DocumentState.DRAFT if draft else DocumentState.POSTED,
                    day=date.fromisoformat(str(next(iter(find(scope, paths.day)), ""))[:10]),
                    currency=currency,
                    reference=next((match[0] for match in found if match), ""),
                    lines=tuple(line for line in lines if line.minor),
                )
            ]
        except (Misfit, ValueError, UserError) as error:
            raise out_of_order(reply, f"a document cannot be read ({error})") from None

    def _line(self, scope: Scope, currency: str) -> EntryLine:
        paths = self._write.document
        minor = added(paths.amounts, scope, currency)
        return EntryLine(paths.account.required(scope), minor, paths.description.text(scope))


def added(amounts: tuple[Amount, ...], scope: Scope, currency: str) -> int:
    """The amounts that are there, added up; at least one must be.

    Raises:
        Misfit: none is there, or one is no exact amount of the currency.
    """
    there = [amount for amount in amounts if find(scope, amount.path)] or list(amounts[:1])
    return sum(amount.read(scope, currency, {}) for amount in there)


def _body(body: Body, words: Mapping[str, str], entry: Entry | None) -> dict[str, Any]:
    found = ((name, _value(value, words, entry)) for name, value in body.fields.items())
    return {name: value for name, value in found if value is not None}


def _value(value: Any, words: Mapping[str, str], entry: Entry | None) -> Any:
    if isinstance(value, Filled):
        return value.value(words)
    if not isinstance(value, Body):
        return value
    if not value.each_line or entry is None:
        return _body(value, words, entry)
    return [_body(value, {**words, **_line_words(line, entry.currency)}, None) for line in entry.lines]


def _line_words(line: EntryLine, currency: str) -> dict[str, str]:
    absolute = to_text(abs(line.minor), currency)
    return {
        "account": line.account,
        "description": line.description,
        "debit": absolute if line.minor > 0 else "",
        "credit": absolute if line.minor < 0 else "",
        "amount": to_text(line.minor, currency),
        "absolute": absolute,
        "side": "debit" if line.minor > 0 else "credit",
        **{f"dimension.{name}": value for name, value in line.dimensions},
    }


def _carries(payload: str, draft: LedgerDocument) -> bool:
    """Whether the draft is what the payload says, as far as both name accounts, amounts and the day: each of the
    draft's must stand in the payload, as often.
    """
    try:
        said = list(_scalars(loads(payload)))
    except JsonRefused:
        return False
    if draft.day.isoformat() not in said:
        return False
    for line in draft.lines:
        amounts = {to_text(abs(line.minor), draft.currency), to_text(line.minor, draft.currency), str(line.minor)}
        for wanted in ({line.account}, amounts):
            place = next((index for index, text in enumerate(said) if text in wanted), None)
            if place is None:
                return False
            del said[place]
    return True


def _scalars(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _scalars(item)]
    if isinstance(value, list):
        return [text for item in value for text in _scalars(item)]
    return [getattr(value, "literal", str(value))]
