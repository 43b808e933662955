//! Lays the environment over the file, and flags over both.

use std::path::Path;

use toml::{Table, Value};

use super::ConfigError;
use super::settings::{OF_THE_COMMAND_LINE, SETTINGS, Setting, Settings};

/// A setting given on the command line, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Which: `smtp.port`.
    pub name: &'static str,
    /// What.
    pub value: String,
}

/// Returns the settings that stand after all three, and warnings.
pub(super) fn merge(
    file: Option<(&Path, &str)>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &[Given],
) -> Result<(Settings, Vec<String>), ConfigError> {
    let mut table = file.map(|(file, text)| read(file, text)).transpose()?.unwrap_or_default();
    let mut warnings = Vec::new();
    for (variable, value) in environment {
        let Some(name) = variable.strip_prefix("ANNONA_") else { continue };
        if OF_THE_COMMAND_LINE.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        match SETTINGS.iter().find(|setting| variable_of(setting) == variable) {
            Some(setting) => put(&mut table, setting, &value, &variable)?,
            // Not an error: container platforms put variables of their own beside ours.
            None => warnings.push(format!("the variable {variable} is no setting")),
        }
    }
    for given in flags {
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.name == given.name) {
            put(&mut table, setting, &given.value, given.name)?;
        }
    }
    Ok((typed(table)?, warnings))
}

/// Reads a file, so that what is wrong is told with its place.
fn read(file: &Path, text: &str) -> Result<Table, ConfigError> {
    let wrong = |error: toml::de::Error| ConfigError::File {
        file: file.to_owned(),
        what: error.to_string().trim_end().to_owned(),
    };
    toml::from_str::<Settings>(text).map_err(wrong)?;
    toml::from_str(text).map_err(wrong)
}

/// Returns the variable that gives a setting.
fn variable_of(setting: &Setting) -> String {
    format!("ANNONA_{}", setting.name.replace('.', "_").to_uppercase())
}

/// Puts a value into its place.
fn put(
    table: &mut Table,
    setting: &Setting,
    value: &str,
    given_as: &str,
) -> Result<(), ConfigError> {
    let value = if setting.number {
        let number = value
            .trim()
            .parse()
            .map_err(|_| ConfigError::setting(given_as, "must be a whole number"))?;
        Value::Integer(number)
    } else {
        Value::String(value.to_owned())
    };
    let (section, name) = setting.name.split_once('.').unwrap_or(("", setting.name));
    if section.is_empty() {
        table.insert(name.to_owned(), value);
    } else if let Value::Table(section) =
        table.entry(section.to_owned()).or_insert_with(|| Value::Table(Table::new()))
    {
        section.insert(name.to_owned(), value);
    }
    Ok(())
}

/// Reads each top-level setting by itself, so that an error can name it.
fn typed(table: Table) -> Result<Settings, ConfigError> {
    for (name, value) in &table {
        let mut alone = Table::new();
        alone.insert(name.clone(), value.clone());
        alone
            .try_into::<Settings>()
            .map_err(|error| ConfigError::setting(name, error.message().to_owned()))?;
    }
    table
        .try_into()
        .map_err(|error: toml::de::Error| ConfigError::setting("settings", error.message()))
}
