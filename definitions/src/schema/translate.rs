//! From the errors of `jsonschema` to findings with the right place and words.

use std::collections::HashSet;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::examples::written;
use super::misspelt::Misspelt;
use crate::diagnostic::{Finding, codes, likely, listed, nearest, quoted};
use crate::yaml::{Places, child};

/// What an error is translated with.
pub(super) struct Context<'a> {
    /// The whole schema.
    pub schema: &'a Value,
    /// The whole file.
    pub value: &'a Value,
    /// Its places.
    pub places: &'a Places,
}

impl Context<'_> {
    /// Translates one error; also returns the pointers of the values that are wrong.
    fn translate(&self, error: &ValidationError<'_>) -> (Vec<Finding>, Vec<String>) {
        let at = error.instance_path().as_str();
        let value = self.value.pointer(at).unwrap_or(&Value::Null);
        let one = |finding: Finding| (vec![finding], vec![at.to_owned()]);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let (known, languages) = self.known_keys(error);
                self.keys(at, unexpected, |key| {
                    let finding = unknown_key(key, &known, languages);
                    let cut = key.contains(' ') && value.get(key).is_some_and(Value::is_null);
                    if cut { finding.help(COMMA) } else { finding }
                })
            }
            ValidationErrorKind::PropertyNames { error: inner } => {
                let ValidationErrorKind::Enum { options } = inner.kind() else {
                    return one(Finding::new(
                        codes::BAD_NAME,
                        "a name is not written as names are",
                    )
                    .at(self.places.key(at)));
                };
                let allowed = strings(options);
                let strange: Vec<String> = value
                    .as_object()
                    .into_iter()
                    .flat_map(|map| map.keys())
                    .filter(|key| !allowed.contains(&key.as_str()))
                    .cloned()
                    .collect();
                self.keys(at, &strange, |key| not_for_this(key, &allowed))
            }
            ValidationErrorKind::Required { property } => {
                let (known, _) = self.known_keys(error);
                (self.missing(error, property, value, &known), Vec::new())
            }
            ValidationErrorKind::Type { kind } => {
                let (_, languages) = self.known_keys(error);
                let finding = self.wrong_type(at, value, kind, languages);
                let shape = self.shape(error).filter(|_| !languages && is_of_maps(kind));
                one(match shape {
                    Some(shape) => {
                        finding.label(format!("expected a map of keys, such as `{shape}`"))
                    }
                    None => finding,
                })
            }
            ValidationErrorKind::Enum { options } => one(self.not_an_option(at, value, options)),
            kind => one(self.other(at, kind)),
        }
    }

    /// Returns the keys of a map that stand for others which are not there.
    pub(super) fn misspelt(&self, error: &ValidationError<'_>) -> Vec<Misspelt> {
        let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() else {
            return Vec::new();
        };
        let at = error.instance_path().as_str();
        let (known, languages) = self.known_keys(error);
        let Some(map) = self.value.pointer(at).and_then(Value::as_object) else {
            return Vec::new();
        };
        let misspelt = |key: &String| {
            let meant = likely(key, known.iter().copied())?;
            if languages || map.contains_key(meant) {
                return None;
            }
            let say = |key: &str| unknown_key(key, &known, languages);
            let finding = self.keys(at, std::slice::from_ref(key), say).0.pop()?;
            Some(Misspelt {
                map: at.to_owned(),
                key: key.clone(),
                meant: meant.to_owned(),
                finding,
            })
        };
        unexpected.iter().filter_map(misspelt).collect()
    }

    /// Translates all errors; what stands under a key that does not belong there is no second mistake.
    pub(super) fn all(&self, errors: &[ValidationError<'_>]) -> (Vec<Finding>, Vec<String>) {
        let foreign: Vec<String> = errors
            .iter()
            .filter(|error| matches!(error.kind(), ValidationErrorKind::PropertyNames { .. }))
            .flat_map(|error| self.translate(error).1)
            .collect();
        let (mut findings, mut wrong) = (Vec::new(), Vec::new());
        for error in errors {
            let at = error.instance_path().as_str();
            if foreign.iter().any(|key| is_below(at, key)) {
                continue;
            }
            let (mut found, places) = self.translate(error);
            findings.append(&mut found);
            wrong.extend(places);
        }
        (findings, wrong)
    }

    /// Returns a finding for each of some keys of a map.
    fn keys(
        &self,
        at: &str,
        keys: &[String],
        finding: impl Fn(&str) -> Finding,
    ) -> (Vec<Finding>, Vec<String>) {
        let pointers: Vec<String> = keys.iter().map(|key| child(at, key)).collect();
        let findings = keys
            .iter()
            .zip(&pointers)
            .map(|(key, pointer)| {
                let mut finding = finding(key);
                let label = finding.places.pop().and_then(|place| place.label);
                finding = finding.at(self.places.key(pointer));
                if let Some(label) = label { finding.label(label) } else { finding }
            })
            .collect();
        (findings, pointers)
    }

    /// Returns the keys that the schema beside an error knows, and whether languages are among them.
    fn known_keys(&self, error: &ValidationError<'_>) -> (Vec<&str>, bool) {
        let path = error.schema_path().as_str();
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let schema = self.schema.pointer(parent);
        let known = schema
            .and_then(|schema| schema.get("properties"))
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|map| map.keys().map(String::as_str))
            .collect();
        (known, schema.is_some_and(|schema| schema.get("patternProperties").is_some()))
    }

    /// Returns the finding for a missing key, at its parent; none if it stands there misspelt, which is a finding already.
    fn missing(
        &self,
        error: &ValidationError<'_>,
        property: &Value,
        value: &Value,
        known: &[&str],
    ) -> Vec<Finding> {
        let at = error.instance_path().as_str();
        let name = property.as_str().unwrap_or_default();
        let misspelt = value.as_object().is_some_and(|map| {
            map.keys().any(|key| {
                !known.contains(&key.as_str()) && likely(key, known.iter().copied()) == Some(name)
            })
        });
        if misspelt {
            return Vec::new();
        }
        let finding =
            Finding::new(codes::MISSING_KEY, format!("the key {} is missing", quoted(name)));
        let place = if at.is_empty() { 0..0 } else { self.places.key(at) };
        let finding = finding.at(place).label(format!("{} belongs here", quoted(name)));
        vec![match self.example(error, name) {
            Some(example) => finding.help(format!("add `{name}: {}`", written(example))),
            None => finding,
        }]
    }

    /// Returns the example of a key of the map that an error is about; its schema stands around the part that failed.
    fn example(&self, error: &ValidationError<'_>, key: &str) -> Option<&Value> {
        let mut path = error.schema_path().as_str();
        while let Some((around, _)) = path.rsplit_once('/') {
            let example = self.schema.pointer(&format!("{around}/properties/{key}/examples/0"));
            if example.is_some() {
                return example;
            }
            path = around;
        }
        None
    }

    /// Returns a map as it could stand where an error is: an example, or the keys that are needed.
    fn shape(&self, error: &ValidationError<'_>) -> Option<String> {
        const SHOWN: usize = 2;
        let (parent, _) = error.schema_path().as_str().rsplit_once('/')?;
        let schema = self.schema.pointer(parent)?;
        if let Some(example) = schema.pointer("/examples/0").filter(|example| example.is_object()) {
            return Some(written(example));
        }
        let properties = schema.get("properties")?.as_object()?;
        let needed = strings(schema.get("required").unwrap_or(&Value::Null));
        let keys = needed.into_iter().chain(properties.keys().map(String::as_str));
        let example = |key: &str| properties.get(key)?.pointer("/examples/0").cloned();
        let shown = keys.filter_map(|key| Some((key.to_owned(), example(key)?))).take(SHOWN);
        let shown: serde_json::Map<String, Value> = shown.collect();
        (!shown.is_empty()).then(|| written(&Value::Object(shown)))
    }

    fn wrong_type(&self, at: &str, value: &Value, kind: &TypeKind, languages: bool) -> Finding {
        let word = |kind| match kind {
            JsonType::Object if languages => "a text for each language",
            kind => expected_word(kind),
        };
        let expected: Vec<&str> = match kind {
            TypeKind::Single(kind) => vec![word(*kind)],
            TypeKind::Multiple(kinds) => kinds.iter().map(word).collect(),
        };
        let expected = if is_expression(at) {
            "an expression".to_owned()
        } else if is_duration(at) {
            "a duration".to_owned()
        } else {
            expected.join(" or ")
        };
        let actual = actual_word(value);
        let finding = Finding::new(
            codes::WRONG_TYPE,
            format!("{actual} stands where {expected} is expected"),
        )
        .at(self.places.value(at))
        .label(format!("expected {expected}"));
        match value {
            _ if is_duration(at) => finding.help("write a number and a unit, such as `14 days`"),
            Value::Bool(_) | Value::Number(_) if expected.contains("text") => {
                finding.help("put it between quotes")
            }
            Value::Array(_) | Value::Object(_) if is_expression(at) => {
                finding.help("put a guard between single quotes when it begins with `[` or `{`")
            }
            _ => finding,
        }
    }

    fn not_an_option(&self, at: &str, value: &Value, options: &Value) -> Finding {
        let place = self.places.value(at);
        if options.get(0) == Some(&Value::Bool(true)) {
            let message = format!("{} stands where yes or no is expected", actual_word(value));
            return Finding::new(codes::WRONG_TYPE, message).at(place).label("expected yes or no");
        }
        let allowed = strings(options);
        let expected = format!("expected one of: {}", listed(allowed.iter().copied()));
        let Some(word) = value.as_str() else {
            let message = format!("{} stands where a word is expected", actual_word(value));
            return Finding::new(codes::WRONG_TYPE, message).at(place).label(expected);
        };
        Finding::new(codes::NOT_AN_OPTION, format!("{} is not allowed here", quoted(word)))
            .at(place)
            .label(expected)
            .did_you_mean(likely(word, allowed))
    }

    fn other(&self, at: &str, kind: &ValidationErrorKind) -> Finding {
        let (code, message) = match kind {
            ValidationErrorKind::MinItems { limit: 1 } => {
                (codes::BAD_LENGTH, "the list needs an entry".to_owned())
            }
            ValidationErrorKind::MinItems { limit } => {
                (codes::BAD_LENGTH, format!("the list needs {limit} entries"))
            }
            ValidationErrorKind::MinProperties { .. } => {
                (codes::BAD_LENGTH, "nothing stands here".to_owned())
            }
            ValidationErrorKind::UniqueItems => {
                (codes::BAD_LENGTH, "an entry stands here twice".to_owned())
            }
            ValidationErrorKind::Minimum { limit } => {
                (codes::BAD_NUMBER, format!("the number is below {limit}"))
            }
            ValidationErrorKind::Maximum { limit } => {
                (codes::BAD_NUMBER, format!("the number is above {limit}"))
            }
            _ => (codes::WRONG_TYPE, "this is not what is expected here".to_owned()),
        };
        Finding::new(code, message).at(self.places.value(at))
    }
}

