"""Asks Daraja what became of one payment. The answer comes later, to a public address of the merchant's, whose relay
stores it among the callbacks (`callbacks`).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from awra_desk.connectors._http import Http, dumps, out_of_order
from awra_desk.domain.errors import UsageError

_PATH = "/mpesa/transactionstatus/v1/query"
_SHORT_CODE = "4"  # IdentifierType of an organisation's short code; 2 is a till


class StatusQueries:
    """Transaction status queries of one short code.

    Args:
        options: `initiator`, the API operator's name; `certificate`, path of Safaricom's public certificate (PEM);
            `result_url`, the merchant's public https address; `identifier_type`, "4" (paybill) or "2" (till).
        password: the initiator's.

    Raises:
        UsageError: one of them is missing or cannot be used.
    """

    def __init__(self, http: Http, short_code: str, options: Mapping[str, str], password: object, record: str) -> None:
        self._http = http
        self._code = short_code
        self._options = options
        if not isinstance(password, str) or not password:
            raise UsageError(
                "the secret has no initiator_password", record=record, remedy="Store it, or drop option initiator."
            )
        if urlsplit(options.get("result_url", "")).scheme != "https":
            raise UsageError(
                "option result_url is no https address", record=record, remedy="Give the address of your relay."
            )
        self._credential = security_credential(password, Path(options.get("certificate", "")))

    def ask(self, receipt: str) -> None:
        """Have the status of a payment posted to the result address.

        Raises:
            TransportError: Daraja did not take the question.
        """
        url = self._options["result_url"]
        body = {
            "Initiator": self._options["initiator"],
            "SecurityCredential": self._credential,
            "CommandID": "TransactionStatusQuery",
            "TransactionID": receipt,
            "PartyA": self._code,
            "IdentifierType": self._options.get("identifier_type", _SHORT_CODE),
            "ResultURL": url,
            "QueueTimeOutURL": url,
            "Remarks": "Reconciliation",
            "Occasion": "",
        }
        reply = self._http.ask(_PATH, content=dumps(body))
        code = reply.body.get("ResponseCode") if isinstance(reply.body, dict) else None
        if str(code) != "0":
            raise out_of_order(reply, f"the question about {receipt} was not taken (code {code})")


def security_credential(password: str, certificate: Path) -> str:
    """The initiator's password as Daraja wants it: encrypted for Safaricom's certificate (RSA, PKCS #1 v1.5), base64.

    Raises:
        UsageError: the file is no certificate with an RSA key.
    """
    try:
        key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    except (OSError, ValueError):
        key = None
    if not isinstance(key, rsa.RSAPublicKey):
        raise UsageError(
            "option certificate is no certificate with an RSA key",
            record=str(certificate),
            remedy="Download Safaricom's public certificate (PEM) from its developer portal.",
        )
    return base64.b64encode(key.encrypt(password.encode(), padding.PKCS1v15())).decode()
