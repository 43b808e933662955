//! Signed calls to other systems.

use super::Check;
use super::notices::EVENTS;
use crate::diagnostic::{Finding, codes, quoted};
use crate::yaml::{child, child_index};

impl Check<'_> {
    /// Checks the webhooks.
    pub(super) fn webhooks(&mut self) {
        let file = self.file;
        for (name, webhook) in &file.webhooks {
            let at = child("/webhooks", name);
            self.plain_name(name, self.places.key(&at));
            if let Some(url) = webhook.url.as_deref().filter(|url| !is_address(url)) {
                let message = format!("{} is no address of the web", quoted(url));
                let finding = Finding::new(codes::BAD_URL, message)
                    .at(self.places.value(&child(&at, "url")))
                    .label("expected an address such as https://ledger.example/annona");
                self.report(finding);
            }
            let events = child(&at, "events");
            for (index, event) in webhook.events.iter().flatten().enumerate() {
                if !EVENTS.contains(&event.as_str()) {
                    let place = self.places.value(&child_index(&events, index));
                    self.unknown(codes::UNKNOWN_EVENT, "event", event, EVENTS, place);
                }
            }
            let pointer = child(&at, "secret_env");
            if let Some(variable) = webhook.secret_env.as_deref().filter(|name| !is_variable(name))
            {
                let message = format!("{} is not written as variables are", quoted(variable));
                let finding = Finding::new(codes::BAD_NAME, message)
                    .at(self.places.value(&pointer))
                    .label("expected capital letters, digits and `_`, such as LEDGER_SECRET");
                self.report(finding);
            }
        }
    }

    /// Takes a webhook that is named somewhere.
    pub(super) fn webhook(&mut self, name: &str, pointer: &str) {
        let known = self.written_names("/webhooks");
        if !known.contains(&name) {
            let place = self.places.value(pointer);
            self.unknown(codes::UNKNOWN_WEBHOOK, "webhook", name, &known, place);
        }
    }
}

/// Returns whether a text is an address that a call can be sent to.
fn is_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let plain = |sign: char| sign.is_ascii_alphanumeric() || ".-:[]".contains(sign);
    host.starts_with(|sign: char| sign.is_ascii_alphanumeric() || sign == '[')
        && host.chars().all(plain)
        && !url.contains(|sign: char| sign.is_whitespace() || sign.is_control())
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|sign: char| sign.is_ascii_uppercase() || sign == '_')
        && name
            .bytes()
            .all(|sign| sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == b'_')
}
