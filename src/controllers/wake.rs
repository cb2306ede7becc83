//! The wake-ups that the loops send each other.
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::stream::{self, BoxStream};
use futures::{FutureExt, Stream, StreamExt};
use k8s_openapi::api::core::v1::Secret;
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::ObjectRef;

use crate::api::{PersonalAccessToken, Tenant};

/// A moment, to a person who applies a resource.
const SOON: Duration = Duration::from_millis(100);

/// The metadata of a ledger: all that the watch carries.
pub type LedgerMeta = PartialObjectMeta<Secret>;

/// Ledgers whose wake-up is on its way.
type Waiting = Arc<Mutex<HashSet<ObjectRef<LedgerMeta>>>>;

/// Sends wake-ups.
pub struct Wake {
    waiting: Waiting,
    tokens: UnboundedSender<ObjectRef<PersonalAccessToken>>,
    owners: UnboundedSender<ObjectRef<LedgerMeta>>,
    owners_soon: UnboundedSender<ObjectRef<LedgerMeta>>,
    tenants: UnboundedSender<ObjectRef<Tenant>>,
}

/// Receives wake-ups.
pub struct Wakeups {
    pub tokens: UnboundedReceiver<ObjectRef<PersonalAccessToken>>,
    pub owners: BoxStream<'static, ObjectRef<LedgerMeta>>,
    pub tenants: UnboundedReceiver<ObjectRef<Tenant>>,
}

impl Wake {
    /// A sender and its receiver.
    pub fn channels() -> (Self, Wakeups) {
        // Unbounded: no pass may wait for another loop to catch up.
        let (to_tokens, tokens) = unbounded();
        let (to_owners, owners) = unbounded();
        let (to_owners_soon, owners_soon) = unbounded();
        let (to_tenants, tenants) = unbounded();
        let waiting = Waiting::default();
        let owners = stream::select(owners, after_a_moment(owners_soon, waiting.clone())).boxed();
        let wake = Self {
            waiting,
            tokens: to_tokens,
            owners: to_owners,
            owners_soon: to_owners_soon,
            tenants: to_tenants,
        };
        (wake, Wakeups { tokens, owners, tenants })
    }

    /// Has the token controller look at a resource.
    pub fn token(&self, namespace: &str, name: &str) {
        // The receiver ends with the process only.
        let _ = self.tokens.unbounded_send(ObjectRef::new(name).within(namespace));
    }

    /// Has the owner controller look at a ledger.
    pub fn owner(&self, namespace: &str, ledger: &str) {
        let _ = self.owners.unbounded_send(ObjectRef::new(ledger).within(namespace));
    }

    /// The same in a moment: resources that are applied together are then minted for in one go,
    /// which saves writes. Later calls do not put it off.
    pub fn owner_soon(&self, namespace: &str, ledger: &str) {
        let ledger = ObjectRef::new(ledger).within(namespace);
        // The wake-up that is on its way covers this call too.
        if lock(&self.waiting).insert(ledger.clone()) {
            let _ = self.owners_soon.unbounded_send(ledger);
        }
    }

    /// Has the tenant controller look at a Tenant.
    pub fn tenant(&self, name: &str) {
        let _ = self.tenants.unbounded_send(ObjectRef::new(name));
    }
}

fn after_a_moment(
    ledgers: UnboundedReceiver<ObjectRef<LedgerMeta>>,
    waiting: Waiting,
) -> impl Stream<Item = ObjectRef<LedgerMeta>> {
    let delayed = ledgers.map(|ledger| tokio::time::sleep(SOON).map(|()| ledger));
    // All of them sleep at the same time. The mark goes before the pass begins, so that a later
    // call asks for another one.
    delayed.buffer_unordered(usize::MAX).inspect(move |ledger| _ = lock(&waiting).remove(ledger))
}

fn lock(waiting: &Waiting) -> MutexGuard<'_, HashSet<ObjectRef<LedgerMeta>>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
