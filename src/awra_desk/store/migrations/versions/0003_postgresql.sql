ALTER TABLE connections ADD COLUMN rung TEXT COLLATE "C" DEFAULT 'read-only' NOT NULL
    CONSTRAINT ck_connections_rung CHECK (rung IN ('read-only', 'staged', 'writes', 'events', 'scheduled'));

CREATE TABLE shared_states (
    company TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_shared_states PRIMARY KEY (company, name),
    CONSTRAINT fk_shared_states_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);
