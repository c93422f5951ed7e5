-- Which turn an utterance is part of, and how much had to be heard for it: what lag is counted from.
ALTER TABLE utterances ADD COLUMN turn TEXT NOT NULL DEFAULT '';
ALTER TABLE utterances ADD COLUMN heard_at REAL;
