//! What a resource shows of the worth of its live credential.
use jiff::Timestamp;
use serde_json::json;

use super::describe::{conditions, resource, shows, view};
use super::*;
use crate::api::PersonalAccessToken;
use crate::api::conditions::Reason;
use crate::lifecycle::describe::{Note, Trial, View, status};

#[test]
fn what_isc_refuses_or_what_has_expired_is_not_called_live() {
    let plain = resource(json!({}), json!({}));
    let ledger = sample::ledger();
    let outage = Note {
        reason: Reason::IscUnavailable,
        message: "down".into(),
        stalled: false,
        retry_at: None,
    };
    let down = || View { trouble: Some(&outage), ..view(&plain, &ledger) };
    assert_eq!(
        conditions(&down())[0],
        "Ready=True IscUnavailable",
        "an outage alone changes nothing"
    );
    let refused = View { trial: Trial::Refused("status 401: invalid_client"), ..down() };
    assert_eq!(
        conditions(&refused),
        ["Ready=False PublishedRefused", "Stalled=True PublishedRefused"],
        "ISC refuses what is published"
    );
    let message = shows(&refused).conditions.remove(0).message;
    for part in ["Secret \"a\"", "status 401: invalid_client", "enable the ISC user"] {
        assert!(message.contains(part), "{message}");
    }
    let end = ledger.entries[0].expires_at;
    let at = |now| {
        let status = status(&down(), Timestamp::from_millisecond(now).unwrap());
        let ready = &status.conditions[0];
        (ready.status.clone(), ready.reason.clone())
    };
    assert_eq!(at(end - 1), ("True".into(), "IscUnavailable".into()));
    assert_eq!(
        at(end),
        ("False".into(), "Expired".into()),
        "by the local time, since ISC cannot be asked"
    );
}

#[test]
fn a_refused_credential_stays_so_until_another_process_has_tried_it_or_all_is_well() {
    let ledger = sample::ledger();
    let outage = Note {
        reason: Reason::CredentialRefused,
        message: "refused".into(),
        stalled: true,
        retry_at: None,
    };
    let plain = resource(json!({}), json!({}));
    let refused = View {
        trial: Trial::Refused("status 401"),
        trouble: Some(&outage),
        ..view(&plain, &ledger)
    };
    let known = PersonalAccessToken { status: Some(shows(&refused)), ..plain.clone() };
    let other = with(ledger.clone(), |ledger| ledger.entries[0].id = "another".into());
    let (live, dead) = ("Ready=True CredentialRefused", "Ready=False PublishedRefused");
    for (sentence, token, ledger, trial, trouble, expected) in [
        ("never tried", &plain, &ledger, Trial::None, Some(&outage), live),
        ("refused before", &known, &ledger, Trial::None, Some(&outage), dead),
        ("accepted since", &known, &ledger, Trial::Accepted, Some(&outage), live),
        ("all is well", &known, &ledger, Trial::None, None, "Ready=True Published"),
        ("another credential by now", &known, &other, Trial::None, Some(&outage), live),
    ] {
        assert_eq!(
            conditions(&View { trial, trouble, ..view(token, ledger) })[0],
            expected,
            "{sentence}"
        );
    }
    let again = View { trouble: Some(&outage), ..view(&known, &ledger) };
    assert_eq!(
        shows(&again).conditions[0],
        known.status.clone().unwrap().conditions[0],
        "in the same words"
    );
}

#[test]
fn scopes_are_all_there_missing_or_unknown() {
    let plain = resource(json!({}), json!({}));
    let says = |change: &dyn Fn(&mut Entry)| {
        let ledger = with(sample::ledger(), |ledger| change(&mut ledger.entries[0]));
        conditions(&view(&plain, &ledger))
            .into_iter()
            .find(|text| text.starts_with("ScopesEffective"))
            .unwrap()
    };
    assert_eq!(says(&|_| ()), "ScopesEffective=True Verified");
    assert_eq!(says(&|entry| entry.missing_scopes = None), "ScopesEffective=Unknown Propagating");
    let unsaid = |entry: &mut Entry| (entry.missing_scopes, entry.looked_at) = (None, Some(NOW));
    assert_eq!(says(&unsaid), "ScopesEffective=Unknown NotReported");
    let lacks = |entry: &mut Entry| {
        entry.missing_scopes = Some(crate::lifecycle::ledger::scopes(["idn:a:read"]));
    };
    assert_eq!(says(&lacks), "ScopesEffective=False ScopesWithoutEffect");
}

#[test]
fn what_nerm_makes_of_a_credential_is_shown_where_there_is_a_nerm() {
    let plain = resource(json!({}), json!({}));
    let says = |url: Option<&str>, verdict: Option<NermVerdict>| {
        let ledger = with(sample::ledger(), |ledger| {
            ledger.endpoint.nerm_url = url.map(Into::into);
            ledger.entries[0].nerm = verdict.map(|verdict| NermTrial {
                url: "https://nerm.example/api".into(),
                at: NOW,
                tries: 0,
                verdict,
            });
        });
        conditions(&view(&plain, &ledger)).into_iter().find(|text| text.starts_with("NermAccepted"))
    };
    let here = Some("https://nerm.example/api");
    assert_eq!(says(None, Some(NermVerdict::Accepted)), None);
    assert_eq!(says(here, None).unwrap(), "NermAccepted=Unknown NotTried");
    assert_eq!(says(here, Some(NermVerdict::Accepted)).unwrap(), "NermAccepted=True Accepted");
    assert_eq!(
        says(here, Some(NermVerdict::Refused("x".into()))).unwrap(),
        "NermAccepted=False Refused"
    );
    assert_eq!(
        says(here, Some(NermVerdict::Unknown("x".into()))).unwrap(),
        "NermAccepted=Unknown NoAnswer"
    );
    assert_eq!(
        says(Some("https://b.example"), Some(NermVerdict::Accepted)).unwrap(),
        "NermAccepted=Unknown NotTried"
    );
}
