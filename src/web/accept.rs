//! Taking connections: HTTP/1 with the peer's address, a limit on how long a request's head may take, and an end in good order.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Layer, Service};

/// How long things may take.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// A request's head, from when a connection is free for it: without it, a few clients that send a byte now and then would hold
    /// every connection there is.
    head: Duration,
    /// Requests that were begun, after the stop: a little longer than any may take.
    grace: Duration,
}

const LIMITS: Limits = Limits { head: Duration::from_secs(30), grace: Duration::from_secs(35) };
/// How long a stop waits for the first request of a connection that has brought none yet: it may be on its way.
const LINGER: Duration = Duration::from_millis(100);
/// How long to wait when no connection can be taken, most often because too many are open.
const BREATH: Duration = Duration::from_millis(500);

/// Serves until `stop`; then takes no more, finishes what was begun within half a minute, and drops the rest.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    serve_within(LIMITS, listener, router, stop).await;
}

async fn serve_within(limits: Limits, listener: TcpListener, router: Router, stop: CancellationToken) {
    let open = TaskTracker::new();
    let end = CancellationToken::new();
    let take = |stream, peer| {
        let connection = connection(stream, peer, router.clone(), stop.clone(), limits.head);
        let end = end.clone();
        open.spawn(async move { end.run_until_cancelled_owned(connection).await });
    };
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => take(stream, peer),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "connections cannot be taken");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    for (stream, peer) in waiting(listener) {
        take(stream, peer);
    }
    open.close();
    if tokio::time::timeout(limits.grace, open.wait()).await.is_err() {
        tracing::warn!(left = open.len(), "requests were dropped: they took too long");
        end.cancel();
        open.wait().await;
    }
}

/// Closes the listener, and answers the connections that the system has taken for us until then: their clients count on an answer.
///
/// The system itself is asked: the runtime may not have been told of all of them yet.
fn waiting(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    let mut found = Vec::new();
    if let Ok(listener) = listener.into_std() {
        loop {
            match listener.accept() {
                Ok(one) => found.push(one),
                Err(error) if is_of_one_connection(&error) || error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
    }
    let ours = |stream: std::net::TcpStream| stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
    found.into_iter().filter_map(|(stream, peer)| Some((ours(stream).ok()?, peer))).collect()
}

/// The client went away before it was taken.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, stop: CancellationToken, head: Duration) {
    let asked = Arc::new(AtomicBool::new(false));
    let noting = Noting { inner: Extension(ConnectInfo(peer)).layer(router), asked: asked.clone() };
    let service = TowerToHyperService::new(noting);
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let closing = async {
        stop.cancelled().await;
        if !asked.load(Ordering::Relaxed) {
            tokio::time::sleep(LINGER).await;
        }
    };
    let ended = tokio::select! {
        // What has arrived is read before the connection is found to be idle.
        biased;
        ended = serving.as_mut() => ended,
        () = closing => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection ended badly");
    }
}

/// Notes that a request came.
#[derive(Clone)]
struct Noting<S> {
    inner: S,
    asked: Arc<AtomicBool>,
}

impl<S: Service<R>, R> Service<R> for Noting<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.asked.store(true, Ordering::Relaxed);
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    use super::*;

    struct Stage {
        address: SocketAddr,
        stop: CancellationToken,
        /// A request has come to its handler.
        begun: Arc<Notify>,
        /// Lets it go on.
        go: Arc<Notify>,
        serving: JoinHandle<()>,
    }

    async fn stage(head: u64, grace: u64) -> Stage {
        let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (told, awaited) = (begun.clone(), go.clone());
        let slow = move |peer: axum::extract::ConnectInfo<SocketAddr>| async move {
            told.notify_one();
            awaited.notified().await;
            peer.0.ip().to_string()
        };
        let router = Router::new().route("/slow", get(slow)).route("/", get(async || "quick"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let limits = Limits { head: Duration::from_millis(head), grace: Duration::from_millis(grace) };
        let serving = tokio::spawn(serve_within(limits, listener, router, stop.clone()));
        Stage { address, stop, begun, go, serving }
    }

    async fn send(address: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    async fn rest(mut stream: TcpStream) -> String {
        let mut text = String::new();
        let reading = tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut text));
        reading.await.expect("the connection was left open").unwrap_or_default();
        text
    }

    #[tokio::test]
    async fn a_stop_finishes_what_was_begun_and_takes_no_more() {
        let stage = stage(20_000, 20_000).await;
        let idle = send(stage.address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let slow = send(stage.address, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
        stage.begun.notified().await;
        stage.stop.cancel();
        assert!(rest(idle).await.ends_with("quick"), "an idle connection is closed at once");
        assert!(TcpStream::connect(stage.address).await.is_err(), "a connection was taken after the stop");
        assert!(!stage.serving.is_finished());
        stage.go.notify_one();
        let answer = rest(slow).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"), "{answer}");
        stage.serving.await.unwrap();
    }

    #[tokio::test]
    async fn a_request_that_was_sent_before_the_stop_is_answered() {
        for _ in 0..10 {
            let stage = stage(20_000, 20_000).await;
            let mut sent = Vec::new();
            for _ in 0..5 {
                sent.push(send(stage.address, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await);
            }
            stage.stop.cancel();
            for stream in sent {
                assert!(rest(stream).await.ends_with("quick"));
            }
            stage.serving.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_connection_of_which_the_runtime_was_not_told_is_answered() {
        use std::io::{Read, Write};
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        // From here to the stop this thread, the runtime's only one, does not look at what the system has for it.
        let mut clients: Vec<_> = (0..20).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
        for client in &mut clients {
            client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        }
        stop.cancel();
        serve(listener, Router::new().route("/", get(async || "quick")), stop).await;
        for mut client in clients {
            let mut text = String::new();
            client.read_to_string(&mut text).unwrap();
            assert!(text.ends_with("quick"), "{text}");
        }
    }

    #[tokio::test]
    async fn a_request_that_never_ends_is_dropped() {
        let stage = stage(20_000, 200).await;
        let slow = send(stage.address, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
        stage.begun.notified().await;
        stage.stop.cancel();
        assert_eq!(rest(slow).await, "");
        stage.serving.await.unwrap();
    }

    #[tokio::test]
    async fn a_head_that_never_ends_is_hung_up_on() {
        let stage = stage(200, 20_000).await;
        let slow = send(stage.address, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow").await;
        assert!(!rest(slow).await.contains("200 OK"));
        assert_eq!(rest(send(stage.address, "").await).await, "", "a connection that says nothing");
        stage.stop.cancel();
        stage.serving.await.unwrap();
    }
}
