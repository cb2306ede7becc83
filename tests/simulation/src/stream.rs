//! The body of a watch's reply: a line for each event, at the time when it is due.
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;
use http_body::Frame;
use serde_json::{Value, json};
use tokio::time::sleep_until;

use crate::cluster::Shared;
use crate::hook::Break;
use crate::refusal::Refusal;
use crate::watch::{Next, Opened};

/// The stream of an open watch.
pub fn of(
    watch: Opened,
    shared: Arc<Shared>,
) -> impl Stream<Item = Result<Frame<Bytes>, io::Error>> + Send {
    let open = Flow { shared, watch, ended: false };
    futures::stream::unfold(open, |mut open| async move {
        let item = open.next().await?;
        Some((item, open))
    })
}

/// A watch on its way to the client.
struct Flow {
    shared: Arc<Shared>,
    watch: Opened,
    ended: bool,
}

impl Flow {
    async fn next(&mut self) -> Option<Result<Frame<Bytes>, io::Error>> {
        loop {
            if self.ended {
                return None;
            }
            // Before the look, so that no change between look and sleep is missed.
            self.watch.tick.mark_unchanged();
            let next = self.watch.next(&mut self.shared.lock());
            match next {
                Next::Send(event) => return Some(Ok(line(&event))),
                Next::End(how) => {
                    self.ended = true;
                    return self.last(how);
                }
                Next::Sleep(until) => {
                    tokio::select! {
                        biased;
                        _ = self.watch.tick.changed() => {}
                        () = sleep_until(until) => {}
                    }
                }
            }
        }
    }

    fn last(&self, how: Option<Break>) -> Option<Result<Frame<Bytes>, io::Error>> {
        match how? {
            Break::End => None,
            Break::Reset => Some(Err(io::ErrorKind::ConnectionReset.into())),
            Break::Gone => {
                let refusal = Refusal::expired(self.watch.position, self.shared.lock().oldest);
                Some(Ok(line(&json!({"type": "ERROR", "object": refusal.status()}))))
            }
        }
    }
}

fn line(event: &Value) -> Frame<Bytes> {
    Frame::data(Bytes::from(format!("{event}\n")))
}
