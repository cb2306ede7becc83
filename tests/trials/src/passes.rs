//! Which pass of the operator a request comes from: its own spans tell. Two passes at the same
//! moment come in any order, and chance must not depend on it.
use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber, dispatcher};

/// Knows the spans of passes and which of them is entered.
#[derive(Default)]
struct Passes(Mutex<State>);

#[derive(Default)]
struct State {
    made: u64,
    names: BTreeMap<u64, (String, usize)>,
    entered: Vec<u64>,
}

/// Runs something with passes being known.
pub fn known<T>(work: impl FnOnce() -> T) -> T {
    dispatcher::with_default(&Dispatch::new(Passes::default()), work)
}

/// The pass that is at work; empty outside of all.
pub fn current() -> String {
    dispatcher::get_default(|dispatch| {
        dispatch.downcast_ref::<Passes>().map(Passes::current).unwrap_or_default()
    })
}

impl Passes {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> String {
        let state = self.lock();
        let name = state.entered.last().and_then(|id| state.names.get(id));
        name.map(|(name, _)| name.clone()).unwrap_or_default()
    }
}

impl Subscriber for Passes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("pat_operator::controllers")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut name =
            Name(attributes.metadata().target().rsplit("::").next().unwrap_or_default().to_owned());
        attributes.record(&mut name);
        let mut state = self.lock();
        state.made += 1;
        let made = state.made;
        state.names.insert(made, (name.0, 1));
        Id::from_u64(made)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, id: &Id) {
        self.lock().entered.push(id.into_u64());
    }

    fn exit(&self, id: &Id) {
        let mut state = self.lock();
        if let Some(at) = state.entered.iter().rposition(|entered| *entered == id.into_u64()) {
            state.entered.remove(at);
        }
    }

    fn clone_span(&self, id: &Id) -> Id {
        if let Some((_, count)) = self.lock().names.get_mut(&id.into_u64()) {
            *count += 1;
        }
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut state = self.lock();
        let Some((_, count)) = state.names.get_mut(&id.into_u64()) else { return true };
        *count -= 1;
        let over = *count == 0;
        if over {
            state.names.remove(&id.into_u64());
        }
        over
    }
}

/// The words that a span's fields say.
struct Name(String);

impl Visit for Name {
    fn record_str(&mut self, _: &Field, value: &str) {
        self.0.push(' ');
        self.0.push_str(value);
    }

    fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
        // Writing to a String cannot fail.
        let _ = write!(self.0, " {value:?}");
    }
}
