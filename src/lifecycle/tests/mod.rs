//! The rules as sentences: each says what is known and asserts the next step.
mod destroy;

use super::sample::World;
use super::{Step, step};

/// A sentence, what is known, and what happens next.
type Case = (&'static str, World, Option<Step>);

/// Asserts that the next step is the one that the sentence claims.
fn check(cases: impl IntoIterator<Item = Case>) {
    for (sentence, world, expected) in cases {
        assert_eq!(step(&world.facts()), expected, "{sentence}");
    }
}

/// A world changed in one respect.
fn with(mut world: World, change: impl FnOnce(&mut World)) -> World {
    change(&mut world);
    world
}
