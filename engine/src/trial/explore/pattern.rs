//! Texts that match a pattern.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::chance::Chance;

/// Most times that something without a bound is repeated beyond what it needs.
const MAX_REPEATED: u32 = 3;
/// Most letters of one text.
const MAX_LETTERS: usize = 200;

/// Returns a text that matches a pattern as a whole; `None` where it asks for more than can be made.
pub(super) fn matching(pattern: &str, chance: &mut Chance) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let mut text = String::new();
    write(&hir, chance, &mut text)?;
    Some(text)
}

fn write(hir: &Hir, chance: &mut Chance, text: &mut String) -> Option<()> {
    if text.len() > MAX_LETTERS {
        return None;
    }
    match hir.kind() {
        // Where a text begins and ends is so anyway.
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => {
            let ranges: Vec<(char, char)> = class
                .ranges()
                .iter()
                .map(|range| (range.start(), range.end()))
                .filter(|(start, _)| start.is_ascii_graphic())
                .collect();
            let all = class.ranges().iter().map(|range| (range.start(), range.end())).collect();
            let ranges = if ranges.is_empty() { all } else { ranges };
            let (start, end) = *chance.one_of(&ranges)?;
            // Letters that everybody can read.
            let end = if start.is_ascii() { end.min('~') } else { end };
            let width = u64::from(u32::from(end) - u32::from(start)) + 1;
            let letter = u32::from(start) + u32::try_from(chance.below(width)).ok()?;
            text.push(char::from_u32(letter).unwrap_or(start));
        }
        HirKind::Class(Class::Bytes(_)) => return None,
        HirKind::Repetition(repeated) => {
            let most = repeated.max.unwrap_or(u32::MAX).min(repeated.min + MAX_REPEATED);
            let spread = u64::from(most.saturating_sub(repeated.min)) + 1;
            for _ in 0..u64::from(repeated.min) + chance.below(spread) {
                write(&repeated.sub, chance, text)?;
            }
        }
        HirKind::Capture(group) => write(&group.sub, chance, text)?,
        HirKind::Concat(parts) => {
            parts.iter().try_for_each(|part| write(part, chance, text))?;
        }
        HirKind::Alternation(parts) => write(chance.one_of(parts)?, chance, text)?,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use annona_definitions::form::compile_pattern;

    use super::*;

    #[test]
    fn what_is_made_matches() {
        for pattern in ["^[0-9]{10}$", "[A-Z]{2}-\\d+", "(a|bc)*x?", "[^a]+", "\\p{Greek}{3}", ""] {
            let compiled = compile_pattern(pattern).unwrap();
            for case in 0..100 {
                let text = matching(compiled.as_str(), &mut Chance::new(1, case)).unwrap();
                assert!(compiled.is_match(&text), "{pattern}: {text:?}");
            }
        }
    }
}
