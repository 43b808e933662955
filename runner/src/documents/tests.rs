//! Documents on the disk: what lies there, what opens again, and what is left of an upload that ended.

use std::os::unix::fs::PermissionsExt as _;

use annona_engine::recorded::Hash;
use annona_engine::store::StoredDocument;
use annona_engine::vault::MasterKey;
use axum::body::Bytes;
use futures_util::stream;
use uuid::Uuid;

use super::chunks::{CHUNK_BYTES, TAG_BYTES};
use super::*;

const ID: DocumentId = DocumentId(Uuid::from_u128(7));

struct Place {
    folder: tempfile::TempDir,
    documents: Documents,
    master: MasterKey,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let documents = Documents::new(folder.path().to_owned());
        Self { folder, documents, master: MasterKey::new([1; 32]) }
    }

    fn files(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path()).collect()
    }

    async fn receive(&self, parts: &[&[u8]], most: u64) -> Result<Received, UploadError> {
        let body: Vec<Result<Bytes, ()>> =
            parts.iter().map(|part| Ok(Bytes::copy_from_slice(part))).collect();
        let claim = self.documents.claim(ID).unwrap();
        self.documents.receive(claim, &self.master, stream::iter(body), most).await
    }

    /// Stores a document and returns its record.
    async fn store(&self, bytes: &[u8]) -> StoredDocument {
        let received = self.receive(&[bytes], u64::MAX).await.unwrap();
        let record = StoredDocument {
            id: ID,
            sha256: received.sha256(),
            size: received.size(),
            media_type: received.kind().media_type().to_owned(),
            file: received.file().to_owned(),
            key: received.key().to_vec(),
            uploader: Hash([0; 32]),
            uploaded_at: jiff::Timestamp::UNIX_EPOCH,
            application: None,
        };
        received.settle().await.unwrap().keep();
        record
    }

    async fn read(&self, document: &StoredDocument) -> Result<Vec<u8>, Unreadable> {
        let mut reading = self.documents.read(&self.master, document).await?;
        let mut bytes = Vec::new();
        while let Some(part) = reading.next().await? {
            bytes.extend(part);
        }
        Ok(bytes)
    }
}

/// What is done to a file, given the size of its chunks.
type Alteration = fn(&mut Vec<u8>, usize);

/// Bytes that begin like a PDF and repeat nowhere.
fn pdf(size: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((0_u32..).flat_map(|number| format!("{number} amina ").into_bytes()).take(size));
    bytes.truncate(size);
    bytes
}

#[tokio::test]
async fn a_document_of_any_size_reads_back_and_lies_sealed_on_the_disk() {
    for size in [9, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
        let place = Place::new();
        let bytes = pdf(size);
        let document = place.store(&bytes).await;
        assert_eq!(document.size, size as u64);
        assert_eq!(document.sha256, Hash::of(&bytes));
        assert_eq!(place.read(&document).await.unwrap(), bytes);
        let [file] = &*place.files() else { panic!("one file") };
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        let sealed = std::fs::read(file).unwrap();
        for plain in [&b"%PDF"[..], b"amina"] {
            assert!(!sealed.windows(plain.len()).any(|window| window == plain));
        }
        assert!(!file.to_string_lossy().contains(&document.sha256.to_string()));
    }
}

#[tokio::test]
async fn one_document_twice_has_two_keys() {
    let place = Place::new();
    let (one, other) = (place.store(&pdf(100)).await, place.store(&pdf(100)).await);
    let read = |document: &StoredDocument| std::fs::read(place.folder.path().join(&document.file));
    assert_ne!(read(&one).unwrap(), read(&other).unwrap());
}

