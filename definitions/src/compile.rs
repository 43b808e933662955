//! Bytes in, a compiled programme and a report out: the one way through the crate.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::check;
use crate::diagnostic::{Finding, Report, codes};
use crate::model::File;
use crate::programme::{Digest, Programme};
use crate::schema;
use crate::source::Source;
use crate::yaml;

/// What became of a definition.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The programme, if nothing is wrong with its definition and this version can run all of it.
    pub programme: Option<Programme>,
    /// Everything found.
    pub report: Report,
}

/// Reads, checks and compiles a definition; `name` is for the report.
///
/// The programme's digest is the SHA-256 of `bytes`.
///
/// ```
/// let compiled = annona_definitions::compile("kit.yaml", b"format: 1\ntitel: School kit\n");
/// assert!(compiled.programme.is_none());
/// assert!(compiled.report.to_text(false).contains("did you mean `title`?"));
/// ```
#[must_use]
pub fn compile(name: &str, bytes: &[u8]) -> Compiled {
    compiled(name, bytes, &[])
}

/// Compiles a definition that was deployed before, perhaps by an earlier version, without its examples and tests: what is wrong with
/// them by the rules of this version stops no application.
#[must_use]
pub fn compile_deployed(name: &str, bytes: &[u8]) -> Compiled {
    compiled(name, bytes, &["examples", "tests"])
}

fn compiled(name: &str, bytes: &[u8], without: &[&str]) -> Compiled {
    let (source, unreadable) = Source::decode(name, bytes);
    if let Some(finding) = unreadable {
        return Compiled { programme: None, report: Report::new(source, vec![finding]) };
    }
    let digest = Digest(Sha256::digest(bytes).into());
    let (programme, findings) = match yaml::read(&source) {
        Ok(mut tree) => {
            if let Some(file) = tree.value.as_object_mut() {
                file.retain(|key, _| !without.contains(&key.as_str()));
            }
            checked(tree, &source, digest)
        }
        Err(findings) => (None, findings),
    };
    let report = Report::new(source, findings);
    let programme = programme.filter(|_| report.can_run());
    Compiled { programme, report }
}

/// Checks shape and meaning.
fn checked(
    mut tree: yaml::Tree,
    source: &Source,
    digest: Digest,
) -> (Option<Programme>, Vec<Finding>) {
    let schema::Shaped { value, mut findings } = schema::check(&mut tree);
    if !tree.value.is_object() {
        return (None, findings);
    }
    let file = match file(value) {
        Ok(file) => file,
        Err(message) => {
            if findings.is_empty() {
                findings.push(Finding::new(
                    codes::WRONG_TYPE,
                    format!("the file cannot be read: {message}"),
                ));
            }
            return (None, findings);
        }
    };
    let (programme, found) = check::run(&file, &tree.value, &tree.places, source, digest);
    findings.extend(found);
    (programme, findings)
}

/// Types the value; whatever the schema let through can be typed.
fn file(value: Value) -> Result<File, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}
