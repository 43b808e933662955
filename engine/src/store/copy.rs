//! Copying a whole store from SQLite to PostgreSQL, so that daemons go on there with the same keys.
//!
//! Table after table, in pages in the order of the primary key, each taken in whole or not at all: what was broken off goes on after
//! the greatest key that is there. In the end both sides are counted. Changes nothing in the store that is copied, in which nobody may
//! write meanwhile.

use std::path::Path;

use rusqlite::Connection;

use super::postgres::filling::Filling;
use super::sqlite::rows;
use super::table::{TABLES, Totals};
use super::{Address, Sqlite, StoreError};
use crate::recorded::Hash;

/// A copy that is not made, or not whole.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The store that is to be copied cannot be read.
    #[error("{0}")]
    Source(StoreError),
    /// The database cannot be reached or written.
    #[error("{0}")]
    Target(StoreError),
    /// Nobody has ever served the store.
    #[error("there is nothing to copy: no daemon has ever been started on it")]
    Nothing,
    /// The database is in use.
    #[error("the database holds an installation already: give an empty one")]
    Held,
    /// The database is half of another store.
    #[error("another installation's store is being copied into the database: give an empty one")]
    Another,
    /// Somebody else copies.
    #[error("another process is copying into the database")]
    UnderWay,
    /// The two are not alike.
    #[error(
        "table `{table}` is not alike: {source_rows} rows where they come from, {target_rows} in the database; \
             something was written meanwhile: give an empty database, and copy again"
    )]
    Differs {
        /// The first such table.
        table: &'static str,
        /// How many rows it has in the store that was copied.
        source_rows: u64,
        /// How many it has in the database.
        target_rows: u64,
    },
}

/// What was done while copying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many rows had been copied before.
    There(u64),
    /// So many more rows were copied.
    Copied(u64),
    /// So many more rows were compared, counted on both sides.
    Compared(u64),
}

/// A copy that has begun.
#[derive(Debug)]
pub struct Copying {
    source: Sqlite,
    target: Filling,
    rows: u64,
}

impl Copying {
    /// Opens both sides, and marks the database so that no daemon serves it before all is there.
    ///
    /// # Errors
    ///
    /// Returns [`CopyError`] if the database holds anything else, or one of them cannot be used.
    pub async fn begin(file: &Path, address: &Address) -> Result<Self, CopyError> {
        let source = Sqlite::open_to_read(file).await.map_err(CopyError::Source)?;
        let first = source.readers().at_once(rows::first_roster).map_err(CopyError::Source)?;
        let first = first.ok_or(CopyError::Nothing)?;
        let rows = source.readers().aside(rows::count).await.map_err(CopyError::Source)?;
        let target = Filling::begin(address, Hash::of(&first)).await?;
        Ok(Self { source, target, rows })
    }

    /// Returns how many rows there are to copy.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Copies what is not there yet, compares both sides, and takes the mark away; returns what they hold.
    ///
    /// # Errors
    ///
    /// Returns [`CopyError`] if it breaks off, and can be run again, or if the sides are not alike.
    pub async fn run(mut self, done: &(dyn Fn(Step) + Send + Sync)) -> Result<Totals, CopyError> {
        done(Step::There(self.target.count().await.map_err(CopyError::Target)?));
        for table in &TABLES {
            let newest = self.target.newest(table).await.map_err(CopyError::Target)?;
            let mut after = newest.unwrap_or_else(|| table.least_key());
            loop {
                let page = rows::page(self.source.readers(), table, &after).await;
                let page = page.map_err(CopyError::Source)?;
                let Some(last) = page.last() else { break };
                self.target.fill(table, &page).await.map_err(CopyError::Target)?;
                after = table.key_of(last);
                done(Step::Copied(page.len() as u64));
            }
        }
        self.count_on().await?;
        let compared = |rows| done(Step::Compared(rows));
        let (ours, theirs) =
            tokio::join!(self.source.totals(&compared), self.target.totals(&compared));
        let totals = ours.map_err(CopyError::Source)?;
        are_alike(&totals, &theirs.map_err(CopyError::Target)?)?;
        self.target.end().await.map_err(CopyError::Target)?;
        self.source.close().await;
        Ok(totals)
    }

    async fn count_on(&mut self) -> Result<(), CopyError> {
        let given_out = |table| {
            let given = |connection: &Connection| rows::given_out(connection, table);
            self.source.readers().at_once(given).map_err(CopyError::Source)
        };
        let (outbox, incident) = (given_out("outbox")?, given_out("incident")?);
        self.target.count_on(outbox, incident).await.map_err(CopyError::Target)
    }
}

fn are_alike(source: &Totals, target: &Totals) -> Result<(), CopyError> {
    for ((table, ours), (_, theirs)) in source.tables.iter().zip(&target.tables) {
        if ours != theirs {
            let (source_rows, target_rows) = (ours.rows, theirs.rows);
            return Err(CopyError::Differs { table, source_rows, target_rows });
        }
    }
    Ok(())
}
