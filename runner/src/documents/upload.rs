//! Taking a document in: sealed chunk by chunk as it arrives, whole on the disk before anything refers to it.
//!
//! What is not kept leaves nothing behind, whatever ended it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use annona_definitions::form::FileType;
use annona_engine::recorded::Hash;
use annona_engine::vault::MasterKey;
use axum::body::Bytes;
use futures_util::{Stream, StreamExt as _};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use zeroize::Zeroizing;

use super::chunks::{CHUNK_BYTES, Chunks};
use super::{Claim, Documents, PURPOSE, kind};
use crate::random::{self, RandomError};

/// A document that is not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// It is larger than documents may be.
    #[error("a document has at most {most} bytes")]
    TooLarge {
        /// How large it may be.
        most: u64,
    },
    /// It is of no type that a field accepts.
    #[error("a document is a pdf, jpg or png file, and its first bytes are of none of these")]
    WrongType,
    /// The sender went away.
    #[error("the body broke off")]
    BrokenOff,
    /// There is no room for it.
    #[error("the disk is full: nothing was recorded")]
    Full,
    /// It cannot be written.
    #[error("the document cannot be written: {0}")]
    Io(io::Error),
    /// It cannot be sealed.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl From<io::Error> for UploadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::ReadOnlyFilesystem => Self::Full,
            _ => Self::Io(error),
        }
    }
}

/// What is known of a document once all of it has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Contents {
    sha256: Hash,
    size: u64,
    kind: FileType,
}

/// A document that has arrived whole, under a name by which nothing finds it yet.
#[derive(Debug)]
pub struct Received {
    claim: Claim,
    draft: Owned,
    name: String,
    contents: Contents,
    key: Vec<u8>,
}

/// A document in its place; dropped, it is removed unless [`Kept::keep`] was called.
#[derive(Debug)]
pub struct Kept {
    file: Owned,
    /// Until the record stands, no other upload has this id and no cleaning sees this file.
    _claim: Claim,
}

/// A file that is removed when the value is dropped.
#[derive(Debug)]
struct Owned(Option<PathBuf>);

impl Owned {
    fn rename(&mut self, to: PathBuf) -> io::Result<()> {
        if let Some(from) = &self.0 {
            std::fs::rename(from, &to)?;
            self.0 = Some(to);
        }
        Ok(())
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // What cannot be removed now is found by the next cleaning.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Documents {
    /// Takes the bytes of a document in, at most `most` of them.
    ///
    /// # Errors
    ///
    /// Returns [`UploadError`] if it is not taken; no file of it is left then.
    pub async fn receive<E>(
        &self,
        claim: Claim,
        master: &MasterKey,
        body: impl Stream<Item = Result<Bytes, E>> + Unpin,
        most: u64,
    ) -> Result<Received, UploadError> {
        let suffix = data_encoding::HEXLOWER.encode(&random::bytes::<8>()?);
        let name = format!("{}.{suffix}", claim.id());
        let key = Zeroizing::new(random::bytes::<32>()?);
        let path = self.folder().join(format!(".{name}"));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let draft = Owned(Some(path));
        let mut file = tokio::fs::File::from_std(file);
        let contents = pour(body, &mut file, Chunks::new(&key), most).await?;
        file.sync_all().await?;
        let key = master.seal(PURPOSE, key.as_slice(), random::bytes()?);
        Ok(Received { claim, draft, name, contents, key })
    }
}

impl Received {
    /// Returns the SHA-256 of its bytes.
    #[must_use]
    pub fn sha256(&self) -> Hash {
        self.contents.sha256
    }

    /// Returns its size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.contents.size
    }

    /// Returns its type.
    #[must_use]
    pub fn kind(&self) -> FileType {
        self.contents.kind
    }

