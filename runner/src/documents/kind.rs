//! What a document is, by its first bytes: never by its name or by what its sender says.

use annona_definitions::form::FileType;

/// Returns the type of a document, if it is one that a field can accept.
pub(super) fn sniff(first: &[u8]) -> Option<FileType> {
    let media_type = infer::get(first)?.mime_type();
    let kind = FileType::ALL.into_iter().find(|kind| kind.media_type() == media_type)?;
    // Some readers find a pdf behind other bytes, and so does `infer`: those may be a program, so they are none here.
    first.starts_with(signature(kind)).then_some(kind)
}

/// Returns the bytes that a document of this type begins with.
fn signature(kind: FileType) -> &'static [u8] {
    match kind {
        FileType::Pdf => b"%PDF-",
        FileType::Jpg => b"\xff\xd8\xff",
        FileType::Png => b"\x89PNG\r\n\x1a\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_known_by_its_first_bytes() {
        assert_eq!(sniff(b"%PDF-1.7\n"), Some(FileType::Pdf));
        assert_eq!(sniff(b"\xff\xd8\xff\xe0\x00\x10JFIF"), Some(FileType::Jpg));
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n"), Some(FileType::Png));
        for other in [
            &b""[..],
            b"%PD",
            b"MZ\x90\x00\x03\x00 %PDF-1.7",
            b"\x7fELF\x02\x01\x01 %PDF-1.7",
            b"<html><script>",
            b"PK\x03\x04",
            b"GIF89a",
        ] {
            assert_eq!(sniff(other), None);
        }
    }
}
