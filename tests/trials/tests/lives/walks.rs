//! One world of walks through declarations; `make simulate-walks` walks thousands.
use trials::walks;

#[test]
fn what_a_resource_was_declared_before_leaves_no_trace() {
    let outcome = walks::one(1, false);
    assert!(
        outcome.wrong.is_empty(),
        "make simulate-walks WORLD=1 tells the story: {:#?}",
        outcome.wrong
    );
    assert!(outcome.counts.rotations > 0, "nothing was ever replaced");
}
