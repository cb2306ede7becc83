//! Each form of each field of a dialect: what is said of its line, and that nothing else is said of
//! the others.
use isc_simulator::{
    CheckToken, Dialect, ErrorStyle, ExpiresIn, OauthInfo, Presence, ReplyScope, ScopeClaim, Shown,
    Switches,
};

use crate::tenant::Tenant;

/// A line that is expected: id, verdict, and words of the answer.
pub type Line = (&'static str, &'static str, &'static str);

/// Probes a tenant with these switches; all lines but the expected ones hold, and the exit code
/// fits them all.
pub fn expect(what: &str, edit: impl FnOnce(&mut Switches), expected: &[Line]) {
    let tenant = Tenant::with(edit);
    let told = tenant.probe(&[]);
    let lines = told.lines();
    for (id, (verdict, answer, note)) in &lines {
        let line = expected.iter().find(|(expected, ..)| expected == id);
        let (_, as_it_should, words) = line.copied().unwrap_or(("", "holds", ""));
        assert_eq!(verdict, as_it_should, "{what}: {id}: {answer}; {note:?}");
        assert!(answer.contains(words), "{what}: {id}: {answer}");
        assert_eq!(note.is_some(), verdict != "holds", "{what}: {id}: {note:?}");
    }
    let has = |wanted: &str| lines.values().any(|(verdict, ..)| verdict == wanted);
    let code = if has("does not hold") { 1 } else { 2 * i32::from(has("unknown")) };
    assert_eq!(told.code, Some(code), "{what}");
    assert_eq!(tenant.left(), [], "{what}");
}

fn speak(what: &str, edit: impl FnOnce(&mut Dialect), expected: &[Line]) {
    expect(what, |switches| edit(&mut switches.dialect), expected);
}

#[test]
fn the_scope_claim() {
    for form in ScopeClaim::ALL {
        let words = match form {
            ScopeClaim::Bitmap => "a bitmap",
            ScopeClaim::Names => "a list of names",
            ScopeClaim::Text => "a text of names",
            ScopeClaim::Absent => "there is none",
        };
        speak(
            &format!("{form:?}"),
            |dialect| dialect.scope_claim = form,
            &[("scope-claim", "holds", words)],
        );
    }
}

#[test]
fn the_scope_text_of_the_reply() {
    for form in ReplyScope::ALL {
        let (verdict, words) = match form {
            ReplyScope::Names => ("holds", "yes, and no others"),
            ReplyScope::Uncut => ("does not hold", "yes, but also one that gives none"),
            ReplyScope::ReadWrite => ("holds", "no, only words"),
            ReplyScope::Absent => ("holds", "no, there is no text"),
        };
        speak(
            &format!("{form:?}"),
            |dialect| dialect.reply_scope = form,
            &[("scope-text", verdict, words)],
        );
    }
}

#[test]
fn check_token_where_it_is_needed_and_where_it_is_not() {
    for form in CheckToken::ALL {
        let (answer, status) = match form {
            CheckToken::Answers => ("holds", ""),
            CheckToken::Refuses401 => ("does not hold", "no (401)"),
            CheckToken::Refuses403 => ("does not hold", "no (403)"),
            CheckToken::Missing => ("does not hold", "no (404)"),
        };
        speak(
            &format!("{form:?}"),
            |dialect| dialect.check_token = form,
            &[("check-token", "holds", status)],
        );
        let needed = |dialect: &mut Dialect| {
            (dialect.check_token, dialect.reply_scope) = (form, ReplyScope::ReadWrite);
        };
        speak(
            &format!("{form:?}, needed"),
            needed,
            &[("check-token", answer, status), ("scope-text", answer, "no, only words")],
        );
    }
}

#[test]
fn expires_in() {
    for form in ExpiresIn::ALL {
        let (verdict, words) = match form {
            ExpiresIn::Seconds => ("holds", "yes, 43200 s"),
            ExpiresIn::Absent | ExpiresIn::Null => ("does not hold", "no, it is absent"),
            ExpiresIn::Zero => ("does not hold", "no, it says 0 s"),
            ExpiresIn::Text => ("does not hold", "yes, 43200 s, but not as a whole number"),
            ExpiresIn::Negative | ExpiresIn::Words => {
                ("does not hold", "no, it is not a number of seconds")
            }
            ExpiresIn::Huge => ("does not hold", "no, it says 18446744073709551615 s"),
            ExpiresIn::Fraction => ("does not hold", "yes, 43199 s, but not as a whole number"),
        };
        speak(
            &format!("{form:?}"),
            |dialect| dialect.expires_in = form,
            &[("expires-in", verdict, words)],
        );
    }
}

#[test]
fn who_the_user_is() {
    for form in Presence::ALL {
        let words = match form {
            Presence::Both => "yes, by the reply, the claims and LIST",
            Presence::Reply => "yes, by the reply and LIST",
            Presence::Claims => "yes, by the claims and LIST",
            Presence::Absent => "yes, by LIST",
        };
        speak(
            &format!("{form:?}"),
            |dialect| dialect.identity = form,
            &[("identity", "holds", words)],
        );
    }
}

#[test]
fn which_tenant_it_is() {
    for form in Presence::ALL {
        for info in OauthInfo::ALL {
            let (verdict, told) = match (form, info) {
                (Presence::Both, OauthInfo::Full | OauthInfo::TenantIdOnly) => {
                    ("holds", "yes, by the reply, the claims and /oauth/info")
                }
                (Presence::Both, OauthInfo::Missing) => {
                    ("holds", "yes, by the reply and the claims")
                }
                (Presence::Reply, OauthInfo::Missing) => ("holds", "yes, by the reply"),
                (Presence::Reply, _) => ("holds", "yes, by the reply and /oauth/info"),
                (Presence::Claims, OauthInfo::Missing) => ("holds", "yes, by the claims"),
                (Presence::Claims, _) => ("holds", "yes, by the claims and /oauth/info"),
                (Presence::Absent, OauthInfo::Missing) => ("does not hold", "no, by none of them"),
                (Presence::Absent, _) => ("holds", "yes, by /oauth/info"),
            };
            let edit = |dialect: &mut Dialect| (dialect.tenant, dialect.oauth_info) = (form, info);
            speak(&format!("{form:?} {info:?}"), edit, &[("tenant-id", verdict, told)]);
        }
    }
}

#[test]
fn what_the_tenant_is_called() {
    for form in Presence::ALL {
        for info in OauthInfo::ALL {
            let is_told = form != Presence::Absent || info == OauthInfo::Full;
            let (verdict, words) = if is_told {
                ("holds", "acme, in the pod sim01-loopback")
            } else {
                ("unknown", "it does not say")
            };
            let edit = |dialect: &mut Dialect| (dialect.org, dialect.oauth_info) = (form, info);
            speak(&format!("{form:?} {info:?}"), edit, &[("tenant-name", verdict, words)]);
        }
    }
}

#[test]
fn what_list_shows() {
    for form in Shown::ALL {
        let (verdict, words) = match form {
            Shown::Value => ("holds", "yes, as they were asked for"),
            Shown::Null | Shown::Absent => ("does not hold", "no"),
        };
        speak(
            &format!("scope {form:?}"),
            |dialect| dialect.list_scope = form,
            &[("list-scope", verdict, words)],
        );
        let (verdict, words) = match form {
            Shown::Value => ("holds", "yes"),
            Shown::Null => ("unknown", "it shows no use"),
            Shown::Absent => ("does not hold", "no"),
        };
        speak(
            &format!("used {form:?}"),
            |dialect| dialect.list_last_used = form,
            &[("list-last-used", verdict, words)],
        );
    }
}

#[test]
fn statuses_errors_and_fields_that_nobody_knows() {
    speak("201", |dialect| dialect.created_status = 201, &[("create-reply", "holds", "yes (201)")]);
    speak("200", |dialect| dialect.deleted_status = 200, &[("delete", "holds", "yes (200)")]);
    speak(
        "204",
        |dialect| dialect.changed_status = 204,
        &[("patch-name", "holds", "yes"), ("patch-expiry", "holds", "yes")],
    );
    let refused = [("credential-after-delete", "holds", "(400)")];
    speak("400", |dialect| dialect.refused_credential_status = 400, &refused);
    speak("extra fields", |dialect| dialect.extra_fields = true, &[]);
    for form in ErrorStyle::ALL {
        speak(&format!("{form:?}"), |dialect| dialect.errors = form, &[]);
    }
}
