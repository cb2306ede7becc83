//! Reads of a pass, turned into the plain data that `step` looks at.
use std::collections::BTreeMap;
use std::sync::Arc;

use super::session::OwnerSession;
use crate::api::conditions::Reason;
use crate::api::names::{ANNOTATION_REVOKE, ANNOTATION_ROTATE};
use crate::api::{PersonalAccessToken, Tenant};
use crate::controllers::context::Context;
use crate::controllers::subject::{Subject, has_finalizer};
use crate::isc::Failure;
use crate::lifecycle::Ledger;
use crate::lifecycle::facts::{Admission, Declared, Rotation, Trigger};
use crate::lifecycle::grants::{admit, allows_retain};
use crate::lifecycle::ledger::{Millis, TokenSpec, Uid, scopes};
use crate::lifecycle::listing::{Listed, RawToken, Unreliable, judge};

/// Resources as last turned into plain data, by uid; keyed by what they were made from.
pub type Cache = BTreeMap<Uid, (Option<String>, Option<i64>, Declared)>;

/// The resources of the owner's Tenant. Only those that changed since the last call are computed
/// again.
pub fn declared(context: &Context, tenant: &str, cache: &mut Cache) -> BTreeMap<Uid, Declared> {
    let found = context.tenant(tenant);
    let tokens = context.tokens_of(tenant);
    let version = found.as_ref().and_then(|tenant| tenant.metadata.generation);
    let mut all = BTreeMap::new();
    for token in &tokens {
        let Some(subject) = Subject::of(token) else { continue };
        let uid: Uid = subject.uid.into();
        let revision = token.metadata.resource_version.clone();
        let known =
            cache.get(&uid).filter(|(old, tenant, _)| *old == revision && *tenant == version);
        let declared = match known {
            Some((_, _, declared)) => declared.clone(),
            None => declare(token, subject, found.as_deref(), &tokens),
        };
        // A denial may end with a neighbour's claim to the Secret, and so is never remembered.
        if declared.admission == Admission::Admitted {
            cache.insert(uid.clone(), (revision, version, declared.clone()));
        }
        all.insert(uid, declared);
    }
    cache.retain(|uid, _| all.contains_key(uid));
    all
}

fn declare(
    token: &PersonalAccessToken,
    subject: Subject<'_>,
    tenant: Option<&Tenant>,
    tokens: &[Arc<PersonalAccessToken>],
) -> Declared {
    let denial =
        tenant.map(|tenant| admit(token, &tenant.spec, tokens.iter().map(|other| &**other)).err());
    let admission = match denial {
        Some(None) => Admission::Admitted,
        Some(Some(denial)) if denial.reason == Reason::NotGranted => Admission::NotGranted,
        _ => Admission::Refused,
    };
    // Without a Tenant nobody says no, and what a user asked to keep is not destroyed.
    let may_retain = tenant.is_none_or(|tenant| allows_retain(token, &tenant.spec));
    // Without a Tenant nobody bounds it, and nothing is rotated.
    let longest = tenant.map_or(u64::MAX, |tenant| tenant.spec.longest_overlap());
    Declared {
        namespace: subject.namespace.into(),
        name: subject.name.into(),
        deleting: token.metadata.deletion_timestamp.is_some(),
        finalizer: has_finalizer(token),
        admission,
        suspended: token.spec.suspend == Some(true),
        wanted: TokenSpec {
            name: token.display_name().into(),
            scopes: scopes(token.spec.scopes.iter().cloned()),
            validity_seconds: token.validity_seconds(),
        },
        secret: token.secret_name().into(),
        rotation: Rotation {
            every: token.rotation_every().map(milliseconds),
            overlap: milliseconds(token.overlap().min(longest)),
            max_overlap: token.max_overlap().map(|wanted| milliseconds(wanted.min(longest))),
        },
        rotate: trigger(token, ANNOTATION_ROTATE),
        revoke: trigger(token, ANNOTATION_REVOKE),
        retain: token.retains() && may_retain,
    }
}

/// A request; what is not a time is no request, and the status says so.
fn trigger(token: &PersonalAccessToken, annotation: &str) -> Option<Trigger> {
    let trigger = token.trigger(annotation)?.ok()?;
    Some(Trigger { value: trigger.value.into(), at: trigger.at })
}

fn milliseconds(seconds: u64) -> Millis {
    Millis::try_from(seconds).map_or(Millis::MAX, |seconds| seconds.saturating_mul(1_000))
}

/// Reads LIST and judges it (R11). Gives the tokens and ISC's time from before it was read, if that
/// is known.
pub async fn list(
    context: &Context,
    session: &OwnerSession,
    ledger: &Ledger,
) -> Result<(Vec<Listed>, Millis), Failure> {
    let malformed = |what: &str| Failure::Malformed { status: 200, what: what.into() };
    // Before the request: LIST is at least as new as this moment.
    let begun = session.now();
    let tokens = session.client.list().await?;
    let raw: Vec<RawToken<'_>> = tokens
        .iter()
        .map(|token| RawToken {
            id: &token.id,
            name: &token.name,
            owner_id: Some(&token.owner_id),
            created: token.created,
            expires: token.expires,
            last_used: token.last_used,
            scopes: token.scopes.as_deref(),
            managed: token.managed,
        })
        .collect();
    let judged = judge(
        &raw,
        ledger,
        session.client.client_id(),
        &context.installation,
        &context.config.timings,
    );
    let listed = match judged {
        Ok(listed) => listed,
        Err(Unreliable::ForeignOwner) => {
            return Err(malformed("LIST shows tokens of another user"));
        }
        Err(Unreliable::SentinelMissing) => {
            // R11: the seed may have been replaced, or belong to another user by now.
            context.distrust(&ledger.endpoint.tenant);
            return Err(malformed("LIST lacks the token that the operator itself uses"));
        }
    };
    // The first reply of a session brings the first `Date`: then the time after it must do.
    match begun.or(session.now()) {
        Some(now) => Ok((listed, now.ms)),
        None => Err(malformed("there is no usable Date header")),
    }
}
