"""Column schemas of the tables that cross package borders. Amounts are integer minor units of the row's currency."""

from awra_desk.ports.columns import DAY, INSTANT, INTEGER, REAL, TEXT

SOURCE_SIDE = "source"
LEDGER_SIDE = "ledger"

# One canonical transaction per row. `id` is derived (domain.transactions.record_id). Signs: money into the account is
# positive, debit positive.
# settlement_* and book_* are absent where their currency is "". fee, tax and net are in the settlement currency where
# there is one, else in `currency`.
# references: newline-separated; dimensions: JSON object text with sorted keys; fx_rate: plain decimal text or "".
TRANSACTIONS = {
    "id": TEXT,
    "company": TEXT,
    "source": TEXT,
    "stream": TEXT,
    "external_id": TEXT,
    "occurrence": INTEGER,
    "kind": TEXT,
    "occurred_at": INSTANT,
    "booking_date": DAY,
    "amount": INTEGER,
    "currency": TEXT,
    "settlement_amount": INTEGER,
    "settlement_currency": TEXT,
    "book_amount": INTEGER,
    "book_currency": TEXT,
    "fx_rate": TEXT,
    "fee": INTEGER,
    "tax": INTEGER,
    "net": INTEGER,
    "batch": TEXT,
    "references": TEXT,
    "counterparty": TEXT,
    "description": TEXT,
    "account": TEXT,
    "dimensions": TEXT,
    "status": TEXT,
    "raw_id": TEXT,
    "contract": TEXT,
}

# One open item offered to the matcher, per side. `references` newline-separated; `channel` groups daily summaries.
ITEMS = {
    "id": TEXT,
    "date": DAY,
    "amount": INTEGER,
    "currency": TEXT,
    "references": TEXT,
    "description": TEXT,
    "counterparty": TEXT,
    "kind": TEXT,
    "batch": TEXT,
    "channel": TEXT,
}

# One row per (match, member), sorted by match_id, side (source first), id. status: confirmed | suggested. score 0..1.
# shape: 1:1 | 1:N | N:1 | N:M | contra.
# reason: a domain ReasonCode or "". explanation: compact JSON (matching.explanation), the same text for each member
# of a match.
MATCH_MEMBERS = {
    "match_id": TEXT,
    "side": TEXT,
    "id": TEXT,
    "allocated": INTEGER,
    "currency": TEXT,
    "status": TEXT,
    "score": REAL,
    "shape": TEXT,
    "rule": TEXT,
    "reason": TEXT,
    "explanation": TEXT,
}

# One row per item left open (or its open residual). failed_gate: the first gate the nearest candidate failed;
# by_how_much: text with unit ("0.02", "3 days").
# candidates: JSON list of up to five {id, score, failed_gate, by_how_much, changes, then}, best first; changes: what
# would bring the two together ({kind, value, side, id} each, matching.changes); then: what that leads to, if known.
OPEN_ITEMS = {
    "side": TEXT,
    "id": TEXT,
    "amount_open": INTEGER,
    "currency": TEXT,
    "reason": TEXT,
    "nearest_id": TEXT,
    "failed_gate": TEXT,
    "by_how_much": TEXT,
    "candidates": TEXT,
}
