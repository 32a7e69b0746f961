CREATE TABLE drifts (
    company TEXT NOT NULL,
    drift_id TEXT NOT NULL,
    source TEXT NOT NULL,
    stream TEXT NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    "before" TEXT NOT NULL,
    now TEXT NOT NULL,
    raw_id TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    contract TEXT NOT NULL,
    read BOOLEAN NOT NULL,
    acknowledged_by TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT pk_drifts PRIMARY KEY (company, drift_id),
    CONSTRAINT ck_drifts_kind CHECK (kind IN ('new_field', 'new_word', 'new_type', 'now_null')),
    CONSTRAINT fk_drifts_raw_records_company FOREIGN KEY(company, raw_id) REFERENCES raw_records (company, raw_id),
    CONSTRAINT fk_drifts_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE shapes (
    company TEXT NOT NULL,
    source TEXT NOT NULL,
    stream TEXT NOT NULL,
    shape TEXT NOT NULL,
    CONSTRAINT pk_shapes PRIMARY KEY (company, source, stream),
    CONSTRAINT fk_shapes_connections_company FOREIGN KEY(company, source) REFERENCES connections (company, name),
    CONSTRAINT fk_shapes_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);
