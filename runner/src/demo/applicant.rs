//! An applicant who was never there before.

use serde_json::{Value, json};

use crate::random::{self, RandomError};

const FIRST: [&str; 8] =
    ["Amina", "Esther", "Joseph", "Miriam", "Peter", "Ruth", "Samuel", "Winnie"];
const LAST: [&str; 8] =
    ["Nakato", "Okello", "Achieng", "Mugisha", "Auma", "Kato", "Namutebi", "Ochieng"];

/// An invented person.
#[derive(Debug, Clone)]
pub(super) struct Applicant {
    pub(super) name: String,
    /// In E.164, in a range that reaches nobody here: no message leaves the data folder.
    pub(super) phone: String,
    pub(super) national_id: String,
}

impl Applicant {
    /// Invents somebody.
    pub(super) fn invent() -> Result<Self, RandomError> {
        let [first, last, rest @ ..] = random::bytes::<10>()?;
        let pick = |names: [&'static str; 8], by: u8| {
            names.into_iter().cycle().nth(usize::from(by)).unwrap_or_default()
        };
        let number = u64::from_be_bytes(rest);
        Ok(Self {
            name: format!("{} {}", pick(FIRST, first), pick(LAST, last)),
            phone: format!("+2567{:08}", number % 100_000_000),
            national_id: format!("{:010}", number / 7 % 10_000_000_000),
        })
    }

    /// Returns their application.
    pub(super) fn form(&self, estimate: &str) -> Value {
        json!({
            "name": self.name, "national_id": self.national_id, "phone": self.phone, "language": "en",
            "address": "7 Hill Road, Gulu", "district": "north", "age": 41,
            "family": [{"name": "Omar", "age": 9}], "income": "180.00", "treatment": "heart",
            "cost": "2400.00", "estimate": estimate,
        })
    }
}
