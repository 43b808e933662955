//! Words by which an application is found: those of its applicant's name, and the forms of their phone number.
//!
//! A store has them as keyed hashes only ([`Word`]), under a key of the installation and apart for each programme. Words are
//! compared whole: no hash tells how another word begins.

use std::collections::BTreeSet;

use annona_definitions::Programme;
use annona_definitions::programme::ProgrammeId;
use annona_definitions::value::{Record, Value};
use phonenumber::Mode;
use unicode_normalization::UnicodeNormalization as _;

use crate::vault::{MasterKey, Word};

/// Most words of a name by which it is found.
pub const MAX_WORDS: usize = 16;
/// Most words that may be asked for at once.
pub const MAX_ASKED: usize = 8;
/// Most characters of a word that count.
const MAX_LETTERS: usize = 64;
/// Fewest digits that are taken for a phone number.
const FEWEST_DIGITS: usize = 5;

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked(BTreeSet<Plain>);

/// A normalised word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Plain {
    /// Of a name.
    Name(String),
    /// The digits of a phone number, without zeros before them.
    Phone(String),
}

/// More words than may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at most {MAX_ASKED} words can be looked for at once")]
pub struct TooMany;

impl Asked {
    /// Reads what somebody looks for: words of a name, and phone numbers, written with their country's code or as at home.
    ///
    /// # Errors
    ///
    /// Returns [`TooMany`] for more than [`MAX_ASKED`] words.
    pub fn read(text: &str) -> Result<Self, TooMany> {
        let (mut words, mut number) = (BTreeSet::new(), String::new());
        for part in text.split_whitespace() {
            if is_of_number(part) {
                number.push_str(part);
                continue;
            }
            words.extend(phone_or_word(&std::mem::take(&mut number)));
            words.extend(name(part).map(Plain::Name));
            if words.len() > MAX_ASKED {
                return Err(TooMany);
            }
        }
        words.extend(phone_or_word(&number));
        if words.len() > MAX_ASKED { Err(TooMany) } else { Ok(Self(words)) }
    }

    /// Returns the words as a programme's applications have them, the longest first: it is of the fewest.
    #[must_use]
    pub fn of(&self, programme: &ProgrammeId, master: &MasterKey) -> Vec<Word> {
        let mut plain: Vec<_> = self.0.iter().collect();
        plain.sort_by_key(|word| std::cmp::Reverse(word.text().len()));
        plain.into_iter().map(|word| word.hashed(programme, master)).collect()
    }

    /// Returns whether nothing is looked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Plain {
    fn text(&self) -> &str {
        match self {
            Self::Name(text) | Self::Phone(text) => text,
        }
    }

    fn hashed(&self, programme: &ProgrammeId, master: &MasterKey) -> Word {
        let kind = match self {
            Self::Name(_) => "name",
            Self::Phone(_) => "phone",
        };
        master.word(&format!("{kind} {programme}"), self.text())
    }
}

/// Returns the words by which an application with this form is found, in no order that tells anything.
#[must_use]
pub fn words(programme: &Programme, form: &Record, master: &MasterKey) -> Vec<Word> {
    let text = |field: &Option<String>| match form.get(field.as_deref()?)? {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let mut plain = BTreeSet::new();
    if let Some(text) = text(&programme.contact.name) {
        plain.extend(text.split_whitespace().flat_map(name).take(MAX_WORDS).map(Plain::Name));
    }
    if let Some(number) = text(&programme.contact.phone) {
        plain.extend(phone(number).into_iter().map(Plain::Phone));
    }
    let hashed: BTreeSet<_> = plain.iter().map(|word| word.hashed(&programme.id, master)).collect();
    hashed.into_iter().collect()
}

/// Returns the words of a part of a name: without case and diacritics, split where there is neither letter nor digit.
///
/// Apostrophes are left out, so that `O'Brien` is found by `obrien`. Vowel signs stay: without them different names of many
/// scripts would be one.
fn name(part: &str) -> impl Iterator<Item = String> {
    let folded: String = part
        .chars()
        .filter(|letter| !is_apostrophe(*letter))
        .nfkc()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkd()
        .filter(|letter| !is_diacritic(*letter))
        .fold(String::new(), |mut folded, letter| {
            match undivided(letter) {
                Some(plain) => folded.push_str(plain),
                None => folded.push(letter),
            }
            folded
        });
    let words: Vec<String> = folded
        .split(|letter: char| !is_of_word(letter))
        .filter(|word| !word.is_empty())
        .map(|word| word.nfc().take(MAX_LETTERS).collect())
        .collect();
    words.into_iter()
}

/// Returns the forms in which a phone number in E.164 is found: with its country's code, and as it is written at home.
fn phone(number: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([digits(number)]);
    if let Ok(number) = phonenumber::parse(None, number) {
        forms.insert(digits(&number.national().value().to_string()));
        forms.insert(digits(&number.format().mode(Mode::National).to_string()));
    }
    forms.retain(|form| form.len() >= FEWEST_DIGITS);
    forms
}

/// Returns the digits, without the zeros before them: those stand for a way to call, and differ by where one calls from.
fn digits(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').chars().take(MAX_LETTERS).collect()
}

/// Returns what a run of digits and signs is: a phone number, or words if it is too short for one.
fn phone_or_word(text: &str) -> Vec<Plain> {
    let digits = digits(text);
    if digits.len() >= FEWEST_DIGITS {
        vec![Plain::Phone(digits)]
    } else {
        name(text).map(Plain::Name).collect()
    }
}

/// Returns whether a part of what is asked may be a piece of a phone number.
fn is_of_number(part: &str) -> bool {
    part.chars().all(|letter| letter.is_ascii_digit() || "+-./()".contains(letter))
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || unicode_normalization::char::is_combining_mark(letter)
}

/// Returns whether a mark is left out when people write in haste: Latin, Greek and Cyrillic diacritics, Hebrew points, Arabic
/// vowels.
fn is_diacritic(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{640}')
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '`' | '´' | '‘' | '’' | 'ʻ' | 'ʼ' | 'ʾ' | 'ʿ' | '＇')
}

