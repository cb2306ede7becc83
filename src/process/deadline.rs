//! A time limit on every request to Kubernetes, which kube itself does not have.
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use kube::client::Body;
use tokio::time::{error::Elapsed, timeout};
use tower::{BoxError, Layer, Service};

type Bytes = axum::body::Bytes;
/// A reply whose body is either complete already or, for a watch, still to come.
pub(super) type Reply = Response<UnsyncBoxBody<Bytes, BoxError>>;

/// Limits each request, its reply's body included; of a watch only the wait for the reply's head.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeadlineLayer(pub(super) Duration);

/// The service made by [`DeadlineLayer`].
#[derive(Debug)]
pub(super) struct Deadline<S> {
    inner: S,
    limit: Duration,
}

/// Kubernetes did not answer in time; a write may have taken effect.
#[derive(Debug, thiserror::Error)]
#[error("kubernetes did not answer within {0:?}: look at the API server and the network to it")]
struct TimedOut(Duration, #[source] Elapsed);

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Deadline { inner, limit: self.0 }
    }
}

impl<S, B> Service<Request<Body>> for Deadline<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Reply;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Reply, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let limit = self.limit;
        let watch = is_watch(request.uri().query());
        let reply = self.inner.call(request);
        let complete = async move {
            let reply = reply.await.map_err(Into::into)?;
            // The events of a watch come for minutes; only the wait for its head is bounded.
            if watch { Ok(streamed(reply)) } else { collected(reply).await }
        };
        timeout(limit, complete)
            .map(move |done| done.map_err(|late| TimedOut(limit, late))?)
            .boxed()
    }
}

fn is_watch(query: Option<&str>) -> bool {
    let Some(query) = query else { return false };
    query.split('&').any(|pair| matches!(pair, "watch=true" | "watch=1" | "follow=true"))
}

fn streamed<B>(reply: Response<B>) -> Reply
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    reply.map(|body| body.map_err(Into::into).boxed_unsync())
}

async fn collected<B>(reply: Response<B>) -> Result<Reply, BoxError>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (head, body) = reply.into_parts();
    // Within the limit too: a server that trickles its reply would hold a pass for ever.
    let whole = body.collect().await.map_err(Into::into)?.to_bytes();
    Ok(Response::from_parts(head, Full::new(whole).map_err(|never| match never {}).boxed_unsync()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::StreamBody;
    use std::convert::Infallible;
    use tower::{ServiceExt, service_fn};

    type Chunks =
        Pin<Box<dyn futures::Stream<Item = Result<http_body::Frame<Bytes>, Infallible>> + Send>>;

    /// A server that answers after `head` and then ends its body, or goes silent in the middle of
    /// it.
    async fn asked(path: &str, head: Duration, body_ends: bool) -> Result<String, BoxError> {
        let service = service_fn(move |_: Request<Body>| async move {
            tokio::time::sleep(head).await;
            let first =
                futures::stream::iter([Ok(http_body::Frame::data(Bytes::from_static(b"first")))]);
            let body: Chunks = if body_ends {
                Box::pin(first)
            } else {
                Box::pin(futures::StreamExt::chain(first, futures::stream::pending()))
            };
            Ok::<_, Infallible>(Response::new(StreamBody::new(body)))
        });
        let limited = DeadlineLayer(Duration::from_secs(30)).layer(service);
        let request = Request::get(path).body(Body::empty())?;
        let mut body = limited.oneshot(request).await?.into_body();
        let frame = body.frame().await.ok_or("no frame")??;
        Ok(String::from_utf8(frame.into_data().map_err(|_| "no data")?.to_vec())?)
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_request_may_take() {
        let (fast, slow) = (Duration::from_secs(29), Duration::from_secs(31));
        for (sentence, path, head, body_ends, in_time) in [
            ("a reply in time is passed on", "/api", fast, true, true),
            ("a late one is an error", "/api", slow, true, false),
            ("so is one whose body stalls", "/api", fast, false, false),
            ("a watch may stay open", "/api?x=1&watch=true&y=2", fast, false, true),
            ("but must begin in time", "/api?watch=1", slow, false, false),
            (
                "a name that looks like a watch is none",
                "/api/watch=true?x=watch",
                fast,
                false,
                false,
            ),
        ] {
            match asked(path, head, body_ends).await {
                Ok(text) => assert!(in_time && text == "first", "{sentence}: {text}"),
                Err(error) => assert!(
                    !in_time && error.to_string().contains("within 30s"),
                    "{sentence}: {error}"
                ),
            }
        }
    }
}
