"""Everything connectors share about HTTP; the only package that imports httpx.

A connector builds one `Http` with its auth, policy rows and bucket, and calls `get`, `ask` or `write`; it pages with
`walk` and a paginator. It raises the errors of `ports.connections` only, names the provider's request id in them, and
never shows a secret.
"""

from httpx import BaseTransport

from awra_desk.connectors._http.access import Access, SignIn
from awra_desk.connectors._http.auth import Auth, BasicAuth, BearerAuth, NoAuth, checked_secret
from awra_desk.connectors._http.authorize import App, Desktop, sign_in
from awra_desk.connectors._http.bucket import MemoryState, TokenBucket
from awra_desk.connectors._http.client import Http, Params
from awra_desk.connectors._http.granted import GrantedAuth
from awra_desk.connectors._http.guard import Guard
from awra_desk.connectors._http.options import whole_option
from awra_desk.connectors._http.origin import check_base_url, is_loopback, same_origin_link
from awra_desk.connectors._http.paginate import AfterLastId, NextLink, Offset, Paginator, listed, out_of_order, walk
from awra_desk.connectors._http.policy import DEFAULT_POLICY, Action, Policy, Rule, Written
from awra_desk.connectors._http.redaction import Redactor
from awra_desk.connectors._http.reply import Reply, Trouble
from awra_desk.connectors._http.signed_in import signed_in
from awra_desk.connectors._http.standing import read_standing
from awra_desk.connectors._http.tokens import TOKEN_POLICY, TOKEN_TIMEOUT, RefreshingAuth, read_tokens
from awra_desk.normalise.exact_json import JsonRefused, Number, dumps, loads

__all__ = [
    "DEFAULT_POLICY",
    "TOKEN_POLICY",
    "TOKEN_TIMEOUT",
    "Access",
    "Action",
    "AfterLastId",
    "App",
    "Auth",
    "BaseTransport",
    "BasicAuth",
    "BearerAuth",
    "Desktop",
    "GrantedAuth",
    "Guard",
    "Http",
    "JsonRefused",
    "MemoryState",
    "NextLink",
    "NoAuth",
    "Number",
    "Offset",
    "Paginator",
    "Params",
    "Policy",
    "Redactor",
    "RefreshingAuth",
    "Reply",
    "Rule",
    "SignIn",
    "TokenBucket",
    "Trouble",
    "Written",
    "check_base_url",
    "checked_secret",
    "dumps",
    "is_loopback",
    "listed",
    "loads",
    "out_of_order",
    "read_standing",
    "read_tokens",
    "same_origin_link",
    "sign_in",
    "signed_in",
    "walk",
    "whole_option",
]
