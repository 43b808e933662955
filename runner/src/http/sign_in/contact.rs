//! Where a code goes, read as the form reads it, so that who signs in is who applied.

use annona_definitions::form::{Field, FieldError, FieldKind, Form, Terms, normalised};
use annona_definitions::programme::Contact as Fields;
use annona_definitions::text::Text;
use annona_definitions::value::Value;
use annona_engine::recorded::Hash;
use annona_engine::vault::MasterKey;

use crate::channels::Address;
use crate::http::problem::{Problem, Wrong};

/// Where a code goes.
#[derive(Debug, Clone)]
pub(super) struct Contact {
    kind: &'static str,
    value: String,
}

impl Contact {
    /// Reads the one contact that was given.
    pub(super) fn read(phone: Option<&str>, email: Option<&str>) -> Result<Self, Problem> {
        let (kind, field, given) = match (phone, email) {
            (Some(phone), None) => ("phone", FieldKind::Phone, phone),
            (None, Some(email)) => ("email", FieldKind::Email, email),
            _ => return Err(Problem::new("body_invalid", "give either `phone` or `email`")),
        };
        let value = read(kind, field, given).map_err(|errors| {
            Problem::new("body_invalid", "no code can be sent there").with_errors(errors)
        })?;
        Ok(Self { kind, value })
    }

    /// Returns the keyed hash by which an applicant with this contact is known.
    pub(super) fn hash(&self, master: &MasterKey) -> Hash {
        master.hash(self.kind, &normalised(&Value::Text(self.value.clone())))
    }

    /// Returns whether a programme knows its applicants by such a contact.
    pub(super) fn is_known_to(&self, fields: &Fields) -> bool {
        match self.kind {
            "phone" => fields.phone.is_some(),
            _ => fields.email.is_some(),
        }
    }

    /// Returns where the message goes.
    pub(super) fn address(self) -> Address {
        match self.kind {
            "phone" => Address::Phone(self.value),
            _ => Address::Email(self.value),
        }
    }
}

/// Reads one value as a form with that one field does.
fn read(kind: &str, field: FieldKind, given: &str) -> Result<String, Vec<Wrong>> {
    let field = Field {
        name: kind.to_owned(),
        label: Text::from(kind),
        help: None,
        kind: field,
        optional: false,
        show_if: None,
        required_if: None,
        personal: true,
    };
    let form = Form { fields: vec![field] };
    let wrong = |error: FieldError| Wrong {
        pointer: error.pointer,
        code: error.code.to_owned(),
        message: error.message,
    };
    // Neither an amount nor a date is read.
    let terms = Terms { currency: None, today: jiff::civil::Date::default(), form: None };
    let read = form.read(&serde_json::json!({ kind: given }), terms);
    match read.map(|mut record| record.shift_remove(kind)) {
        Ok(Some(Value::Text(text))) => Ok(text),
        Ok(_) => Err(Vec::new()),
        Err(errors) => Err(errors.into_iter().map(wrong).collect()),
    }
}
