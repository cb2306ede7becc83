//! Who decides what becomes of each request.
use std::time::Duration;

use simulation::{Delivery, Event};

use crate::call::Call;
use crate::fault::Fault;

/// How long a request is on its way there, and its reply back.
pub type Ways = (Duration, Duration);

/// A plan of what goes wrong.
pub trait Plan: Send + Sync + 'static {
    /// What goes wrong with this request.
    fn fault(&self, call: &Call) -> Option<Fault>;

    /// How long it takes; `None`: what the seed says.
    fn ways(&self, call: &Call) -> Option<Ways> {
        let _ = call;
        None
    }

    /// What becomes of an event of a watch that this request opened.
    fn event(&self, watch: &Call, event: &Event) -> Delivery {
        let _ = (watch, event);
        Delivery::default()
    }
}

/// Nothing goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calm;

impl Plan for Calm {
    fn fault(&self, _: &Call) -> Option<Fault> {
        None
    }
}
