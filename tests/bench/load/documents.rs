//! Applications with documents: each client uploads two and sends an application that refers to them.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Instant;

use serde_json::{Value, json};

use crate::http::{Connection, Request};
use crate::job::{form, open, rate, rounded, settle};
use crate::machine::{Processors, fdatasync, memory, quantile};
use crate::office::{is_done, text};
use crate::options::Options;

/// The fields of an application that take a document.
const FIELDS: [&str; 2] = ["proof", "estimate"];
/// Bytes of a document: a photographed page.
const BYTES: usize = 100 << 10;

/// Sends applications with their documents and returns a line for each number of clients.
pub(crate) async fn run(options: &Options) -> io::Result<Vec<Value>> {
    let office = open(options).await?;
    let mut lines = Vec::new();
    for clients in &options.clients {
        let count = if *clients == 1 { options.alone } else { options.applications };
        settle(&options.pids).await;
        let disk = fdatasync(&options.folder)?;
        let next = Rc::new(Cell::new(0));
        let before = Processors::now(&options.pids);
        let began = Instant::now();
        let sending: Vec<_> = (0..*clients)
            .map(|client| {
                let (host, token) = (options.host.clone(), office.sender(client).to_owned());
                tokio::task::spawn_local(one_client(host, token, Rc::clone(&next), count))
            })
            .collect();
        let mut times = Vec::new();
        for client in sending {
            times.extend(client.await.map_err(io::Error::other)??);
        }
        let seconds = began.elapsed().as_secs_f64();
        let (own, others) = Processors::now(&options.pids).since(before, seconds);
        lines.push(json!({
            "engine": "annona", "store": options.label, "clients": clients, "applications": count,
            "documents": FIELDS.len() * count, "document_bytes": BYTES,
            "submissions_per_s": rate(times.len(), seconds),
            "p50_ms": rounded(quantile(&mut times, 0.5), 100.0),
            "p99_ms": rounded(quantile(&mut times, 0.99), 100.0),
            "own_cores": rounded(own, 100.0), "foreign_cores": rounded(others, 100.0),
            "fdatasync_us": disk.round(), "rss_mb": memory(&options.pids).round(),
        }));
    }
    Ok(lines)
}

/// Sends applications until all are sent, and returns how long each took with its documents, in milliseconds.
async fn one_client(
    host: String,
    token: String,
    next: Rc<Cell<usize>>,
    count: usize,
) -> io::Result<Vec<f64>> {
    let mut connection = Connection::open(&host).await?;
    let mut times = Vec::new();
    loop {
        let number = next.get();
        next.set(number + 1);
        if number >= count {
            return Ok(times);
        }
        let began = Instant::now();
        let mut filled = form(number);
        for (place, field) in FIELDS.into_iter().enumerate() {
            let document = document(number * FIELDS.len() + place);
            let upload = Request { body: &document, ..Request::post("/v1/documents", &token, "") };
            let uploaded = connection.send(upload).await?;
            is_done(&uploaded, "uploading a document")?;
            if let Some(Value::Object(form)) = filled.get_mut("form") {
                form.insert(field.to_owned(), json!(text(&uploaded, "/id")?));
            }
        }
        let body = filled.to_string();
        let sent = connection.send(Request::post("/v1/applications", &token, &body)).await?;
        is_done(&sent, "sending an application")?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
}

/// Returns a document of its own for each number: its first bytes are a PDF's, the rest is not compressible.
fn document(number: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut state = 0x9E37_79B9_7F4A_7C15 ^ (number as u64 + 1);
    while bytes.len() < BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(BYTES);
    bytes
}
