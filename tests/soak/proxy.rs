//! The proxy between each replica and the API server: notes every write that was answered, and
//! springs traps.
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Response;
use control_plane::ControlPlane;
use stage::proxy::{Request, Upstream, Write, away, listen};
use tokio::sync::{OwnedRwLockReadGuard, RwLock, RwLockWriteGuard, SetOnce, oneshot};

use crate::timeline::Timeline;

/// When a replica is killed at a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// The write is never sent.
    Before,
    /// It is sent, and takes effect when its sender is dead already.
    Late,
    /// It took effect, and its sender does not know.
    After,
}

/// Waits for a replica's nth write from now on, and holds it until the replica is dead.
pub struct Trap {
    pub replica: usize,
    pub nth: usize,
    pub moment: Moment,
    /// Told what was written.
    pub sprung: Option<oneshot::Sender<Write>>,
    /// How long after the kill a late write takes effect.
    pub delay: Duration,
}

/// One listener per replica, in front of one API server.
#[derive(Clone)]
pub struct Proxy(Arc<Inner>);

struct Inner {
    upstream: Upstream,
    timeline: Arc<Timeline>,
    trap: Mutex<Option<(Trap, Arc<SetOnce<()>>)>>,
    leader: AtomicUsize,
    closed: AtomicBool,
    writing: Arc<RwLock<()>>,
}

impl Proxy {
    pub fn new(plane: &ControlPlane, timeline: Arc<Timeline>) -> Self {
        Self(Arc::new(Inner {
            upstream: Upstream::of(plane),
            timeline,
            trap: Mutex::default(),
            leader: AtomicUsize::default(),
            closed: AtomicBool::default(),
            writing: Arc::default(),
        }))
    }

    /// The URL at which this replica reaches the API server. It ends with the runtime.
    pub async fn listen(&self, replica: usize) -> String {
        let all = self.clone();
        listen(move |request| all.clone().pass(replica, request)).await
    }

    /// Sets a trap; gives what releases a late write once the replica is dead.
    pub fn set(&self, trap: Trap) -> Arc<SetOnce<()>> {
        let dead = Arc::new(SetOnce::new());
        *self.0.trap.lock().unwrap() = Some((trap, Arc::clone(&dead)));
        dead
    }

    /// Takes the trap away if it has not sprung.
    pub fn clear(&self) {
        *self.0.trap.lock().unwrap() = None;
    }

    /// The replica that last wrote the Lease.
    pub fn leader(&self) -> usize {
        self.0.leader.load(Ordering::Relaxed)
    }

    /// Answers nothing but 502 from now on, as when the API server is away; also what is under way.
    pub fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
    }

    /// Waits until the writes that had passed are answered, and has others wait until the guard is
    /// dropped.
    pub async fn pause(&self) -> RwLockWriteGuard<'_, ()> {
        self.0.writing.write().await
    }

    /// The end of [`Proxy::close`].
    pub fn open(&self) {
        self.0.closed.store(false, Ordering::SeqCst);
    }

    /// The trap, if this is the write that it waits for.
    fn springs(&self, replica: usize) -> Option<(Trap, Arc<SetOnce<()>>)> {
        let mut slot = self.0.trap.lock().unwrap();
        let (trap, _) = slot.as_mut().filter(|(trap, _)| trap.replica == replica)?;
        trap.nth = trap.nth.saturating_sub(1);
        if trap.nth > 0 { None } else { slot.take() }
    }

    /// As long as one is held, nothing that must not happen during a write does.
    async fn writing(&self) -> OwnedRwLockReadGuard<()> {
        Arc::clone(&self.0.writing).read_owned().await
    }

    /// Sends a write to its end, whatever becomes of its sender, and notes it before anybody sees
    /// the reply.
    async fn write(
        self,
        _writing: OwnedRwLockReadGuard<()>,
        request: Request,
        write: Write,
    ) -> Response<Body> {
        if self.is_closed() {
            return away();
        }
        let reply = self.0.upstream.forward(request).await;
        let (head, body) = reply.into_parts();
        let Ok(body) = to_bytes(body, usize::MAX).await else { return away() };
        if head.status.is_success() && write.is_watched() {
            self.0.timeline.written(&serde_json::from_slice(&body).unwrap_or_default());
        }
        if self.is_closed() {
            return away();
        }
        Response::from_parts(head, Body::from(body))
    }

    fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::SeqCst)
    }

    async fn pass(self, replica: usize, request: Request) -> Response<Body> {
        if self.is_closed() {
            return away();
        }
        let Some(write) = request.write else { return self.0.upstream.forward(request).await };
        let writing = self.writing().await;
        if write == Write::Lease {
            let reply = self.clone().write(writing, request, write).await;
            if reply.status().is_success() {
                self.0.leader.store(replica, Ordering::Relaxed);
            }
            return reply;
        }
        let Some((mut trap, dead)) = self.springs(replica) else {
            // It runs to its end when its sender is killed.
            return tokio::spawn(self.write(writing, request, write))
                .await
                .unwrap_or_else(|_| away());
        };
        let sprung = trap.sprung.take();
        let sprung = move || sprung.map(|sprung| sprung.send(write));
        match trap.moment {
            Moment::Before => {
                drop(writing);
                sprung();
            }
            Moment::Late => {
                sprung();
                tokio::spawn(async move {
                    dead.wait().await;
                    tokio::time::sleep(trap.delay).await;
                    self.write(writing, request, write).await
                });
            }
            Moment::After => {
                let _ = tokio::spawn(self.write(writing, request, write)).await;
                sprung();
            }
        }
        std::future::pending().await
    }
}
