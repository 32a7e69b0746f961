CREATE TABLE companies (
    company TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_companies PRIMARY KEY (company)
);

CREATE TABLE balances (
    company TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    present BOOLEAN NOT NULL,
    day DATE NOT NULL,
    fetched_at TIMESTAMP WITH TIME ZONE NOT NULL,
    minor BIGINT NOT NULL,
    basis TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_balances PRIMARY KEY (company, source, account, currency, present, day, fetched_at),
    CONSTRAINT fk_balances_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE connections (
    company TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    provider TEXT COLLATE "C" NOT NULL,
    base_url TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    options TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_connections PRIMARY KEY (company, name),
    CONSTRAINT fk_connections_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE control_totals (
    company TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    checked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expected BIGINT NOT NULL,
    actual BIGINT NOT NULL,
    CONSTRAINT pk_control_totals PRIMARY KEY (company, source, name, currency, checked_at),
    CONSTRAINT fk_control_totals_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE exceptions (
    company TEXT COLLATE "C" NOT NULL,
    exception_id TEXT COLLATE "C" NOT NULL,
    reconciliation TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    members TEXT COLLATE "C" NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    day DATE NOT NULL,
    due DATE NOT NULL,
    expected BOOLEAN NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    resolution TEXT COLLATE "C" NOT NULL,
    resolution_note TEXT COLLATE "C" NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE,
    resolved_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_exceptions PRIMARY KEY (company, exception_id),
    CONSTRAINT ck_exceptions_reason CHECK (reason IN ('MISSING_IN_LEDGER', 'MISSING_IN_SOURCE', 'AMOUNT_DIFFERENCE', 'FEE_VARIANCE', 'TAX_DIFFERENCE', 'FX_DIFFERENCE', 'CURRENCY_MISMATCH', 'DATE_CUTOFF', 'DUPLICATE', 'AMBIGUOUS', 'PARTIAL', 'REFUND_UNLINKED', 'CHARGEBACK', 'RESERVE', 'MAPPING_MISSING', 'CONTRACT_REJECT', 'LATE_MUTATION', 'BALANCE_BREAK', 'POSTING_FAILED', 'POSTING_UNCERTAIN', 'EVENT_DEAD')),
    CONSTRAINT ck_exceptions_severity CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT ck_exceptions_state CHECK (state IN ('open', 'assigned', 'in_review', 'snoozed', 'proposed', 'resolved')),
    CONSTRAINT fk_exceptions_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE INDEX ix_exceptions_company_reconciliation_state ON exceptions (company, reconciliation, state);

CREATE TABLE interpreted_with (
    company TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    contract TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_interpreted_with PRIMARY KEY (company, source, stream),
    CONSTRAINT fk_interpreted_with_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE people (
    company TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    full_name TEXT COLLATE "C" NOT NULL,
    limit_currency TEXT COLLATE "C" NOT NULL,
    approval_limit_minor BIGINT,
    active BOOLEAN NOT NULL,
    password_hash TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_people PRIMARY KEY (company, name),
    CONSTRAINT fk_people_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE raw_pending (
    company TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    raw_id TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_raw_pending PRIMARY KEY (company, source, stream, raw_id),
    CONSTRAINT fk_raw_pending_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE raw_records (
    company TEXT COLLATE "C" NOT NULL,
    raw_id TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    payload TEXT COLLATE "C" NOT NULL,
    fetched_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_raw_records PRIMARY KEY (company, raw_id),
    CONSTRAINT fk_raw_records_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE raw_replaced (
    company TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    raw_id TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_raw_replaced PRIMARY KEY (company, source, stream, external_id, raw_id),
    CONSTRAINT fk_raw_replaced_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE reconciliations (
    company TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    source_side TEXT COLLATE "C" NOT NULL,
    ledger_side TEXT COLLATE "C" NOT NULL,
    before_days BIGINT NOT NULL,
    after_days BIGINT NOT NULL,
    tolerance_minor BIGINT NOT NULL,
    percent TEXT COLLATE "C" NOT NULL,
    materiality_minor BIGINT NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT pk_reconciliations PRIMARY KEY (company, name),
    CONSTRAINT fk_reconciliations_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE trail (
    company TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C" NOT NULL,
    previous TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_trail PRIMARY KEY (company, sequence),
    CONSTRAINT fk_trail_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE accounts (
    company TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (company, source, account_id),
    CONSTRAINT fk_accounts_connections_company FOREIGN KEY(company, source) REFERENCES connections (company, name),
    CONSTRAINT fk_accounts_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE comments (
    company TEXT COLLATE "C" NOT NULL,
    exception_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_comments PRIMARY KEY (company, exception_id, number),
    CONSTRAINT fk_comments_exceptions_company FOREIGN KEY(company, exception_id) REFERENCES exceptions (company, exception_id),
    CONSTRAINT fk_comments_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE cursors (
    company TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    cursor TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_cursors PRIMARY KEY (company, source, stream),
    CONSTRAINT fk_cursors_connections_company FOREIGN KEY(company, source) REFERENCES connections (company, name),
    CONSTRAINT fk_cursors_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE decisions (
    company TEXT COLLATE "C" NOT NULL,
    decision_id TEXT COLLATE "C" NOT NULL,
    reconciliation TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    members TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_by TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_decisions PRIMARY KEY (company, decision_id),
    CONSTRAINT fk_decisions_reconciliations_company FOREIGN KEY(company, reconciliation) REFERENCES reconciliations (company, name),
    CONSTRAINT ck_decisions_kind CHECK (kind IN ('match', 'reject', 'exclude')),
    CONSTRAINT fk_decisions_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE INDEX ix_decisions_company_reconciliation ON decisions (company, reconciliation);

CREATE TABLE match_members (
    company TEXT COLLATE "C" NOT NULL,
    reconciliation TEXT COLLATE "C" NOT NULL,
    match_id TEXT COLLATE "C" NOT NULL,
    side TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    allocated BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    score DOUBLE PRECISION NOT NULL,
    shape TEXT COLLATE "C" NOT NULL,
    rule TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    explanation TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_match_members PRIMARY KEY (company, reconciliation, match_id, side, id),
    CONSTRAINT fk_match_members_reconciliations_company FOREIGN KEY(company, reconciliation) REFERENCES reconciliations (company, name)
);

CREATE TABLE open_items (
    company TEXT COLLATE "C" NOT NULL,
    reconciliation TEXT COLLATE "C" NOT NULL,
    side TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    amount_open BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    nearest_id TEXT COLLATE "C" NOT NULL,
    failed_gate TEXT COLLATE "C" NOT NULL,
    by_how_much TEXT COLLATE "C" NOT NULL,
    candidates TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_open_items PRIMARY KEY (company, reconciliation, side, id),
    CONSTRAINT fk_open_items_reconciliations_company FOREIGN KEY(company, reconciliation) REFERENCES reconciliations (company, name)
);

CREATE TABLE opening_balances (
    company TEXT COLLATE "C" NOT NULL,
    reconciliation TEXT COLLATE "C" NOT NULL,
    side TEXT COLLATE "C" NOT NULL,
    day DATE NOT NULL,
    minor BIGINT NOT NULL,
    CONSTRAINT pk_opening_balances PRIMARY KEY (company, reconciliation, side),
    CONSTRAINT fk_opening_balances_reconciliations_company FOREIGN KEY(company, reconciliation) REFERENCES reconciliations (company, name),
    CONSTRAINT fk_opening_balances_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE opening_items (
    company TEXT COLLATE "C" NOT NULL,
    reconciliation TEXT COLLATE "C" NOT NULL,
    side TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    day DATE NOT NULL,
    minor BIGINT NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_opening_items PRIMARY KEY (company, reconciliation, side, record_id),
    CONSTRAINT fk_opening_items_reconciliations_company FOREIGN KEY(company, reconciliation) REFERENCES reconciliations (company, name),
    CONSTRAINT fk_opening_items_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE person_roles (
    company TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_person_roles PRIMARY KEY (company, name, role),
    CONSTRAINT fk_person_roles_people_company FOREIGN KEY(company, name) REFERENCES people (company, name),
    CONSTRAINT ck_person_roles_role CHECK (role IN ('accountant', 'staff', 'supervisor', 'owner')),
    CONSTRAINT fk_person_roles_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE quarantine (
    company TEXT COLLATE "C" NOT NULL,
    raw_id TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    contract TEXT COLLATE "C" NOT NULL,
    path TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_quarantine PRIMARY KEY (company, raw_id, position),
    CONSTRAINT fk_quarantine_raw_records_company FOREIGN KEY(company, raw_id) REFERENCES raw_records (company, raw_id),
    CONSTRAINT fk_quarantine_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE INDEX ix_quarantine_company_source_stream_external_id ON quarantine (company, source, stream, external_id);

CREATE TABLE raw_heads (
    company TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    raw_id TEXT COLLATE "C" NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_raw_heads PRIMARY KEY (company, source, stream, external_id),
    CONSTRAINT fk_raw_heads_raw_records_company FOREIGN KEY(company, raw_id) REFERENCES raw_records (company, raw_id),
    CONSTRAINT fk_raw_heads_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE runs (
    company TEXT COLLATE "C" NOT NULL,
    reconciliation TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    inputs_digest TEXT COLLATE "C" NOT NULL,
    matches_digest TEXT COLLATE "C" NOT NULL,
    rule_version TEXT COLLATE "C" NOT NULL,
    confirmed BIGINT NOT NULL,
    suggested BIGINT NOT NULL,
    open_items BIGINT NOT NULL,
    CONSTRAINT pk_runs PRIMARY KEY (company, reconciliation, sequence),
    CONSTRAINT fk_runs_reconciliations_company FOREIGN KEY(company, reconciliation) REFERENCES reconciliations (company, name),
    CONSTRAINT fk_runs_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE superseded_transactions (
    company TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    occurrence BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE,
    booking_date DATE,
    amount BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    settlement_amount BIGINT NOT NULL,
    settlement_currency TEXT COLLATE "C" NOT NULL,
    book_amount BIGINT NOT NULL,
    book_currency TEXT COLLATE "C" NOT NULL,
    fx_rate TEXT COLLATE "C" NOT NULL,
    fee BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    net BIGINT NOT NULL,
    batch TEXT COLLATE "C" NOT NULL,
    "references" TEXT COLLATE "C" NOT NULL,
    counterparty TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    dimensions TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    raw_id TEXT COLLATE "C" NOT NULL,
    contract TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_superseded_transactions PRIMARY KEY (company, id, revision),
    CONSTRAINT fk_superseded_transactions_raw_records_company FOREIGN KEY(company, raw_id) REFERENCES raw_records (company, raw_id)
);

CREATE INDEX ix_superseded_transactions_company_source ON superseded_transactions (company, source);

CREATE TABLE transactions (
    company TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    occurrence BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE,
    booking_date DATE,
    amount BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    settlement_amount BIGINT NOT NULL,
    settlement_currency TEXT COLLATE "C" NOT NULL,
    book_amount BIGINT NOT NULL,
    book_currency TEXT COLLATE "C" NOT NULL,
    fx_rate TEXT COLLATE "C" NOT NULL,
    fee BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    net BIGINT NOT NULL,
    batch TEXT COLLATE "C" NOT NULL,
    "references" TEXT COLLATE "C" NOT NULL,
    counterparty TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    dimensions TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    raw_id TEXT COLLATE "C" NOT NULL,
    contract TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_transactions PRIMARY KEY (company, id),
    CONSTRAINT fk_transactions_raw_records_company FOREIGN KEY(company, raw_id) REFERENCES raw_records (company, raw_id)
);

CREATE INDEX ix_transactions_company_raw_id ON transactions (company, raw_id);

CREATE INDEX ix_transactions_company_source_stream_account ON transactions (company, source, stream, account);

CREATE TABLE writes (
    company TEXT COLLATE "C" NOT NULL,
    write_id TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    maker TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    document_id TEXT COLLATE "C" NOT NULL,
    document_number TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_writes PRIMARY KEY (company, write_id),
    CONSTRAINT fk_writes_people_company FOREIGN KEY(company, maker) REFERENCES people (company, name),
    CONSTRAINT uq_writes_reference UNIQUE (company, reference),
    CONSTRAINT ck_writes_state CHECK (state IN ('draft', 'submitted', 'approved', 'posting', 'posted', 'verified', 'rejected', 'voided', 'expired', 'failed', 'uncertain', 'reversed')),
    CONSTRAINT fk_writes_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE attempts (
    company TEXT COLLATE "C" NOT NULL,
    write_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    words TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_attempts PRIMARY KEY (company, write_id, number),
    CONSTRAINT fk_attempts_writes_company FOREIGN KEY(company, write_id) REFERENCES writes (company, write_id),
    CONSTRAINT fk_attempts_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE write_generations (
    company TEXT COLLATE "C" NOT NULL,
    write_id TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    day DATE NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    memo TEXT COLLATE "C" NOT NULL,
    debits_minor BIGINT NOT NULL,
    idempotency_key TEXT COLLATE "C" NOT NULL,
    payload TEXT COLLATE "C" NOT NULL,
    payload_sha256 TEXT COLLATE "C" NOT NULL,
    editor TEXT COLLATE "C" NOT NULL,
    mapping_version TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_write_generations PRIMARY KEY (company, write_id, generation),
    CONSTRAINT fk_write_generations_writes_company FOREIGN KEY(company, write_id) REFERENCES writes (company, write_id),
    CONSTRAINT fk_write_generations_connections_company FOREIGN KEY(company, target) REFERENCES connections (company, name),
    CONSTRAINT fk_write_generations_people_company FOREIGN KEY(company, editor) REFERENCES people (company, name),
    CONSTRAINT uq_write_generations_idempotency_key UNIQUE (company, target, idempotency_key),
    CONSTRAINT ck_write_generations_payload_sha256 CHECK (length(payload_sha256) = 64),
    CONSTRAINT ck_write_generations_debits_minor CHECK (debits_minor > 0),
    CONSTRAINT fk_write_generations_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE approvals (
    company TEXT COLLATE "C" NOT NULL,
    write_id TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    approver TEXT COLLATE "C" NOT NULL,
    payload_sha256 TEXT COLLATE "C" NOT NULL,
    approved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_approvals PRIMARY KEY (company, write_id, generation, approver),
    CONSTRAINT fk_approvals_write_generations_company FOREIGN KEY(company, write_id, generation) REFERENCES write_generations (company, write_id, generation),
    CONSTRAINT fk_approvals_people_company FOREIGN KEY(company, approver) REFERENCES people (company, name),
    CONSTRAINT fk_approvals_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE outbox (
    company TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    write_id TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_outbox PRIMARY KEY (company, number),
    CONSTRAINT fk_outbox_write_generations_company FOREIGN KEY(company, write_id, generation) REFERENCES write_generations (company, write_id, generation),
    CONSTRAINT uq_outbox_write_id UNIQUE (company, write_id, generation),
    CONSTRAINT fk_outbox_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE write_exceptions (
    company TEXT COLLATE "C" NOT NULL,
    write_id TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    exception_id TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    CONSTRAINT pk_write_exceptions PRIMARY KEY (company, write_id, generation, exception_id),
    CONSTRAINT fk_write_exceptions_write_generations_company FOREIGN KEY(company, write_id, generation) REFERENCES write_generations (company, write_id, generation),
    CONSTRAINT fk_write_exceptions_exceptions_company FOREIGN KEY(company, exception_id) REFERENCES exceptions (company, exception_id),
    CONSTRAINT fk_write_exceptions_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE write_lines (
    company TEXT COLLATE "C" NOT NULL,
    write_id TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    line BIGINT NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    minor BIGINT NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    dimensions TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_write_lines PRIMARY KEY (company, write_id, generation, line),
    CONSTRAINT fk_write_lines_write_generations_company FOREIGN KEY(company, write_id, generation) REFERENCES write_generations (company, write_id, generation),
    CONSTRAINT ck_write_lines_minor CHECK (minor <> 0),
    CONSTRAINT fk_write_lines_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);
