//! Mail: to one server, over a small pool of connections.

use std::error::Error as _;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::{Address, Channel, Delivery, Outgoing};
use crate::config::{Smtp as Settings, SmtpTls};
use crate::folder::{FolderError, read_private};

/// Most connections to the mail server.
const MAX_CONNECTIONS: u32 = 4;
/// How long a connection may stand idle: servers close them without a word, so shortly.
const IDLE: Duration = Duration::from_secs(20);
/// Steps of one delivery that may each take the whole timeout before it is given up.
const STEPS: u32 = 4;
/// Answers about our login, which say nothing of the message: it waits until the operator has mended it.
const LOGIN_CODES: [u16; 5] = [530, 534, 535, 538, 454];

/// A mail server that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// The password cannot be read.
    #[error(transparent)]
    Password(#[from] FolderError),
    /// The certificate authority cannot be read.
    #[error("smtp.ca_file: no certificate in PEM can be read from it")]
    Authority,
    /// The server's name is none that a certificate can have.
    #[error("smtp.host: TLS cannot be set up for this name")]
    Tls,
}

/// A mail server.
#[derive(Debug)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// Domain of the ids of messages.
    domain: String,
    limit: Duration,
}

impl Smtp {
    /// Sets the server up; connects only when there is a message.
    ///
    /// # Errors
    ///
    /// Returns [`SmtpError`] if the password or the certificate authority cannot be read.
    pub fn new(settings: &Settings) -> Result<Self, SmtpError> {
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .timeout(Some(settings.timeout))
            .tls(tls(settings)?)
            .pool_config(
                PoolConfig::new().min_idle(0).max_size(MAX_CONNECTIONS).idle_timeout(IDLE),
            );
        if let Some((username, file)) = &settings.login {
            let password = read_private(file)?;
            let password =
                String::from_utf8_lossy(&password).trim_end_matches(['\r', '\n']).to_owned();
            builder = builder.credentials(Credentials::new(username.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            from: settings.from.clone(),
            domain: settings.from.email.domain().to_owned(),
            limit: settings.timeout.saturating_mul(STEPS),
        })
    }

    /// Returns the message as mail; `None` if the address or an attachment cannot be written.
    fn mail(&self, message: &Outgoing) -> Option<Message> {
        let Address::Email(to) = &message.to else { return None };
        let since_1970 = Duration::from_secs(message.at.as_second().try_into().unwrap_or_default());
        let head = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.parse().ok()?))
            .subject(message.subject.replace(char::is_control, " "))
            .date(SystemTime::UNIX_EPOCH + since_1970)
            .message_id(Some(format!("<{}@{}>", message.id, self.domain)));
        let words = SinglePart::plain(message.body.clone());
        if message.attachments.is_empty() {
            return head.singlepart(words).ok();
        }
        let mut parts = MultiPart::mixed().singlepart(words);
        for attachment in &message.attachments {
            let media_type = ContentType::parse(&attachment.media_type).ok()?;
            let part =
                Attachment::new(attachment.name.clone()).body(attachment.bytes.clone(), media_type);
            parts = parts.singlepart(part);
        }
        head.multipart(parts).ok()
    }
}

#[async_trait]
impl Channel for Smtp {
    fn reaches(&self, to: &Address) -> bool {
        matches!(to, Address::Email(_))
    }

    async fn deliver(&self, message: &Outgoing) -> Delivery {
        let Some(mail) = self.mail(message) else {
            return Delivery::permanent("no mail can be written to this address");
        };
        match tokio::time::timeout(self.limit, self.transport.send(mail)).await {
            Ok(Ok(_)) => Delivery::Delivered,
            Ok(Err(error)) => outcome(&error),
            Err(_) => Delivery::temporary("the mail server took too long"),
        }
    }
}

/// Returns what an error means; the server's words, which may repeat the address, are left out.
fn outcome(error: &Error) -> Delivery {
    if let Some(code) = error.status().map(u16::from) {
        return match code {
            _ if LOGIN_CODES.contains(&code) => {
                Delivery::temporary(format!("the mail server refuses our login ({code})"))
            }
            500.. => Delivery::permanent(format!(
                "the mail server refuses the message for good ({code})"
            )),
            _ => Delivery::temporary(format!(
                "the mail server does not take the message now ({code})"
            )),
        };
    }
    if error.is_timeout() {
        Delivery::temporary("the mail server took too long")
    } else if error.is_tls() {
        Delivery::temporary("no protected connection to the mail server can be made")
    } else if error.is_client()
        && error.source().is_some_and(|source| source.to_string().contains("SMTPUTF8"))
    {
        Delivery::permanent("the mail server takes only addresses in ASCII")
    } else {
        Delivery::temporary("the connection to the mail server failed")
    }
}

fn tls(settings: &Settings) -> Result<Tls, SmtpError> {
    if settings.tls == SmtpTls::None {
        return Ok(Tls::None);
    }
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(file) = &settings.ca_file {
        let pem = std::fs::read(file).map_err(FolderError::io(file))?;
        parameters = parameters
            .add_root_certificate(Certificate::from_pem(&pem).map_err(|_| SmtpError::Authority)?);
    }
    let parameters = parameters.build().map_err(|_| SmtpError::Tls)?;
    Ok(if settings.tls == SmtpTls::Tls {
        Tls::Wrapper(parameters)
    } else {
        Tls::Required(parameters)
    })
}
