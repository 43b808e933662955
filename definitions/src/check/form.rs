//! Forms: the application form, a stage's questions, the fields of a list.

use indexmap::IndexMap;
use rust_decimal::Decimal;

use super::Check;
use super::guards::{Purpose, When};
use super::unbuilt::note;
use crate::calendar::Unit;
use crate::diagnostic::{Finding, Severity, codes, quoted};
use crate::form::{
    Bounds, Choice, DEFAULT_FILE_SIZE, Field, FieldKind, FileRules, FileType, Form,
    MAX_LIST_ENTRIES, MAX_LONG_TEXT, MAX_TEXT, TextRules,
};
use crate::guard::Guard;
use crate::model::{self, Accept, FieldType, OfField, Options};
use crate::text::Text;
use crate::yaml::{child, child_index};

/// Largest document that a field may accept, in bytes.
const MAX_FILE_SIZE: u64 = 100 * 1024 * 1024;

/// Parts of names that speak of something personal.
const PERSONAL_WORDS: &[&str] = &[
    "national_id",
    "nationalid",
    "id_number",
    "id_card",
    "id_no",
    "nid",
    "identity",
    "passport",
    "social_security",
    "ssn",
    "nic",
    "cnic",
    "aadhaar",
    "birth",
    "born",
    "dob",
    "diagnos",
    "disease",
    "illness",
    "hiv",
    "medical_condition",
    "health_condition",
];

/// What is wrong with a pattern: how the reader of patterns begins to say it, and how people do.
const PATTERN_WORDS: &[(&str, &str)] = &[
    ("unclosed character class", "a `[` is not closed by a `]`"),
    ("unclosed group", "a `(` is not closed by a `)`"),
    ("unopened group", "a `)` closes nothing"),
    ("unclosed counted repetition", "a `{` is not closed by a `}`"),
    ("repetition operator missing expression", "`*`, `+`, `?` or `{` repeats nothing"),
    ("repetition quantifier expects a valid decimal", "a number is missing between `{` and `}`"),
    ("invalid repetition count range", "the first number in `{…}` is above the second"),
    ("invalid character class range", "a range in `[…]` ends before it begins"),
    ("unrecognized escape sequence", "nothing is written so after a backslash"),
    ("incomplete escape sequence", "something is missing after a backslash"),
    ("backreferences are not supported", "`\\1` and its like are not part of patterns here"),
    ("look-around", "`(?=`, `(?!` and their like are not part of patterns here"),
    ("Unicode property not found", "there is no such class of letters"),
];

/// When a field is asked and must be given.
#[derive(Debug, Default)]
struct Asked {
    show_if: Option<Guard>,
    required_if: Option<Guard>,
}

