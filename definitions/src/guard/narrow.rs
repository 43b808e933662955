//! Which values are known to be there at some point of an expression.

use std::collections::BTreeSet;

use super::node::{Kind, Node};

/// The paths that are known to have a value, and the stages that are known to be decided.
pub(super) type Present = BTreeSet<String>;

/// Returns what is present where `part` came to `truth`, beside what is present already.
pub(super) fn with(present: &Present, part: &Node, truth: bool) -> Present {
    let mut present = present.clone();
    learn(&mut present, part, truth);
    present
}

fn learn(present: &mut Present, part: &Node, truth: bool) {
    match &part.kind {
        Kind::Call(name, arguments) => {
            let there = match name.as_str() {
                "has" => truth,
                "missing" => !truth,
                _ => return,
            };
            if let (true, [Node { kind: Kind::Path(path), .. }]) = (there, arguments.as_slice()) {
                // An answer is there only where its stage was decided.
                if let Some((stage, _)) = path.split_once('.') {
                    present.insert(stage.to_owned());
                }
                present.insert(path.clone());
            }
        }
        Kind::Not(inner) => learn(present, inner, !truth),
        Kind::And(parts) if truth => parts.iter().for_each(|part| learn(present, part, true)),
        Kind::Or(parts) if !truth => parts.iter().for_each(|part| learn(present, part, false)),
        _ => {}
    }
}
