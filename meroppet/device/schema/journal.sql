-- seq is never used twice, even when the newest rows have been purged (AUTOINCREMENT).
CREATE TABLE IF NOT EXISTS row (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    wall TEXT NOT NULL,
    monotonic REAL NOT NULL,
    boot TEXT NOT NULL,
    clock TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    parked TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS row_answers ON row (kind) WHERE kind = 'order.answered';
CREATE INDEX IF NOT EXISTS row_granted ON row (subject) WHERE kind = 'access.granted';
CREATE INDEX IF NOT EXISTS row_passages ON row (seq) WHERE kind IN ('access.granted', 'door.exit', 'branch.state');
CREATE TABLE IF NOT EXISTS mark (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL,
    acked INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO mark (one, epoch, acked) VALUES (1, lower(hex(randomblob(16))), 0);
