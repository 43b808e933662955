//! Messages: events, readers, channels, words and what is filled in; and how the applicant is reached.

use super::Check;
use crate::diagnostic::{Finding, codes, likely, listed, quoted};
use crate::form::{FieldKind, Form};
use crate::model;
use crate::programme::{Channel, Contact, Notice, NoticeEvent, Recipient};
use crate::text::{Text, placeholders};
use crate::yaml::{child, child_index};

/// Every event, in the order of the reference.
pub(super) const EVENTS: &[&str] = &[
    "submitted",
    "assigned",
    "reminder",
    "escalated",
    "sent_back",
    "answered",
    "approved",
    "rejected",
    "waiting",
    "withdrawn",
    "voucher_issued",
    "voucher_expiring",
    "voucher_expired",
    "voucher_redeemed",
    "voucher_revoked",
    "claim_submitted",
    "claim_decided",
    "claim_paid",
    "appeal_opened",
    "appeal_decided",
    "held",
];

/// What messages may have filled in.
const PLACEHOLDERS: &[&str] = &[
    "reference",
    "title",
    "name",
    "stage",
    "reason",
    "note",
    "amount",
    "deadline",
    "link",
    "voucher",
    "provider",
    "balance",
];
/// Of these, what only the applicant may read.
const PRIVATE: &[&str] = &["name", "note"];

