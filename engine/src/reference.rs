//! Short codes that people read out, write down and type: an application's reference, a voucher's number.
//!
//! Crockford's base32 (no `I`, `L`, `O`, `U`) with one check character. Never draws randomness and never says whether
//! a code exists: it only tells a slip of the pen from a code that could have been given out.

/// The digits of Crockford's base32, in order.
const ALPHABET: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J',
    'K', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z',
];
/// Bits that one character carries.
const BITS: u32 = 5;
/// Characters between two dashes.
const GROUP: usize = 4;
/// Most initials taken from a programme's id.
const MAX_INITIALS: usize = 4;
/// What stands for a programme whose id has no letter.
const NO_INITIAL: char = 'A';
/// Random characters in a reference: 35 bits.
const REFERENCE_RANDOM: usize = 7;
/// Most characters of typed text that are looked at.
const MAX_TYPED: usize = 64;

/// The short reference of an application, such as `US-7K3F-92Q6`.
///
/// The initials of the programme's id, seven random characters and a check character over all of them. The randomness
/// is 35 bits: whoever stores references keeps them unique and mints again on a collision.
#[derive(Clone, Copy, Debug)]
pub struct Reference;

impl Reference {
    /// Builds a reference out of a programme's id and random bytes.
    #[must_use]
    pub fn mint(programme_id: &str, random: &[u8; 8]) -> String {
        let initials = initials(programme_id);
        let body = random_symbols(*random, REFERENCE_RANDOM);
        let check = check_symbol(letter_symbols(&initials).chain(body.iter().copied()));
        format!("{initials}-{}", grouped(body.into_iter().chain([check])))
    }

    /// Returns the reference that `text` means, or nothing if it cannot be one.
    ///
    /// Case, spaces and dashes do not matter; `O` is read as zero and `I` or `L` as one (and the other way round among
    /// the initials). A wrong character, or two exchanged, are noticed.
    #[must_use]
    pub fn normalise(text: &str) -> Option<String> {
        let typed = typed_characters(text)?;
        let (initials, body) =
            typed.split_at_checked(typed.len().checked_sub(REFERENCE_RANDOM + 1)?)?;
        let initials: String = initials.iter().copied().map(letter).collect::<Option<_>>()?;
        if initials.is_empty() || initials.len() > MAX_INITIALS {
            return None;
        }
        let body = symbols(body)?;
        is_consistent(letter_symbols(&initials).chain(body.iter().copied()))
            .then(|| format!("{initials}-{}", grouped(body)))
    }
}

/// Builds a code of `length` characters, the last of which checks the others.
pub(crate) fn checked_code(random: [u8; 8], length: usize) -> String {
    let body = random_symbols(random, length.saturating_sub(1));
    let check = check_symbol(body.iter().copied());
    grouped(body.into_iter().chain([check]))
}

/// Returns the code of `length` characters that `text` means, or nothing if it cannot be one.
pub(crate) fn normalise_code(text: &str, length: usize) -> Option<String> {
    let symbols = symbols(&typed_characters(text)?)?;
    (symbols.len() == length && is_consistent(symbols.iter().copied())).then(|| grouped(symbols))
}

/// Writes 16 bytes as 26 characters, the way ULIDs are written.
pub(crate) fn base32(bytes: [u8; 16]) -> String {
    let number = u128::from_be_bytes(bytes);
    (0..ID_LENGTH).rev().map(|place| character(low_bits(number >> (BITS * place)))).collect()
}

/// Reads what [`base32`] wrote.
pub(crate) fn from_base32(text: &str) -> Option<[u8; 16]> {
    let symbols = symbols(&typed_characters(text)?)?;
    // 26 characters hold 130 bits: the first one carries three.
    if symbols.len() != ID_LENGTH as usize || symbols.first().is_none_or(|first| *first > 7) {
        return None;
    }
    let number =
        symbols.into_iter().fold(0_u128, |number, symbol| (number << BITS) | u128::from(symbol));
    Some(number.to_be_bytes())
}

/// Characters that 128 bits take.
const ID_LENGTH: u32 = 26;

fn initials(programme_id: &str) -> String {
    let initials: String = programme_id
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter_map(|word| word.chars().next().filter(char::is_ascii_alphabetic))
        .map(|letter| letter.to_ascii_uppercase())
        .take(MAX_INITIALS)
        .collect();
    if initials.is_empty() { NO_INITIAL.to_string() } else { initials }
}

fn random_symbols(random: [u8; 8], count: usize) -> Vec<u8> {
    let mut left = u64::from_be_bytes(random);
    (0..count)
        .map(|_| {
            let symbol = low_bits(left.into());
            left >>= BITS;
            symbol
        })
        .collect()
}

fn low_bits(number: u128) -> u8 {
    u8::try_from(number & 0x1f).unwrap_or_default()
}

/// Returns the characters of `text` without spaces and dashes, in upper case.
fn typed_characters(text: &str) -> Option<Vec<char>> {
    let typed: Vec<char> = text
        .chars()
        .take(MAX_TYPED + 1)
        .filter(|character| {
            !character.is_whitespace() && !matches!(character, '-' | '\u{2010}'..='\u{2015}')
        })
        .map(|character| character.to_ascii_uppercase())
        .collect();
    (typed.len() <= MAX_TYPED && typed.iter().all(char::is_ascii_alphanumeric)).then_some(typed)
}

fn letter(typed: char) -> Option<char> {
    match typed {
        '0' => Some('O'),
        '1' => Some('I'),
        letter => letter.is_ascii_uppercase().then_some(letter),
    }
}