impl Check<'_> {
    /// Takes the fields of a form.
    pub(super) fn form(&mut self, pointer: &str, fields: &IndexMap<String, model::Field>) -> Form {
        let mut form = Form::default();
        for (index, (name, field)) in fields.iter().enumerate() {
            let at = child(pointer, name);
            let asked = Asked {
                show_if: self.condition(&at, "show_if", field.show_if.as_ref(), index),
                required_if: self.condition(&at, "required_if", field.required_if.as_ref(), index),
            };
            self.guard_name(name, self.places.key(&at));
            let Some(field) = self.field(&at, name, field, (false, asked)) else { continue };
            if pointer == "/form" {
                self.fields.fields.push(field.clone());
            }
            form.fields.push(field);
        }
        form
    }

    /// Takes a condition of the field at a position; it reads the fields of the application's form before it.
    fn condition(
        &mut self,
        at: &str,
        key: &str,
        condition: Option<&model::Expression>,
        index: usize,
    ) -> Option<Guard> {
        let position = if at.starts_with("/form/") { index } else { usize::MAX };
        let before = self.findings.len();
        let guard =
            self.guard(&child(at, key), condition?, When::Asking(position), Purpose::Question);
        // What is wrong here would be wrong again at each example that is read by it.
        let wrong =
            self.findings.iter().skip(before).any(|found| found.severity() == Severity::Error);
        guard.filter(|_| !wrong)
    }

    fn field(
        &mut self,
        at: &str,
        name: &str,
        field: &model::Field,
        (within_personal, asked): (bool, Asked),
    ) -> Option<Field> {
        let label = match &field.label {
            Some(label) => self.words(&child(at, "label"), label),
            None => Text::Plain(name.to_owned()),
        };
        let help = field.help.as_ref().map(|help| self.words(&child(at, "help"), help));
        let optional = self.yes_no(&child(at, "optional"), field.optional, false);
        let kind = field.kind?;
        let private = matches!(
            kind,
            FieldType::Phone | FieldType::Email | FieldType::File | FieldType::LongText
        ) || name == "name";
        let personal =
            self.yes_no(&child(at, "personal"), field.personal, private || within_personal);
        let speaks = speaks_of_something_personal(name)
            || label.strings().any(|(_, words)| speaks_of_something_personal(words));
        if !personal && field.personal.is_none() && speaks {
            let message = format!("{} looks personal and is not marked so", quoted(name));
            let finding = Finding::new(codes::NOT_PERSONAL, message)
                .at(self.places.key(at))
                .help("add `personal: true`, or `personal: false` if it is not");
            self.report(finding);
        }
        let kind = self.kind(at, kind, field, personal)?;
        let Asked { show_if, required_if } = asked;
        let not_understood = field.show_if.is_some() && show_if.is_none();
        let optional = optional || field.required_if.is_some() || not_understood;
        Some(Field {
            name: name.to_owned(),
            label,
            help,
            kind,
            optional,
            show_if,
            required_if,
            personal,
        })
    }

    fn kind(
        &mut self,
        at: &str,
        kind: FieldType,
        field: &model::Field,
        personal: bool,
    ) -> Option<FieldKind> {
        Some(match kind {
            FieldType::Text => FieldKind::Text(self.text_rules(at, field, MAX_TEXT)),
            FieldType::LongText => FieldKind::LongText(self.text_rules(at, field, MAX_LONG_TEXT)),
            FieldType::Integer => FieldKind::Integer(self.bounds(at, field, true)),
            FieldType::Number => FieldKind::Number(self.bounds(at, field, false)),
            FieldType::Money => {
                let place = self.places.value(&child(at, "type"));
                self.money.get_or_insert(place);
                FieldKind::Money(self.bounds(at, field, false))
            }
            FieldType::Date => self.date_kind(at, field),
            FieldType::YesNo => FieldKind::YesNo,
            FieldType::Phone => FieldKind::Phone,
            FieldType::Email => FieldKind::Email,
            FieldType::Choice => FieldKind::Choice(self.choices(at, field.options.as_ref()?)),
            FieldType::List => {
                let (min_length, max_length) = self.lengths(at, field, MAX_LIST_ENTRIES);
                let of = self.list_fields(&child(at, "of"), field.of.as_ref()?, personal);
                FieldKind::List { of, min_length, max_length }
            }
            FieldType::File => FieldKind::File(self.file_rules(at, field)),
        })
    }

    fn list_fields(
        &mut self,
        at: &str,
        of: &IndexMap<String, OfField>,
        personal: bool,
    ) -> Vec<Field> {
        let whole: Vec<(&str, model::Field)> = of
            .iter()
            .map(|(name, field)| match field {
                OfField::Bare(kind) => {
                    if *kind == FieldType::Money {
                        let place = self.places.value(&child(at, name));
                        self.money.get_or_insert(place);
                    }
                    if matches!(kind, FieldType::Choice | FieldType::List) {
                        let key = if *kind == FieldType::Choice { "options" } else { "of" };
                        let message = format!("the key {} is missing", quoted(key));
                        let finding = Finding::new(codes::MISSING_KEY, message)
                            .at(self.places.value(&child(at, name)))
                            .help("write the field out: label, type and its other keys");
                        self.report(finding);
                    }
                    (name.as_str(), model::Field { kind: Some(*kind), ..model::Field::default() })
                }
                OfField::Whole(field) => (name.as_str(), (**field).clone()),
            })
            .collect();
        let mut fields = Vec::new();
        for (name, field) in &whole {
            let at = child(at, name);
            self.guard_name(name, self.places.key(&at));
            for (key, condition) in
                [("show_if", &field.show_if), ("required_if", &field.required_if)]
            {
                if condition.is_some() {
                    let message = format!("{} does not belong to a field of a list", quoted(key));
                    let finding = Finding::new(codes::KEY_NOT_FOR_THIS, message)
                        .at(self.places.key(&child(&at, key)))
                        .label("a condition reads the form, not one entry of a list");
                    self.report(finding);
                }
            }
            fields.extend(self.field(&at, name, field, (personal, Asked::default())));
        }
        fields
    }

    fn text_rules(&mut self, at: &str, field: &model::Field, most: u32) -> TextRules {
        let (min_length, max_length) = self.lengths(at, field, most);
        let pattern = field.pattern.as_deref().and_then(|pattern| {
            // The whole text must match, whether or not the pattern says so itself.
            match regex::Regex::new(&format!("^(?:{pattern})$")) {
                Ok(pattern) => Some(pattern),
                Err(error) => {
                    self.bad_pattern(&child(at, "pattern"), pattern, &error);
                    None
                }
            }
        });
        TextRules { pattern, min_length, max_length }
    }

    fn bad_pattern(&mut self, pointer: &str, pattern: &str, error: &regex::Error) {
        let message = if let regex::Error::CompiledTooBig(_) = error {
            "the pattern is too large".to_owned()
        } else {
            // Read again without the anchors, which are not the author's.
            let words =
                regex::Regex::new(pattern).err().unwrap_or_else(|| error.clone()).to_string();
            let last = words.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let known = PATTERN_WORDS.iter().find(|(words, _)| last.starts_with(words));
            let why = known.map_or("it cannot be read", |(_, why)| why);
            format!("the pattern is no regular expression: {why}")
        };
        let finding = Finding::new(codes::BAD_PATTERN, message).at(self.places.value(pointer));
        self.report(finding);
    }

    fn lengths(&mut self, at: &str, field: &model::Field, most: u32) -> (Option<u32>, Option<u32>) {
        for (key, length) in [("min_length", field.min_length), ("max_length", field.max_length)] {
            if length.is_some_and(|length| length > most) {
                let message = format!("at most {most} are possible here");
                let at = self.places.value(&child(at, key));
                self.report(Finding::new(codes::BAD_LENGTH, message).at(at));
            }
        }
        self.ordered(at, ["min_length", "max_length"], field.min_length, field.max_length)
    }

    /// Reports a smallest value above the largest; then neither bounds anything, so that one mistake stays one finding.
    fn ordered<T: PartialOrd>(
        &mut self,
        at: &str,
        keys: [&str; 2],
        least: Option<T>,
        most: Option<T>,
    ) -> (Option<T>, Option<T>) {
        if least.is_some() && most.is_some() && least > most {
            let [least, most] = keys;
            let finding = Finding::new(
                codes::BAD_BOUNDS,
                format!("{} is above {}", quoted(least), quoted(most)),
            )
            .at(self.places.value(&child(at, least)))
            .at(self.places.value(&child(at, most)))
            .label("the largest");
            self.report(finding);
            return (None, None);
        }
        (least, most)
    }

    fn bounds(&mut self, at: &str, field: &model::Field, whole: bool) -> Bounds {
        let mut bound = |key: &str, number: Option<&model::Number>| -> Option<Decimal> {
            let pointer = child(at, key);
            let value = self.number(codes::BAD_NUMBER, &pointer, number?)?;
            if whole && !value.is_integer() {
                let at = self.places.value(&pointer);
                let finding =
                    Finding::new(codes::BAD_NUMBER, "a whole number is expected here").at(at);
                self.report(finding);
            }
            Some(value)
        };
        let minimum = bound("minimum", field.minimum.as_ref());
        let maximum = bound("maximum", field.maximum.as_ref());
        let (minimum, maximum) = self.ordered(at, ["minimum", "maximum"], minimum, maximum);
        Bounds { minimum, maximum }
    }

    fn date_kind(&mut self, at: &str, field: &model::Field) -> FieldKind {
        let mut date = |key: &str, text: Option<&model::Number>| {
            let text = text?;
            let date = text.0.parse::<jiff::civil::Date>().ok();
            if date.is_none() {
                let finding =
                    Finding::new(codes::BAD_DATE, format!("{} is no date", quoted(&text.0)))
                        .at(self.places.value(&child(at, key)))
                        .label("expected a date such as 2026-12-24");
                self.report(finding);
            }
            date
        };
        let minimum = date("minimum", field.minimum.as_ref());
        let maximum = date("maximum", field.maximum.as_ref());
        let (minimum, maximum) = self.ordered(at, ["minimum", "maximum"], minimum, maximum);
        let age = child(at, "no_older_than");
        let no_older_than = self.optional_duration(&age, field.no_older_than.as_deref());
        if no_older_than.is_some_and(|age| matches!(age.unit, Unit::Minutes | Unit::Hours)) {
            let message = "a date has no hours: how old it may be is counted in days or longer";
            let finding = Finding::new(codes::BAD_DURATION, message).at(self.places.value(&age));
            self.report(finding);
        }
        FieldKind::Date { minimum, maximum, no_older_than }
    }

    fn choices(&mut self, at: &str, options: &Options) -> Vec<Choice> {
        let pointer = child(at, "options");
        match options {
            Options::Ids(ids) => ids
                .iter()
                .enumerate()
                .map(|(index, id)| {
                    self.option_id(id, self.places.value(&child_index(&pointer, index)));
                    Choice { id: id.clone(), label: Text::Plain(id.clone()) }
                })
                .collect(),
            Options::Labels(labels) => labels
                .iter()
                .map(|(id, label)| {
                    let at = child(&pointer, id);
                    self.option_id(id, self.places.key(&at));
                    Choice { id: id.clone(), label: self.words(&at, label) }
                })
                .collect(),
        }
    }

    fn option_id(&mut self, id: &str, at: std::ops::Range<usize>) {
        if id.trim().is_empty() || id.chars().any(char::is_control) {
            self.report(Finding::new(codes::BAD_NAME, "an option needs a name").at(at));
        }
    }

    fn file_rules(&mut self, at: &str, field: &model::Field) -> FileRules {
        let accept = field.accept.as_ref().map_or_else(
            || FileType::ALL.to_vec(),
            |types| {
                let as_type = |accept: &Accept| match accept {
                    Accept::Pdf => FileType::Pdf,
                    Accept::Jpg => FileType::Jpg,
                    Accept::Png => FileType::Png,
                };
                types.iter().map(as_type).collect()
            },
        );
        let max_size = field.max_size.as_deref().map_or(DEFAULT_FILE_SIZE, |text| {
            size(text).unwrap_or_else(|| {
                let finding =
                    Finding::new(codes::BAD_SIZE, format!("{} is no file size", quoted(text)))
                        .at(self.places.value(&child(at, "max_size")))
                        .label("expected a size such as 500 KB or 5 MB, at most 100 MB");
                self.report(finding);
                DEFAULT_FILE_SIZE
            })
        });
        let age = child(at, "no_older_than");
        if self.optional_duration(&age, field.no_older_than.as_deref()).is_some() {
            self.report(note("no_older_than").at(self.places.key(&age)));
        }
        FileRules { accept, max_size }
    }
}

/// Reads a file size in bytes: `5 MB`, of 1,024 kilobytes of 1,024 bytes.
fn size(text: &str) -> Option<u64> {
    let (count, unit) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit())?)?;
    let bytes: u64 = match unit.trim() {
        "KB" => 1024,
        "MB" => 1024 * 1024,
        _ => return None,
    };
    let size = count.parse::<u64>().ok()?.checked_mul(bytes)?;
    (1..=MAX_FILE_SIZE).contains(&size).then_some(size)
}

/// Returns whether a field's name or label speaks of an identity number, a birth date or a diagnosis.
fn speaks_of_something_personal(words: &str) -> bool {
    let parts: Vec<String> = words
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_lowercase)
        .collect();
    let name = parts.join("_");
    PERSONAL_WORDS.iter().any(|word| {
        // A short word counts only as a whole part: `nic` in `nic_number`, not in `clinic`; `id_card` not in `paid_card`.
        if word.len() > 4 && !word.starts_with("id_") {
            name.contains(word)
        } else {
            format!("_{name}_").contains(&format!("_{word}_"))
        }
    })
}
