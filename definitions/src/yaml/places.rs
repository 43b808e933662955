//! The pass over parser events: a place for every JSON pointer, and the refusal of what the language leaves out.
//!
//! Gives no meaning to any scalar.

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StructureStyle};

use super::words;
use crate::diagnostic::{Finding, codes, quoted};
use crate::source::Source;

/// Deepest nesting of lists and maps.
pub const MAX_DEPTH: usize = 64;
/// Most keys and values.
pub const MAX_NODES: usize = 50_000;

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Bytes of its key, where it has one.
    pub key: Option<Range<usize>>,
    /// Bytes of the value itself.
    pub value: Range<usize>,
    /// Whether it is a scalar without quotes.
    pub plain: bool,
    /// Whether it is a list, a map or a text written in lines rather than in brackets or quotes.
    pub block: bool,
}

/// The place of every value, by JSON pointer.
#[derive(Debug, Clone, Default)]
pub struct Places {
    entries: HashMap<String, Entry>,
}

/// Returns the pointer of a key's value.
#[must_use]
pub fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Returns the pointer of a list's entry.
#[must_use]
pub fn child_index(pointer: &str, index: usize) -> String {
    format!("{pointer}/{index}")
}

impl Places {
    /// Returns where the value of a pointer stands.
    #[must_use]
    pub fn get(&self, pointer: &str) -> Option<&Entry> {
        self.entries.get(pointer)
    }

    /// Returns every pointer, in no order.
    pub fn pointers(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Returns the bytes of a value as a finding underlines it: a scalar or bracketed value, or else its key.
    ///
    /// A pointer to nothing is shown at the nearest value around it; the whole file at its start.
    #[must_use]
    pub fn value(&self, pointer: &str) -> Range<usize> {
        match self.nearest(pointer) {
            Some(Entry { key: Some(key), block: true, .. }) => key.clone(),
            Some(Entry { value, block: true, .. }) => value.start..value.start,
            Some(entry) => entry.value.clone(),
            None => 0..0,
        }
    }

    /// Returns the bytes of a key; of the value where it has none.
    #[must_use]
    pub fn key(&self, pointer: &str) -> Range<usize> {
        match self.nearest(pointer) {
            Some(Entry { key: Some(key), .. }) => key.clone(),
            _ => self.value(pointer),
        }
    }

    /// Moves a value and all within it to another pointer.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        let moved = |pointer: &String| {
            let rest = pointer.strip_prefix(from)?;
            let is_within = rest.is_empty() || rest.starts_with('/');
            is_within.then(|| (pointer.clone(), format!("{to}{rest}")))
        };
        let moved: Vec<(String, String)> = self.entries.keys().filter_map(moved).collect();
        for (from, to) in moved {
            if let Some(entry) = self.entries.remove(&from) {
                self.entries.insert(to, entry);
            }
        }
    }

    /// Returns the entry of a pointer or of the nearest value around it.
    fn nearest(&self, pointer: &str) -> Option<&Entry> {
        let mut pointer = pointer;
        loop {
            if let Some(entry) = self.entries.get(pointer) {
                return Some(entry);
            }
            pointer = pointer.rsplit_once('/')?.0;
        }
    }
}

/// Reads the places of a source.
///
/// # Errors
///
/// Returns what is no YAML, and the constructs that the language leaves out.
pub(super) fn read(source: &Source) -> Result<Places, Vec<Finding>> {
    let mut walk = Walk::new(source);
    let options = granit_parser::options! {
        emit_comments: false,
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH * 2,
        block_nesting_limit: MAX_DEPTH * 2,
    };
    for event in Parser::new_from_str_with_options(source.text(), options) {
        match event {
            Ok((event, span)) => walk.event(&event, span)?,
            Err(error) => {
                walk.findings.push(syntax(source, &error));
                break;
            }
        }
    }
    if walk.findings.is_empty() { Ok(walk.places) } else { Err(walk.findings) }
}

/// Returns the line around a byte that a parser complained about, from there on.
pub(super) fn near(source: &Source, offset: usize) -> Range<usize> {
    let offset = offset.min(source.text().len());
    let line = source.line(source.position(offset).line);
    if offset < line.end { offset..line.end } else { line }
}

