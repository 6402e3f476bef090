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
