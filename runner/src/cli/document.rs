//! `annona document`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};

use super::asking::{Asking, Told};
use super::connection::Connection;
use super::screen::Screen;
use super::trouble::Trouble;
use super::words::text;
use crate::client::{Client, path};

/// Uploads and fetches documents.
#[derive(Debug, clap::Args)]
pub(super) struct Document {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Uploads a file and prints its id, which goes into a form or an answer. Unused after 24 hours, it is deleted.
    Upload {
        /// The file.
        file: PathBuf,
    },
    /// Fetches a document that an application you may read names.
    #[command(after_help = "Example: annona document get 0197… --output estimate.pdf")]
    Get {
        /// Its id.
        id: String,
        /// Where to write it; `-` is standard output. A file that is there already is not overwritten.
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
    },
}

impl Asking for Document {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    async fn ask(&self, client: &Client, _: &Screen) -> Result<Told, Trouble> {
        match &self.action {
            Action::Upload { file } => {
                let answer = client.post_file("/v1/documents", file).await?;
                let words = uploaded(&answer);
                Ok(Told::yes(answer, words))
            }
            Action::Get { id, output } => {
                let bytes = client.fetch(&path(&["v1", "documents", id], &[])).await?;
                let words = save(output, &bytes)?;
                let answer =
                    json!({"id": id, "file": output.display().to_string(), "size": bytes.len()});
                // On standard output the document stands alone.
                Ok(Told::yes(if words.is_empty() { Value::Null } else { answer }, words))
            }
        }
    }
}

fn uploaded(answer: &Value) -> String {
    format!("{}\n{}, {} bytes", text(answer, "/id"), text(answer, "/type"), text(answer, "/size"))
}

/// Writes bytes to a new file, or to standard output, and returns what to say of it.
pub(super) fn save(file: &Path, bytes: &[u8]) -> Result<String, Trouble> {
    let written = if file == Path::new("-") {
        let mut output = std::io::stdout().lock();
        output.write_all(bytes).and_then(|()| output.flush())
    } else {
        std::fs::File::create_new(file).and_then(|mut file| file.write_all(bytes))
    };
    written.map_err(|cause| {
        Trouble::CannotReach(match cause.kind() {
            std::io::ErrorKind::AlreadyExists => {
                format!("{} is there already, and is left as it is", file.display())
            }
            _ => format!("cannot write {}: {cause}", file.display()),
        })
    })?;
    if file == Path::new("-") {
        return Ok(String::new());
    }
    Ok(format!("written to {}", file.display()))
}
