//! When a field is asked, and when it must be given.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Field, Form};
use crate::guard::{CannotRun, Guard, Scope};
use crate::value::Record;

/// What is asked of a field by the values of its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nothing: the field has no value.
    No,
    /// It may be given.
    Optional,
    /// It must be given.
    Required,
}

impl Field {
    /// Returns whether the field may have no value in a valid form.
    #[must_use]
    pub fn may_be_absent(&self) -> bool {
        self.optional || self.is_conditional()
    }

    /// Returns whether the values of the form decide what is asked of the field.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        self.show_if.is_some() || self.required_if.is_some()
    }

    /// Returns the fields of the form that its conditions read.
    pub(super) fn conditions_read(&self) -> impl Iterator<Item = &str> {
        let conditions = self.show_if.iter().chain(&self.required_if);
        conditions.flat_map(Guard::reads).filter_map(|path| path.strip_prefix("form."))
    }

    /// Returns what is asked of the field.
    ///
    /// # Errors
    ///
    /// Returns why a condition cannot run.
    pub(super) fn asked(&self, form: &Record, today: Date) -> Result<Asked, CannotRun> {
        if let Some(condition) = &self.show_if
            && !holds(condition, form, today)?
        {
            return Ok(Asked::No);
        }
        let required = match &self.required_if {
            Some(condition) => holds(condition, form, today)?,
            None => !self.optional,
        };
        Ok(if required { Asked::Required } else { Asked::Optional })
    }

    /// Returns whether a stage that requires this document needs it, by the values of the application's form.
    ///
    /// A condition that cannot run leaves it needed: nothing is approved because of a mistake.
    #[must_use]
    pub fn is_needed(&self, form: &Record, today: Date) -> bool {
        match self.asked(form, today) {
            Ok(Asked::No) => false,
            Ok(Asked::Optional) => self.required_if.is_none(),
            Ok(Asked::Required) | Err(_) => true,
        }
    }
}

impl Form {
    /// Returns whether what is asked of a field depends on others.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        self.fields.iter().any(Field::is_conditional)
    }

    /// Returns some fields of the form and those whose conditions read one of them, directly or through another.
    #[must_use]
    pub fn with_dependent(&self, names: &[String]) -> Vec<String> {
        with_dependent(&self.fields, names.to_vec())
    }
}

/// Adds to some fields those whose conditions read one of them, directly or through another.
pub(super) fn with_dependent(fields: &[Field], mut names: Vec<String>) -> Vec<String> {
    // A condition reads only fields before its own.
    for field in fields {
        if !names.contains(&field.name)
            && field.conditions_read().any(|read| names.iter().any(|name| name == read))
        {
            names.push(field.name.clone());
        }
    }
    names
}

/// Evaluates a condition over a form.
fn holds(condition: &Guard, form: &Record, today: Date) -> Result<bool, CannotRun> {
    let scope = Scope {
        form,
        answers: &indexmap::IndexMap::new(),
        applicant: &Record::new(),
        today,
        now: Timestamp::UNIX_EPOCH,
    };
    condition.evaluate(&scope).truth()
}
