//! Judgements as sentences.
