//! The text of a definition: bytes in, UTF-8 text with lines and columns out.
//!
//! Knows no YAML. Refuses what no later step should see: other encodings and files beyond [`MAX_SOURCE_BYTES`].

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Finding, codes};

/// Largest definition, in bytes.
pub const MAX_SOURCE_BYTES: usize = 1024 * 1024;

/// A definition's text and its name for people.
#[derive(Debug, Clone)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    line_starts: Arc<[usize]>,
}

/// A place for people: line and column from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Source {
    /// Returns a source of text that is already decoded.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        let line_starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name: name.into(), text: text.into(), line_starts }
    }

    /// Decodes the bytes of a definition; a UTF-8 byte-order mark is dropped.
    ///
    /// With a finding, the source holds as much of the text as can be shown.
    #[must_use]
    pub fn decode(name: &str, bytes: &[u8]) -> (Self, Option<Finding>) {
        if bytes.len() > MAX_SOURCE_BYTES {
            let finding = Finding::new(
                codes::TOO_LARGE,
                format!("the file has more than {MAX_SOURCE_BYTES} bytes, and no more are read"),
            );
            return (Self::new(name, ""), Some(finding));
        }
        if let Some(order) = utf16_order(bytes) {
            let finding = Finding::new(
                codes::NOT_UTF8,
                format!("the file is written in UTF-16 ({order}), not in UTF-8"),
            )
            .help("save it again as UTF-8");
            return (Self::new(name, ""), Some(finding));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => (Self::new(name, text), None),
            Err(error) => {
                let source = Self::new(name, &String::from_utf8_lossy(bytes));
                let start = error.valid_up_to();
                let end = start + char::REPLACEMENT_CHARACTER.len_utf8();
                let finding = Finding::new(codes::NOT_UTF8, "the file is not UTF-8 from here on")
                    .at(start..end)
                    .help("it may be Latin-1 (Windows-1252): save it again as UTF-8");
                (source, Some(finding))
            }
        }
    }

    /// Returns the name for people, usually a path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the text of a range of bytes; empty where the range is none of the text.
    #[must_use]
    pub fn slice(&self, span: Range<usize>) -> &str {
        self.text.get(span).unwrap_or_default()
    }

    /// Returns line and column of a byte offset.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or_default();
        let column = self.slice(start..offset.max(start)).chars().count() + 1;
        Position { line, column }
    }

    /// Returns the bytes of a line, from 1, without its end.
    #[must_use]
    pub fn line(&self, line: usize) -> Range<usize> {
        let start =
            self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let rest = self.slice(start..self.text.len());
        let length = rest.find('\n').unwrap_or(rest.len());
        let length = rest.get(..length).map_or(0, |line| line.trim_end().len());
        start..start + length
    }
}

/// Returns the byte order of a text that can only be UTF-16: a byte-order mark, or an ASCII character beside a zero byte.
fn utf16_order(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, ..] => Some("little-endian"),
        [0xfe, 0xff, ..] => Some("big-endian"),
        [first, 0, _, 0, ..] if *first != 0 => Some("little-endian"),
        [0, second, 0, _, ..] if *second != 0 => Some("big-endian"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        let (source, finding) = Source::decode("a.yaml", b"\xef\xbb\xbfformat: 1");
        assert_eq!((source.text(), finding), ("format: 1", None));
    }

    #[test]
    fn columns_count_characters_and_lines_end_before_their_break() {
        let source = Source::new("a.yaml", "é: 1\r\nà: 2");
        assert_eq!(source.position(7), Position { line: 2, column: 1 });
        assert_eq!(source.position(9), Position { line: 2, column: 2 });
        assert_eq!(source.slice(source.line(1)), "é: 1");
        assert_eq!(source.slice(source.line(2)), "à: 2");
        assert_eq!(source.slice(source.line(9)), "");
    }

    #[test]
    fn utf16_is_recognised_with_and_without_a_mark() {
        assert_eq!(utf16_order(b"\xff\xfef\0"), Some("little-endian"));
        assert_eq!(utf16_order(b"\0f\0o"), Some("big-endian"));
        assert_eq!(utf16_order(b"form"), None);
    }
}