/// Returns the finding for a text that is no YAML.
fn syntax(source: &Source, error: &ScanError) -> Finding {
    let offset = error.marker().byte_offset().unwrap_or_default();
    let rest = source.slice(offset..source.text().len());
    let tab = rest.find('\t').filter(|_| words::is_tab(error.kind()));
    let offset = offset + tab.unwrap_or_default();
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return too_deep(near(source, offset));
    }
    let line = source.line(source.position(offset).line);
    let text = source.slice(line.clone());
    let before = source.slice(line.start..offset.max(line.start));
    let (message, help) = words::in_words(error.kind(), before);
    // The parser minds the sign after a key, where the whole line stands wrong.
    let offset = if message == words::WRONG_INDENT {
        line.start + before.len() - before.trim_start().len()
    } else {
        offset
    };
    let finding = Finding::new(codes::SYNTAX, format!("this is not YAML: {message}"))
        .at(near(source, offset));
    let is_guard = GUARD_KEYS.iter().any(|key| text.contains(key));
    let help = if text.contains('\t') {
        Some(words::SPACES)
    } else if is_guard {
        Some(QUOTE_GUARD)
    } else {
        help
    };
    if let Some(help) = help { finding.help(help) } else { finding }
}

/// Keys whose values are guards.
const GUARD_KEYS: [&str; 6] =
    ["approve_if:", "skip_if:", "require:", "amount:", "ceiling:", "role_if:"];

/// What to do with a guard that YAML reads as something else.
const QUOTE_GUARD: &str = "put a guard between single quotes when it begins with `!`, `\"`, `[` or `{`, \
     or holds `: ` or ` #`";

fn too_deep(place: Range<usize>) -> Finding {
    Finding::new(codes::TOO_DEEP, format!("more than {MAX_DEPTH} lists and maps within each other"))
        .at(place)
}

/// An open list or map.
struct Level {
    pointer: String,
    start: Range<usize>,
    block: bool,
    key_of_self: Option<Range<usize>>,
    kind: Kind,
}

/// What an open list or map waits for.
enum Kind {
    List { next: usize },
    Map { key: Option<(String, Range<usize>)>, seen: HashMap<String, Range<usize>> },
}

/// The state of the pass.
struct Walk<'a> {
    source: &'a Source,
    places: Places,
    levels: Vec<Level>,
    findings: Vec<Finding>,
    nodes: usize,
    documents: usize,
}

impl<'a> Walk<'a> {
    fn new(source: &'a Source) -> Self {
        Self {
            source,
            places: Places::default(),
            levels: Vec::new(),
            findings: Vec::new(),
            nodes: 0,
            documents: 0,
        }
    }