    /// Returns the name of its file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.name
    }

    /// Returns its key, sealed by the master key.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// Puts it in its place, so that it survives a loss of power.
    ///
    /// # Errors
    ///
    /// Returns [`UploadError`] if it cannot be put there; no file of it is left then.
    pub async fn settle(self) -> Result<Kept, UploadError> {
        let folder = self.claim.documents.folder().to_owned();
        let path = folder.join(&self.name);
        let mut file = self.draft;
        let moved = tokio::task::spawn_blocking(move || {
            file.rename(path)?;
            File::open(&folder)?.sync_all()?;
            Ok::<_, io::Error>(file)
        });
        let file = moved.await.map_err(io::Error::other)??;
        Ok(Kept { file, _claim: self.claim })
    }
}

impl Kept {
    /// Leaves the file where it is: a record refers to it, or may.
    pub fn keep(mut self) {
        self.file.0 = None;
    }
}

/// Seals a body into a file, a chunk in memory at a time.
async fn pour<E>(
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    file: &mut (impl AsyncWrite + Unpin),
    mut chunks: Chunks,
    most: u64,
) -> Result<Contents, UploadError> {
    let altered = |error| UploadError::Io(io::Error::other(error));
    let (mut hash, mut size, mut found) = (Sha256::new(), 0_u64, None);
    let mut waiting = Vec::with_capacity(CHUNK_BYTES);
    while let Some(part) = body.next().await {
        let part = part.map_err(|_| UploadError::BrokenOff)?;
        size = size.saturating_add(part.len() as u64);
        if size > most {
            return Err(UploadError::TooLarge { most });
        }
        hash.update(&part);
        let mut rest = &*part;
        while !rest.is_empty() {
            // A full chunk waits until there is more: only then is it not the last.
            if waiting.len() == CHUNK_BYTES {
                found = found.or_else(|| kind::sniff(&waiting));
                if found.is_none() {
                    return Err(UploadError::WrongType);
                }
                file.write_all(&chunks.seal(&waiting, false).map_err(altered)?).await?;
                waiting.clear();
            }
            let (taken, left) = rest.split_at(rest.len().min(CHUNK_BYTES - waiting.len()));
            waiting.extend_from_slice(taken);
            rest = left;
        }
    }
    let kind = found.or_else(|| kind::sniff(&waiting)).ok_or(UploadError::WrongType)?;
    file.write_all(&chunks.seal(&waiting, true).map_err(altered)?).await?;
    file.flush().await?;
    Ok(Contents { sha256: Hash(hash.finalize().into()), size, kind })
}

/// Returns the SHA-256 of a body that is not kept.
///
/// # Errors
///
/// Returns [`UploadError`] if it is too large or breaks off.
pub async fn digest<E>(
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    most: u64,
) -> Result<Hash, UploadError> {
    let (mut hash, mut size) = (Sha256::new(), 0_u64);
    while let Some(part) = body.next().await {
        let part = part.map_err(|_| UploadError::BrokenOff)?;
        size = size.saturating_add(part.len() as u64);
        if size > most {
            return Err(UploadError::TooLarge { most });
        }
        hash.update(&part);
    }
    Ok(Hash(hash.finalize().into()))
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use super::*;

    /// A disk with so many bytes of room.
    struct Small(usize);

    impl AsyncWrite for Small {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            if self.0 == 0 {
                return Poll::Ready(Err(io::ErrorKind::StorageFull.into()));
            }
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            Poll::Ready(Ok(taken))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn a_full_disk_is_told_apart_from_other_failures() {
        let body = [Ok::<_, io::Error>(Bytes::from_static(b"%PDF-1.7 and more"))];
        let mut disk = Small(8);
        let body = futures_util::stream::iter(body);
        let poured = pour(body, &mut disk, Chunks::new(&[1; 32]), 1_000);
        assert!(matches!(poured.await, Err(UploadError::Full)));
        assert!(matches!(
            UploadError::from(io::Error::from(io::ErrorKind::NotFound)),
            UploadError::Io(_)
        ));
    }
}
