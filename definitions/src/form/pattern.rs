//! Patterns of text fields.

use regex::{Regex, RegexBuilder};

/// Longest pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 1_000;
/// Most memory that a compiled pattern takes, in bytes.
const MAX_COMPILED_BYTES: usize = 256 * 1024;
/// How deep a pattern may be nested.
const MAX_PATTERN_DEPTH: u32 = 32;

/// Compiles a pattern so that the whole text must match it.
///
/// # Errors
///
/// Returns in words why it cannot be used.
pub fn compile_pattern(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(format!("a pattern has at most {MAX_PATTERN_BYTES} bytes"));
    }
    let limited = |pattern: &str| {
        RegexBuilder::new(pattern)
            .size_limit(MAX_COMPILED_BYTES)
            .dfa_size_limit(MAX_COMPILED_BYTES)
            .nest_limit(MAX_PATTERN_DEPTH)
            .build()
    };
    // Alone first, so that `a)(b` cannot lean on the parentheses around it.
    limited(pattern).and_then(|_| limited(&format!("^(?:{pattern})$"))).map_err(|error| match error
    {
        regex::Error::CompiledTooBig(_) => "the pattern is too large".to_owned(),
        _ => "the pattern is no regular expression".to_owned(),
    })
}
