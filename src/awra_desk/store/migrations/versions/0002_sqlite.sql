CREATE TABLE rule_versions (
    company TEXT NOT NULL,
    subject TEXT NOT NULL,
    version BIGINT NOT NULL,
    text TEXT NOT NULL,
    change TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_rule_versions PRIMARY KEY (company, subject, version),
    CONSTRAINT fk_rule_versions_reconciliations_company FOREIGN KEY(company, subject) REFERENCES reconciliations (company, name),
    CONSTRAINT fk_rule_versions_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);
CREATE TABLE fee_versions (
    company TEXT NOT NULL,
    subject TEXT NOT NULL,
    version BIGINT NOT NULL,
    text TEXT NOT NULL,
    change TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_fee_versions PRIMARY KEY (company, subject, version),
    CONSTRAINT fk_fee_versions_connections_company FOREIGN KEY(company, subject) REFERENCES connections (company, name),
    CONSTRAINT fk_fee_versions_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);
