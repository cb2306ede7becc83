//! Chance from a seed, and independent of the order in which it is asked for.
//!
//! Two requests at the same instant may come in either order, since kube keeps passes in hash maps.
//! So no generator is shared: each number is a function of the seed and of what it is for.
use std::ops::RangeInclusive;
use std::time::Duration;

/// A stream of numbers for one purpose.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of this seed for the purpose that these words describe.
    pub fn of(seed: u64, purpose: &[&str]) -> Self {
        // FNV-1a; its result does not change with the version of Rust, so that a seed stays the
        // same story.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in purpose.iter().flat_map(|word| word.bytes().chain([0xff])) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hash)
    }

    /// The next number (SplitMix64).
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, but without, `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.number() % end }
    }

    /// A place in a list of this length.
    pub fn place(&mut self, length: usize) -> usize {
        let end = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.below(end)).unwrap_or_default()
    }

    /// One of these, of which there is at least one.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.place(all.len())]
    }

    /// A time in whole milliseconds, which is what tokio's timers distinguish.
    pub fn duration(&mut self, range: &RangeInclusive<Duration>) -> Duration {
        let millis = |duration: &Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let (start, end) = (millis(range.start()), millis(range.end()));
        Duration::from_millis(start + self.below(end.saturating_sub(start).saturating_add(1)))
    }

    /// As [`Random::duration`], between two numbers of seconds.
    pub fn seconds(&mut self, least: u64, most: u64) -> Duration {
        self.duration(&(Duration::from_secs(least)..=Duration::from_secs(most)))
    }

    /// A version 4 UUID.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.number(), self.number());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }

    /// Five characters, as the API server appends to `generateName`.
    pub fn suffix(&mut self) -> String {
        let letters: Vec<char> = "bcdfghjklmnpqrstvwxz2456789".chars().collect();
        (0..5).map(|_| self.one_of(&letters)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_purpose_give_the_same_and_others_do_not() {
        let first = |seed, purpose: &[&str]| Random::of(seed, purpose).number();
        assert_eq!(first(1, &["a", "b"]), first(1, &["a", "b"]));
        assert_ne!(first(1, &["a", "b"]), first(2, &["a", "b"]));
        assert_ne!(first(1, &["a", "b"]), first(1, &["ab"]));
    }

    #[test]
    fn a_duration_is_within_its_range() {
        let mut random = Random::of(7, &[]);
        let range = Duration::from_millis(3)..=Duration::from_millis(5);
        let all: std::collections::BTreeSet<_> =
            (0..100).map(|_| random.duration(&range).as_millis()).collect();
        assert_eq!(all.into_iter().collect::<Vec<_>>(), [3, 4, 5]);
    }

    #[test]
    fn a_uuid_looks_like_one() {
        let uuid = Random::of(7, &["uid"]).uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "4");
    }
}
