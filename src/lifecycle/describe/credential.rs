//! The end of a Tenant's own credential, as its status shows it.
use super::written::stamp;
use crate::api::conditions::{CREDENTIAL_EXPIRES, ConditionSpec, Reason};
use crate::lifecycle::ledger::Millis;

const DAY: Millis = 24 * 3_600_000;
/// The times before its end at which a credential is spoken of, ever more urgently.
const STAGES: [(Millis, Reason); 4] = [
    (0, Reason::Expired),
    (DAY, Reason::Within1Day),
    (7 * DAY, Reason::Within7Days),
    (30 * DAY, Reason::Within30Days),
];

/// The condition of a credential that expires at a time; `None` while that is far away. `seed`: the
/// Secret it is in.
pub fn expires(at: Millis, now: Millis, seed: &str) -> Option<ConditionSpec> {
    let left = at.saturating_sub(now);
    // The array begins with the most urgent stage: the first match is the right one.
    let (_, reason) = STAGES.into_iter().find(|(before, _)| left <= *before)?;
    let when = if left <= 0 { "expired" } else { "expires" };
    let message = format!(
        "the credential in {seed} {when} at {}; create a new personal access token of the same ISC user, put it into that Secret, and then delete the old token",
        stamp(at)
    );
    Some(ConditionSpec { kind: CREDENTIAL_EXPIRES, status: Some(true), reason, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_thirty_seven_and_one_days_before_and_when_it_has_come() {
        let reason = |left: Millis| {
            expires(100 * DAY, 100 * DAY - left, "Secret \"a/b\"").map(|wanted| wanted.reason)
        };
        for (left, expected) in [
            (31 * DAY, None),
            (30 * DAY + 1, None),
            (30 * DAY, Some(Reason::Within30Days)),
            (7 * DAY + 1, Some(Reason::Within30Days)),
            (7 * DAY, Some(Reason::Within7Days)),
            (DAY + 1, Some(Reason::Within7Days)),
            (DAY, Some(Reason::Within1Day)),
            (1, Some(Reason::Within1Day)),
            (0, Some(Reason::Expired)),
            (-DAY, Some(Reason::Expired)),
        ] {
            assert_eq!(reason(left), expected, "{left}");
        }
        assert_eq!(
            expires(Millis::MIN, Millis::MAX, "x").map(|wanted| wanted.reason),
            Some(Reason::Expired)
        );
    }
}
