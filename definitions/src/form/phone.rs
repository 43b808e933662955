//! Phone numbers, kept in E.164: `+256700000001`.

use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, PhoneNumber};

/// Most characters of a phone number as people write it.
const MAX_WRITTEN: usize = 40;

/// Reads an international number, with the spaces, dashes, points and parentheses people write.
///
/// A number whose prefix is too new for the tables of numbers passes if its length fits its country.
pub(super) fn read(written: &str) -> Option<String> {
    let written = written.trim();
    let is_phone = |letter: char| letter.is_ascii_digit() || " -.()/\u{a0}".contains(letter);
    if written.chars().count() > MAX_WRITTEN
        || !written.strip_prefix('+').is_some_and(|rest| rest.chars().all(is_phone))
    {
        return None;
    }
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let number = phonenumber::parse(None, format!("+{digits}")).ok()?;
    if number.is_valid() {
        return Some(number.format().mode(Mode::E164).to_string());
    }
    fits_its_country(&number, &digits).then(|| format!("+{digits}"))
}

/// Returns whether the national part is as long as numbers of that country are.
fn fits_its_country(number: &PhoneNumber, digits: &str) -> bool {
    let Some(national) = digits.strip_prefix(&number.code().value().to_string()) else {
        return false;
    };
    let Ok(length) = u16::try_from(national.len()) else { return false };
    let countries = DATABASE.by_code(&number.code().value()).unwrap_or_default();
    countries
        .iter()
        .any(|country| country.descriptors().general().possible_length().contains(&length))
}
