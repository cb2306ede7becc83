//! The memory of the token loop, by resource until it is gone.
use std::borrow::Cow;

use crate::api::names::{ANNOTATION_REVOKE, ANNOTATION_ROTATE};
use crate::api::{PersonalAccessToken, PersonalAccessTokenStatus};
use crate::controllers::keyed::Keyed;
use crate::controllers::subject::has_finalizer;
use crate::controllers::written::Written;

/// The memory, by uid of the resource. It starts empty.
#[derive(Default)]
pub struct Memory(Keyed<Known>);

#[derive(Default)]
struct Known {
    announced: Option<State>,
    in_order: Option<InOrder>,
    written: Option<Written<PersonalAccessTokenStatus>>,
}

/// The part of a resource that the owner controller acts on.
#[derive(PartialEq, Eq)]
struct State {
    generation: Option<i64>,
    finalizer: bool,
    requests: [Option<String>; 2],
}

/// A published Secret as it was last found right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InOrder {
    /// Its resourceVersion.
    pub revision: Option<String>,
    /// Number of the token in it.
    pub n: u64,
    /// Generation of the resource that it was made from.
    pub generation: Option<i64>,
    /// A number that stands for the URLs in it.
    pub endpoint: u64,
}

impl Memory {
    /// Notes that the owner controller hears of a resource as it is now; `true`: it did not hear of
    /// this state before.
    pub fn announce(&self, uid: &str, token: &PersonalAccessToken) -> bool {
        let annotations = token.metadata.annotations.as_ref();
        let request = |name| annotations.and_then(|all| all.get(name).cloned());
        let state = State {
            generation: token.metadata.generation,
            finalizer: has_finalizer(token),
            requests: [request(ANNOTATION_ROTATE), request(ANNOTATION_REVOKE)],
        };
        let mut all = self.0.lock();
        let known = all.entry(uid.into()).or_default();
        let is_new = known.announced.as_ref() != Some(&state);
        known.announced = Some(state);
        is_new
    }

    /// The resource's Secret as it was last found right.
    pub fn in_order(&self, uid: &str) -> Option<InOrder> {
        self.0.lock().get(uid)?.in_order.clone()
    }

    /// Remembers how the resource's Secret was found right.
    pub fn put_in_order(&self, uid: &str, found: InOrder) {
        self.0.lock().entry(uid.into()).or_default().in_order = Some(found);
    }

    /// Remembers the status just written until the watch has brought it.
    pub fn put_written(&self, uid: &str, token: PersonalAccessToken) {
        let written = Written::now(&token, token.status.clone());
        self.0.lock().entry(uid.into()).or_default().written = Some(written);
    }

    /// The resource with the status last written, if the watch is behind.
    pub fn caught_up<'a>(
        &self,
        uid: &str,
        token: &'a PersonalAccessToken,
    ) -> Cow<'a, PersonalAccessToken> {
        let mut all = self.0.lock();
        let Some(known) = all.get_mut(uid) else { return Cow::Borrowed(token) };
        match &known.written {
            Some(written) if written.is_newer_than(token) => {
                Cow::Owned(PersonalAccessToken { status: written.status.clone(), ..token.clone() })
            }
            _ => {
                // The watch has caught up, and shows what was written or something newer.
                known.written = None;
                Cow::Borrowed(token)
            }
        }
    }

    /// Forgets all resources but these.
    pub fn retain(&self, lives: impl Fn(&str) -> bool) {
        self.0.lock().retain(|uid, _| lives(uid));
    }

    /// Forgets a resource that is gone.
    pub fn forget(&self, uid: &str) {
        self.0.lock().remove(uid);
    }
}
