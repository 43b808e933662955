//! The roster: people, providers, and what they may do.
//!
//! Plain data with its own checks; reads no file. Rights are read from it at each request, so that a role taken away acts at
//! once.

use std::collections::{BTreeMap, BTreeSet};

use annona_definitions::form::normalised;
use annona_definitions::programme::{ProgrammeId, RoleId};
use annona_definitions::value::Value;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::facts::{ProviderRights, Rights};
use crate::id::Who;

/// Roles that every installation has and no programme declares.
pub const SYSTEM_ROLES: [&str; 5] = ["administrator", "operator", "auditor", "intake", "issuer"];
/// Most people and providers of a roster.
pub const MAX_ENTRIES: usize = 100_000;

/// People and providers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roster {
    /// Officers, administrators, portals.
    #[serde(default)]
    pub people: Vec<Person>,
    /// Who helps and is reimbursed.
    #[serde(default)]
    pub providers: Vec<Provider>,
}

/// A person of the roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Opaque id; stands in events.
    pub id: String,
    /// For people.
    pub name: String,
    /// In E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where mail goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// BCP 47 tags, the preferred first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// What programmes may match on; one named like a `once_per` field tells one's own application.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Roles held.
    #[serde(default)]
    pub holds: Vec<Holding>,
    /// Absences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub away: Vec<Absence>,
}

/// A role held: in one programme, or a system role everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// The programme; without it, every programme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<ProgrammeId>,
    /// The role.
    pub role: RoleId,
}

/// A time during which somebody is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Who stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substitute: Option<String>,
}

/// A provider of the roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Opaque id; stands in events.
    pub id: String,
    /// For people.
    pub name: String,
    /// Such as `hospital`.
    pub kind: String,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Where mail goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Programmes it is admitted to.
    #[serde(default)]
    pub programmes: Vec<ProgrammeId>,
}

/// Something wrong with a roster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct RosterError {
    /// JSON pointer.
    pub pointer: String,
    /// One sentence.
    pub message: String,
}

impl Roster {
    /// Returns everything that is wrong with it; empty where nothing is.
    #[must_use]
    pub fn check(&self) -> Vec<RosterError> {
        let mut errors = Vec::new();
        if self.people.len() + self.providers.len() > MAX_ENTRIES {
            errors.push(error("", format!("a roster has at most {MAX_ENTRIES} entries")));
        }
        let mut ids = BTreeSet::new();
        let people = self.people.iter().map(|person| ("people", &person.id));
        let providers = self.providers.iter().map(|provider| ("providers", &provider.id));
        for (list, id) in people.chain(providers) {
            let place = format!("/{list}/{id}");
            if !is_id(id) {
                errors.push(error(
                    &place,
                    "an id is lower-case letters, digits, `-` and `_`, 64 at most".to_owned(),
                ));
            }
            if !ids.insert(id) {
                errors.push(error(&place, format!("`{id}` stands twice")));
            }
        }
        for person in &self.people {
            errors.extend(person.check(&self.people));
        }
        errors
    }

    /// Returns a person by id.
    #[must_use]
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    /// Returns a provider by id.
    #[must_use]
    pub fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    /// Returns everyone who holds a role in a programme.
    pub fn holders(&self, programme: &ProgrammeId, role: &RoleId) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(move |person| person.roles(programme).any(|held| held == role))
    }

    /// Returns what somebody may do in a programme; whether an application is their own is for the caller to add.
    #[must_use]
    pub fn rights(&self, who: &Who, programme: &ProgrammeId) -> Rights {
        match who {
            Who::Person(id) => Rights {
                roles: self
                    .person(id)
                    .map(|person| person.roles(programme).cloned().collect())
                    .unwrap_or_default(),
                ..Rights::default()
            },
            Who::Provider(id) => Rights {
                provider: self.provider(id).map(|provider| ProviderRights {
                    id: provider.id.clone(),
                    kind: provider.kind.clone(),
                    admitted: provider.programmes.contains(programme),
                }),
                ..Rights::default()
            },
            Who::Applicant | Who::Engine => Rights::default(),
        }
    }
}

