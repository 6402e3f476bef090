-- `card` is the keyed digest of the card as it was read. `cleared`: a right PIN came after it.
CREATE TABLE IF NOT EXISTS attempt (
    attempt TEXT PRIMARY KEY,
    card TEXT NOT NULL,
    made TEXT NOT NULL,
    outcome TEXT NOT NULL,
    cleared INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attempt_card ON attempt (card, cleared);
CREATE INDEX IF NOT EXISTS attempt_made ON attempt (made);
-- An attempt that was counted and never settled was cut short, perhaps by whoever pulled the plug: it counts.
CREATE VIEW IF NOT EXISTS failure AS SELECT card, made, cleared FROM attempt WHERE outcome IN ('open', 'wrong');
-- Cards whose PIN was right here lately: in known-card mode only they are asked for it.
CREATE TABLE IF NOT EXISTS known (card TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- How many resets by staff have been applied to a card's count here.
CREATE TABLE IF NOT EXISTS reset (card TEXT PRIMARY KEY, cleared INTEGER NOT NULL) STRICT, WITHOUT ROWID;
-- One row: what staff have last acknowledged of this door, and since when it asks nobody for a PIN.
CREATE TABLE IF NOT EXISTS door (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    acknowledged TEXT,
    off TEXT
) STRICT;