impl Check<'_> {
    /// Takes the form fields that reach the applicant: those named, or else those of these names.
    pub(super) fn contact(&mut self, form: &Form) -> Contact {
        let named = self.file.applicant.clone().unwrap_or_default();
        Contact {
            phone: self.contact_field(form, "phone", named.phone, &["phone"]),
            email: self.contact_field(form, "email", named.email, &["email"]),
            language: self.contact_field(form, "language", named.language, &["choice", "text"]),
            name: self.contact_field(form, "name", named.name, &["text"]),
        }
    }

    fn contact_field(
        &mut self,
        form: &Form,
        what: &str,
        named: Option<String>,
        types: &[&str],
    ) -> Option<String> {
        let at = self.places.value(&child("/applicant", what));
        let explicit = named.is_some();
        let field = named.unwrap_or_else(|| what.to_owned());
        let known = self.written_names("/form");
        if !known.contains(&field.as_str()) {
            if explicit {
                self.unknown(codes::UNKNOWN_FIELD, "field", &field, &known, at);
            }
            return None;
        }
        let kind = self.written_type("/form", &field)?;
        if !types.contains(&kind) {
            if explicit {
                let message = format!("{} is a field of type {kind}", quoted(&field));
                let finding = Finding::new(codes::WRONG_FIELD_TYPE, message)
                    .at(at)
                    .label(format!("expected a field of type {}", types.join(" or ")));
                self.report(finding);
            }
            return None;
        }
        if what == "language" {
            self.contact_languages(form, &field);
        }
        Some(field)
    }

    /// Reports options of the language field that the programme does not speak.
    fn contact_languages(&mut self, form: &Form, field: &str) {
        let Some(FieldKind::Choice(options)) = form.field(field).map(|field| &field.kind) else {
            return;
        };
        let options: Vec<String> = options.iter().map(|option| option.id.clone()).collect();
        for (index, option) in options.iter().enumerate() {
            if self.languages.contains(option) {
                continue;
            }
            let list = child(&child("/form", field), "options");
            let pointer = child(&list, option);
            let at = if self.places.get(&pointer).is_some() {
                self.places.key(&pointer)
            } else {
                self.places.value(&child_index(&list, index))
            };
            let message = format!("{} is none of the programme's languages", quoted(option));
            let finding = Finding::new(codes::UNKNOWN_LANGUAGE, message)
                .at(at)
                .label(format!("languages: {}", listed(self.languages.iter().map(String::as_str))));
            self.report(finding);
        }
    }

    /// Takes the messages.
    pub(super) fn notices(&mut self, contact: &Contact) -> Vec<Notice> {
        let file = self.file;
        let mut notices = Vec::new();
        for (name, notice) in &file.notify {
            let pointer = child("/notify", name);
            if !EVENTS.contains(&name.as_str()) {
                let at = self.places.key(&pointer);
                self.unknown(codes::UNKNOWN_EVENT, "event", name, EVENTS, at);
                continue;
            }
            self.never_sent(&pointer, name);
            notices.extend(self.notice(&pointer, name, notice));
        }
        let to_applicant = notices.iter().any(|notice| notice.to == Some(Recipient::Applicant));
        if to_applicant && contact.phone.is_none() && contact.email.is_none() {
            let finding =
                Finding::new(codes::NO_CONTACT, "no field says where the applicant is reached")
                    .at(self.places.key("/notify"))
                    .help("call a field `phone` or `email`, or name one under `applicant`");
            self.report(finding);
        }
        notices
    }

    /// Reports a message about what the programme does not have.
    fn never_sent(&mut self, at: &str, event: &str) {
        let (part, there) = match event.split('_').next().unwrap_or_default() {
            "waiting" => ("`budget` that lets approvals wait", self.may_wait()),
            "voucher" => ("`voucher`", self.written_at("/voucher").is_some()),
            "claim" => ("`reimbursement`", self.written_at("/reimbursement").is_some()),
            "appeal" => ("`appeal`", self.written_at("/appeal").is_some()),
            _ => return,
        };
        if !there {
            let message = format!("{} is never sent: there is no {part}", quoted(event));
            self.report(Finding::new(codes::NEVER_SENT, message).at(self.places.key(at)));
        }
    }

    /// Takes a message; `None` for an event that the engine cannot send yet.
    fn notice(&mut self, at: &str, event: &str, notice: &model::Notice) -> Option<Notice> {
        let to = match notice.to.as_deref() {
            Some(name) => Some(self.recipient(&child(at, "to"), name)),
            None => self.default_recipient(at, event),
        };
        let by = notice.by.iter().flatten().filter_map(|name| match name.as_str() {
            "sms" => Some(Channel::Sms),
            "email" => Some(Channel::Email),
            _ => None,
        });
        let attach_voucher = notice.attach.is_some();
        if attach_voucher && !event.starts_with("voucher_") {
            let finding =
                Finding::new(codes::KEY_NOT_FOR_THIS, "this event has no voucher to attach")
                    .at(self.places.key(&child(at, "attach")))
                    .label("only events of a voucher have one");
            self.report(finding);
        }
        if notice.words.is_empty() {
            let finding = Finding::new(codes::NOTICE_WITHOUT_TEXT, "the message has no words")
                .at(self.places.key(at))
                .help("add its words: `en: Application {reference} received.`");
            self.report(finding);
        }
        self.text_languages(at, notice.words.keys().map(String::as_str), &["to", "by", "attach"]);
        for (language, text) in &notice.words {
            self.filled_in(&child(at, language), text, to.as_ref());
        }
        Some(Notice {
            event: NoticeEvent::ALL.into_iter().find(|known| known.as_str() == event)?,
            to,
            by: by.collect(),
            attach_voucher,
            text: Text::Translated(notice.words.clone()),
        })
    }

    fn recipient(&mut self, pointer: &str, name: &str) -> Recipient {
        match name {
            "applicant" => Recipient::Applicant,
            "officer" => Recipient::Officer,
            "provider" => Recipient::Provider,
            role => {
                let roles = self.written_names("/roles");
                if self.has_roles() && !roles.contains(&role) {
                    let mut known = vec!["applicant", "officer", "provider"];
                    known.extend(roles);
                    let at = self.places.value(pointer);
                    self.unknown(codes::UNKNOWN_RECIPIENT, "reader", role, &known, at);
                }
                self.used_roles.insert(role.to_owned());
                Recipient::Role(crate::programme::RoleId::recorded(role))
            }
        }
    }

    /// Returns the reader of an event that names none: whom it concerns.
    fn default_recipient(&mut self, at: &str, event: &str) -> Option<Recipient> {
        match event {
            // The role escalated to.
            "escalated" => None,
            "assigned" | "reminder" | "answered" => Some(Recipient::Officer),
            "claim_submitted" | "claim_decided" | "claim_paid" => Some(Recipient::Provider),
            "held" => {
                let finding = Finding::new(codes::MISSING_KEY, "the key `to` is missing")
                    .at(self.places.key(at))
                    .label("`to` belongs here");
                self.report(finding);
                None
            }
            _ => Some(Recipient::Applicant),
        }
    }

    /// Checks the names in braces.
    fn filled_in(&mut self, pointer: &str, text: &str, to: Option<&Recipient>) {
        for name in placeholders(text) {
            let written = format!("{{{name}}}");
            let at = text.find(&written).map(|start| start..start + written.len());
            let at = self.within(pointer, text, at);
            if !PLACEHOLDERS.contains(&name) {
                let likely = likely(name, PLACEHOLDERS.iter().copied());
                let likely = likely.map(|name| format!("{{{name}}}"));
                let finding = Finding::new(
                    codes::UNKNOWN_PLACEHOLDER,
                    format!("{} is not filled in", quoted(&written)),
                )
                .at(at)
                .label(format!("names: {}", listed(PLACEHOLDERS.iter().copied())))
                .did_you_mean(likely.as_deref());
                self.report(finding);
            } else if PRIVATE.contains(&name) && to != Some(&Recipient::Applicant) {
                let message = format!("{} may go to the applicant only", quoted(&written));
                let finding = Finding::new(codes::PRIVATE_PLACEHOLDER, message).at(at);
                self.report(finding.help("name the case by `{reference}`"));
            }
        }
    }
}
