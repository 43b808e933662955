//! Channels against a mail server that accepts, refuses, hangs up and hangs.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::config::{Smtp as Settings, SmtpTls};

/// How the server in these tests behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// Takes what it is sent.
    Accepts,
    /// Answers the recipient with this code.
    Answers(u16),
    /// Answers the login with this code.
    RefusesLogin,
    /// Hangs up after the message has begun.
    HangsUp,
    /// Says nothing at all.
    IsSilent,
}

/// A mail server of one mood, and the lines it was sent.
struct Sink {
    address: SocketAddr,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Sink {
    async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sink = Self { address: listener.local_addr().unwrap(), lines: Arc::default() };
        let lines = Arc::clone(&sink.lines);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, mood, Arc::clone(&lines)));
            }
        });
        sink
    }

    fn channel(&self, login: Option<&Path>) -> Smtp {
        Smtp::new(&Settings {
            host: "127.0.0.1".to_owned(),
            port: self.address.port(),
            tls: SmtpTls::None,
            login: login.map(|file| ("relief".to_owned(), file.to_owned())),
            ca_file: None,
            from: "Relief Office <relief@example.org>".parse().unwrap(),
            timeout: Duration::from_millis(300),
        })
        .unwrap()
    }

    fn was_sent(&self, line: &str) -> bool {
        self.lines.lock().unwrap().iter().any(|sent| sent == line)
    }
}

/// Speaks as much SMTP as a client needs; `None`: the connection is over.
async fn serve(stream: TcpStream, mood: Mood, lines: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader).lines();
    if mood == Mood::IsSilent {
        reader.next_line().await.ok()?;
    }
    let mut say =
        async |text: String| writer.write_all(format!("{text}\r\n").as_bytes()).await.ok();
    say("220 sink".to_owned()).await?;
    while let Some(line) = reader.next_line().await.ok()? {
        lines.lock().unwrap().push(line.clone());
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match (verb.as_str(), mood) {
            ("EHLO", _) => say("250-sink\r\n250 AUTH PLAIN".to_owned()).await?,
            ("AUTH", Mood::RefusesLogin) => say("535 relief: who is that".to_owned()).await?,
            ("AUTH", _) => say("235 welcome".to_owned()).await?,
            ("RCPT", Mood::Answers(code)) => {
                say(format!("{code} <amina@example.org> not now")).await?;
            }
            ("DATA", Mood::HangsUp) => return None,
            ("DATA", _) => {
                say("354 go on".to_owned()).await?;
                while let Some(line) = reader.next_line().await.ok()? {
                    if line == "." {
                        break;
                    }
                    lines.lock().unwrap().push(line);
                }
                say("250 taken".to_owned()).await?;
            }
            ("QUIT", _) => return say("221 bye".to_owned()).await,
            _ => say("250 yes".to_owned()).await?,
        }
    }
    Some(())
}

fn message() -> Outgoing {
    Outgoing {
        id: "notice-7".to_owned(),
        to: Address::Email("amina@example.org".to_owned()),
        subject: "Urgent surgery: US-7K3F-92Q6".to_owned(),
        body: "Your voucher is ready.".to_owned(),
        attachments: Vec::new(),
        at: "2026-03-02T09:00:00Z".parse().unwrap(),
    }
}

/// Returns the cause, having seen that it repeats nothing personal.
fn cause(delivery: &Delivery) -> &str {
    let (Delivery::Temporary { cause, .. } | Delivery::Permanent { cause }) = delivery else {
        panic!("it was delivered")
    };
    assert!(!cause.contains("amina"), "{cause}");
    cause
}

#[tokio::test]
async fn mail_arrives_with_the_id_of_its_outbox_entry() {
    let sink = Sink::start(Mood::Accepts).await;
    let channel = sink.channel(None);
    assert_eq!(channel.deliver(&message()).await, Delivery::Delivered);
    assert!(sink.was_sent("Message-ID: <notice-7@example.org>"));
    assert!(sink.was_sent("Date: Mon, 02 Mar 2026 09:00:00 +0000"));
    assert!(sink.was_sent("Your voucher is ready."));
    assert!(channel.reaches(&message().to));
    assert!(!channel.reaches(&Address::Phone("+256700000001".to_owned())));
}

#[tokio::test]
async fn attachments_go_with_mail() {
    let sink = Sink::start(Mood::Accepts).await;
    let mut message = message();
    message.attachments = vec![Attachment {
        name: "voucher.png".to_owned(),
        media_type: "image/png".to_owned(),
        bytes: b"\x89PNG".to_vec(),
    }];
    assert_eq!(sink.channel(None).deliver(&message).await, Delivery::Delivered);
    assert!(sink.was_sent("Content-Disposition: attachment; filename=\"voucher.png\""));
    assert!(sink.was_sent("iVBORw=="));
}

