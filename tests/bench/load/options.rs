//! What is to be loaded, and how.

use std::path::PathBuf;

/// What the program takes.
const USAGE: &str = "\
usage: annona-load --host ADDRESS --token FILE --programme FILE --label NAME [--job NAME] [--clients LIST]
                   [--applications N] [--applications-alone N] [--pids LIST] [--folder FOLDER]

  --host ADDRESS          where the daemon listens, as 127.0.0.1:8000
  --token FILE            the administrator's token
  --programme FILE        the programme to deploy
  --label NAME            what the lines say of the store
  --job NAME              decisions, documents, intake or verify (decisions)
  --clients LIST          numbers of clients, one after the other (1,16,64)
  --applications N        applications for each number of clients (3000)
  --applications-alone N  applications for one client (200)
  --pids LIST             processes whose memory and processor time are measured
  --folder FOLDER         where the disk is tried, beside the store (.)";

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    /// Applications are decided to their end.
    Decisions,
    /// Applications are sent with documents.
    Documents,
    /// Applications are sent while officers decide others.
    Intake,
    /// Vouchers are verified.
    Verify,
}

/// What is to be loaded, and how.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// What is measured.
    pub(crate) job: Job,
    /// Where the daemon listens.
    pub(crate) host: String,
    /// The administrator's token.
    pub(crate) token: PathBuf,
    /// The programme to deploy.
    pub(crate) programme: PathBuf,
    /// What the lines say of the store.
    pub(crate) label: String,
    /// Numbers of clients.
    pub(crate) clients: Vec<usize>,
    /// Applications for each of them.
    pub(crate) applications: usize,
    /// Applications for one client.
    pub(crate) alone: usize,
    /// Processes that are measured.
    pub(crate) pids: Vec<u32>,
    /// Where the disk is tried.
    pub(crate) folder: PathBuf,
}

impl Options {
    /// Reads the arguments.
    pub(crate) fn read(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            job: Job::Decisions,
            host: String::new(),
            token: PathBuf::new(),
            programme: PathBuf::new(),
            label: String::new(),
            clients: vec![1, 16, 64],
            applications: 3000,
            alone: 200,
            pids: Vec::new(),
            folder: PathBuf::from("."),
        };
        while let Some(name) = given.next() {
            let value = given.next().ok_or_else(|| format!("`{name}` takes a value\n{USAGE}"))?;
            options.set(&name, value)?;
        }
        let missing = [
            ("--host", options.host.is_empty()),
            ("--token", options.token.as_os_str().is_empty()),
            ("--programme", options.programme.as_os_str().is_empty()),
            ("--label", options.label.is_empty()),
        ];
        match missing.into_iter().find(|(_, is_missing)| *is_missing) {
            Some((name, _)) => Err(format!("`{name}` is needed\n{USAGE}")),
            None => Ok(options),
        }
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        match name {
            "--job" => self.job = job(&value)?,
            "--host" => self.host = value,
            "--token" => self.token = value.into(),
            "--programme" => self.programme = value.into(),
            "--label" => self.label = value,
            "--clients" => self.clients = numbers(name, &value)?,
            "--applications" => self.applications = number(name, &value)?,
            "--applications-alone" => self.alone = number(name, &value)?,
            "--pids" => self.pids = numbers(name, &value)?,
            "--folder" => self.folder = value.into(),
            _ => return Err(format!("there is no option `{name}`\n{USAGE}")),
        }
        Ok(())
    }
}

fn job(name: &str) -> Result<Job, String> {
    match name {
        "decisions" => Ok(Job::Decisions),
        "documents" => Ok(Job::Documents),
        "intake" => Ok(Job::Intake),
        "verify" => Ok(Job::Verify),
        _ => Err(format!("there is no job `{name}`\n{USAGE}")),
    }
}

fn numbers<T: std::str::FromStr>(name: &str, value: &str) -> Result<Vec<T>, String> {
    value.split(',').map(|part| number(name, part)).collect()
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.trim().parse().map_err(|_| format!("`{name}` takes whole numbers, not `{value}`"))
}
