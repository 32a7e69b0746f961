"""Safaricom's Daraja over a simulated month of a paybill: tokens, Pull Transactions and status queries, for one
short code.

Behaviour is taken from the samples in tests/contracts/mpesa. Payments are kept for 48 hours, and a query must not span
more; times in a query are East Africa Time without a zone, those in an answer carry a Z.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from awra_desk.domain.money import to_text
from awra_desk.sandbox.nairobi import CURRENCY, Movement, Wallet
from awra_desk.sandbox.servers import exact_json
from awra_desk.sandbox.servers._http import Request, Response, Router, json_response
from awra_desk.sandbox.servers.faults import RowFaults

KEPT = 48 * 3600
TOKEN_SECONDS = 3599
_EAT = timezone(timedelta(hours=3))
_FIELDS = frozenset({"ShortCode", "StartDate", "EndDate", "OffSetValue"})
_STATUS_FIELDS = frozenset({
    "Initiator", "SecurityCredential", "CommandID", "TransactionID", "PartyA", "IdentifierType", "ResultURL",
    "QueueTimeOutURL", "Remarks", "Occasion",
})  # fmt: skip
_PAGE = 100


class _Refusal(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)


class DarajaApplication:
    """One app's access to one short code.

    Args:
        now: the provider's present, unix seconds. page: rows of an answer.

    Attributes:
        rows: scripted rows; the resource is "payments", ids are receipts.
        asked: the bodies of the status queries that were taken; their results would be posted later.
    """

    def __init__(
        self,
        wallet: Wallet,
        *,
        now: int,
        consumer_key: str,
        consumer_secret: str,
        page: int = _PAGE,
        rows: RowFaults | None = None,
    ) -> None:
        self.rows = rows if rows is not None else RowFaults()
        self.now = now
        self.short_code = wallet.short_code
        self.consumer_key = consumer_key
        self.consumer_secret = consumer_secret
        self._page = page
        self._payments = [row for row in wallet.movements if row.completed and row.minor > 0]
        self._issued = 0
        self.asked: list[dict[str, Any]] = []
        self._router = Router()
        self._router.add("GET", "/oauth/v1/generate", self._token)
        self._router.add("POST", "/pulltransactions/v1/query", self._query)
        self._router.add("POST", "/mpesa/transactionstatus/v1/query", self._status)

    @property
    def token(self) -> str:
        """The access token that is good now."""
        return hashlib.sha256(f"{self.consumer_secret}/{self._issued}".encode()).hexdigest()[:28]

    def expire(self) -> None:
        """Let the token in use be good no longer."""
        self._issued += 1

    def handle(self, request: Request) -> Response:
        """The answer to one call."""
        handler, values, known = self._router.find(request.method, request.path)
        try:
            if handler is None:
                return self._error(_Refusal(405 if known else 404, "404.001.01", "Resource not found"))
            return handler(request, values)
        except _Refusal as refusal:
            return self._error(refusal)

    def failure(self, status: int) -> Response:
        """Daraja's error object for trouble of this status."""
        known = {
            401: _Refusal(401, "404.001.03", "Invalid Access Token"),
            429: _Refusal(429, "500.003.02", "Error Occurred: Spike Arrest Violation"),
        }
        return self._error(known.get(status) or _Refusal(status, "500.001.1001", "Server Error"))

    def _token(self, request: Request, _values: dict[str, str]) -> Response:
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        expected = base64.b64encode(f"{self.consumer_key}:{self.consumer_secret}".encode()).decode()
        if scheme != "Basic" or not hmac.compare_digest(text, expected):
            raise _Refusal(400, "400.008.01", "Invalid Authentication passed")
        if request.query != (("grant_type", "client_credentials"),):
            raise _Refusal(400, "400.008.02", "Invalid grant type passed")
        return json_response(200, {"access_token": self.token, "expires_in": str(TOKEN_SECONDS)})

    def _query(self, request: Request, _values: dict[str, str]) -> Response:
        self._check_token(request)
        body = _body(request, _FIELDS)
        start, end, offset = _instant(body, "StartDate"), _instant(body, "EndDate"), str(body["OffSetValue"])
        if body["ShortCode"] != self.short_code or not offset.isdigit():
            raise _Refusal(400, "400.003.02", "Bad Request - Invalid ShortCode or OffSetValue")
        if end - start > KEPT:
            raise _Refusal(400, "400.003.02", "Bad Request - The period must not exceed 48hrs")
        shown = self._shown(max(start, self.now - KEPT), end)[int(offset) : int(offset) + self._page]
        self.rows.list_answered("payments")
        answer: dict[str, Any] = {"ResponseRefID": f"26178-42530161-{offset}", "ResponseCode": "1000"}
        if not shown:
            return json_response(200, {**answer, "ResponseCode": "1001", "ResponseMessage": "Null", "Response": [[]]})
        rows = [self.rows.served("payments", row.receipt, _payment(row)) for row in shown]
        return json_response(200, {**answer, "ResponseMessage": "Success", "Response": [rows]})

    def _shown(self, start: int, end: int) -> list[Movement]:
        hidden = self.rows.hidden("payments")
        return [row for row in self._payments if start <= row.at <= end and row.receipt not in hidden]

    def _status(self, request: Request, _values: dict[str, str]) -> Response:
        self._check_token(request)
        body = _body(request, _STATUS_FIELDS)
        if body["CommandID"] != "TransactionStatusQuery" or body["PartyA"] != self.short_code:
            raise _Refusal(400, "400.002.02", "Bad Request - Invalid CommandID or PartyA")
        self.asked.append(body)
        name = f"{len(self.asked):04}"
        answer = {"OriginatorConversationID": f"10816-694520-{name}", "ConversationID": f"AG_20261031_{name}"}
        words = "Accept the service request successfully."
        return json_response(200, {**answer, "ResponseCode": "0", "ResponseDescription": words})

    def _check_token(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise _Refusal(401, "404.001.03", "Invalid Access Token")

    def _error(self, refusal: _Refusal) -> Response:
        body = {"requestId": "11728-2929992-1", "errorCode": refusal.code, "errorMessage": str(refusal)}
        return json_response(refusal.status, body)


def _body(request: Request, fields: frozenset[str]) -> dict[str, Any]:
    try:
        body = exact_json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict) or set(body) != fields:
        raise _Refusal(400, "400.002.02", "Bad Request - Invalid request body")
    return body


def _payment(row: Movement) -> dict[str, Any]:
    phone = row.party.split(" ", maxsplit=1)[0].replace("*", "0")
    return {
        "transactionId": row.receipt,
        "trxDate": f"{datetime.fromtimestamp(row.at, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "msisdn": int(phone),
        "sender": row.party.partition(" - ")[2],
        "transactiontype": "c2b-pay-bill-debit",
        "billreference": row.account_no,
        "amount": to_text(row.minor, CURRENCY),
        "organizationname": "Kilimani Roasters Ltd",
    }


def _instant(body: dict[str, Any], name: str) -> int:
    try:
        return int(datetime.strptime(str(body[name]), "%Y-%m-%d %H:%M:%S").replace(tzinfo=_EAT).timestamp())
    except ValueError:
        raise _Refusal(400, "400.003.02", f"Bad Request - Invalid {name}") from None
