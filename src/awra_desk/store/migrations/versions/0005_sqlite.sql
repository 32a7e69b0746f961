CREATE TABLE mapping_rows (
    company TEXT NOT NULL,
    number BIGINT NOT NULL,
    ledger TEXT NOT NULL,
    axis TEXT NOT NULL,
    value TEXT NOT NULL,
    field TEXT NOT NULL,
    target TEXT,
    valid_from DATE NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT pk_mapping_rows PRIMARY KEY (company, number),
    CONSTRAINT ck_mapping_rows_axis CHECK (axis IN ('gateway', 'location', 'sku', 'tax')),
    CONSTRAINT ck_mapping_rows_said CHECK (value <> '' AND field <> '' AND target <> ''),
    CONSTRAINT fk_mapping_rows_connections_company FOREIGN KEY(company, ledger) REFERENCES connections (company, name),
    CONSTRAINT fk_mapping_rows_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);
