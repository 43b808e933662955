//! Keys that are misspelt: each is said once, and the rest of the file is read as it was meant.

use serde_json::Value;

use crate::diagnostic::Finding;
use crate::yaml::{Tree, child};

/// A key that stands for another one.
pub(super) struct Misspelt {
    /// The pointer of its map.
    pub map: String,
    /// The key as written.
    pub key: String,
    /// The key that was meant.
    pub meant: String,
    /// What is to be said of it.
    pub finding: Finding,
}

impl Misspelt {
    /// Reads the key as it was meant, in the tree and in a value made from it; `None` if that key stands there too.
    pub(super) fn mend(self, tree: &mut Tree, value: &mut Value) -> Option<Finding> {
        let Self { map, key, meant, finding } = self;
        if !rename(&mut tree.value, &map, &key, &meant) || !rename(value, &map, &key, &meant) {
            return None;
        }
        tree.places.rename(&child(&map, &key), &child(&map, &meant));
        Some(finding)
    }
}

/// Renames a key of a map, which keeps its place; returns whether it could.
fn rename(value: &mut Value, map: &str, key: &str, meant: &str) -> bool {
    let Some(Value::Object(map)) = value.pointer_mut(map) else { return false };
    if map.contains_key(meant) {
        return false;
    }
    let renamed = |name: String| if name == key { meant.to_owned() } else { name };
    *map = std::mem::take(map).into_iter().map(|(name, value)| (renamed(name), value)).collect();
    true
}
