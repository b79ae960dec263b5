//! The accept loop over real sockets: what clients drag out ends, and others do not notice.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use bianmin::web::{Doors, Limits, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Nothing here takes this long; a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    address: std::net::SocketAddr,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

async fn start(limits: Limits) -> Server {
    let router = Router::new()
        .route("/", get(|| async { "here" }))
        .route(
            "/slow",
            get(|| async {
                sleep(Duration::from_millis(600)).await;
                "done"
            }),
        )
        .route("/for-ever", get(|| async { std::future::pending::<()>().await }))
        .route("/large", get(|| async { vec![b'x'; 64 * 1024 * 1024] }))
        .route("/echo", post(|body: Bytes| async move { body }))
        .layer(DefaultBodyLimit::max(1024))
        .route("/count", post(|body: Bytes| async move { body.len().to_string() }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(serve(listener, router, limits, stop.clone()));
    Server { address, stop, running }
}

impl Server {
    async fn open(&self, bytes: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    }

    /// Sends `bytes` and returns all that comes back until the server closes.
    async fn ask(&self, bytes: &str) -> String {
        rest(self.open(bytes).await).await
    }
}

async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset ends the answer as well as an orderly close.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("never closed");
    String::from_utf8(answer).unwrap()
}

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
const GET_ON: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

fn check(answer: &str, status: &str, end: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer:?} is not {status}");
    assert!(answer.ends_with(end), "{answer:?} does not end with {end:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_headers_are_closed_and_others_are_served() {
    let limits = Limits { header: Duration::from_secs(2), ..Limits::default() };
    let server = start(limits).await;
    let mut waiting = Vec::new();
    for _ in 0..2000 {
        waiting.push(server.open("POST /echo HTTP/1.1\r\nhost: x\r\nconte").await);
    }
    let begun = Instant::now();
    for _ in 0..50 {
        check(&server.ask(GET).await, "200", "here");
    }
    let slowest = begun.elapsed() / 50;
    assert!(slowest < Duration::from_millis(100), "others waited {slowest:?} each");
    for stream in waiting {
        assert_eq!(rest(stream).await, "");
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(8), "half headers were held for {took:?}");
    check(&server.ask(GET).await, "200", "here");
}

#[tokio::test]
async fn silent_and_idle_connections_are_closed() {
    let server = start(Limits { header: Duration::from_millis(300), ..Limits::default() }).await;
    for (sent, expected_end) in [("", ""), (GET_ON, "here")] {
        let begun = Instant::now();
        let answer = server.ask(sent).await;
        assert!(answer.ends_with(expected_end), "{answer:?}");
        assert!(begun.elapsed() >= Duration::from_millis(250), "{sent:?} was closed at once");
        assert!(begun.elapsed() < Duration::from_secs(3), "{sent:?} was kept");
    }
}

#[tokio::test]
async fn a_connection_carries_many_requests() {
    let server = start(Limits::default()).await;
    let mut stream = server.open("").await;
    for _ in 0..20 {
        stream.write_all(GET_ON.as_bytes()).await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"here") {
            let read = timeout(PATIENCE, stream.read_buf(&mut seen)).await.unwrap().unwrap();
            assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&seen));
        }
    }
}

