//! The bytes of a document as they lie on the disk: chunk after chunk, each sealed in its place.
//!
//! The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over XChaCha20-Poly1305: the nonce holds the chunk's
//! place and whether it is the last, so that a chunk that was moved, left out or cut off does not open. Each document has a
//! key of its own, under which no nonce comes twice. Reads and writes no file.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

/// Plain bytes of a chunk; the last may have fewer.
pub(super) const CHUNK_BYTES: usize = 1 << 16;
/// What sealing adds to each chunk.
pub(super) const TAG_BYTES: usize = 16;
/// What every chunk is bound to: the kind of file, and the version of this construction.
const ABOUT: &[u8] = b"annona document 1";

/// A chunk that does not open: another key, another place, or altered bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file was altered, or its key is another")]
pub(super) struct Altered;

/// Seals or opens the chunks of one document, in order.
pub(super) struct Chunks {
    cipher: XChaCha20Poly1305,
    place: u64,
}

impl std::fmt::Debug for Chunks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunks").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Chunks {
    /// Returns the chunks under a key, from the first.
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key.into()), place: 0 }
    }

    /// Seals the next chunk.
    pub(super) fn seal(&mut self, plain: &[u8], is_last: bool) -> Result<Vec<u8>, Altered> {
        let nonce = self.next_nonce(is_last);
        self.cipher.encrypt(&nonce, Payload { msg: plain, aad: ABOUT }).map_err(|_| Altered)
    }

    /// Opens the next chunk.
    pub(super) fn open(&mut self, sealed: &[u8], is_last: bool) -> Result<Vec<u8>, Altered> {
        let nonce = self.next_nonce(is_last);
        self.cipher.decrypt(&nonce, Payload { msg: sealed, aad: ABOUT }).map_err(|_| Altered)
    }

    fn next_nonce(&mut self, is_last: bool) -> XNonce {
        let mut nonce = [0; 24];
        let place = self.place.to_be_bytes().into_iter().chain([u8::from(is_last)]);
        for (to, from) in nonce.iter_mut().zip(place) {
            *to = from;
        }
        self.place += 1;
        XNonce::from(nonce)
    }
}

/// Returns how many chunks a document of `size` bytes has; never none.
pub(super) fn count(size: u64) -> u64 {
    size.div_ceil(CHUNK_BYTES as u64).max(1)
}

/// Returns how many bytes a document of `size` bytes has on the disk.
pub(super) fn sealed_size(size: u64) -> u64 {
    size.saturating_add(count(size).saturating_mul(TAG_BYTES as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_opens_in_its_place_only() {
        let mut sealing = Chunks::new(&[1; 32]);
        let sealed: Vec<Vec<u8>> =
            [false, false, true].map(|is_last| sealing.seal(b"plain", is_last).unwrap()).to_vec();
        let open = |order: &[(usize, bool)]| {
            let mut opening = Chunks::new(&[1; 32]);
            order.iter().all(|(place, is_last)| opening.open(&sealed[*place], *is_last).is_ok())
        };
        assert!(open(&[(0, false), (1, false), (2, true)]));
        assert!(!open(&[(1, false)]), "moved");
        assert!(!open(&[(0, false), (1, true)]), "cut off");
        assert!(!open(&[(0, false), (2, true)]), "left out");
        assert_eq!(Chunks::new(&[2; 32]).open(&sealed[0], false), Err(Altered));
    }

    #[test]
    fn the_size_on_the_disk_follows_from_the_size() {
        let chunk = CHUNK_BYTES as u64;
        for (size, chunks) in [(1, 1), (chunk, 1), (chunk + 1, 2), (2 * chunk, 2)] {
            assert_eq!((count(size), sealed_size(size)), (chunks, size + 16 * chunks));
        }
    }
}