impl Person {
    /// Returns the roles held in a programme, system roles included.
    pub fn roles(&self, programme: &ProgrammeId) -> impl Iterator<Item = &RoleId> {
        self.holds
            .iter()
            .filter(move |holding| holding.programme.as_ref().is_none_or(|held| held == programme))
            .map(|holding| &holding.role)
    }

    /// Returns whether a system role is held everywhere.
    #[must_use]
    pub fn holds_everywhere(&self, role: &str) -> bool {
        self.holds
            .iter()
            .any(|holding| holding.programme.is_none() && holding.role.as_str() == role)
    }

    /// Returns what tells one's own application, as (kind, normalised value).
    #[must_use]
    pub fn identities(&self) -> Vec<(&str, String)> {
        let text = |value: &str| normalised(&Value::Text(value.to_owned()));
        let contacts = [("phone", &self.phone), ("email", &self.email)];
        let contacts =
            contacts.into_iter().filter_map(|(kind, value)| Some((kind, text(value.as_ref()?))));
        contacts
            .chain(self.attributes.iter().map(|(kind, value)| (kind.as_str(), text(value))))
            .collect()
    }

    fn check(&self, people: &[Self]) -> Vec<RosterError> {
        let mut errors = Vec::new();
        let place = format!("/people/{}", self.id);
        if self.name.trim().is_empty() {
            errors.push(error(&place, "a person has a name".to_owned()));
        }
        if let Some(phone) = &self.phone
            && !(phone.starts_with('+')
                && phonenumber::parse(None, phone).is_ok_and(|number| number.is_valid()))
        {
            errors.push(error(
                &format!("{place}/phone"),
                "write the phone number as `+256700000010`".to_owned(),
            ));
        }
        for holding in &self.holds {
            let system = SYSTEM_ROLES.contains(&holding.role.as_str());
            if holding.programme.is_none() && !system {
                let message = format!("role `{}` belongs to a programme: name it", holding.role);
                errors.push(error(&format!("{place}/holds"), message));
            }
        }
        for absence in &self.away {
            if absence.until < absence.from {
                errors.push(error(
                    &format!("{place}/away"),
                    "an absence ends before it begins".to_owned(),
                ));
            }
            if let Some(substitute) = &absence.substitute
                && people.iter().all(|person| person.id != *substitute)
            {
                errors.push(error(
                    &format!("{place}/away"),
                    format!("there is no person `{substitute}`"),
                ));
            }
        }
        errors
    }
}

fn error(pointer: &str, message: String) -> RosterError {
    RosterError { pointer: pointer.to_owned(), message }
}

fn is_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 64
        && id.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster() -> Roster {
        serde_json::from_value(serde_json::json!({
            "people": [
                {"id": "grace", "name": "Grace", "phone": "+256700000010", "holds": [
                    {"programme": "urgent-surgery", "role": "doctor"}, {"role": "administrator"}]},
                {"id": "amos", "name": "Amos", "holds": [{"programme": "school-kit", "role": "doctor"}]},
            ],
            "providers": [{"id": "mulago", "name": "Mulago", "kind": "hospital", "programmes": ["urgent-surgery"]}],
        }))
        .unwrap()
    }

    #[test]
    fn a_role_holds_in_its_programme_and_a_system_role_everywhere() {
        let surgery = ProgrammeId::recorded("urgent-surgery");
        let grace = Who::Person("grace".into());
        assert!(roster().rights(&grace, &surgery).holds("doctor"));
        assert!(roster().rights(&grace, &ProgrammeId::recorded("other")).holds("administrator"));
        assert!(!roster().rights(&Who::Person("amos".into()), &surgery).holds("doctor"));
        assert!(
            roster().rights(&Who::Provider("mulago".into()), &surgery).provider.unwrap().admitted
        );
        assert_eq!(roster().check(), []);
    }

    #[test]
    fn every_mistake_of_a_roster_is_named() {
        let mut wrong = roster();
        wrong.people[1].id = "grace".into();
        wrong.people[1].holds[0].programme = None;
        wrong.people[0].phone = Some("0700".into());
        assert_eq!(wrong.check().len(), 3, "{:?}", wrong.check());
    }
}
