//! Whose a credential is: LIST and OAuth must agree before a ledger is made for its user.
use isc_simulator::Hostile;
use trials::call::Side;
use trials::fault::Fault;
use trials::scene::{Faults, Played, Scene, Target};
use trials::trial;

fn play(faults: Faults) -> Played {
    let mut played = None;
    let outcome = trial::run(1, async {
        let done = Scene::Create.play(faults, true).await;
        let outcome = done.outcome.clone();
        played = Some(done);
        outcome
    });
    played.unwrap_or_else(|| panic!("{:?}", outcome.wrong))
}

#[test]
fn a_list_that_names_another_owner_makes_no_ledger() {
    let calm = play(Faults::default());
    let first = calm
        .calls
        .iter()
        .find(|call| call.site.side == Side::Isc && call.site.what == "list")
        .unwrap();
    let spoilt = play(Faults(vec![(Target::from(first), Fault::Hostile(Hostile::OtherOwner))]));
    assert_eq!(spoilt.fired.len(), 1);
    assert!(spoilt.outcome.wrong.is_empty(), "{:#?}", spoilt.outcome.wrong);
    let made = |line: &&String| line.contains("ledger-") && line.contains("Created by Operator");
    assert_eq!(spoilt.outcome.trace.iter().filter(made).count(), 1, "{:#?}", spoilt.outcome.trace);
}
