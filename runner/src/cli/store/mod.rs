//! `annona store`

mod copy;

use clap::Subcommand;

use super::Answer;

/// Copies everything from SQLite into a PostgreSQL database.
#[derive(Debug, Subcommand)]
pub(super) enum Store {
    Copy(copy::Copy),
}

impl Store {
    pub(super) fn run(&self) -> Answer {
        match self {
            Self::Copy(copy) => copy.run().map_or_else(|answer| answer, |()| Answer::Yes),
        }
    }
}
