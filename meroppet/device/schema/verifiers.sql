-- What an older version kept: the facts lay open in it.
DROP TABLE IF EXISTS verifier;
-- `card` is the keyed digest of the card as it was read; `key` names the branch's PIN key without telling it. What was
-- learned of the patron is sealed under that key, which is never on this disk.
CREATE TABLE IF NOT EXISTS learned (
    card TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    verifier BLOB NOT NULL,
    sealed BLOB NOT NULL,
    learned TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS learned_when ON learned (learned);
