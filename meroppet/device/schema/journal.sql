-- `seq` runs through all epochs of this file, each in a range of its own: less the epoch's base it is the row's number.
-- `prev` and `hash` chain the rows of an epoch (meroppet.rules.chain).
CREATE TABLE IF NOT EXISTS row (
    seq INTEGER PRIMARY KEY,
    wall TEXT NOT NULL,
    monotonic REAL NOT NULL,
    boot TEXT NOT NULL,
    clock TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL,
    parked TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS row_answers ON row (kind) WHERE kind = 'order.answered';
CREATE INDEX IF NOT EXISTS row_granted ON row (subject) WHERE kind = 'access.granted';
-- None for passages: they are read once at the start and then from where they were left, and an index would cost the
-- disk a page at every visit.
-- The epoch, and as values of `seq`: `base`, what was `acked`, how far the former epoch was when this one `began`, and
-- the newest row (`last`) of a file whose rows are all gone. `missed` is the number the server last asked to go on
-- from that was not here any more. `head`, `hash` and `signature` are the server's word for what it holds.
CREATE TABLE IF NOT EXISTS mark (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL,
    base INTEGER NOT NULL,
    acked INTEGER NOT NULL,
    began INTEGER NOT NULL,
    last INTEGER NOT NULL,
    missed INTEGER NOT NULL DEFAULT -1,
    head INTEGER NOT NULL DEFAULT 0,
    hash TEXT NOT NULL DEFAULT '',
    signature TEXT NOT NULL DEFAULT ''
) STRICT;
