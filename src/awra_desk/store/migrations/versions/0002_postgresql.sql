CREATE TABLE rule_versions (
    company TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    change TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_rule_versions PRIMARY KEY (company, subject, version),
    CONSTRAINT fk_rule_versions_reconciliations_company FOREIGN KEY(company, subject) REFERENCES reconciliations (company, name),
    CONSTRAINT fk_rule_versions_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);
CREATE TABLE fee_versions (
    company TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    change TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_fee_versions PRIMARY KEY (company, subject, version),
    CONSTRAINT fk_fee_versions_connections_company FOREIGN KEY(company, subject) REFERENCES connections (company, name),
    CONSTRAINT fk_fee_versions_companies_company FOREIGN KEY(company) REFERENCES companies (company)
);