#[tokio::test]
async fn bodies_must_come_in_time_and_size() {
    let server = start(Limits { body: Duration::from_millis(400), ..Limits::default() }).await;
    let head = |length: usize| {
        format!(
            "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    check(&server.ask(&format!("{}hello", head(5))).await, "200", "hello");
    check(&server.ask(&format!("{}{}", head(1024), "x".repeat(1024))).await, "200", "x");
    check(&server.ask(&format!("{}{}", head(1025), "x".repeat(1025))).await, "413", "");
    let begun = Instant::now();
    let answer = server.ask(&format!("{}hel", head(5))).await;
    assert!(!answer.contains(" 200 "), "{answer:?}");
    assert!(begun.elapsed() < Duration::from_secs(3), "half a body was awaited");

    // A slow line that goes on sending is waited for: 12 times 64 KiB in 1.2 s.
    let length = 12 * 64 * 1024;
    let mut stream = server.open(&head(length).replace("/echo", "/count")).await;
    for _ in 0..12 {
        sleep(Duration::from_millis(100)).await;
        stream.write_all(&vec![b'x'; 64 * 1024]).await.unwrap();
    }
    check(&rest(stream).await, "200", &length.to_string());

    // A byte at a time does not buy more time.
    let mut stream = server.open(&head(100)).await;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        if stream.write_all(b"x").await.is_err() {
            break;
        }
        let mut answer = [0; 64];
        match timeout(Duration::from_millis(50), stream.read(&mut answer)).await {
            Ok(_) => break,
            Err(_) => continue,
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "a dripping body was awaited");
}

#[tokio::test]
async fn nonsense_is_a_4xx() {
    let server = start(Limits::default()).await;
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nlong: {}\r\n\r\n", "x".repeat(80 * 1024));
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(500));
    for (sent, status) in [
        ("\x16\x03\x01\x02\x00\x01\x00 TLS on the wrong port\r\n\r\n", "400"),
        ("G<T / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nno colon here\r\n\r\n", "400"),
        ("GET / HTTP/9.9\r\n\r\n", "400"),
        ("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n", "400"),
        (long.as_str(), "431"),
        (many.as_str(), "431"),
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        // The server may answer and close before all is sent.
        let _ = stream.write_all(sent.as_bytes()).await;
        let mut answer = vec![0; 16];
        let read = timeout(PATIENCE, stream.read(&mut answer)).await.unwrap().unwrap_or(0);
        answer.truncate(read);
        check(&String::from_utf8(answer).unwrap(), status, "");
    }
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let server = start(Limits { connections: 3, ..Limits::default() }).await;
    let mut seated = Vec::new();
    for _ in 0..3 {
        seated.push(server.open("GET /").await);
    }
    sleep(Duration::from_millis(100)).await;
    check(&rest(server.open("").await).await, "503", "\r\n\r\n");
    // Those inside do not notice, and a free seat is given on.
    let mut first = seated.remove(0);
    first.write_all(b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    check(&rest(first).await, "200", "here");
    sleep(Duration::from_millis(50)).await;
    check(&server.ask(GET).await, "200", "here");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped() {
    let limits = Limits { connections: 1, stall: Duration::from_millis(300), ..Limits::default() };
    let server = start(limits).await;
    let unread = server.open("GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
    sleep(Duration::from_millis(1500)).await;
    check(&server.ask(GET).await, "200", "here");
    drop(unread);
}

#[tokio::test]
async fn a_stop_lets_running_requests_end() {
    let server = start(Limits::default()).await;
    let idle = server.open(GET_ON).await;
    let running = server.open("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    sleep(Duration::from_millis(150)).await;
    let begun = Instant::now();
    server.stop.cancel();
    check(&rest(idle).await, "200", "here");
    check(&rest(running).await, "200", "done");
    timeout(PATIENCE, server.running).await.unwrap().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(3), "the stop took {:?}", begun.elapsed());
    assert!(TcpStream::connect(server.address).await.is_err(), "still accepting");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let server = start(Limits { grace: Duration::from_millis(300), ..Limits::default() }).await;
    let stuck = server.open("GET /for-ever HTTP/1.1\r\nhost: x\r\n\r\n").await;
    sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    server.stop.cancel();
    timeout(PATIENCE, server.running).await.unwrap().unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(250), "the grace was not given");
    assert!(begun.elapsed() < Duration::from_secs(3), "the stop took {:?}", begun.elapsed());
    assert_eq!(rest(stuck).await, "");
}

/// Health says that it lives; readiness says whether it takes messages.
#[tokio::test]
async fn while_it_starts_and_stops_it_lives_and_is_not_ready() {
    let router = Router::new()
        .route("/", get(|| async { "here" }))
        .route("/ready", get(|| async { "ready" }))
        .route("/echo", post(|body: Bytes| async move { body }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (doors, stop) = (Doors::closed(), CancellationToken::new());
    let address = listener.local_addr().unwrap();
    let running = tokio::spawn(serve(listener, doors.clone(), Limits::default(), stop.clone()));
    let server = Server { address, stop, running };
    let asked = |path: &str| GET.replace("GET /", &format!("GET {path}"));

    check(&server.ask(&asked("/health")).await, "200", "");
    check(&server.ask(&asked("/ready")).await, "503", "not ready: starting\n");
    // What comes meanwhile is answered once it has started.
    let waits = server.open(GET).await;
    sleep(Duration::from_millis(100)).await;
    doors.open(router);
    check(&rest(waits).await, "200", "here");
    check(&server.ask(&asked("/ready")).await, "200", "ready");

    let head = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n";
    let mut half = server.open(&format!("{head}he")).await;
    sleep(Duration::from_millis(100)).await;
    server.stop.cancel();
    sleep(Duration::from_millis(50)).await;
    check(&server.ask(&asked("/health")).await, "200", "");
    check(&server.ask(&asked("/ready")).await, "503", "not ready: stopping\n");
    check(&server.ask(GET).await, "503", "\r\n\r\n");
    half.write_all(b"llo").await.unwrap();
    check(&rest(half).await, "200", "hello");
    timeout(PATIENCE, server.running).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "still accepting");
}

/// Who waits for the start hears in time that it takes too long.
#[tokio::test]
async fn a_start_that_takes_too_long_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (stop, address) = (CancellationToken::new(), listener.local_addr().unwrap());
    let running = tokio::spawn(serve(listener, Doors::closed(), Limits::default(), stop.clone()));
    let server = Server { address, stop, running };
    let begun = Instant::now();
    check(&server.ask(GET).await, "503", "\r\n\r\n");
    assert!(begun.elapsed() < Duration::from_secs(5), "WeChat has hung up by then");
}
