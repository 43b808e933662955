//! Who reads a notice: addresses from the form and from the roster, and the language of each.

use annona_definitions::Programme;
use annona_definitions::programme::{Channel, Recipient};
use annona_definitions::value::Value;
use annona_engine::effect::Notify;
use annona_engine::message::applicant_language;
use annona_engine::roster::{Person, Provider, Roster};
use annona_engine::service::Loaded;

use crate::channels::Address;

/// Somebody at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reader {
    /// Where they are reached.
    pub(super) to: Address,
    /// BCP 47 tag of what they read.
    pub(super) language: String,
}

/// Returns everybody who reads a notice, each address once.
pub(super) fn readers(
    programme: &Programme,
    loaded: &Loaded,
    notify: &Notify,
    by: &[Channel],
    roster: &Roster,
    provider: Option<&Provider>,
) -> Vec<Reader> {
    let mut found: Vec<Reader> = match &notify.to {
        Recipient::Applicant => applicant(programme, loaded),
        Recipient::Officer => {
            let officer = notify.officer.as_ref().and_then(|id| roster.person(id));
            officer.into_iter().flat_map(|officer| listed(programme, officer)).collect()
        }
        Recipient::Role(role) => roster
            .holders(&programme.id, role)
            .flat_map(|person| listed(programme, person))
            .collect(),
        Recipient::Provider => {
            let email = provider.and_then(|provider| provider.email.clone());
            let language = programme.fallback_language().to_owned();
            email.map(|email| Reader { to: Address::Email(email), language }).into_iter().collect()
        }
    };
    found.retain(|reader| by.is_empty() || by.contains(&channel(&reader.to)));
    let mut readers: Vec<Reader> = Vec::with_capacity(found.len());
    for reader in found {
        if readers.iter().all(|known| known.to != reader.to) {
            readers.push(reader);
        }
    }
    readers
}

fn applicant(programme: &Programme, loaded: &Loaded) -> Vec<Reader> {
    let value = |field: &Option<String>| {
        let recorded = loaded.application.form.get(field.as_deref()?)?;
        match loaded.opened.value(recorded)? {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    };
    let language = applicant_language(programme, &loaded.application, &loaded.opened);
    at(value(&programme.contact.phone), value(&programme.contact.email), language)
}

fn listed(programme: &Programme, person: &Person) -> Vec<Reader> {
    let mut preferred = person.languages.iter();
    let language = preferred.find(|language| programme.languages.contains(language));
    let language = language.map_or_else(|| programme.fallback_language(), String::as_str);
    at(person.phone.clone(), person.email.clone(), language)
}

fn at(phone: Option<String>, email: Option<String>, language: &str) -> Vec<Reader> {
    let reader = |to| Reader { to, language: language.to_owned() };
    phone.map(Address::Phone).into_iter().chain(email.map(Address::Email)).map(reader).collect()
}

fn channel(address: &Address) -> Channel {
    match address {
        Address::Phone(_) => Channel::Sms,
        Address::Email(_) => Channel::Email,
    }
}
