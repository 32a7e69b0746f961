"""The QuickBooks Online API over a simulated company: OAuth tokens, reads, queries, change data capture, journal
entries, trial balance.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from awra_desk.sandbox.merchant import Json
from awra_desk.sandbox.servers._http import Request, Response, Router, json_response
from awra_desk.sandbox.servers.faults import RowFaults
from awra_desk.sandbox.servers.parameters import Kind, Parameter, ParameterError, Table, Value, read_parameters
from awra_desk.sandbox.servers.quickbooks import _faults
from awra_desk.sandbox.servers.quickbooks._company import Company
from awra_desk.sandbox.servers.quickbooks._faults import Refusal
from awra_desk.sandbox.servers.quickbooks._journal import read_body
from awra_desk.sandbox.servers.quickbooks._query import parse, run
from awra_desk.sandbox.servers.quickbooks._render import OTHERS
from awra_desk.sandbox.servers.quickbooks._reports import trial_balance
from awra_desk.sandbox.servers.quickbooks._times import PROVIDER_ZONE, read_instant, stamp
from awra_desk.sandbox.servers.quickbooks._tokens import TokenRefusal, Tokens

CDC_DAYS = 30
CDC_OBJECTS = 1000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_COMMON = {"minorversion": Parameter(Kind.INTEGER, minimum=1)}
PARAMETERS: dict[str, Table] = {
    "query": {**_COMMON, "query": Parameter(Kind.TEXT)},
    "cdc": {
        **_COMMON,
        "entities": Parameter(Kind.TEXT, required=True),
        "changedSince": Parameter(Kind.TEXT, required=True),
    },
    "read": _COMMON,
    "write": {
        **_COMMON,
        "requestid": Parameter(Kind.TEXT, maximum=50),
        "operation": Parameter(Kind.CHOICE, choices=("delete", "update")),
    },
    "report": {
        **_COMMON,
        "start_date": Parameter(Kind.DATE),
        "end_date": Parameter(Kind.DATE),
        "accounting_method": Parameter(Kind.CHOICE, choices=("Accrual", "Cash")),
    },
}
"""Kind of endpoint -> the query parameters it takes; everything else is refused."""

_IDENTITY = ("Id", "SyncToken", "MetaData.CreateTime", "MetaData.LastUpdatedTime")
PROPERTIES: dict[str, frozenset[str]] = {
    **dict.fromkeys(OTHERS, frozenset({*_IDENTITY, "TxnDate"})),
    "Account": frozenset({
        *_IDENTITY, "AccountSubType", "AccountType", "AcctNum", "Active", "Classification", "CurrentBalance",
        "FullyQualifiedName", "Name",
    }),
    "CompanyInfo": frozenset({*_IDENTITY, "CompanyName"}),
    "Deposit": frozenset({*_IDENTITY, "TotalAmt", "TxnDate"}),
    "JournalEntry": frozenset({*_IDENTITY, "DocNumber", "TxnDate"}),
    "Payment": frozenset({*_IDENTITY, "PaymentRefNum", "TotalAmt", "TxnDate"}),
    "Preferences": frozenset(_IDENTITY),
    "SalesReceipt": frozenset({*_IDENTITY, "DocNumber", "TotalAmt", "TxnDate"}),
}  # fmt: skip
"""Entity -> the properties that a query may filter and sort by."""

_CDC_ENTITIES = ("Account", "Deposit", "JournalEntry", "Payment", "SalesReceipt", *OTHERS)


class QuickBooksApplication:
    """Answers as quickbooks.api.intuit.com and oauth.platform.intuit.com do, for one company.

    Args:
        company: the books.
        tokens: the OAuth side.
        rows: rows that come late or change; resources are named by entity ("JournalEntry").
        byte_order_mark: whether token answers begin with one, as the provider's published samples do.
    """

    def __init__(
        self, company: Company, tokens: Tokens, *, rows: RowFaults | None = None, byte_order_mark: bool = False
    ) -> None:
        self.company = company
        self.tokens = tokens
        self.rows = rows if rows is not None else RowFaults()
        self._byte_order_mark = byte_order_mark
        self._calls = 0
        self._router = self._routes()
        self._open: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("POST", "/oauth2/v1/tokens/bearer"): self._token,
            ("GET", "/connect/oauth2"): self._signed_in,
            ("GET", "/.well-known/openid_configuration"): lambda request: json_response(
                200, _discovery(request.headers.get("host", "127.0.0.1"))
            ),
        }

    def handle(self, request: Request) -> Response:
        """The answer to one call, with the provider's transaction id."""
        if open_to_all := self._open.get((request.method, request.path)):
            return open_to_all(request)
        if not self.tokens.accepts(request.headers.get("authorization", "")):
            return self.failure(401)
        try:
            handler, values, _ = self._router.find(request.method, request.path)
            if handler is None:
                raise _faults.unsupported_operation(f"{request.method} {request.path}")
            if values.pop("realm") != self.company.realm_id:
                return self.failure(403)
            return handler(request, values)
        except Refusal as refusal:
            return self._answer(refusal.document(self._time()), status=refusal.status)

    def failure(self, status: int) -> Response:
        """The provider's answer for trouble of this status; 200 is a fault that comes as a success."""
        milliseconds = int(self.company.now.timestamp()) * 1000
        if status in (401, 403):
            code, word, kind = {
                401: ("3200", "Authentication", "AUTHENTICATION"),
                403: ("3100", "Authorization", "SERVICE"),
            }[status]
            message = f"message={word}Failed; errorCode=00{code}; statusCode={status}"
            detail = "Token expired: the access token is not valid" if status == 401 else None
            return self._answer(_faults.gateway_document(code, message, detail, kind, milliseconds), status=status)
        if status == 429:
            detail = "The request limit was reached. Retry after some time."
            refusal = Refusal("3001", "message=ThrottleExceeded; errorCode=003001; statusCode=429", detail)
        else:
            refusal = Refusal(
                "10000",
                "An application error has occurred while processing your request",
                "System Failure Error: Unexpected Internal Error",
                kind="SystemFault",
            )
        return self._answer(refusal.document(self._time()), status=status)

    def _routes(self) -> Router:
        router = Router()
        root = "/v3/company/{realm}"
        router.add("GET", f"{root}/query", self._query)
        router.add("POST", f"{root}/query", self._query)
        router.add("GET", f"{root}/cdc", self._cdc)
        router.add("GET", f"{root}/reports/TrialBalance", self._trial_balance)
        router.add("POST", f"{root}/journalentry", self._write)
        router.add("GET", f"{root}/preferences", self._reader("Preferences"))
        for entity in PROPERTIES:
            router.add("GET", f"{root}/{entity.lower()}/{{identity}}", self._reader(entity))
        return router

    def _token(self, request: Request) -> Response:
        try:
            answer = json_response(200, self.tokens.refresh(request))
        except TokenRefusal as refusal:
            return self._answer({"error": refusal.error, "error_description": str(refusal)}, status=refusal.status)
        mark = _BYTE_ORDER_MARK if self._byte_order_mark else b""
        return Response(answer.status, mark + answer.body, (*answer.headers, *self._headers().items()))

    def _signed_in(self, request: Request) -> Response:
        """A person who signs in and agrees at once."""
        try:
            place = self.tokens.authorize(dict(request.query))
        except TokenRefusal as refusal:
            return self._answer({"error": refusal.error, "error_description": str(refusal)}, status=refusal.status)
        return Response(302, b"", (("Location", f"{place}&realmId={self.company.realm_id}"),))

    def _reader(self, entity: str) -> Callable[[Request, dict[str, str]], Response]:
        def answer(request: Request, values: dict[str, str]) -> Response:
            _parameters("read", request)
            identity = values.get("identity", "1")
            row = self.company.row(entity, identity)
            if row is None or identity in self.rows.hidden(entity):
                raise _faults.not_found(entity, identity)
            return self._answer({entity: self.rows.served(entity, identity, row), "time": self._time()})

        return answer

    def _query(self, request: Request, _values: dict[str, str]) -> Response:
        parameters = _parameters("query", request)
        text = parameters.get("query")
        if text is None:
            text = request.body.decode("utf-8", "replace")
        statement = parse(str(text))
        entity = statement.entity
        if entity not in PROPERTIES:
            raise _faults.query_error(f"Metadata not found for Entity: {entity}", parsing=False)
        rows = self._visible(entity)
        if entity == "Account" and not any(condition.name == "Active" for condition in statement.where):
            rows = [row for row in rows if row["Active"]]
        page, total = run(statement, rows, PROPERTIES[entity])
        self.rows.list_answered(entity)
        if statement.count:
            return self._answer({"QueryResponse": {"totalCount": total}, "time": self._time()})
        found: Json = {}
        if page:
            served = [self.rows.served(entity, row["Id"], dict(row)) if "Id" in row else row for row in page]
            found = {entity: served, "startPosition": statement.start, "maxResults": len(page)}
        return self._answer({"QueryResponse": found, "time": self._time()})

    def _cdc(self, request: Request, _values: dict[str, str]) -> Response:
        parameters = _parameters("cdc", request)
        entities = [entity.strip() for entity in str(parameters["entities"]).split(",")]
        for entity in entities:
            if entity not in _CDC_ENTITIES:
                raise _faults.invalid_enumeration("entities", entity)
        try:
            since = read_instant(str(parameters["changedSince"]))
        except ValueError:
            raise _faults.unsupported_property("changedSince") from None
        if since < self.company.now - timedelta(days=CDC_DAYS):
            raise _faults.business(f"changedSince lies more than {CDC_DAYS} days back.")
        parts: list[Json] = []
        for entity in entities:
            rows, stones = self.company.changes(entity, since)
            hidden = self.rows.hidden(entity)
            objects = [self.rows.served(entity, row["Id"], row) for row in rows if row["Id"] not in hidden]
            objects += [
                {
                    "domain": "QBO",
                    "status": "Deleted",
                    "Id": stone.identity,
                    "MetaData": {"LastUpdatedTime": stamp(stone.deleted)},
                }
                for stone in stones
            ]
            self.rows.list_answered(entity)
            shown = objects[:CDC_OBJECTS]
            parts.append({entity: shown, "startPosition": 1, "maxResults": len(shown)} if shown else {})
        return self._answer({"CDCResponse": [{"QueryResponse": parts}], "time": self._time()})

    def _write(self, request: Request, _values: dict[str, str]) -> Response:
        parameters = _parameters("write", request)
        body = read_body(request.body)
        if parameters.get("operation") == "delete":
            document = self.company.delete_journal_entry(body)
        else:
            document = self.company.write_journal_entry(body, request_id=str(parameters.get("requestid", "")))
        return self._answer({"JournalEntry": document, "time": self._time()})

    def _trial_balance(self, request: Request, _values: dict[str, str]) -> Response:
        parameters = _parameters("report", request)
        today = self.company.now.astimezone(PROVIDER_ZONE).date()
        end = parameters.get("end_date", today)
        assert isinstance(end, date)
        start = parameters.get("start_date", end.replace(day=1))
        assert isinstance(start, date)
        if start > end:
            raise _faults.business("The report's start_date lies after its end_date.")
        report = trial_balance(
            self.company.accounts(),
            self.company.balances(end),
            start=start,
            end=end,
            basis=str(parameters.get("accounting_method", "Accrual")),
            now=self.company.now,
        )
        return self._answer(report)

    def _visible(self, entity: str) -> list[Json]:
        hidden = self.rows.hidden(entity)
        return [row for row in self.company.rows(entity) if row["Id"] not in hidden]

    def _answer(self, document: Mapping[str, Any], *, status: int = 200) -> Response:
        return json_response(status, document, self._headers())

    def _headers(self) -> dict[str, str]:
        self._calls += 1
        digest = hashlib.sha256(f"{self.company.realm_id}/{self._calls}".encode()).hexdigest()
        return {"intuit_tid": f"1-{digest[:8]}-{digest[8:32]}"}

    def _time(self) -> str:
        return stamp(self.company.now)


def _parameters(endpoint: str, request: Request) -> dict[str, Value]:
    try:
        return read_parameters(PARAMETERS[endpoint], request.query)
    except ParameterError as error:
        match error.problem:
            case "missing":
                raise _faults.missing(error.name) from error
            case "choice":
                raise _faults.invalid_enumeration(error.name, error.value) from error
            case "integer" | "minimum" | "maximum":
                raise _faults.invalid_number(error.name, error.value) from error
            case "length":
                raise _faults.too_long(error.name, int(str(error.limit)), len(error.value)) from error
        raise _faults.unsupported_property(error.name) from error


def _discovery(host: str) -> Json:
    """The OpenID discovery document, with this server's own token endpoint."""
    here = f"http://{host}"
    return {
        "issuer": f"{here}/op/v1",
        "authorization_endpoint": f"{here}/connect/oauth2",
        "token_endpoint": f"{here}/oauth2/v1/tokens/bearer",
        "userinfo_endpoint": f"{here}/v1/openid_connect/userinfo",
        "revocation_endpoint": f"{here}/v2/oauth2/tokens/revoke",
        "jwks_uri": f"{here}/op/v1/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", "address", "phone"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
    }
