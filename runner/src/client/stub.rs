//! A daemon that says what a test wrote down, and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Client, Patience};

/// A daemon in a test.
#[derive(Debug)]
pub(crate) struct Stub {
    pub(crate) address: String,
    script: Arc<Script>,
    serving: tokio::task::JoinHandle<()>,
}

/// What the stub was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Method and address: `GET /v1/tasks?late=true`.
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What the stub answers to one line; asked again, it goes on to the next reply for that line, and stays at the last.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    line: String,
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

#[derive(Debug, Default)]
struct Script {
    replies: Mutex<VecDeque<Reply>>,
    asked: Mutex<Vec<Asked>>,
}

/// Returns a reply in JSON.
pub(crate) fn reply(line: &str, status: u16, body: &Value) -> Reply {
    Reply {
        line: line.to_owned(),
        status,
        headers: Vec::new(),
        body: body.to_string().into_bytes(),
    }
}

/// Returns a reply of bytes.
pub(crate) fn reply_bytes(line: &str, body: &[u8]) -> Reply {
    Reply { line: line.to_owned(), status: 200, headers: Vec::new(), body: body.to_vec() }
}

/// Returns a problem.
pub(crate) fn problem(line: &str, status: u16, code: &str, detail: &str) -> Reply {
    reply(line, status, &json!({"status": status, "code": code, "title": code, "detail": detail}))
}

impl Reply {
    pub(crate) fn with(mut self, header: &'static str, value: &str) -> Self {
        self.headers.push((header, value.to_owned()));
        self
    }
}

impl Stub {
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let script = Arc::new(Script {
            replies: Mutex::new(replies.into_iter().collect()),
            asked: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, script, serving }
    }

    /// Returns a client that does not wait long.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.address, Some("annona_secret")).unwrap().with_patience(quick())
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.script.asked.lock().unwrap().clone()
    }

    /// Returns what was asked, a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }

    /// Returns the last request.
    pub(crate) fn last(&self) -> Asked {
        self.asked().pop().unwrap()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Returns a patience that tests have.
pub(crate) fn quick() -> Patience {
    Patience {
        repetitions: 3,
        first_wait: Duration::from_millis(1),
        whole: Duration::from_millis(1_500),
    }
}

async fn answer(State(script): State<Arc<Script>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let line = format!("{} {}", parts.method, parts.uri);
    let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
    script.asked.lock().unwrap().push(Asked { line: line.clone(), headers: parts.headers, body });
    let reply = next(&mut script.replies.lock().unwrap(), &line);
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}

fn next(replies: &mut VecDeque<Reply>, line: &str) -> Reply {
    let mut places = replies.iter().enumerate().filter(|(_, reply)| reply.line == line);
    let first = places.next().map(|(place, reply)| (place, reply.clone()));
    let is_last = places.next().is_none();
    let Some((place, reply)) = first else {
        return problem(line, 404, "not_found", "there is no such thing here");
    };
    if !is_last {
        replies.remove(place);
    }
    reply
}
