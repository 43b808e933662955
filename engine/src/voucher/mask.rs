//! Names, so that a provider recognises the bearer while a stranger learns next to nothing.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// What stands for the rest of a word, however long it is.
const HIDDEN: &str = "***";
/// Most words of a name that are shown.
const MAX_WORDS: usize = 5;

/// Masks a name: `Amina Nakato` becomes `A*** N***`.
///
/// The first character of each word, with the marks that belong to it, and always three stars, so that lengths do not
/// show. At most five words.
#[must_use]
pub fn mask(name: &str) -> String {
    let mut masked = String::new();
    for word in name.split_whitespace().take(MAX_WORDS) {
        let mut characters = word.nfc();
        let Some(first) = characters.next() else { continue };
        if !masked.is_empty() {
            masked.push(' ');
        }
        masked.push(first);
        masked.extend(characters.take_while(|character| is_combining_mark(*character)));
        masked.push_str(HIDDEN);
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_character_of_each_word_is_shown() {
        for (name, masked) in [
            ("Amina Nakato", "A*** N***"),
            ("  Li\t ", "L***"),
            ("Anne-Marie O'Neill", "A*** O***"),
            ("E\u{301}lodie", "É***"),
            ("ኣበበ", "ኣ***"),
            ("கீதா ராமன்", "கீ*** ரா***"),
            ("a b c d e f g", "a*** b*** c*** d*** e***"),
            ("", ""),
        ] {
            assert_eq!(mask(name), masked, "{name}");
        }
    }
}
