//! What each verb does to the state. No waiting and no chance but for names and uids.
pub mod create;
pub mod delete;
mod read;
pub mod update;

use serde_json::{Value, json};

pub use read::select;

use crate::call::{Call, Verb};
use crate::refusal::Refusal;
use crate::state::State;
use crate::watch::Opened;

/// What a request comes to.
pub enum Answer {
    /// A JSON object with its HTTP status.
    Object(u16, Value),
    /// The stream of a watch.
    Stream(Box<Opened>),
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::Object(refusal.code, refusal.status())
    }
}

/// Serves a request.
pub fn serve(state: &mut State, call: &Call, asked: &crate::hook::Asked) -> Answer {
    let key = &call.key;
    let served = match call.verb {
        Verb::Get => read::get(state, key).map(|object| (200, object)),
        Verb::List => {
            return read::list(state, call)
                .map_or_else(Answer::from, |list| Answer::Object(200, list));
        }
        Verb::Watch => {
            return Opened::open(state, call, asked)
                .map_or_else(Answer::from, |opened| Answer::Stream(Box::new(opened)));
        }
        Verb::Create => {
            create::run(state, &call.identity, key, &call.body).map(|object| (201, object))
        }
        Verb::Update => update::put(state, call),
        Verb::Patch => update::patch(state, call).map(|object| (200, object)),
        Verb::Delete => {
            delete::run(state, &call.identity, key, &call.body).map(|object| (200, object))
        }
    };
    match served {
        Ok((code, object)) if call.partial => Answer::Object(code, partial(&object)),
        Ok((code, object)) => Answer::Object(code, object),
        Err(refusal) => refusal.into(),
    }
}

/// The object with its metadata only; a `Status` stays what it is.
pub fn partial(object: &Value) -> Value {
    if object["kind"] == "Status" {
        return object.clone();
    }
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": object["metadata"],
    })
}
