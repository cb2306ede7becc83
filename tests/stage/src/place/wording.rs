//! How messages for people are worded.
use std::collections::BTreeSet;

/// Words in a row that a message may not have twice.
const PHRASE: usize = 4;

/// A person reads each thing once: no phrase comes twice, and no two ways to put a credential
/// right.
pub fn says_each_thing_once(message: &str) {
    let words: Vec<&str> = message.split_whitespace().collect();
    let mut seen = BTreeSet::new();
    for phrase in words.windows(PHRASE) {
        assert!(seen.insert(phrase), "{phrase:?} stands twice in {message:?}");
    }
    assert!(message.matches(" put ").count() <= 1, "{message:?} says twice what to do");
    assert!(
        !message.ends_with(['.', ';', ':', ' ']) && message.len() > 20,
        "{message:?} is no sentence"
    );
}

/// A message has all of these words.
pub fn assert_says(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "{message:?} does not say {word:?}");
    }
}
