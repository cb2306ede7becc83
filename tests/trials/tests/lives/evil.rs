//! One seed with a hostile user: he is busy, and the same story is told twice.
use trials::evil;

#[test]
fn a_seed_with_a_hostile_user_is_told_again_word_for_word() {
    let told = || evil::one(0, false, true);
    let first = told();
    assert!(
        first.wrong.is_empty(),
        "make simulate-evil SEED=0 tells the story: {:#?}",
        first.wrong
    );
    let his = first.trace.iter().filter(|line| line.contains(" evil/") && line.contains("Person"));
    assert!(his.count() > 10, "he did nothing");
    assert_eq!(first.trace, told().trace);
}
