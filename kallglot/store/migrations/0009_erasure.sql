-- How many words of its captions were taken back before an utterance stood.
ALTER TABLE utterances ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
