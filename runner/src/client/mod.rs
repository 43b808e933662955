//! A client of the HTTP API: what the command line and anything else in this program asks a daemon with.
//!
//! Knows how to ask, to repeat a question safely, and to read what is answered; never what an answer means. A repeated POST
//! carries the key of the first, so that it counts once.

mod answer;
mod error;
mod patience;
mod request;

use std::path::Path;
use std::time::Duration;

use reqwest::{Method, Url};
use serde_json::Value;
use zeroize::Zeroizing;

use answer::{read, read_bytes};
use request::{Content, Request};

pub use answer::Answered;
pub use error::{ClientError, Problem, Wrong};
pub use patience::Patience;

/// Longest time until a connection stands.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// Longest silence of a daemon that owes an answer.
const READ_TIME: Duration = Duration::from_mins(1);
/// Most bytes of an answer in JSON.
const MAX_ANSWER_BYTES: usize = 32 << 20;
/// Most bytes of a picture or document that is fetched.
const MAX_FETCHED_BYTES: usize = 256 << 20;

/// A daemon, asked on behalf of whom the token belongs to.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    server: Url,
    token: Option<Zeroizing<String>>,
    patience: Patience,
}

impl std::fmt::Debug for Client {
    /// Shows where it asks, never the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("server", &self.server.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// Returns a client of the daemon at `server`: `http://127.0.0.1:7667`.
    ///
    /// # Errors
    ///
    /// Returns [`ClientError::Unexpected`] if that is no address, or certificates cannot be checked here.
    pub fn new(server: &str, token: Option<&str>) -> Result<Self, ClientError> {
        let wrong = || {
            ClientError::unexpected(format!(
                "`{server}` is no address of a daemon; one is as `https://annona.example.org`"
            ))
        };
        let server = Url::parse(server).map_err(|_| wrong())?;
        if !matches!(server.scheme(), "http" | "https") || server.host_str().is_none() {
            return Err(wrong());
        }
        let token = token.map(|token| Zeroizing::new(token.to_owned()));
        Ok(Self { http: connection(&server)?, server, token, patience: Patience::default() })
    }

    /// Returns the same client with another patience.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Returns the address of the daemon, without a trailing slash.
    #[must_use]
    pub fn server(&self) -> &str {
        self.server.as_str().trim_end_matches('/')
    }

    /// Returns whether what is sent can be read on its way: over a network, without TLS.
    #[must_use]
    pub fn is_in_the_clear(&self) -> bool {
        self.server.scheme() == "http" && !is_this_machine(&self.server)
    }

    /// Asks for something.
    ///
    /// # Errors
    ///
    /// Returns [`ClientError`] where the daemon does not answer, or answers a problem.
    pub async fn get(&self, path: &str) -> Result<Value, ClientError> {
        Ok(self.read(path).await?.value)
    }

    /// Asks for something together with its version.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn read(&self, path: &str) -> Result<Answered, ClientError> {
        self.ask(&Request::new(Method::GET, path, Content::None)).await
    }

    /// Has the daemon do something, once however often the request is repeated.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        let request = Request::new(Method::POST, path, Content::Json(body)).once()?;
        Ok(self.ask(&request).await?.value)
    }

    /// Has the daemon do something if the version that was read still stands.
    ///
    /// # Errors
    ///
    /// As [`Client::get`]; `content_changed` where it does not stand.
    pub async fn post_if_match(
        &self,
        path: &str,
        etag: &str,
        body: &Value,
    ) -> Result<Value, ClientError> {
        let request =
            Request::new(Method::POST, path, Content::Json(body)).once()?.if_match(etag.to_owned());
        Ok(self.ask(&request).await?.value)
    }

    /// Sends bytes of a media type, such as a definition.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn post_bytes(
        &self,
        path: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Value, ClientError> {
        let content = Content::Bytes { media_type, bytes };
        let request = Request::new(Method::POST, path, content).once()?;
        Ok(self.ask(&request).await?.value)
    }

    /// Sends a file as it lies on the disk, without reading it into memory.
    ///
    /// # Errors
    ///
    /// As [`Client::get`]; [`ClientError::File`] where the file cannot be read.
    pub async fn post_file(&self, path: &str, file: &Path) -> Result<Value, ClientError> {
        let request = Request::new(Method::POST, path, Content::File(file)).once()?;
        Ok(self.ask(&request).await?.value)
    }

    /// Puts something in the place of what there is.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        Ok(self.ask(&Request::new(Method::PUT, path, Content::Json(body))).await?.value)
    }

    /// Takes something away.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn delete(&self, path: &str) -> Result<Value, ClientError> {
        Ok(self.ask(&Request::new(Method::DELETE, path, Content::None)).await?.value)
    }

    /// Fetches bytes: a picture, a document.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn fetch(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        let response = self.send(&Request::new(Method::GET, path, Content::None)).await?;
        read_bytes(response, MAX_FETCHED_BYTES, self.server()).await
    }

    async fn ask(&self, request: &Request<'_>) -> Result<Answered, ClientError> {
        read(self.send(request).await?, MAX_ANSWER_BYTES, self.server()).await
    }

    /// Sends a request, again where that can help, and returns the answer that is no problem.
    async fn send(&self, request: &Request<'_>) -> Result<reqwest::Response, ClientError> {
        let mut waits = self.patience.waits();
        loop {
            let error = match self.send_once(request).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let wait =
                if request.may_repeat(&error) { waits.next(error.retry_after()) } else { None };
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(error),
            }
        }
    }

    async fn send_once(&self, request: &Request<'_>) -> Result<reqwest::Response, ClientError> {
        let token = self.token.as_ref().map(|token| token.as_str());
        let building = request.build(&self.http, self.server(), token).await?;
        let response = building
            .send()
            .await
            .map_err(|error| ClientError::unreachable(self.server(), &error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(error::of_answer(response, MAX_ANSWER_BYTES, self.server()).await)
    }
}

/// Returns the path of a resource with its query, each part encoded.
#[must_use]
pub fn path(segments: &[&str], query: &[(&str, &str)]) -> String {
    let Ok(mut url) = Url::parse("http://daemon/") else { return String::from("/") };
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().extend(segments);
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// Returns what connections to a daemon are made with.
fn connection(server: &Url) -> Result<reqwest::Client, ClientError> {
    // Whoever was first has installed the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("annona/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIME)
        .read_timeout(READ_TIME)
        // A token goes where it was meant to go, and nowhere else.
        .redirect(reqwest::redirect::Policy::none());
    if server.scheme() == "http" {
        // Without TLS nothing is checked against certificates, and a bare container has none.
        builder = builder.tls_certs_only([]);
    }
    if is_this_machine(server) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| {
        ClientError::unexpected(format!("cannot prepare a connection: {}", error::causes(&error)))
    })
}

fn is_this_machine(server: &Url) -> bool {
    let host = server.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost"
        || address.is_ok_and(|address| address.is_loopback() || address.is_unspecified())
}

#[cfg(test)]
pub(crate) mod stub;
#[cfg(test)]
mod tests;