/// Returns whether only a map is expected.
fn is_of_maps(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Single(JsonType::Object))
}

/// Returns whether a pointer is that of a value or of one within it.
fn is_below(pointer: &str, value: &str) -> bool {
    pointer.strip_prefix(value).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What to do with a text that a comma cut in two.
const COMMA: &str = "put a text that holds a comma between quotes";

/// Returns the finding for a key that is known nowhere near; its place is filled in by the caller.
fn unknown_key(key: &str, known: &[&str], languages: bool) -> Finding {
    let language = languages.then_some("a language such as en");
    let shown = nearest(key, known);
    Finding::new(codes::UNKNOWN_KEY, format!("{} is no key here", quoted(key)))
        .at(0..0)
        .label(format!("keys here: {}", listed(shown.into_iter().chain(language))))
        .did_you_mean(likely(key, known.iter().copied()))
}

/// Returns the finding for a key that belongs to another kind of entry; its place is filled in by the caller.
fn not_for_this(key: &str, allowed: &[&str]) -> Finding {
    Finding::new(
        codes::KEY_NOT_FOR_THIS,
        format!("{} does not belong to this kind of entry", quoted(key)),
    )
    .at(0..0)
    .label(format!("keys here: {}", listed(allowed.iter().copied())))
}

/// Returns the strings of a list.
fn strings(options: &Value) -> Vec<&str> {
    options.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Keys that hold a guard, wherever they stand.
const EXPRESSIONS: &[&str] =
    &["approve_if", "skip_if", "show_if", "required_if", "claim_if", "require", "issue_up_to"];
/// Places that hold a guard, whose keys may be names elsewhere.
const EXPRESSION_PLACES: &[&str] = &[
    "/voucher/amount",
    "/voucher/ceiling",
    "/voucher/redeem/co_payment",
    "/budget/priority",
    "/emergency/if",
];

/// Returns whether a guard is expected at a place.
fn is_expression(at: &str) -> bool {
    let name = at.rsplit('/').next().unwrap_or_default();
    EXPRESSIONS.contains(&name)
        || EXPRESSION_PLACES.contains(&at)
        || at.contains("/role_if/")
        || (at.starts_with("/voucher/items/") && name == "amount")
}

/// Returns whether a duration is expected at a place.
fn is_duration(at: &str) -> bool {
    let name = at.rsplit('/').next().unwrap_or_default();
    [
        "due",
        "after",
        "answer_within",
        "valid",
        "within",
        "claim_within",
        "ratify_within",
        "keep",
        "no_older_than",
    ]
    .contains(&name)
        || at.starts_with("/keep/")
}

fn expected_word(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "a list",
        JsonType::Boolean => "yes or no",
        JsonType::Integer => "a whole number",
        JsonType::Null => "nothing",
        JsonType::Number => "a number",
        JsonType::Object => "a map of keys",
        JsonType::String => "text",
    }
}

fn actual_word(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "yes or no",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map of keys",
    }
}

