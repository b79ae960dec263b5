//! The accept loop: sockets in, requests to the router. May touch the network; knows no page.
//!
//! `axum::serve` 0.8 waits for ever for the rest of a half-sent header, so the loop is our own.
//! Each thing that a client can drag out has a limit: the header, the body, reading our answer,
//! and the number of connections.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::http::Request;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use super::doors::Doors;

/// What one client may take up. All of it has a default that suits a small server.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections at most; one more is answered 503 and closed.
    pub connections: usize,
    /// From the moment we begin to wait for a request until its header is complete,
    /// so also how long a kept-alive connection may be idle.
    pub header: Duration,
    /// From the first wait for the body until its last byte, and a second more
    /// for each 16 KiB that came.
    pub body: Duration,
    /// How long a client may leave our answer unread before we close.
    pub stall: Duration,
    /// How long running requests may go on after the stop signal.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            header: Duration::from_secs(5),
            body: Duration::from_secs(20),
            stall: Duration::from_secs(20),
            grace: Duration::from_secs(10),
        }
    }
}

/// hyper's own minimum is 8 KiB; a header above this is answered 431.
const HEADER_BYTES_MAX: usize = 32 * 1024;
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-length: 0\r\nconnection: close\r\nretry-after: 1\r\n\r\n";

/// Who has called, in the extensions of a request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Serves until `shutdown` is cancelled, then takes no more requests but for health and readiness,
/// lets running ones end for at most `limits.grace`, cuts the rest and returns.
pub async fn serve(
    listener: TcpListener,
    doors: impl Into<Doors>,
    limits: Limits,
    shutdown: CancellationToken,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.header).max_buf_size(HEADER_BYTES_MAX);
    let hall = Hall {
        seats: Arc::new(Semaphore::new(limits.connections)),
        cut: CancellationToken::new(),
        doors: doors.into(),
        shutdown,
        http,
        limits,
    };
    let running = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = hall.shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        hall.admit(accepted, &running).await;
    }

    running.close();
    let late = TaskTracker::new();
    let ended = timeout(limits.grace, running.wait());
    let mut ended = std::pin::pin!(ended);
    let in_time = loop {
        let accepted = tokio::select! {
            ended = ended.as_mut() => break ended.is_ok(),
            accepted = listener.accept() => accepted,
        };
        hall.admit(accepted, &late).await;
    };
    drop(listener);
    if !in_time {
        tracing::warn!(connections = running.len(), "cut connections that did not end in time");
    }
    hall.cut.cancel();
    running.wait().await;
    late.close();
    late.wait().await;
}

/// What every connection is given.
struct Hall {
    http: http1::Builder,
    limits: Limits,
    doors: Doors,
    seats: Arc<Semaphore>,
    /// No new requests on connections that are there.
    shutdown: CancellationToken,
    /// And no more time for those that run.
    cut: CancellationToken,
}

impl Hall {
    async fn admit(&self, accepted: io::Result<(TcpStream, SocketAddr)>, running: &TaskTracker) {
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => return pause_after(&error).await,
        };
        let Ok(seat) = self.seats.clone().try_acquire_owned() else {
            // A fresh socket's send buffer is empty: this never waits.
            let _ = stream.try_write(FULL);
            return;
        };
        let _ = stream.set_nodelay(true);
        let Limits { body, stall, .. } = self.limits;
        let is_late = self.shutdown.is_cancelled();
        let doors = self.doors.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let router = if is_late { doors.while_stopping() } else { doors.while_serving() };
            let mut router = router.clone();
            async move {
                let mut request = request.map(|inner| TimedBody::new(inner, body));
                request.extensions_mut().insert(Peer(peer.ip()));
                Ok::<_, Infallible>(
                    router.call(request).await.unwrap_or_else(|never| match never {}),
                )
            }
        });
        let mut http = self.http.clone();
        http.keep_alive(!is_late);
        let connection =
            http.serve_connection(TokioIo::new(Unstalled::new(stream, stall)), service);
        let (shutdown, cut) = (self.shutdown.clone(), self.cut.clone());
        running.spawn(async move {
            let mut connection = std::pin::pin!(connection);
            // In a stream of woken futures, so that a poll of the connection does not ask both
            // signals, and with them a lock that all connections share.
            let signals = [shutdown.cancelled().left_future(), cut.cancelled().right_future()];
            let mut signals = FuturesUnordered::from_iter(signals);
            // Errors here are the client's: broken headers, timeouts, resets.
            while !cut.is_cancelled() {
                tokio::select! {
                    _ = connection.as_mut() => break,
                    Some(()) = signals.next() => {
                        if !is_late {
                            connection.as_mut().graceful_shutdown();
                        }
                    }
                }
            }
            drop(seat);
        });
    }
}

/// A client that left is nothing; a process without file handles must wait for some.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return;
    }
    tracing::error!(%error, "can not accept connections; is the limit of open files too low?");
    sleep(Duration::from_millis(200)).await;
}

/// A slow line is not an attack: this much received buys one more second.
const BODY_BYTES_PER_SECOND: u64 = 16 * 1024;

/// A request body that must come at a decent pace. The clock starts at the first wait,
/// so a body that came with its header costs no timer.
struct TimedBody {
    inner: Incoming,
    limit: Duration,
    received: u64,
    clock: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl TimedBody {
    fn new(inner: Incoming, limit: Duration) -> Self {
        Self { inner, limit, received: 0, clock: None }
    }
}

impl HttpBody for TimedBody {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) {
            if let Some(Ok(data)) = frame.as_ref().map(|frame| frame.as_ref().map(Frame::data_ref))
            {
                self.received += data.map_or(0, |data| data.len() as u64);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let allowed = self.limit + Duration::from_secs(self.received / BODY_BYTES_PER_SECOND);
        let (start, sleep) =
            self.clock.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(allowed))));
        loop {
            ready!(sleep.as_mut().poll(cx));
            if *start + allowed <= Instant::now() {
                return Poll::Ready(Some(Err("the body did not come in time".into())));
            }
            sleep.as_mut().reset(*start + allowed);
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        HttpBody::size_hint(&self.inner)
    }
}

/// A socket whose peer must keep reading what we write.
struct Unstalled {
    stream: TcpStream,
    limit: Duration,
    deadline: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

impl Unstalled {
    fn new(stream: TcpStream, limit: Duration) -> Self {
        Self { stream, limit, deadline: None, waiting: false }
    }

    /// Passes on what the socket said; turns too long a `Pending` into an error.
    fn judge<T>(&mut self, cx: &mut Context<'_>, said: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if said.is_ready() {
            self.waiting = false;
            return said;
        }
        let limit = self.limit;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(limit)));
        if !self.waiting {
            self.waiting = true;
            deadline.as_mut().reset(Instant::now() + limit);
        }
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Unstalled {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Unstalled {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let said = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(cx, said)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let said = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.judge(cx, said)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
