ALTER TABLE connections ADD COLUMN rung TEXT DEFAULT 'read-only' NOT NULL
    CONSTRAINT ck_connections_rung CHECK (rung IN ('read-only', 'staged', 'writes', 'events', 'scheduled'));

CREATE TABLE shared_states (
    company TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_shared_states PRIMARY KEY (company, name),
    CONSTRAINT fk_shared_states_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);
