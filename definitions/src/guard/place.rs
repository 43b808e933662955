//! Where things stand in the text of an expression, in bytes.

use std::ops::Range;

use rhai::Position;

/// Finds bytes for the lines and columns of rhai.
#[derive(Debug)]
pub(super) struct Places<'a> {
    text: &'a str,
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    /// Prepares a text.
    pub(super) fn new(text: &'a str) -> Self {
        let starts = text.match_indices('\n').map(|(index, _)| index + 1);
        Self { text, lines: std::iter::once(0).chain(starts).collect() }
    }

    /// Returns the byte at which a position stands; the end of the text where it is unknown.
    pub(super) fn byte(&self, position: Position) -> usize {
        let line = position.line().and_then(|line| self.lines.get(line.checked_sub(1)?));
        let (Some(start), Some(column)) = (line, position.position()) else {
            return self.text.len();
        };
        let rest = self.text.get(*start..).unwrap_or_default();
        let column = column.saturating_sub(1);
        rest.char_indices().nth(column).map_or(self.text.len(), |(offset, _)| start + offset)
    }

    /// Returns the text of a range.
    pub(super) fn text(&self, span: Range<usize>) -> &'a str {
        self.text.get(span).unwrap_or_default()
    }

    /// Returns about `length` bytes from a byte on, ending between two letters.
    pub(super) fn from(&self, start: usize, length: usize) -> Range<usize> {
        let mut end = (start + length).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        start.min(end)..end
    }

    /// Returns the byte after the bracket that closes the first `open` from `start` on.
    pub(super) fn closed(&self, start: usize, open: char, close: char) -> Option<usize> {
        let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
        for (offset, letter) in self.text.get(start..)?.char_indices() {
            match letter {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                _ if quoted => {}
                letter if letter == open => depth += 1,
                letter if letter == close => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(start + offset + close.len_utf8());
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Returns a range with the parentheses that are opened or closed within it alone.
    pub(super) fn balanced(&self, mut span: Range<usize>) -> Range<usize> {
        let (mut open, mut unopened, mut quoted) = (0_usize, 0_usize, false);
        for letter in self.text.get(span.clone()).unwrap_or_default().chars() {
            match letter {
                '"' => quoted = !quoted,
                '(' if !quoted => open += 1,
                ')' if !quoted && open == 0 => unopened += 1,
                ')' if !quoted => open -= 1,
                _ => {}
            }
        }
        for _ in 0..unopened {
            let before = self.text.get(..span.start).unwrap_or_default().trim_end();
            span.start = before.strip_suffix('(').map_or(span.start, str::len);
        }
        for _ in 0..open {
            let after = self.text.get(span.end..).unwrap_or_default();
            let rest = after.trim_start().strip_prefix(')');
            span.end = rest.map_or(span.end, |rest| self.text.len() - rest.len());
        }
        span
    }

    /// Returns the bytes of the word or sign that starts at a position.
    pub(super) fn word(&self, position: Position) -> Range<usize> {
        let start = self.byte(position);
        let rest = self.text.get(start..).unwrap_or_default();
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        let end = if end == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { end };
        start..start + end
    }
}