#[tokio::test]
async fn an_altered_file_does_not_open() {
    let sealed_chunk = CHUNK_BYTES + TAG_BYTES;
    let alterations: [(&str, Alteration); 5] = [
        ("a bit", |file, _| file[7] ^= 1),
        ("cut off by a chunk", |file, chunk| file.truncate(2 * chunk)),
        ("cut off by a byte", |file, _| file.truncate(file.len() - 1)),
        ("two chunks swapped", |file, chunk| file[..2 * chunk].rotate_left(chunk)),
        ("one chunk twice", |file, chunk| file.copy_within(..chunk, chunk)),
    ];
    for (how, alter) in alterations {
        let place = Place::new();
        let document = place.store(&pdf(3 * CHUNK_BYTES)).await;
        let path = place.folder.path().join(&document.file);
        let mut file = std::fs::read(&path).unwrap();
        alter(&mut file, sealed_chunk);
        std::fs::write(&path, file).unwrap();
        assert!(matches!(place.read(&document).await, Err(Unreadable::Altered)), "{how}");
    }
}

#[tokio::test]
async fn a_file_cut_at_a_chunk_does_not_open_even_if_the_record_says_so() {
    let place = Place::new();
    let mut document = place.store(&pdf(2 * CHUNK_BYTES)).await;
    let path = place.folder.path().join(&document.file);
    let mut file = std::fs::read(&path).unwrap();
    file.truncate(CHUNK_BYTES + TAG_BYTES);
    std::fs::write(&path, file).unwrap();
    document.size = CHUNK_BYTES as u64;
    assert!(matches!(place.read(&document).await, Err(Unreadable::Altered)));
}

#[tokio::test]
async fn what_is_not_taken_leaves_nothing_behind() {
    let place = Place::new();
    let large = place.receive(&[&pdf(50), &pdf(51)], 100).await;
    assert!(matches!(large, Err(UploadError::TooLarge { most: 100 })));
    let program = place.receive(&[b"MZ\x90\x00", &vec![0; 2 * CHUNK_BYTES]], u64::MAX).await;
    assert!(matches!(program, Err(UploadError::WrongType)));
    assert!(matches!(place.receive(&[], 100).await, Err(UploadError::WrongType)));
    let broken = [Ok(Bytes::from(pdf(50))), Err(())];
    let claim = place.documents.claim(ID).unwrap();
    let broken =
        place.documents.receive(claim, &place.master, stream::iter(broken), u64::MAX).await;
    assert!(matches!(broken, Err(UploadError::BrokenOff)));
    let dropped = place.receive(&[&pdf(50)], 100).await.unwrap();
    assert_eq!(place.files().len(), 1);
    drop(dropped);
    let unrecorded = place.receive(&[&pdf(50)], 100).await.unwrap().settle().await.unwrap();
    assert_eq!(place.files().len(), 1);
    drop(unrecorded);
    assert_eq!(place.files(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn an_upload_that_is_given_up_halfway_leaves_nothing_behind() {
    let place = Place::new();
    let claim = place.documents.claim(ID).unwrap();
    let endless = stream::iter([Ok::<_, ()>(Bytes::from(pdf(50)))]);
    let endless = futures_util::StreamExt::chain(endless, stream::pending());
    let mut receiving = Box::pin(place.documents.receive(claim, &place.master, endless, u64::MAX));
    assert!(futures_util::FutureExt::now_or_never(&mut receiving).is_none());
    assert_eq!(place.files().len(), 1);
    drop(receiving);
    assert_eq!(place.files(), Vec::<PathBuf>::new());
    assert!(place.documents.claim(ID).is_some());
}

#[tokio::test]
async fn drafts_of_an_earlier_process_are_removed_and_nothing_else() {
    let place = Place::new();
    let document = place.store(&pdf(50)).await;
    std::fs::write(place.folder.path().join(format!(".{ID}.0011")), "half").unwrap();
    std::fs::write(place.folder.path().join(".operator's own"), "").unwrap();
    place.documents.remove_drafts(jiff::Timestamp::UNIX_EPOCH).unwrap();
    let mut names: Vec<_> =
        place.files().iter().map(|file| file.file_name().unwrap().to_owned()).collect();
    names.sort();
    assert_eq!(names, [".operator's own", &document.file]);
}

#[test]
fn an_id_is_uploaded_once_at_a_time() {
    let place = Place::new();
    let claim = place.documents.claim(ID).unwrap();
    assert!(place.documents.claim(ID).is_none());
    drop(claim);
    assert!(place.documents.claim(ID).is_some());
}
