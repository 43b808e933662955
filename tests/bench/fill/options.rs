//! What is to be filled, and how far.

use std::path::PathBuf;

use jiff::Timestamp;

/// What the program takes.
const USAGE: &str = "\
usage: annona-fill --data FOLDER --programme FILE --applications N [--store STORE] [--at INSTANT] [--at-once N]

  --data FOLDER       the data folder of an installation whose daemon is stopped
  --programme FILE    the programme to deploy, if it is not
  --applications N    how many applications of it wait for an officer in the end
  --store STORE       sqlite, or the address of a database (sqlite)
  --at INSTANT        when they are sent, all of them: 2026-01-31T12:00:00Z (now)
  --at-once N         how many are under way at once (256)";

/// What is to be filled, and how far.
#[derive(Debug)]
pub(crate) struct Options {
    /// The data folder.
    pub(crate) data: PathBuf,
    /// The programme.
    pub(crate) programme: PathBuf,
    /// How many applications wait in the end.
    pub(crate) applications: u64,
    /// `sqlite`, or the address of a database.
    pub(crate) store: String,
    /// When they are sent.
    pub(crate) at: Option<Timestamp>,
    /// How many are under way at once.
    pub(crate) at_once: u64,
}

impl Options {
    /// Reads the arguments.
    pub(crate) fn read(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            data: PathBuf::new(),
            programme: PathBuf::new(),
            applications: 0,
            store: "sqlite".to_owned(),
            at: None,
            at_once: 256,
        };
        while let Some(name) = given.next() {
            let value = given.next().ok_or_else(|| format!("`{name}` takes a value\n{USAGE}"))?;
            options.set(&name, value)?;
        }
        let missing = [
            ("--data", options.data.as_os_str().is_empty()),
            ("--programme", options.programme.as_os_str().is_empty()),
            ("--applications", options.applications == 0),
        ];
        match missing.into_iter().find(|(_, is_missing)| *is_missing) {
            Some((name, _)) => Err(format!("`{name}` is needed\n{USAGE}")),
            None => Ok(options),
        }
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        match name {
            "--data" => self.data = value.into(),
            "--programme" => self.programme = value.into(),
            "--applications" => self.applications = number(name, &value)?,
            "--store" => self.store = value,
            "--at" => {
                let at = value.parse();
                self.at =
                    Some(at.map_err(|_| format!("`{name}` takes an instant, not `{value}`"))?);
            }
            "--at-once" => self.at_once = number(name, &value)?,
            _ => return Err(format!("there is no option `{name}`\n{USAGE}")),
        }
        Ok(())
    }
}

fn number(name: &str, value: &str) -> Result<u64, String> {
    value.trim().parse().map_err(|_| format!("`{name}` takes whole numbers, not `{value}`"))
}
