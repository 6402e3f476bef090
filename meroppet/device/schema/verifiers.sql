CREATE TABLE IF NOT EXISTS verifier (
    card TEXT PRIMARY KEY,
    salt BLOB NOT NULL,
    hash BLOB NOT NULL,
    subject TEXT NOT NULL,
    facts TEXT NOT NULL,
    as_of TEXT NOT NULL,
    learned TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS verifier_learned ON verifier (learned);
