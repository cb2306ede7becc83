//! Events, one for each transition that a person may want to know of.
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::Client;
use kube::api::{Api, PostParams};

use crate::api::conditions::bounded;

/// The content of an event.
pub struct News<'a> {
    /// `Normal` or `Warning`.
    pub warning: bool,
    /// Stable word.
    pub reason: &'a str,
    /// The operator's action, as a verb.
    pub action: &'a str,
    /// Sentence for people.
    pub note: &'a str,
}

/// Writes an event about an object; `identity`: the Pod that saw it.
///
/// # Errors
/// When the API server refuses or fails.
pub async fn publish(
    client: &Client,
    identity: &str,
    about: ObjectReference,
    news: &News<'_>,
    now: Timestamp,
) -> kube::Result<()> {
    // Events about objects without a namespace go where kubectl looks for them.
    let namespace = about.namespace.clone().unwrap_or("default".into());
    let event = Event {
        metadata: ObjectMeta {
            // A name of its own for each: events that are merged lose their messages.
            generate_name: Some(format!("{}-", about.name.as_deref().unwrap_or("pat-operator"))),
            ..ObjectMeta::default()
        },
        action: Some(news.action.into()),
        event_time: Some(MicroTime(now)),
        // The API server refuses a longer note, and with it the whole event.
        note: Some(bounded(news.note)),
        reason: Some(news.reason.into()),
        regarding: Some(about),
        reporting_controller: Some("pat-operator.dev/pat-operator".into()),
        reporting_instance: Some(identity.into()),
        type_: Some(if news.warning { "Warning" } else { "Normal" }.into()),
        ..Event::default()
    };
    let api: Api<Event> = Api::namespaced(client.clone(), &namespace);
    api.create(&PostParams::default(), &event).await?;
    Ok(())
}
