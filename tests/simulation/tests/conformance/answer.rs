//! What comes back: answers to requests, and the events of watches.
use std::pin::Pin;
use std::time::Duration;

use futures::io::Lines;
use futures::{AsyncBufRead, AsyncBufReadExt, StreamExt};
use serde_json::{Value, json};

use crate::scene::{PATIENCE, Scene};

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub code: u16,
    pub body: Value,
}

impl Answer {
    pub fn reason(&self) -> &str {
        self.body["reason"].as_str().unwrap_or_default()
    }

    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    pub fn metadata(&self) -> &Value {
        &self.body["metadata"]
    }

    pub fn revision(&self) -> String {
        self.metadata()["resourceVersion"].as_str().unwrap_or_default().to_owned()
    }

    pub fn uid(&self) -> String {
        self.metadata()["uid"].as_str().unwrap_or_default().to_owned()
    }

    /// That it is this refusal.
    #[track_caller]
    pub fn is(self, code: u16, reason: &str) -> Self {
        assert_eq!((self.code, self.reason()), (code, reason), "{}", self.body);
        self
    }

    /// That it went well.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.code < 300, "{}", self.body);
        self
    }
}

/// An open watch.
pub struct Watch<'a, S> {
    scene: &'a Scene,
    lines: Lines<Pin<Box<S>>>,
}

impl<'a, S: AsyncBufRead> Watch<'a, S> {
    pub fn new(scene: &'a Scene, stream: S) -> Self {
        Self { scene, lines: Box::pin(stream).lines() }
    }

    /// The next event; `None` at the end of the stream. A server may send a bookmark between any
    /// two events: only the one that ends the initial events is part of the transcript.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let line =
                tokio::time::timeout(PATIENCE, self.lines.next()).await.expect("an event in time");
            let event: Option<Value> =
                line.map(|line| serde_json::from_str(&line.unwrap()).unwrap());
            let event = event.unwrap_or_default();
            let ends_initial =
                &event["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"];
            if event["type"] == "BOOKMARK" && ends_initial.is_null() {
                continue;
            }
            self.scene.note("event", event.clone());
            return (!event.is_null()).then_some(event);
        }
    }

    /// That bookmarks are all that comes until the stream ends; how many is no part of the
    /// transcript.
    pub async fn ends_with_bookmarks(&mut self) {
        let mut bookmarks = 0;
        while let Some(line) =
            tokio::time::timeout(PATIENCE, self.lines.next()).await.expect("the end in time")
        {
            let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
            assert_eq!(event["type"], "BOOKMARK", "{event}");
            bookmarks += 1;
        }
        assert!(bookmarks > 0);
    }

    /// That the next event is of this type and of this object.
    pub async fn expect(&mut self, kind: &str, name: &str) -> Value {
        let event = self.next().await.unwrap_or_default();
        let got = (&event["type"], &event["object"]["metadata"]["name"]);
        assert_eq!(got, (&json!(kind), &json!(name)), "{event}");
        event["object"].clone()
    }

    /// That nothing comes for a while.
    pub async fn is_silent(&mut self) {
        let line = tokio::time::timeout(Duration::from_secs(1), self.lines.next()).await;
        assert!(line.is_err(), "{line:?}");
    }
}
