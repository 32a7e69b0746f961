CREATE TABLE drifts (
    company TEXT COLLATE "C" NOT NULL,
    drift_id TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    path TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    before TEXT COLLATE "C" NOT NULL,
    now TEXT COLLATE "C" NOT NULL,
    raw_id TEXT COLLATE "C" NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    contract TEXT COLLATE "C" NOT NULL,
    read BOOLEAN NOT NULL,
    acknowledged_by TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_drifts PRIMARY KEY (company, drift_id),
    CONSTRAINT ck_drifts_kind CHECK (kind IN ('new_field', 'new_word', 'new_type', 'now_null')),
    CONSTRAINT fk_drifts_raw_records_company FOREIGN KEY(company, raw_id) REFERENCES raw_records (company, raw_id),
    CONSTRAINT fk_drifts_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);

CREATE TABLE shapes (
    company TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    shape TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_shapes PRIMARY KEY (company, source, stream),
    CONSTRAINT fk_shapes_connections_company FOREIGN KEY(company, source) REFERENCES connections (company, name),
    CONSTRAINT fk_shapes_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);
