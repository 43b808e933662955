//! Writes each message to a file of its own: for trying out, where no mail server is set.

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::{Address, Channel, Delivery, Outgoing};
use crate::folder::{FolderError, create_private};

/// A folder of messages.
#[derive(Debug)]
pub struct Console {
    folder: PathBuf,
}

impl Console {
    /// Returns the channel that writes into a folder, which must exist.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }
}

#[async_trait]
impl Channel for Console {
    fn reaches(&self, _: &Address) -> bool {
        true
    }

    async fn deliver(&self, message: &Outgoing) -> Delivery {
        let (folder, message) = (self.folder.clone(), message.clone());
        match tokio::task::spawn_blocking(move || write(&folder, &message)).await {
            // A file that is there was written by an earlier try whose outcome was lost.
            Ok(Ok(()) | Err(FolderError::Exists { .. })) => Delivery::Delivered,
            Ok(Err(FolderError::Io { cause, .. })) => {
                Delivery::temporary(format!("the message cannot be written: {}", cause.kind()))
            }
            Ok(Err(_)) | Err(_) => Delivery::temporary("the message cannot be written"),
        }
    }
}

/// Writes the attachments, then the message: where it stands, it is whole.
fn write(folder: &Path, message: &Outgoing) -> Result<(), FolderError> {
    let name = file_name(&message.id);
    for attachment in &message.attachments {
        match create_private(
            &folder.join(format!("{name}-{}", file_name(&attachment.name))),
            &attachment.bytes,
        ) {
            Ok(()) | Err(FolderError::Exists { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    create_private(&folder.join(format!("{name}.eml")), text(message).as_bytes())
}

/// Returns the message as people read it: headers, an empty line, the words.
fn text(message: &Outgoing) -> String {
    let (Address::Email(to) | Address::Phone(to)) = &message.to;
    let name = file_name(&message.id);
    let mut lines = vec![
        format!("To: {}", one_line(to)),
        format!("Subject: {}", one_line(&message.subject)),
        format!("Date: {}", message.at),
        format!("Message-ID: {}", message.id),
    ];
    let attachments = message.attachments.iter();
    lines.extend(attachments.map(|it| format!("Attachment: {name}-{}", file_name(&it.name))));
    lines.extend([String::new(), message.body.trim_end().to_owned(), String::new()]);
    lines.join("\n")
}

/// Returns a value that cannot begin a header of its own.
fn one_line(value: &str) -> String {
    value.replace(|character: char| character.is_control(), " ")
}

/// Returns a name that stays within its folder.
fn file_name(id: &str) -> String {
    let safe =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '.' | '_');
    let name: String =
        id.chars().map(|character| if safe(character) { character } else { '_' }).collect();
    name.trim_start_matches('.').to_owned()
}
