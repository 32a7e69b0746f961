"""QuickBooks' error answers. Codes and shapes as the provider documents them and its users quote them."""

from typing import Any

VALIDATION = "ValidationFault"


class Refusal(Exception):
    """What QuickBooks answers with a Fault.

    Attributes:
        status: HTTP status; faults may come with 200.
        code: the Error's code as text.
        message, detail: the Error's two texts.
        element: the property concerned; "" if none.
        kind: the Fault's type.
    """

    def __init__(
        self,
        code: str,
        message: str,
        detail: str,
        *,
        element: str = "",
        status: int = 400,
        kind: str = VALIDATION,
    ) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail
        self.element = element
        self.kind = kind
        super().__init__(f"{message}: {detail}")

    def document(self, time: str) -> dict[str, Any]:
        """The body, with the provider's time."""
        error = {"Message": self.message, "Detail": self.detail, "code": self.code}
        if self.element:
            error["element"] = self.element
        return {"Fault": {"Error": [error], "type": self.kind}, "time": time}


def gateway_document(code: str, message: str, detail: str | None, kind: str, milliseconds: int) -> dict[str, Any]:
    """The body that the gateway before the API sends for 401 and 403: other names, all members present, time in ms."""
    return {
        "warnings": None,
        "intuitObject": None,
        "fault": {"error": [{"message": message, "detail": detail, "code": code, "element": None}], "type": kind},
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": milliseconds,
        "status": None,
        "cdcresponse": [],
    }


def unsupported_operation(what: str) -> Refusal:
    """A path that the API does not have."""
    return Refusal("500", "Unsupported Operation", f"Operation {what} is not supported.")


def unsupported_property(name: str) -> Refusal:
    """A property or parameter that is not known."""
    detail = f"Property Name:{name} specified is unsupported or invalid"
    return Refusal("2010", "Request has invalid or unsupported property", detail, element=name)


def missing(name: str) -> Refusal:
    """A required property or parameter that was not sent."""
    return Refusal(
        "2020",
        "Required param missing, need to supply the required value for the API",
        f"Required parameter {name} is missing in the request",
        element=name,
    )


def too_long(name: str, maximum: int, length: int) -> Refusal:
    """A text that is longer than the property holds."""
    detail = f"Property Name:{name} String length specified does not match the supported length. "
    detail += f"Min:0 Max:{maximum} supported. Supplied length:{length}"
    words = "String length is either shorter or longer than supported by specification"
    return Refusal("2050", words, detail, element=name)


def invalid_number(name: str, value: object) -> Refusal:
    """A number that is none, or not one of this property."""
    return Refusal("2090", "Invalid Number", f"Invalid Number : {value}", element=name)


def invalid_enumeration(name: str, value: object) -> Refusal:
    """A word that is not one of the property's."""
    return Refusal("2170", "Invalid Enumeration", f"Invalid Enumeration : {value}", element=name)


def invalid_reference(what: str, identity: str, name: str) -> Refusal:
    """A reference to something that is not there."""
    return Refusal(
        "2500", "Invalid Reference Id", f"Invalid Reference Id : {what} element id {identity} not found", element=name
    )


def inactive_reference(name: str) -> Refusal:
    """A reference to something that was made inactive."""
    detail = "Invalid Reference Id : Something you're trying to use has been made inactive. "
    detail += "Check the fields with accounts, customers, items, vendors or employees."
    return Refusal("2500", "Invalid Reference Id", detail, element=name)


def not_found(entity: str, identity: str) -> Refusal:
    """An object that does not exist or was deleted."""
    detail = f"Object Not Found : {entity} {identity}: Another user has deleted this transaction, or it never was."
    return Refusal("610", "Object Not Found", detail)


def stale() -> Refusal:
    """An update that is based on an older version."""
    detail = "Stale Object Error : You and another user were working on this at the same time. "
    return Refusal("5010", "Stale Object Error", detail + "The other user finished before you did.")


def business(detail: str) -> Refusal:
    """A rule of bookkeeping."""
    return Refusal(
        "6000",
        "A business validation error has occurred while processing your request",
        f"Business Validation Error: {detail}",
    )


def period_closed() -> Refusal:
    """A document dated on or before the closing date of the books."""
    detail = "The account period has closed and the account books cannot be updated through the QuickBooks Online "
    return Refusal("6210", "Account Period Closed", detail + "Services API. Please check the QBO settings.")


def query_error(detail: str, *, parsing: bool) -> Refusal:
    """A statement that cannot be parsed (4000), or asks for what does not exist (4001)."""
    if parsing:
        return Refusal("4000", "Error parsing query", f"QueryParserError: {detail}")
    return Refusal("4001", "Invalid query", f"QueryValidationError: {detail}")
