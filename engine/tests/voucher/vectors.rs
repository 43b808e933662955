//! Finds the vectors of other projects, which are read in place and never copied.

use std::{env, fs, path::PathBuf};

use data_encoding::HEXLOWER_PERMISSIVE;
use serde_json::Value;

/// Names the folder of the vectors.
const VARIABLE: &str = "ANNONA_VECTORS";
/// Where the vectors are, seen from the repository's root, unless the variable says otherwise.
const DEFAULT: &str = "../shared/vectors";

/// Returns the path of a vector file or folder; nothing, and says so, if the vectors are not here.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
pub(crate) fn path(relative: &str) -> Option<PathBuf> {
    let root = env::var_os(VARIABLE).map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(DEFAULT),
        PathBuf::from,
    );
    if !root.is_dir() {
        assert!(env::var_os(VARIABLE).is_none(), "{VARIABLE} names no folder");
        eprintln!(
            "SKIPPED: no vectors at {DEFAULT} beside the repository (or set {VARIABLE}): {relative} not checked"
        );
        return None;
    }
    let path = root.join(relative);
    assert!(path.exists(), "the vectors are here, but {relative} is not");
    Some(path)
}

/// Returns the text of a vector file.
pub(crate) fn text(relative: &str) -> Option<String> {
    path(relative).map(|path| fs::read_to_string(path).unwrap())
}

/// Returns a vector file as JSON.
pub(crate) fn json(relative: &str) -> Option<Value> {
    text(relative).map(|text| serde_json::from_str(&text).unwrap())
}

/// Returns the JSON files of a folder, by name.
pub(crate) fn folder(relative: &str) -> Option<Vec<(String, Value)>> {
    let mut names: Vec<String> = fs::read_dir(path(relative)?)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    Some(
        names
            .into_iter()
            .map(|name| (name.clone(), json(&format!("{relative}/{name}")).unwrap()))
            .collect(),
    )
}

/// Reads hexadecimal digits, in either case, whatever white space is between them.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).unwrap()
}

/// Reads the hexadecimal digits of a member.
pub(crate) fn hex_member(value: &Value, member: &str) -> Vec<u8> {
    hex(value[member].as_str().unwrap())
}
