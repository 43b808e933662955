//! Connections over a real socket: how each is ended, and that none stands in the way of the others.

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONNECTION;
use axum::routing::{get, post};
use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::*;

/// A server on this machine.
#[derive(Debug)]
struct Server {
    address: std::net::SocketAddr,
    stop: CancellationToken,
    running: JoinHandle<()>,
    /// Ends the answer to `/waits`.
    go: Arc<Notify>,
}

async fn start(limits: Limits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let go = Arc::new(Notify::new());
    let waited = Arc::clone(&go);
    let router = Router::new()
        .route("/", get(async || "here"))
        .route("/refuses", post(refuse))
        .route("/waits", get(async move || waited.notified().await));
    let overflow = Router::new().fallback(async || StatusCode::SERVICE_UNAVAILABLE);
    let connections = Connections::new(listener, router, overflow, limits);
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let running = tokio::spawn(async move { connections.serve(&stopped).await });
    Server { address, stop, running, go }
}

/// Takes a little of a body and refuses the rest.
async fn refuse(request: Request) -> (StatusCode, [(axum::http::HeaderName, &'static str); 1]) {
    let mut body: axum::body::BodyDataStream = Body::into_data_stream(request.into_body());
    let _ = body.next().await;
    (StatusCode::PAYLOAD_TOO_LARGE, [(CONNECTION, "close")])
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Connects, sends, and returns all that comes back.
    async fn tell(&self, sent: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(sent).await.unwrap();
        rest(&mut stream).await
    }
}

/// Returns what comes until the server ends the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Asks on an open connection, and returns the first line of the answer.
async fn ask(stream: &mut TcpStream, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = vec![0; 4096];
    let read = stream.read(&mut bytes).await.unwrap();
    String::from_utf8_lossy(&bytes[..read]).lines().next().unwrap_or_default().to_owned()
}

const OK: &str = "HTTP/1.1 200 OK";

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_arrives_though_its_client_sends_on_without_reading() {
    /// What a client sends after its headers: more than the system keeps unread.
    const PIECES: usize = 512;
    let server = start(Limits::default()).await;
    for _ in 0..20 {
        let mut stream = server.connect().await;
        let head = "POST /refuses HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        for _ in 0..PIECES {
            stream.write_all(piece.as_bytes()).await.unwrap();
        }
        assert!(rest(&mut stream).await.starts_with("HTTP/1.1 413 "));
    }
}

#[tokio::test]
async fn a_client_that_sends_its_headers_slowly_is_cut_off() {
    let limits = Limits { idle_time: Duration::from_millis(50), ..Limits::default() };
    let server = start(limits).await;
    let mut slow = server.connect().await;
    for byte in "GET / HTTP/1.1\r\nhost: ".bytes().chain(std::iter::repeat(b'x')) {
        if slow.write_all(&[byte]).await.is_err() {
            break;
        }
        let ended = tokio::time::timeout(Duration::from_millis(5), slow.readable()).await;
        if ended.is_ok() {
            break;
        }
    }
    // Nothing was answered: what it sent last may even break the connection off.
    assert!(matches!(slow.read(&mut [0; 64]).await, Ok(0) | Err(_)));
    let mut idle = server.connect().await;
    assert_eq!(ask(&mut idle, "/").await, OK);
    assert_eq!(rest(&mut idle).await, "", "a connection without a next request is ended as well");
}

#[tokio::test]
async fn one_connection_too_many_is_told_so_and_the_next_place_is_given_away() {
    let server = start(Limits { connections: 2, ..Limits::default() }).await;
    let (mut one, mut two) = (server.connect().await, server.connect().await);
    assert_eq!(ask(&mut one, "/").await, OK);
    assert_eq!(ask(&mut two, "/").await, OK);
    let refused = server.tell(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("connection: close"));
    assert_eq!(ask(&mut one, "/").await, OK);
    drop(one);
    // It takes a moment until the server knows of it.
    let mut three = server.connect().await;
    while ask(&mut three, "/").await != OK {
        three = server.connect().await;
    }
}

#[tokio::test]
async fn clients_that_stay_silent_lose_their_places() {
    let limits =
        Limits { connections: 2, idle_time: Duration::from_millis(50), ..Limits::default() };
    let server = start(limits).await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        let mut stream = server.connect().await;
        stream.write_all(b"GET / HT").await.unwrap();
        silent.push(stream);
    }
    let mut other = server.connect().await;
    let _ = ask(&mut other, "/").await;
    for stream in &mut silent {
        assert_eq!(rest(stream).await, "");
    }
    drop(silent);
    let mut other = server.connect().await;
    while ask(&mut other, "/").await != OK {
        other = server.connect().await;
    }
}

#[tokio::test]
async fn a_stop_ends_idle_connections_at_once_and_lets_the_request_under_way_end() {
    let server = start(Limits::default()).await;
    let (mut new, mut idle) = (server.connect().await, server.connect().await);
    assert_eq!(ask(&mut idle, "/").await, OK);
    let mut busy = server.connect().await;
    busy.write_all(b"GET /waits HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    // Answered after the request before it has begun, since one thread does all of this.
    assert_eq!(ask(&mut server.connect().await, "/").await, OK);
    server.stop.cancel();
    assert_eq!(rest(&mut idle).await, "");
    assert_eq!(rest(&mut new).await, "");
    let late = TcpStream::connect(server.address).await;
    assert!(late.is_err(), "nothing is accepted any more");
    assert!(!server.running.is_finished());
    server.go.notify_one();
    assert!(rest(&mut busy).await.starts_with(OK));
    drop(busy);
    server.running.await.unwrap();
    // The clients of idle connections have not ended their half, and were not waited for.
    drop((idle, new));
}

#[tokio::test]
async fn a_stop_that_takes_too_long_ends_every_connection_where_it_stands() {
    let server = start(Limits::default()).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /waits HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(ask(&mut server.connect().await, "/").await, OK);
    server.running.abort();
    assert_eq!(rest(&mut busy).await, "");
}