/// Drops findings about a place that has one of the same family already: an unknown key is not also one that does not belong.
pub(super) fn dedup(findings: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    let unknown: HashSet<_> = findings
        .iter()
        .filter(|finding| finding.code == codes::UNKNOWN_KEY)
        .filter_map(|finding| finding.places.first().map(|place| place.span.clone()))
        .collect();
    findings.retain(|finding| {
        let Some(place) = finding.places.first() else { return true };
        if finding.code == codes::KEY_NOT_FOR_THIS && unknown.contains(&place.span) {
            return false;
        }
        seen.insert((finding.code, place.span.clone(), finding.message.clone()))
    });
}

/// Takes wrong values out, so that the rest of the file can still be read as a whole.
pub(super) fn prune(value: &mut Value, mut wrong: Vec<String>) {
    // The innermost and the last first: pointers of those before them stay right.
    wrong.sort_by(|left, right| right.cmp(left));
    wrong.dedup();
    for pointer in wrong {
        let Some((parent, name)) = pointer.rsplit_once('/') else {
            *value = Value::Object(serde_json::Map::new());
            return;
        };
        match value.pointer_mut(parent) {
            Some(Value::Object(map)) => {
                map.shift_remove(&name.replace("~1", "/").replace("~0", "~"));
            }
            Some(Value::Array(list)) => {
                let of_maps = list.iter().any(Value::is_object);
                if let Some(entry) = name.parse().ok().and_then(|index: usize| list.get_mut(index))
                {
                    // Taking the entry out would move the places of those after it.
                    *entry = if of_maps {
                        Value::Object(serde_json::Map::new())
                    } else if parent.ends_with("/accept") {
                        // Nothing else can be typed there: what is not a type of document would hide the rest of the file.
                        "pdf".into()
                    } else {
                        "".into()
                    };
                }
            }
            _ => {}
        }
    }
}
