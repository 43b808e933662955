//! Giving a document back: opened chunk by chunk as it is sent.

use std::io;

use annona_engine::store::StoredDocument;
use annona_engine::vault::MasterKey;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use zeroize::Zeroizing;

use super::chunks::{self, CHUNK_BYTES, Chunks, TAG_BYTES};
use super::{Documents, PURPOSE};

/// A document that cannot be given back.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Its file cannot be read.
    #[error("the file of a document cannot be read: {0}")]
    Io(#[from] io::Error),
    /// Its file is not as it was written.
    #[error("the file of a document was altered, or the master key is another")]
    Altered,
}

/// A document that is being read.
#[derive(Debug)]
pub struct Reading {
    file: File,
    chunks: Chunks,
    /// Plain bytes that are still to come.
    left: u64,
}

impl Documents {
    /// Opens the file of a document.
    ///
    /// # Errors
    ///
    /// Returns [`Unreadable`] if it cannot be read, or is not as long as it was.
    pub async fn read(
        &self,
        master: &MasterKey,
        document: &StoredDocument,
    ) -> Result<Reading, Unreadable> {
        let key = master.open(PURPOSE, &document.key).map(Zeroizing::new);
        let key = key.ok().and_then(|key| <[u8; 32]>::try_from(key.as_slice()).ok());
        let key = key.map(Zeroizing::new).ok_or(Unreadable::Altered)?;
        let file = File::open(self.folder().join(&document.file)).await?;
        if file.metadata().await?.len() != chunks::sealed_size(document.size) {
            return Err(Unreadable::Altered);
        }
        Ok(Reading { file, chunks: Chunks::new(&key), left: document.size })
    }
}

impl Reading {
    /// Returns the next bytes; `None`: there are no more.
    ///
    /// # Errors
    ///
    /// Returns [`Unreadable`] if they are not as they were written.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Unreadable> {
        if self.left == 0 {
            return Ok(None);
        }
        let plain = usize::try_from(self.left).unwrap_or(usize::MAX).min(CHUNK_BYTES);
        self.left -= plain as u64;
        let mut sealed = vec![0; plain + TAG_BYTES];
        self.file.read_exact(&mut sealed).await?;
        self.chunks.open(&sealed, self.left == 0).map(Some).map_err(|_| Unreadable::Altered)
    }
}
