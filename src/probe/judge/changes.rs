//! Judges how tokens are changed and deleted, and what is over with them.
use super::create::list_lag;
use super::finding::{Finding, fails, holds, no_answer, not_asked, unknown, words};
use crate::probe::facts::{Facts, Lag, Said};

pub(super) fn name(facts: &Facts) -> Finding {
    patched(
        facts,
        facts.token.patched_name.as_ref(),
        "the operator cannot rename a token, nor release it with Retain",
    )
}

pub(super) fn scope(facts: &Facts) -> Finding {
    patched(
        facts,
        facts.token.patched_scope.as_ref(),
        "for other scopes you must create the resource again",
    )
}

pub(super) fn expiry(facts: &Facts) -> Finding {
    let Some((said, moved)) = &facts.token.patched_expiry else { return not_asked(facts) };
    let then = "every token ends after ten minutes: the operator publishes none";
    match moved {
        Some(false) if said.is_yes() => {
            fails(format!("no, it is accepted ({said}) and changes nothing"), then)
        }
        None if said.is_yes() => unknown(
            format!("not known, it is accepted ({said})"),
            "neither the reply nor LIST showed the new expiry in time",
        ),
        Some(_) | None => patched(facts, Some(said), then),
    }
}

fn patched(facts: &Facts, said: Option<&Said>, then: &str) -> Finding {
    let Some(said) = said else { return not_asked(facts) };
    match said {
        Said::Status(200..300) => holds("yes"),
        Said::Unreadable(_) => fails(format!("no ({said})"), then),
        Said::Status(401 | 403) => fails(
            format!("no ({said})"),
            format!(
                "give the credential the scope sp:my-personal-access-tokens:manage; without it, {then}"
            ),
        ),
        Said::Status(404) => {
            fails(format!("no, ISC does not know the token that it just made ({said})"), then)
        }
        // 429 says nothing of the token: ISC only asks to wait.
        Said::Status(429) => no_answer(said),
        Said::Status(400..500) => fails(format!("no ({said})"), then),
        Said::Status(_) | Said::Elsewhere(_) | Said::Nothing(_) => no_answer(said),
    }
}

pub(super) fn lag(facts: &Facts) -> Finding {
    match (&facts.token.changed, &facts.token.shown) {
        // A LIST that did not even show the token says nothing of how late it shows changes.
        (Some(lag @ Lag::NotWithin(_)), Some(Lag::NotWithin(_) | Lag::Untold(_)) | None) => {
            unknown(words(lag), "LIST did not show the token before the change either")
        }
        (Some(lag), _) => list_lag(lag),
        (None, _) => not_asked(facts),
    }
}

pub(super) fn delete(facts: &Facts) -> Finding {
    let Some(said) = &facts.token.deleted else { return not_asked(facts) };
    match said.status() {
        Some(200 | 202 | 204) => holds(format!("yes ({said})")),
        Some(200..300) => fails(format!("yes, with an odd status ({said})"), UNTIL_LIST),
        Some(404) => fails(
            format!("no, ISC does not know the token ({said})"),
            "the operator tries until LIST lacks it",
        ),
        Some(429) => no_answer(said),
        Some(400..500) => fails(
            format!("no ({said})"),
            "tokens of deleted resources live on; give the credential the scope sp:my-personal-access-tokens:manage",
        ),
        Some(_) | None => no_answer(said),
    }
}

const UNTIL_LIST: &str = "the operator repeats such a DELETE until LIST lacks the token";

pub(super) fn second_delete(facts: &Facts) -> Finding {
    let Some(said) = &facts.token.deleted_again else { return not_asked(facts) };
    match said.status() {
        Some(404) => holds(format!("yes ({said})")),
        Some(410) => fails(format!("yes, but not by 404 ({said})"), UNTIL_LIST),
        Some(200 | 202 | 204) => {
            holds(format!("no, it is done once more ({said}), which is as good"))
        }
        Some(429) => no_answer(said),
        Some(200..500) => fails(
            format!("no ({said})"),
            "the operator repeats a DELETE whose reply got lost until LIST lacks the token",
        ),
        Some(_) | None => no_answer(said),
    }
}

pub(super) fn credential(facts: &Facts) -> Finding {
    let Some((lag, said)) = &facts.token.refused else { return not_asked(facts) };
    match lag {
        Lag::Within(_) => holds(format!("yes, {} ({said})", words(lag))),
        Lag::NotWithin(_) => fails(
            format!("no, {}", words(lag)),
            "a revoked credential works for a while longer: if a credential leaks, disable the user as well",
        ),
        Lag::Untold(why) => unknown("not known", why),
    }
}

pub(super) fn access_token(facts: &Facts) -> Finding {
    let Some((before, after)) = &facts.token.used else { return not_asked(facts) };
    let Some(after) = after else { return not_asked(facts) };
    match (before.is_yes(), after.status()) {
        (true, Some(200..300)) => holds("it works on, until its own end"),
        (true, Some(401)) => holds("it is refused (401)"),
        (true, _) => unknown(
            format!("not known ({after})"),
            "neither accepted nor refused; probe again later",
        ),
        (false, _) => unknown(
            format!("not known, it did not work before ({before})"),
            "there is nothing to compare with",
        ),
    }
}

pub(super) fn lag_of_delete(facts: &Facts) -> Finding {
    match (&facts.token.vanished, &facts.token.shown) {
        (Some(lag), Some(Lag::Within(_))) => list_lag(lag),
        (Some(_), _) => unknown("not known", "LIST did not show the token before it was deleted"),
        (None, _) => not_asked(facts),
    }
}
