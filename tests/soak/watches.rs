//! Reads the lists and follows the watches of the kinds that the judge is told about, without
//! missing a revision.
use std::sync::Arc;
use std::time::Duration;

use futures::{TryStreamExt, pin_mut};
use judge::Change;
use kube::Client;
use kube::core::WatchEvent;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::archive::{Archive, Kind, Revision, version};

/// Pause before a watch that ended is opened again.
const PAUSE: Duration = Duration::from_millis(30);

/// The watches of one epoch; they end when this is dropped.
pub struct Watches {
    tasks: JoinSet<()>,
}

impl Watches {
    /// Reads all lists and watches from there; gives what is another than before.
    pub async fn begin(
        client: &Client,
        archive: &Arc<Archive>,
        epoch: u64,
    ) -> (Self, Vec<Revision>) {
        let mut tasks = JoinSet::new();
        let mut objects = Vec::new();
        for kind in Kind::ALL {
            let list = list(client, kind).await;
            objects.extend(items(kind, &list));
            tasks.spawn(follow(client.clone(), Arc::clone(archive), kind, epoch, version(&list)));
        }
        let changed = archive.begin(objects);
        (Self { tasks }, changed)
    }

    /// Nothing is brought any more when this returns.
    pub async fn end(&mut self) {
        self.tasks.shutdown().await;
    }
}

/// A server that has just started may not know the kinds yet.
async fn list(client: &Client, kind: Kind) -> Value {
    loop {
        let request = http::Request::get(kind.path()).body(Vec::new()).unwrap();
        match client.request::<Value>(request).await {
            Ok(list) => return list,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// The members of a list do not say what they are.
fn items(kind: Kind, list: &Value) -> Vec<Revision> {
    let whole = |item: &Value| {
        let mut item = item.clone();
        item["kind"] = kind.name().into();
        Revision { kind, change: Change::Created, content: Arc::new(item) }
    };
    list["items"].as_array().unwrap().iter().map(whole).collect()
}

async fn follow(client: Client, archive: Arc<Archive>, kind: Kind, epoch: u64, mut from: u64) {
    loop {
        let query = format!("{}?watch=true&resourceVersion={from}&timeoutSeconds=240", kind.path());
        let request = http::Request::get(query).body(Vec::new()).unwrap();
        if let Ok(events) = client.request_events::<Value>(request).await {
            pin_mut!(events);
            while let Ok(Some(event)) = events.try_next().await {
                let (change, content) = match event {
                    WatchEvent::Added(content) => (Change::Created, content),
                    WatchEvent::Modified(content) => (Change::Changed, content),
                    WatchEvent::Deleted(content) => (Change::Deleted, content),
                    WatchEvent::Bookmark(_) => continue,
                    WatchEvent::Error(error) if error.code == 410 => {
                        panic!("{kind:?}: revisions were missed: {error}")
                    }
                    WatchEvent::Error(_) => break,
                };
                from = version(&content);
                archive.add(epoch, Revision { kind, change, content: Arc::new(content) });
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
