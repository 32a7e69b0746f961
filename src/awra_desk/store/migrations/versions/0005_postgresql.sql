CREATE TABLE mapping_rows (
    company TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    ledger TEXT COLLATE "C" NOT NULL,
    axis TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C",
    valid_from DATE NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_mapping_rows PRIMARY KEY (company, number),
    CONSTRAINT ck_mapping_rows_axis CHECK (axis IN ('gateway', 'location', 'sku', 'tax')),
    CONSTRAINT ck_mapping_rows_said CHECK (value <> '' AND field <> '' AND target <> ''),
    CONSTRAINT fk_mapping_rows_connections_company FOREIGN KEY(company, ledger) REFERENCES connections (company, name),
    CONSTRAINT fk_mapping_rows_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);
