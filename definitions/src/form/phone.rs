//! Phone numbers, kept in E.164: `+256700000001`.

use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, PhoneNumber};

/// Most characters of a phone number as people write it.
const MAX_WRITTEN: usize = 40;

/// Reads an international number, with the spaces, dashes, points and parentheses people write.
///
/// A number that is of no known kind passes if it has the general shape of its country's numbers.
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
    has_a_shape_of_its_country(&number, &digits).then(|| format!("+{digits}"))
}

/// Returns whether the digits have the general shape of a number of their country, without any prefix taken off.
fn has_a_shape_of_its_country(number: &PhoneNumber, digits: &str) -> bool {
    let Some(national) = digits.strip_prefix(&number.code().value().to_string()) else {
        return false;
    };
    let countries = DATABASE.by_code(&number.code().value()).unwrap_or_default();
    countries.iter().any(|country| {
        let shape = country.descriptors().general().national_number();
        shape
            .find(national)
            .is_some_and(|found| found.start() == 0 && found.end() == national.len())
    })
}