fn symbols(typed: &[char]) -> Option<Vec<u8>> {
    typed.iter().copied().map(symbol).collect()
}

fn symbol(typed: char) -> Option<u8> {
    let meant = match typed {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET.iter().position(|digit| *digit == meant).and_then(|place| u8::try_from(place).ok())
}

fn character(symbol: u8) -> char {
    ALPHABET.get(usize::from(symbol)).copied().unwrap_or_default()
}

fn letter_symbols(initials: &str) -> impl Iterator<Item = u8> {
    initials.bytes().map(|letter| letter.wrapping_sub(b'A') & 0x1f)
}

fn grouped(symbols: impl IntoIterator<Item = u8>) -> String {
    let mut text = String::new();
    for (place, symbol) in symbols.into_iter().enumerate() {
        if place > 0 && place % GROUP == 0 {
            text.push('-');
        }
        text.push(character(symbol));
    }
    text
}

/// Returns the character that checks the others: their sum over GF(2⁵), each with another power of a generator.
///
/// The weights differ and none is zero, so one wrong character and any two exchanged always show.
fn check_symbol(symbols: impl Iterator<Item = u8>) -> u8 {
    symbols.fold(0, |sum, symbol| times_generator(sum ^ symbol))
}

fn is_consistent(symbols: impl Iterator<Item = u8>) -> bool {
    let mut sum = 0;
    let mut last = 0;
    for symbol in symbols {
        sum = times_generator(sum ^ last);
        last = symbol;
    }
    sum == last
}

/// Multiplies by x modulo x⁵ + x² + 1.
fn times_generator(element: u8) -> u8 {
    let shifted = element << 1;
    if shifted & 0x20 == 0 { shifted } else { shifted ^ 0b10_0101 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RANDOM: [u8; 8] = [0x5a, 0x17, 0xc3, 0x88, 0x0f, 0xe1, 0x42, 0x9d];

    #[test]
    fn a_reference_carries_the_programmes_initials() {
        insta::assert_snapshot!(Reference::mint("urgent-surgery", &RANDOM), @"US-XMG2-Y703");
        for (programme, initials) in [
            ("school-kit", "SK"),
            ("sri-lanka-medical-aid", "SLMA"),
            ("one-two-three-four-five", "OTTF"),
            ("covid-19_relief", "CR"),
            ("2026", "A"),
            ("", "A"),
        ] {
            let reference = Reference::mint(programme, &RANDOM);
            assert_eq!(reference.split('-').next(), Some(initials), "{reference}");
        }
    }

    #[test]
    fn a_reference_is_understood_as_people_type_it() {
        let random = [0, 0, 0, 0, 0, 0, 0x04, 0x20];
        let reference = Reference::mint("island-office", &random);
        insta::assert_snapshot!(reference, @"IO-0110-000D");
        let same = Some(reference.clone());
        assert_eq!(Reference::normalise(&reference), same);
        assert_eq!(Reference::normalise(&reference.to_lowercase()), same);
        assert_eq!(Reference::normalise(&reference.replace('-', "")), same);
        assert_eq!(Reference::normalise(&format!(" {} ", reference.replace('-', " – "))), same);
        assert_eq!(Reference::normalise(&reference.replace('0', "o")), same);
        assert_eq!(Reference::normalise(&reference.replace('1', "l")), same);
        assert_eq!(Reference::normalise(&reference.replace('1', "I").replace('I', "1")), same);
        assert_eq!(Reference::normalise(&reference.replace("IO", "10")), same);
        for wrong in [
            "",
            "-",
            "US",
            "US-",
            "7K3F-92Q6",
            "US-7K3F-92Q",
            "ÜS-7K3F-92Q6",
            "US-7K3F-92Q\u{0}",
            "US/7K3F/92QD",
        ] {
            assert_eq!(Reference::normalise(wrong), None, "{wrong}");
        }
        assert_eq!(Reference::normalise(&"7".repeat(10_000)), None);
    }

    proptest! {
        #[test]
        fn every_single_slip_and_every_exchange_shows(random: [u8; 8], at in 0_usize..11, other in 0_usize..11, put in 0_u8..32) {
            let reference: Vec<char> = Reference::mint("urgent-surgery", &random).chars().filter(|typed| *typed != '-').collect();
            let (at, other) = (at % reference.len(), other % reference.len());
            let mut slip = reference.clone();
            slip[at] = if at < 2 { char::from(b'A' + put % 26) } else { character(put) };
            let mut exchanged = reference.clone();
            // Initials and digits have different alphabets; an exchange across the two is read as other characters.
            if (at < 2) == (other < 2) {
                exchanged.swap(at, other);
            }
            for changed in [slip, exchanged] {
                let text: String = changed.iter().collect();
                prop_assert_eq!(Reference::normalise(&text).is_some(), changed == reference, "{}", text);
            }
        }

        #[test]
        fn an_id_in_base32_comes_back(bytes: [u8; 16]) {
            let text = base32(bytes);
            prop_assert_eq!(text.len(), 26);
            prop_assert_eq!(from_base32(&text), Some(bytes));
            prop_assert_eq!(from_base32(&text.to_lowercase()), Some(bytes));
        }
    }

    #[test]
    fn an_id_that_does_not_fit_128_bits_is_refused() {
        assert_eq!(from_base32(&"Z".repeat(26)), None);
        assert_eq!(from_base32("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), Some([0xff; 16]));
        assert_eq!(from_base32("7ZZZ"), None);
    }
}
