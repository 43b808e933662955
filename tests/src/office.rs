//! Several daemons of one installation: one database, one folder of documents, one of keys, a data folder each.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::daemon::clean;
use crate::installation::recomputed;
use crate::{Caller, Daemon, binary, scratch};

/// The address by which people reach all of them.
const ADDRESS: &str = "https://aid.example.org";

/// Daemons over one database.
#[derive(Debug)]
pub struct Office {
    place: TempDir,
    store: String,
    /// The program of the daemons that are started.
    program: PathBuf,
    /// Each of them; the names are `0`, `1` and so on.
    pub daemons: Vec<Daemon>,
}

impl Office {
    /// Starts so many daemons at once over a database that may be empty.
    #[must_use]
    pub fn open(store: &str, count: usize) -> Self {
        Self::open_with(binary(), store, count)
    }

    /// Starts so many daemons of another program.
    #[must_use]
    pub fn open_with(program: PathBuf, store: &str, count: usize) -> Self {
        let (store, daemons) = (store.to_owned(), Vec::new());
        let mut office = Self { place: scratch(), store, program, daemons };
        let names: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        office.daemons = std::thread::scope(|scope| {
            let starting: Vec<_> =
                names.iter().map(|name| scope.spawn(|| office.start(name, ""))).collect();
            starting.into_iter().map(|daemon| daemon.join().unwrap()).collect()
        });
        office
    }

    /// Starts one more daemon, or one that ended again, with settings beside the usual ones.
    #[must_use]
    pub fn start(&self, name: &str, more: &str) -> Daemon {
        self.start_over(&self.store, name, more)
    }

    /// Starts a daemon over another server of the same database.
    #[must_use]
    pub fn start_over(&self, store: &str, name: &str, more: &str) -> Daemon {
        let place = self.place.path();
        let shared = place.join("shared");
        let usual = format!(
            "address = '{ADDRESS}'\ndocuments = '{}'\nkeys = '{}'\n",
            shared.join("documents").display(),
            shared.join("keys").display()
        );
        let command = self.command(store, name, &format!("{usual}{more}"));
        Daemon::spawn(command, &place.join(name))
    }

    /// Returns the command that serves on a data folder of this name, with these settings.
    #[must_use]
    pub fn command(&self, store: &str, name: &str, settings: &str) -> Command {
        let place = self.place.path();
        let (folder, file) = (place.join(name), place.join(format!("{name}.toml")));
        let own =
            format!("data = '{}'\nlisten = '127.0.0.1:0'\nstore = '{store}'\n", folder.display());
        std::fs::write(&file, format!("{own}{settings}\n")).unwrap();
        let mut command = Command::new(&self.program);
        command.arg("serve").arg("--config").arg(&file);
        command
    }

    /// Runs that command to its end, and returns its exit code and what it says.
    #[must_use]
    pub fn refused(&self, store: &str, name: &str, settings: &str) -> (Option<i32>, String) {
        let output = clean(&mut self.command(store, name, settings)).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Ends the daemon of this number and starts it again with another program; returns whether it ended well.
    #[must_use]
    pub fn upgrade(&mut self, number: usize, program: &Path) -> bool {
        let ended_well = self.daemons[number].terminate();
        program.clone_into(&mut self.program);
        self.daemons[number] = self.start(&number.to_string(), "");
        ended_well
    }

    /// Has everything recomputed that was recorded.
    ///
    /// # Errors
    ///
    /// Returns the first difference in words.
    pub fn verify(&self) -> Result<Value, String> {
        let mut command = Command::new(&self.program);
        command.args(["verify", "log", "--json", "--config"]).arg(self.place().join("0.toml"));
        recomputed(&mut command)
    }

    /// Returns what the first words of a daemon's log are followed by, in every line of every daemon that has them.
    #[must_use]
    pub fn logged(&self, words: &str) -> Vec<String> {
        let logs = self.daemons.iter().map(Daemon::log).collect::<Vec<_>>().join("\n");
        let rests =
            logs.lines().filter_map(|line| Some(line.split_once(words)?.1.trim().to_owned()));
        rests.collect()
    }

    /// Returns the folder that holds a data folder for each daemon, and what they share.
    #[must_use]
    pub fn place(&self) -> &Path {
        self.place.path()
    }

    /// Returns whoever set the installation up, at the daemon of this number.
    ///
    /// # Panics
    ///
    /// Panics unless exactly one of the daemons made the first token.
    #[must_use]
    pub fn admin(&self, number: usize) -> Caller {
        let made: Vec<&Daemon> = self
            .daemons
            .iter()
            .filter(|daemon| daemon.folder.join("admin.token").exists())
            .collect();
        assert_eq!(made.len(), 1, "so many daemons made an administrator");
        made.first().unwrap().admin().at(&self.address(number))
    }

    /// Returns where the daemon of this number listens.
    #[must_use]
    pub fn address(&self, number: usize) -> String {
        self.daemons[number].address.clone()
    }

    /// Returns the daemon that made the first token.
    #[must_use]
    pub fn first(&self) -> &Daemon {
        self.daemons.iter().find(|daemon| daemon.folder.join("admin.token").exists()).unwrap()
    }
}
