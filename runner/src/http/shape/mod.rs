//! What answers look like: rows, events, tasks and vouchers as JSON.
//!
//! Reads nothing and decides nothing. Personal values come in only where whoever asks may see them; elsewhere the names of the
//! fields stand under `masked`.

mod application;
mod can;
mod cursor;
mod decided;
mod event;
mod task;
mod verdict;
mod voucher;

use annona_definitions::Programme;
use annona_definitions::form::{Form, to_json};
use annona_definitions::programme::{Reason, ReasonId, Reasons, StageId};
use annona_definitions::text::Text;
use annona_definitions::value::{Record, Value};
use annona_engine::recorded::{Hash, Opened, Recorded, RecordedForm};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

pub(super) use application::{Application, Summary};
pub(super) use can::{Actions, veiled};
pub(super) use cursor::{read as read_cursor, size as page_size, written as cursor};
pub(super) use decided::{Decided, token};
pub(super) use event::Event;
pub(super) use task::{Task, TaskSummary};
pub(super) use verdict::Verdict;
pub(super) use voucher::{Redemption, Voucher};

/// What shapes are made with: the definition, the personal values, and whether whoever asks may see them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Viewer<'a> {
    pub(super) programme: &'a Programme,
    pub(super) opened: &'a Opened,
    pub(super) sees_personal: bool,
    /// BCP 47 tag.
    pub(super) language: &'a str,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The rows.
    pub(super) items: Vec<T>,
    /// Where the next page begins: give it as `after`; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// A reason that can be, or was, given.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReasonShape {
    /// Its id.
    pub(super) id: String,
    /// In words.
    pub(super) text: String,
    /// Whether it needs a note.
    pub(super) note: bool,
}

/// Form values, as far as they may be seen.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// By field.
    pub(super) shown: Map<String, Json>,
    /// Fields with a value that is not shown.
    pub(super) masked: Vec<String>,
}

impl Viewer<'_> {
    /// Returns a text in the language of whoever asks.
    pub(super) fn text(&self, text: &Text) -> String {
        text.in_language(self.language, self.programme.fallback_language()).to_owned()
    }

    /// Returns the title of a stage.
    pub(super) fn stage(&self, id: &StageId) -> String {
        self.programme
            .stage(id)
            .map_or_else(|| id.as_str().to_owned(), |stage| self.text(&stage.title))
    }

    /// Returns a value that may be seen.
    pub(super) fn value(&self, recorded: &Recorded) -> Option<Json> {
        match recorded {
            Recorded::Sealed(_) if !self.sees_personal => None,
            _ => self.opened.value(recorded).map(|value| self.written(value)),
        }
    }

    /// Writes a value; amounts with the decimal places of the programme's currency, as everywhere in answers.
    fn written(&self, value: &Value) -> Json {
        match (value, self.programme.currency) {
            (Value::Money(amount), Some(currency)) => currency.round(*amount).to_string().into(),
            (Value::List(entries), _) => {
                let entry = |entry: &Record| -> Json {
                    entry.iter().map(|(name, value)| (name.clone(), self.written(value))).collect()
                };
                entries.iter().map(entry).collect()
            }
            _ => to_json(value),
        }
    }

    /// Returns a sealed text that may be seen.
    pub(super) fn sealed_text(&self, commitment: Hash) -> Option<String> {
        match self.opened.value(&Recorded::Sealed(commitment)) {
            Some(Value::Text(text)) if self.sees_personal => Some(text.clone()),
            _ => None,
        }
    }

    /// Returns the values of a form in the order of its fields.
    pub(super) fn values(&self, form: &Form, recorded: &RecordedForm) -> Values {
        let mut values = Values::default();
        for field in &form.fields {
            let Some(recorded) = recorded.get(&field.name) else { continue };
            match self.value(recorded) {
                Some(value) => {
                    values.shown.insert(field.name.clone(), value);
                }
                None => values.masked.push(field.name.clone()),
            }
        }
        values
    }

    /// Returns a reason, whichever its decision.
    pub(super) fn reason(&self, id: &ReasonId) -> ReasonShape {
        let Reasons { approve, reject, send_back } = &self.programme.reasons;
        let found = [reject, send_back, approve].into_iter().find_map(|offered| offered.get(id));
        let text = found.map_or_else(|| id.as_str().to_owned(), |reason| self.text(&reason.text));
        ReasonShape { id: id.as_str().to_owned(), text, note: found.is_some_and(|it| it.note) }
    }

    /// Returns the reasons that can be given.
    pub(super) fn reasons<'a>(
        &self,
        offered: impl IntoIterator<Item = (&'a ReasonId, &'a Reason)>,
    ) -> Vec<ReasonShape> {
        let shape = |(id, reason): (&ReasonId, &Reason)| ReasonShape {
            id: id.as_str().to_owned(),
            text: self.text(&reason.text),
            note: reason.note,
        };
        offered.into_iter().map(shape).collect()
    }
}

/// Writes an instant in RFC 3339, in UTC.
pub(super) fn instant(instant: Timestamp) -> String {
    instant.to_string()
}