/// Returns what people write who do not have a letter that Unicode does not take apart.
fn undivided(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split_whitespace().flat_map(name).collect()
    }

    fn asked(text: &str) -> Vec<Plain> {
        Asked::read(text).unwrap().0.into_iter().collect()
    }

    fn phones(digits: &[&str]) -> Vec<Plain> {
        digits.iter().map(|digits| Plain::Phone((*digits).to_owned())).collect()
    }

    #[test]
    fn a_name_is_the_same_words_however_it_is_written() {
        for written in
            ["José Müller-Łęcki", "jose MULLER lecki", "JOSE\u{301} Mu\u{308}ller\u{a0}Lecki"]
        {
            assert_eq!(names(written), ["jose", "muller", "lecki"], "{written}");
        }
        assert_eq!(names("O’Brien o'brien O´Brien"), ["obrien", "obrien", "obrien"]);
        assert_eq!(names("Straße STRASSE Søren Æsa"), ["strasse", "strasse", "soren", "aesa"]);
        assert_eq!(names("ΝΙΚΟΣ Νίκος İlker"), ["νικοσ", "νικοσ", "ilker"]);
        assert_eq!(names("مُحَمَّد"), names("محمد"));
        assert_ne!(names("कमला"), names("कमल"));
        assert_eq!(names(" - ’ . "), Vec::<String>::new());
        assert_eq!(names(&"a".repeat(1_000))[0].len(), MAX_LETTERS);
    }

    #[test]
    fn a_phone_number_is_found_with_its_country_and_as_it_is_written_at_home() {
        let forms = phone("+256700000010");
        for written in ["+256 700 000 010", "00256 (700) 000-010", "0700 000010", "700-000-010"] {
            let asked = asked(written);
            let [Plain::Phone(digits)] = asked.as_slice() else { panic!("{asked:?}") };
            assert!(forms.contains(digits), "{written}: {digits} of {forms:?}");
        }
        assert!(phone("+79123456789").contains("89123456789"), "{:?}", phone("+79123456789"));
    }

    #[test]
    fn words_and_numbers_are_told_apart() {
        let name = |text: &str| Plain::Name(text.to_owned());
        assert_eq!(
            asked("Amina 0700 000 010"),
            [vec![name("amina")], phones(&["700000010"])].concat()
        );
        assert_eq!(
            asked("0700 000 010 amina +94 71 0000010"),
            [vec![name("amina")], phones(&["700000010", "94710000010"])].concat()
        );
        assert_eq!(asked("amina 12"), [name("12"), name("amina")]);
        assert_eq!(asked("US-7K3F"), [name("7k3f"), name("us")]);
        assert!(Asked::read(" - ").unwrap().is_empty());
    }

    #[test]
    fn more_words_than_the_limit_are_refused() {
        let many =
            |count: usize| (0..count).map(|n| format!("name{n}")).collect::<Vec<_>>().join(" ");
        assert!(Asked::read(&many(MAX_ASKED)).is_ok());
        assert_eq!(Asked::read(&many(MAX_ASKED + 1)), Err(TooMany));
        assert_eq!(Asked::read("one.two.three.four.five.six.seven.eight.nine"), Err(TooMany));
    }

    #[test]
    fn a_word_is_another_in_another_programme_under_another_key_and_as_another_kind() {
        let (one, other) = (ProgrammeId::recorded("one"), ProgrammeId::recorded("other"));
        let key = MasterKey::new([1; 32]);
        let hashed = Plain::Name("1234567".to_owned()).hashed(&one, &key);
        assert_eq!(hashed, Plain::Name("1234567".to_owned()).hashed(&one, &key));
        assert_ne!(hashed, Plain::Name("1234567".to_owned()).hashed(&other, &key));
        assert_ne!(
            hashed,
            Plain::Name("1234567".to_owned()).hashed(&one, &MasterKey::new([2; 32]))
        );
        assert_ne!(hashed, Plain::Phone("1234567".to_owned()).hashed(&one, &key));
    }
}