#[tokio::test]
async fn a_refusal_for_now_is_tried_again_and_one_for_good_is_not() {
    let greylist = Sink::start(Mood::Answers(451)).await.channel(None).deliver(&message()).await;
    assert!(matches!(greylist, Delivery::Temporary { .. }));
    assert_eq!(cause(&greylist), "the mail server does not take the message now (451)");
    let unknown = Sink::start(Mood::Answers(550)).await.channel(None).deliver(&message()).await;
    assert!(matches!(unknown, Delivery::Permanent { .. }));
    assert_eq!(cause(&unknown), "the mail server refuses the message for good (550)");
}

#[tokio::test]
async fn a_refused_login_is_no_fault_of_the_message() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    crate::folder::create_private(&file, b"secret\n").unwrap();
    let refused =
        Sink::start(Mood::RefusesLogin).await.channel(Some(&file)).deliver(&message()).await;
    assert!(matches!(refused, Delivery::Temporary { .. }));
    assert_eq!(cause(&refused), "the mail server refuses our login (535)");

    let sink = Sink::start(Mood::Accepts).await;
    assert_eq!(sink.channel(Some(&file)).deliver(&message()).await, Delivery::Delivered);
    let login = data_encoding::BASE64.encode(b"\0relief\0secret");
    assert!(sink.was_sent(&format!("AUTH PLAIN {login}")));
}

#[tokio::test]
async fn a_lost_connection_and_a_silent_server_are_tried_again() {
    for mood in [Mood::HangsUp, Mood::IsSilent] {
        let failed = Sink::start(mood).await.channel(None).deliver(&message()).await;
        assert!(matches!(failed, Delivery::Temporary { .. }), "{mood:?}: {failed:?}");
        cause(&failed);
    }
    let gone = Sink { address: "127.0.0.1:1".parse().unwrap(), lines: Arc::default() };
    assert!(matches!(gone.channel(None).deliver(&message()).await, Delivery::Temporary { .. }));
}

#[tokio::test]
async fn starttls_is_never_given_up_for_the_clear() {
    let sink = Sink::start(Mood::Accepts).await;
    let settings = Settings {
        host: "127.0.0.1".to_owned(),
        port: sink.address.port(),
        tls: SmtpTls::StartTls,
        login: None,
        ca_file: None,
        from: "relief@example.org".parse().unwrap(),
        timeout: Duration::from_millis(300),
    };
    let refused = Smtp::new(&settings).unwrap().deliver(&message()).await;
    assert!(matches!(refused, Delivery::Temporary { .. }), "{refused:?}");
    assert!(!sink.lines.lock().unwrap().iter().any(|line| line.starts_with("MAIL")));
}

#[tokio::test]
async fn an_address_that_is_none_is_given_up() {
    let sink = Sink::start(Mood::Accepts).await;
    let mut message = message();
    message.to = Address::Email("not an address".to_owned());
    assert!(matches!(sink.channel(None).deliver(&message).await, Delivery::Permanent { .. }));
}

#[tokio::test]
async fn the_console_writes_each_message_once_and_whole() {
    let folder = tempfile::tempdir().unwrap();
    let console = Console::new(folder.path().to_owned());
    let mut message = message();
    message.id = "../7".to_owned();
    message.subject = "one\nBcc: two".to_owned();
    message.attachments = vec![Attachment {
        name: "voucher.png".to_owned(),
        media_type: "image/png".to_owned(),
        bytes: vec![1],
    }];
    assert_eq!(console.deliver(&message).await, Delivery::Delivered);
    let file = folder.path().join("_7.eml");
    let first = std::fs::read_to_string(&file).unwrap();
    insta::assert_snapshot!(first, @r"
    To: amina@example.org
    Subject: one Bcc: two
    Date: 2026-03-02T09:00:00Z
    Message-ID: ../7
    Attachment: _7-voucher.png

    Your voucher is ready.
    ");
    message.body = "other words".to_owned();
    assert_eq!(console.deliver(&message).await, Delivery::Delivered);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), first);
    assert_eq!(std::fs::read(folder.path().join("_7-voucher.png")).unwrap(), [1]);
}

#[tokio::test]
async fn a_message_that_cannot_be_written_is_tried_again() {
    let console = Console::new("/nowhere/at/all".into());
    assert!(matches!(console.deliver(&message()).await, Delivery::Temporary { .. }));
}
