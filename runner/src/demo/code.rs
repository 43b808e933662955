//! Reads the one-time code where the daemon has written its message, as the applicant would on their phone.

use std::path::Path;
use std::time::Duration;

use super::DemoError;

/// Digits of a code.
const DIGITS: usize = 8;
/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long to wait between two looks.
const LOOK: Duration = Duration::from_millis(10);
const STEP: &str = "read the one-time code";

/// Waits for the message to a phone, and returns its code.
pub(super) async fn read(messages: &Path, phone: &str) -> Result<String, DemoError> {
    let folder = messages.to_owned();
    let phone = phone.to_owned();
    let found = async {
        loop {
            if let Some(code) = look(&folder, &phone) {
                return code;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.map_err(|_| {
        DemoError::other(STEP, format!("there is no message in {}", messages.display()))
    })
}

fn look(folder: &Path, phone: &str) -> Option<String> {
    let messages = std::fs::read_dir(folder).ok()?;
    messages
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|file| file.extension().is_some_and(|ending| ending == "eml"))
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .find(|text| text.contains(phone))
        .and_then(|text| digits(&text))
}

/// Returns the first word of exactly so many digits after the headers.
fn digits(message: &str) -> Option<String> {
    let (_, words) = message.split_once("\n\n")?;
    let mut words = words.split(|character: char| !character.is_ascii_digit());
    words.find(|word| word.len() == DIGITS).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_from_the_words_and_not_from_the_headers() {
        let message = "To: +256712345678\nDate: 12345678\n\nYour code is 87654321.\n";
        assert_eq!(digits(message).as_deref(), Some("87654321"));
        assert_eq!(digits("To: x\n\nYour code is 1234567."), None);
    }
}
