//! A keep-alive connection that speaks as much HTTP/1.1 as the load needs, so that little of the machine goes to the client.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Most bytes of an answer.
const MAX_ANSWER: usize = 4 << 20;

/// A connection to a daemon.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
    /// The `ETag`, with its quotes.
    pub(crate) etag: Option<String>,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

/// A request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// `GET`, `POST` or `PUT`.
    pub(crate) method: &'a str,
    /// The path.
    pub(crate) path: &'a str,
    /// The bearer's token; empty of somebody unknown.
    pub(crate) token: &'a str,
    /// The version that was seen, with its quotes.
    pub(crate) seen: Option<&'a str>,
    /// What kind of body.
    pub(crate) media_type: &'a str,
    /// The body.
    pub(crate) body: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads.
    pub(crate) fn get(path: &'a str, token: &'a str) -> Self {
        Self { method: "GET", path, token, seen: None, media_type: "application/json", body: b"" }
    }

    /// Sends JSON.
    pub(crate) fn post(path: &'a str, token: &'a str, body: &'a str) -> Self {
        Self { method: "POST", body: body.as_bytes(), ..Self::get(path, token) }
    }
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(host: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::new() })
    }

    /// Sends a request and returns its answer.
    pub(crate) async fn send(&mut self, request: Request<'_>) -> io::Result<Answer> {
        let Request { method, path, token, media_type, body, .. } = request;
        let seen = request.seen.map(|seen| format!("if-match: {seen}\r\n")).unwrap_or_default();
        let who = match token {
            "" => String::new(),
            token => format!("authorization: Bearer {token}\r\n"),
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\n{who}content-type: {media_type}\r\n{seen}content-length: {}\r\n\r\n",
            body.len()
        );
        self.stream.write_all(&[head.as_bytes(), body].concat()).await?;
        self.answer().await
    }

    async fn answer(&mut self) -> io::Result<Answer> {
        self.read.clear();
        loop {
            let end = self.read.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                let (head, rest) = self.read.split_at(end + 4);
                let mut answer = head_of(head)?;
                answer.1.body = rest.to_vec();
                return self.body(answer).await;
            }
            self.more().await?;
        }
    }

    async fn body(&mut self, (length, mut answer): (usize, Answer)) -> io::Result<Answer> {
        while answer.body.len() < length {
            self.read.clear();
            self.more().await?;
            answer.body.append(&mut self.read);
        }
        Ok(answer)
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.read.len() > MAX_ANSWER {
            return Err(wrong("the answer is too long"));
        }
        self.read.reserve(4096);
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(wrong("the connection was closed before the answer")),
            _ => Ok(()),
        }
    }
}

/// Reads status, length and `ETag`.
fn head_of(head: &[u8]) -> io::Result<(usize, Answer)> {
    let text = std::str::from_utf8(head).map_err(|_| wrong("the answer's head is not text"))?;
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| wrong("the answer has no status"))?;
    let header = |name: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let length = match header("content-length") {
        Some(length) => length.parse().map_err(|_| wrong("the answer's length is no number"))?,
        None if status == 204 => 0,
        None => return Err(wrong("the answer has no length")),
    };
    let etag = header("etag").map(ToOwned::to_owned);
    Ok((length, Answer { status, etag, body: Vec::new() }))
}

fn wrong(what: &str) -> io::Error {
    io::Error::other(what)
}
