//! Trials of a credential against NERM: when, and what is kept of them.
use super::*;

#[test]
fn a_credential_is_tried_against_nerm_at_once_and_again_until_nerm_takes_it() {
    let nerm = |change: &dyn Fn(&mut Entry)| {
        let mut ledger = token(sample::ledger(), change);
        ledger.endpoint.nerm_url = Some("https://nerm.example/api".into());
        ledger
    };
    let trial = |verdict, tries, ago: i64| NermTrial {
        url: "https://nerm.example/api".into(),
        at: NOW - ago,
        tries,
        verdict,
    };
    let attempt =
        Step::Call(Call::TryNerm { id: "id1".into(), url: "https://nerm.example/api".into() });
    let refused = || NermVerdict::Refused("status 401".into());
    let tried =
        |trial: NermTrial| World::new(nerm(&move |entry| entry.nerm = Some(trial.clone())), &["a"]);
    let elsewhere =
        NermTrial { url: "https://old.example".into(), ..trial(NermVerdict::Accepted, 0, 0) };
    check([
        ("without a NERM", World::new(sample::ledger(), &["a"]), None),
        ("never tried", World::new(nerm(&|_| ()), &["a"]), Some(attempt.clone())),
        ("accepted", tried(trial(NermVerdict::Accepted, 0, 0)), None),
        ("accepted by another NERM", tried(elsewhere), Some(attempt.clone())),
        ("refused a while ago", tried(trial(refused(), 1, 20 * MINUTE)), Some(attempt.clone())),
        ("refused just now", tried(trial(refused(), 1, MINUTE)), None),
        ("refused often", tried(trial(refused(), 4, 100 * MINUTE)), None),
    ]);
    let after = |before: NermTrial, verdict| {
        let ledger = nerm(&move |entry| entry.nerm = Some(before.clone()));
        settled(&ledger, &attempt, &Outcome::TriedNerm(verdict)).entries[0].nerm.clone().unwrap()
    };
    let unknown = || NermVerdict::Unknown("status 503".into());
    assert_eq!(
        after(trial(refused(), 2, MINUTE), unknown()),
        trial(refused(), 3, 0),
        "an outage changes no verdict"
    );
    assert_eq!(
        after(trial(unknown(), 2, MINUTE), NermVerdict::Accepted),
        trial(NermVerdict::Accepted, 0, 0)
    );
    assert_eq!(after(trial(NermVerdict::Accepted, 0, MINUTE), refused()), trial(refused(), 1, 0));
}