    /// Takes one event; an error ends the pass.
    fn event(&mut self, event: &Event<'_>, span: Span) -> Result<(), Vec<Finding>> {
        let range = span.byte_range().unwrap_or_default();
        if event.is_node() {
            self.node(event, span, range.clone())?;
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let finding = Finding::new(
                        codes::SEVERAL_DOCUMENTS,
                        "a second document begins here; a file holds one programme",
                    );
                    let finding = finding
                        .at(self.first_line(range.start))
                        .help("give it a file of its own, or take the line `---` out");
                    return Err(self.stop(finding));
                }
            }
            Event::Anchor(..) | Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let finding = Finding::new(
                    codes::ANCHOR,
                    "anchors (`&`) and aliases (`*`) are not part of the language",
                );
                self.findings
                    .push(finding.at(range.clone()).help("write the value out where it is needed"));
                if !matches!(event, Event::Anchor(..)) {
                    self.scalar(String::new(), range, ScalarStyle::Plain);
                }
            }
            Event::Scalar(text, style, ..) => {
                self.scalar(text.to_string(), range, *style);
            }
            Event::SequenceStart(style, ..) => self.open(range, *style, Kind::List { next: 0 })?,
            Event::MappingStart(style, ..) => {
                self.open(range, *style, Kind::Map { key: None, seen: HashMap::new() })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&range),
            _ => {}
        }
        Ok(())
    }

    /// Counts a node and refuses its tag.
    fn node(
        &mut self,
        event: &Event<'_>,
        span: Span,
        range: Range<usize>,
    ) -> Result<(), Vec<Finding>> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let finding = Finding::new(
                codes::TOO_MANY_NODES,
                format!("more than {MAX_NODES} keys and values"),
            );
            return Err(self.stop(finding.at(range)));
        }
        if event.tag().is_some() {
            let place = span.tag_span().and_then(|tag| tag.byte_range()).unwrap_or(range);
            let key = match self.levels.last().map(|level| &level.kind) {
                Some(Kind::Map { key: Some((key, _)), .. }) => format!("{key}:"),
                _ => String::new(),
            };
            let finding =
                Finding::new(codes::TAG, "YAML tags (`!…`) are not part of the language").at(place);
            let is_guard = GUARD_KEYS.contains(&key.as_str());
            self.findings.push(if is_guard { finding.help(QUOTE_GUARD) } else { finding });
        }
        Ok(())
    }

    /// Takes a scalar: the key of a map, or a value.
    fn scalar(&mut self, text: String, range: Range<usize>, style: ScalarStyle) {
        let plain = style == ScalarStyle::Plain;
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        if let Some(Level { kind: Kind::Map { key: key @ None, seen }, .. }) =
            self.levels.last_mut()
        {
            if plain && text == "<<" {
                self.findings.push(
                    Finding::new(codes::ANCHOR, "merge keys (`<<`) are not part of the language")
                        .at(range.clone())
                        .help("write the keys out where they are needed"),
                );
            }
            if let Some(first) = seen.get(&text) {
                self.findings.push(
                    Finding::new(
                        codes::DUPLICATE_KEY,
                        format!("the key {} stands twice", quoted(&text)),
                    )
                    .at(range.clone())
                    .label("again here")
                    .at(first.clone())
                    .label("first here"),
                );
            }
            seen.entry(text.clone()).or_insert_with(|| range.clone());
            *key = Some((text, range));
            return;
        }
        let (pointer, key) = self.place_of_value();
        self.places.entries.insert(pointer, Entry { key, value: range, plain, block });
    }

    /// Returns pointer and key of the value that comes now, and moves on.
    fn place_of_value(&mut self) -> (String, Option<Range<usize>>) {
        let Some(level) = self.levels.last_mut() else { return (String::new(), None) };
        match &mut level.kind {
            Kind::List { next } => {
                *next += 1;
                (child_index(&level.pointer, *next - 1), None)
            }
            Kind::Map { key, .. } => match key.take() {
                Some((name, range)) => (child(&level.pointer, &name), Some(range)),
                None => (level.pointer.clone(), None),
            },
        }
    }

    /// Opens a list or map.
    fn open(
        &mut self,
        range: Range<usize>,
        style: StructureStyle,
        kind: Kind,
    ) -> Result<(), Vec<Finding>> {
        if let Some(Level { kind: Kind::Map { key: None, .. }, .. }) = self.levels.last() {
            let finding =
                Finding::new(codes::KEY_NOT_TEXT, "a list or map stands where a key is expected")
                    .at(self.first_line(range.start))
                    .help("write the key as a plain word, or between quotes");
            return Err(self.stop(finding));
        }
        if self.levels.len() >= MAX_DEPTH {
            let finding = too_deep(self.first_line(range.start));
            return Err(self.stop(finding));
        }
        let (pointer, key_of_self) = self.place_of_value();
        let block = style == StructureStyle::Block;
        self.levels.push(Level { pointer, start: range, block, key_of_self, kind });
        Ok(())
    }

    /// Closes the innermost list or map.
    fn close(&mut self, range: &Range<usize>) {
        let Some(level) = self.levels.pop() else { return };
        let end = range.end.max(level.start.end);
        let value = level.start.start..end;
        let entry = Entry { key: level.key_of_self, value, plain: false, block: level.block };
        self.places.entries.insert(level.pointer, entry);
    }

    /// Returns the rest of a line.
    fn first_line(&self, start: usize) -> Range<usize> {
        near(self.source, start)
    }

    /// Ends the pass with a finding, after those made so far.
    fn stop(&mut self, finding: Finding) -> Vec<Finding> {
        self.findings.push(finding);
        std::mem::take(&mut self.findings)
    }
}
