CREATE TABLE events (
    company TEXT NOT NULL,
    source TEXT NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    payload TEXT NOT NULL,
    received_at TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt_at TEXT,
    last_error TEXT NOT NULL,
    brought BIGINT NOT NULL,
    done_at TEXT,
    CONSTRAINT pk_events PRIMARY KEY (company, source, event_id),
    CONSTRAINT ck_events_state CHECK (state IN ('received', 'processed', 'failed', 'dead')),
    CONSTRAINT fk_events_connections_company FOREIGN KEY(company, source) REFERENCES connections (company, name),
    CONSTRAINT fk_events_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE INDEX ix_events_company_state_next_attempt_at ON events (company, state, next_attempt_at);

CREATE TABLE witnesses (
    company TEXT NOT NULL,
    raw_id TEXT NOT NULL,
    witness TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    CONSTRAINT pk_witnesses PRIMARY KEY (company, raw_id, witness),
    CONSTRAINT ck_witnesses_witness CHECK (witness IN ('poll', 'event', 'statement')),
    CONSTRAINT fk_witnesses_raw_records_company FOREIGN KEY(company, raw_id) REFERENCES raw_records (company, raw_id),
    CONSTRAINT fk_witnesses_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);
