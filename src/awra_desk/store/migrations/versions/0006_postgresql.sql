CREATE TABLE events (
    company TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    verified BOOLEAN NOT NULL,
    payload TEXT COLLATE "C" NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT COLLATE "C" NOT NULL,
    brought BIGINT NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_events PRIMARY KEY (company, source, event_id),
    CONSTRAINT ck_events_state CHECK (state IN ('received', 'processed', 'failed', 'dead')),
    CONSTRAINT fk_events_connections_company FOREIGN KEY(company, source) REFERENCES connections (company, name),
    CONSTRAINT fk_events_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE INDEX ix_events_company_state_next_attempt_at ON events (company, state, next_attempt_at);

CREATE TABLE witnesses (
    company TEXT COLLATE "C" NOT NULL,
    raw_id TEXT COLLATE "C" NOT NULL,
    witness TEXT COLLATE "C" NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_witnesses PRIMARY KEY (company, raw_id, witness),
    CONSTRAINT ck_witnesses_witness CHECK (witness IN ('poll', 'event', 'statement')),
    CONSTRAINT fk_witnesses_raw_records_company FOREIGN KEY(company, raw_id) REFERENCES raw_records (company, raw_id),
    CONSTRAINT fk_witnesses_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);
