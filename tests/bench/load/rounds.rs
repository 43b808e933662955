//! One round of the job: requests shared out among clients, each with a connection of its own that is kept.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::Instant;

use crate::http::{Answer, Connection, Request};
use crate::office::is_done;

/// Something to be sent.
#[derive(Debug)]
pub(crate) struct Call {
    /// Which of the applications.
    pub(crate) application: usize,
    /// `GET` or `POST`.
    pub(crate) method: &'static str,
    /// Where to.
    pub(crate) path: String,
    /// Who sends it.
    pub(crate) token: String,
    /// The version that was seen.
    pub(crate) seen: Option<String>,
    /// The body.
    pub(crate) body: String,
}

/// What a round came to.
#[derive(Debug, Default)]
pub(crate) struct Round {
    /// How long each call took, in milliseconds.
    pub(crate) times: Vec<f64>,
    /// How long the round took, in seconds.
    pub(crate) seconds: f64,
}

/// Sends calls by this many clients; what an answer says is given to `keep`. The first call that fails ends the round.
pub(crate) async fn send(
    host: &str,
    clients: usize,
    calls: Vec<Call>,
    keep: impl Fn(usize, Answer) -> io::Result<()> + 'static,
) -> io::Result<Round> {
    let mut connections = Vec::with_capacity(clients);
    for _ in 0..clients {
        connections.push(Connection::open(host).await?);
    }
    let (calls, next, keep) = (Rc::new(calls), Rc::new(Cell::new(0)), Rc::new(keep));
    let times = Rc::new(RefCell::new(Vec::with_capacity(calls.len())));
    let began = Instant::now();
    let mut working = Vec::new();
    for mut connection in connections {
        let (calls, next, keep) = (Rc::clone(&calls), Rc::clone(&next), Rc::clone(&keep));
        let times = Rc::clone(&times);
        working.push(tokio::task::spawn_local(async move {
            loop {
                let place = next.get();
                next.set(place + 1);
                let Some(call) = calls.get(place) else { return Ok::<_, io::Error>(()) };
                let began = Instant::now();
                let answer = connection.send(call.request()).await?;
                times.borrow_mut().push(began.elapsed().as_secs_f64() * 1e3);
                is_done(&answer, &call.path)?;
                keep(call.application, answer)?;
            }
        }));
    }
    for work in working {
        work.await.map_err(io::Error::other)??;
    }
    let seconds = began.elapsed().as_secs_f64();
    let times = times.take();
    Ok(Round { times, seconds })
}

impl Call {
    pub(crate) fn request(&self) -> Request<'_> {
        let seen = self.seen.as_deref();
        let post = Request::post(&self.path, &self.token, &self.body);
        Request { method: self.method, seen, ..post }
    }
}

/// Returns the numbers below `count` in an order that is the same in every run.
pub(crate) fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut state = 0x9E37_79B9_7F4A_7C15 ^ seed;
    for place in (1..count).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let other = usize::try_from(state % (place as u64 + 1)).unwrap_or(0);
        order.swap(place, other);
    }
    order
}
