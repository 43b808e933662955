//! YAML text in, a JSON value and the place of every key and value out.
//!
//! Knows no key of the language. Two parsers read the text: `serde_yaml` gives the meaning, the events of `granit-parser` the
//! places. What could make them disagree, or grow without bound, is refused.

mod convert;
mod places;
mod words;

use serde_json::Value;

use crate::diagnostic::{Finding, codes};
use crate::source::Source;

pub use places::{Entry, MAX_DEPTH, MAX_NODES, Places, child, child_index};

/// A definition as a tree.
#[derive(Debug, Clone)]
pub struct Tree {
    /// The meaning.
    pub value: Value,
    /// The place of every value and key, by JSON pointer.
    pub places: Places,
}

/// Reads the YAML of a source.
///
/// # Errors
///
/// Returns what is no YAML, and what of YAML is not part of the language.
pub fn read(source: &Source) -> Result<Tree, Vec<Finding>> {
    let places = places::read(source)?;
    let yaml: serde_yaml::Value = serde_yaml::from_str(source.text()).map_err(|error| {
        let at = error.location().map_or(0, |location| location.index());
        vec![Finding::new(codes::SYNTAX, "this is not YAML").at(places::near(source, at))]
    })?;
    let value = convert::json(&yaml, source, &places)?;
    if value.is_null() {
        return Err(vec![
            Finding::new(codes::EMPTY, "the file holds no definition")
                .help("start with `format: 1`"),
        ]);
    }
    Ok(Tree { value, places })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> (String, String, String) {
        let source = Source::new("a.yaml", text);
        let findings = read(&source).unwrap_err();
        let finding = &findings[0];
        let under =
            finding.places.first().map_or("", |place| source.slice(place.span.clone())).to_owned();
        (finding.code.id.to_owned(), under, finding.message.clone())
    }

    /// Collects the pointers of a value.
    fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
        into.push(at.to_owned());
        match value {
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| pointers(value, &child(at, key), into));
            }
            Value::Array(list) => {
                let entries = list.iter().enumerate();
                entries.for_each(|(i, value)| pointers(value, &child_index(at, i), into));
            }
            _ => {}
        }
    }

    /// Holds that both parsers see the same tree.
    fn agree(text: &str) {
        let source = Source::new("a.yaml", text);
        let tree = read(&source).unwrap();
        let mut seen = Vec::new();
        pointers(&tree.value, "", &mut seen);
        seen.sort();
        let mut placed: Vec<&str> = tree.places.pointers().collect();
        placed.sort_unstable();
        assert_eq!(seen, placed);
    }

    #[test]
    fn both_parsers_see_the_same_tree() {
        agree(
            "a: {b: [1, two, {c: 3}], \"d/e~\": x}\nf:\n  - |\n    text\n  - >-\n    folded\n    on\n",
        );
        agree("1: one\nno: two\n'on': three\nlast:\n");
        agree(include_str!("../../../examples/urgent-surgery/programme.yaml"));
        agree(include_str!("../../../examples/school-kit/programme.yaml"));
    }

    proptest::proptest! {
        #[test]
        fn both_parsers_see_the_same_tree_in_generated_files(tree in generated()) {
            agree(&serde_yaml::to_string(&serde_json::json!({"root": tree})).unwrap());
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[a-z:{}\\[\\]&*!|>#'\"\\-,? \n\t%@0-9]{0,80}") {
            let _ = read(&Source::new("a.yaml", &text));
        }
    }

    fn generated() -> impl proptest::strategy::Strategy<Value = Value> {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[ -~é]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-z/~]{1,6}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn a_place_is_that_of_key_and_value() {
        let source = Source::new("a.yaml", "a:\n  - b: \"x y\"\n");
        let tree = read(&source).unwrap();
        let entry = tree.places.get("/a/0/b").unwrap();
        assert_eq!(source.slice(entry.key.clone().unwrap()), "b");
        assert_eq!(source.slice(entry.value.clone()), "\"x y\"");
        assert!(!entry.plain);
    }

    #[test]
    fn a_key_that_stands_twice_is_shown_with_the_first() {
        let source = Source::new("a.yaml", "title: a\nroles: {}\ntitle: b\n");
        let finding = read(&source).unwrap_err().remove(0);
        assert_eq!(finding.code, codes::DUPLICATE_KEY);
        let lines: Vec<usize> =
            finding.places.iter().map(|place| source.position(place.span.start).line).collect();
        assert_eq!(lines, [3, 1]);
    }

    #[test]
    fn nesting_and_size_are_bounded() {
        let deep = format!("a: {}{}", "[".repeat(5_000), "]".repeat(5_000));
        assert_eq!(first(&deep).0, "Y009");
        let wide = format!("a: [{}]", "1,".repeat(MAX_NODES));
        assert_eq!(first(&wide).0, "Y010");
    }

    #[test]
    fn an_alias_bomb_is_refused_at_its_first_anchor() {
        let (code, under, _) = first("a: &x [lol, lol]\nb: [*x, *x]\n");
        assert_eq!((code.as_str(), under.as_str()), ("Y005", "&x"));
    }

    #[test]
    fn a_guard_that_begins_with_a_mark_is_told_to_be_quoted() {
        let source = Source::new("a.yaml", "approve_if: !form.urgent\n");
        let finding = read(&source).unwrap_err().remove(0);
        assert_eq!(finding.code, codes::TAG);
        assert!(finding.help.unwrap().contains("quotes"));
    }
}
