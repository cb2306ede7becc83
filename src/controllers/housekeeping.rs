//! Work that no event starts: to forget Tenants that are gone, and to count gauges from the
//! watches.
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use jiff::Timestamp;
use kube::runtime::reflector::ObjectRef;
use tokio::time::MissedTickBehavior;

use super::context::Context;
use super::tenant::Tenants;
use super::token::Tokens;
use crate::api::PersonalAccessToken;
use crate::api::conditions;

/// Between two rounds.
const EVERY: Duration = Duration::from_secs(15);

/// Runs until the context's shutdown.
pub async fn run(context: &Context, resources: &Tokens, tenants: &Tenants) {
    if !context.is_informed().await {
        return;
    }
    let mut ticks = tokio::time::interval(EVERY);
    // After a stall one round is enough: the missed ones would find the same.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = ticks.tick() => {}
            () = context.shutdown.cancelled() => return,
        }
        // What no pass looks at must not end the others either; the log tells the place.
        let work = AssertUnwindSafe(|| {
            forget_tenants(context, tenants);
            forget_resources(context, resources);
            count(context);
        });
        if catch_unwind(work).is_err() {
            tracing::error!("housekeeping panicked; it continues");
        }
    }
}

/// A Tenant has no finalizer: its resources learn here that it is gone.
fn forget_tenants(context: &Context, tenants: &Tenants) {
    for name in context.board.tenants.names() {
        if context.tenant(&name).is_none() {
            // The view goes first: a resource that is woken must not find the Tenant that is gone.
            context.board.tenants.forget_view(&name);
            context.board.outages.forget(&name);
            context.metrics.forget_tenant(&name);
            context.wake_tokens_of(&name);
        }
    }
    tenants.retain(|name| context.tenant(name).is_some());
}

/// A resource that was deleted before its first pass has no last one either.
fn forget_resources(context: &Context, resources: &Tokens) {
    let (mut there, mut alive) = (HashSet::new(), HashSet::new());
    for token in context.tokens.state() {
        there.insert(ObjectRef::from_obj(&*token));
        alive.extend(token.metadata.uid.clone());
    }
    context.board.retain(|resource| there.contains(resource), |uid| alive.contains(uid));
    resources.retain(|uid| alive.contains(uid));
}

fn count(context: &Context) {
    let tokens = context.tokens.state();
    let ready = tokens.iter().filter(|token| is_ready(token)).count();
    context.metrics.resources(ready, tokens.len() - ready);
    // Not by the resources' status: users can write that.
    let first = context.board.owners.earliest_expiry();
    let first = first.and_then(|at| Timestamp::from_millisecond(at).ok());
    context.metrics.earliest_expiry(first.map_or(0, Timestamp::as_second));
}

fn is_ready(token: &PersonalAccessToken) -> bool {
    token.status.as_ref().is_some_and(|shown| conditions::is_ready(&shown.conditions))
}
