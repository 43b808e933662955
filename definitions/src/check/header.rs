//! The head of the file: format, name, languages, currency, limits, functions and roles.

use indexmap::IndexMap;

use super::Check;
use crate::diagnostic::{Finding, codes, quoted};
use crate::guard::{self, Compiler};
use crate::model::Limit;
use crate::money::Currency;
use crate::programme::{ProgrammeId, RoleId};
use crate::text::Text;
use crate::yaml::{child, child_index};

/// The grammar version that this crate reads.
const FORMAT: &str = "1";

/// Roles that the roster gives for the whole installation, and words that stand for other people.
const RESERVED_ROLES: &[&str] = &[
    "administrator",
    "operator",
    "auditor",
    "intake",
    "issuer",
    "applicant",
    "officer",
    "provider",
];

impl Check<'_> {
    /// Takes format, languages, currency and time zone.
    pub(super) fn header(&mut self) {
        let file = self.file;
        if let Some(format) = &file.format
            && format.0 != FORMAT
        {
            let message = format!("the format {} is not known", quoted(&format.0));
            let finding = Finding::new(codes::FORMAT_NOT_KNOWN, message)
                .at(self.places.value("/format"))
                .label("expected 1");
            self.report(finding);
        }
        self.programme_languages();
        if let Some(code) = &file.currency {
            self.currency = Currency::from_code(code);
            if self.currency.is_none() {
                let capitals = code.to_uppercase();
                let finding = Finding::new(
                    codes::UNKNOWN_CURRENCY,
                    format!("{} is no currency of ISO 4217", quoted(code)),
                )
                .at(self.places.value("/currency"))
                .did_you_mean(Currency::from_code(&capitals).map(Currency::code));
                self.report(finding);
            }
        }
        self.opening_hours();
    }

    fn programme_languages(&mut self) {
        let Some(languages) = &self.file.languages else {
            self.languages = vec!["en".to_owned()];
            return;
        };
        let pattern = regex::Regex::new(crate::model::language_pattern()).ok();
        for (index, language) in languages.iter().enumerate() {
            let at = self.places.value(&child_index("/languages", index));
            if pattern.as_ref().is_some_and(|pattern| !pattern.is_match(language)) {
                let message = format!("{} is no language tag", quoted(language));
                self.report(
                    Finding::new(codes::UNKNOWN_LANGUAGE, message)
                        .at(at)
                        .label("expected a tag such as en or pt-BR"),
                );
            } else if self.languages.contains(language) {
                let message = format!("the language {} stands twice", quoted(language));
                self.report(Finding::new(codes::DUPLICATE_NAME, message).at(at));
            } else {
                self.languages.push(language.clone());
            }
        }
    }

    /// Takes the programme's name.
    pub(super) fn id(&mut self) -> Option<ProgrammeId> {
        let name = self.file.programme.as_deref()?;
        if !is_programme(name) {
            let likely = name
                .split(|sign: char| !sign.is_ascii_alphanumeric())
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("-")
                .to_lowercase();
            let is_name = likely.starts_with(|first: char| first.is_ascii_lowercase());
            let message = format!("{} cannot be part of addresses", quoted(name));
            let finding = Finding::new(codes::BAD_NAME, message)
                .at(self.places.value("/programme"))
                .label("expected a lower-case letter, then lower-case letters, digits and `-`")
                .did_you_mean(Some(likely.as_str()).filter(|_| is_name));
            self.report(finding);
        }
        Some(ProgrammeId::recorded(name))
    }

    /// Prepares what the guards share: limits and functions.
    pub(super) fn guard_compiler(&mut self) {
        let mut limits = IndexMap::new();
        let before = self.findings.len();
        for (name, limit) in &self.file.limits {
            let pointer = child("/limits", name);
            self.guard_name(name, self.places.key(&pointer));
            match limit {
                Limit::Number(number) => {
                    if let Some(number) = self.number(codes::BAD_LIMIT, &pointer, number) {
                        limits.insert(name.clone(), guard::Limit::Number(number));
                    }
                }
                Limit::Table(table) => {
                    let mut numbers = IndexMap::new();
                    for (key, number) in table {
                        let at = child(&pointer, key);
                        if let Some(number) = self.number(codes::BAD_LIMIT, &at, number) {
                            numbers.insert(key.clone(), number);
                        }
                    }
                    limits.insert(name.clone(), guard::Limit::Table(numbers));
                }
            }
        }
        let complete =
            limits.len() == self.written_names("/limits").len() && self.findings.len() == before;
        match Compiler::new(&limits, self.file.functions.as_deref(), self.calendar.clone()) {
            Ok(compiler) => self.compiler = complete.then_some(compiler),
            Err(error) => {
                let at = self.within(
                    "/functions",
                    self.file.functions.as_deref().unwrap_or_default(),
                    error.span,
                );
                let finding = Finding::new(codes::BAD_FUNCTIONS, error.message).at(at);
                self.report(match error.help {
                    Some(help) => finding.help(help),
                    None => finding,
                });
            }
        }
    }

    /// Takes the roles.
    pub(super) fn roles(&mut self) -> IndexMap<RoleId, Text> {
        let file = self.file;
        let mut roles = IndexMap::new();
        for (name, title) in &file.roles {
            let pointer = child("/roles", name);
            let at = self.places.key(&pointer);
            if RESERVED_ROLES.contains(&name.as_str()) {
                let message =
                    format!("{} stands for somebody else and cannot be a role", quoted(name));
                self.report(Finding::new(codes::RESERVED_ROLE, message).at(at));
            } else {
                self.plain_name(name, at);
            }
            let title = self.words(&pointer, title);
            roles.insert(RoleId::recorded(name), title);
        }
        roles
    }

    /// Reports roles that no stage, escalation or message uses.
    pub(super) fn unused_roles(&mut self) {
        // Without a stage it is the stages that are missing.
        if self.stages.is_empty() {
            return;
        }
        for name in self.written_names("/roles") {
            if !self.used_roles.contains(name) && !RESERVED_ROLES.contains(&name) {
                let message =
                    format!("no stage, escalation or message uses the role {}", quoted(name));
                let at = self.places.key(&child("/roles", name));
                self.report(Finding::new(codes::UNUSED_ROLE, message).at(at));
            }
        }
    }

    /// Reports money in a programme without a currency.
    pub(super) fn money_has_a_currency(&mut self) {
        if let (Some(at), None) = (&self.money, &self.file.currency) {
            let finding = Finding::new(codes::NO_CURRENCY, "money needs a currency")
                .at(at.clone())
                .help("add a line such as `currency: USD`");
            self.report(finding);
        }
    }
}

/// Returns whether a text is written as names of programmes are.
pub(super) fn is_programme(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(allowed)
}
