//! Connecting: what the server must be, and the settings of a session, which are read back.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection as _, PgConnection, PgPool};

use super::super::StoreError;
use super::address::{Address, SESSION};
use super::error::failed;

/// The oldest server used: 15.0, as it numbers itself.
const OLDEST_SERVER: i64 = 150_000;
/// How long a new connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a query waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long whoever asked waits for an answer: longer than the server lets any statement run.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(45);
/// A connection that was idle for longer is tried before it is used.
const TRIED_AFTER: Duration = Duration::from_secs(1);

/// Opens a connection that may write, with settings that were read back.
pub(super) async fn connect(address: &Address) -> Result<PgConnection, StoreError> {
    let connecting = async {
        let mut connection = PgConnection::connect_with(&address.options).await.map_err(failed)?;
        server_is_recent(&mut connection).await?;
        settings_are_taken(&mut connection).await?;
        Ok(connection)
    };
    within(CONNECT_TIMEOUT, connecting).await
}

/// When a connection was last found to be lost: those opened before it are lost too, or soon will be.
#[derive(Debug, Clone, Default)]
pub(super) struct Lost(Arc<Mutex<Option<Instant>>>);

impl Lost {
    /// Remembers that one is lost now.
    pub(super) fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Returns whether one was lost since something of this age began.
    fn since(&self, age: Duration) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() <= age)
    }
}

/// Returns connections that are opened when they are needed; none is used that is older than the last one lost.
pub(super) fn pool(address: &Address, lost: Lost) -> PgPool {
    PgPoolOptions::new()
        .max_connections(address.readers)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(move |connection, about| {
            let lost = lost.clone();
            Box::pin(async move {
                if lost.since(about.age) {
                    return Ok(false);
                }
                if about.idle_for > TRIED_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(address.options.clone())
}

/// Returns what a future comes to, unless the database is silent for too long.
pub(super) async fn within<T, E: From<StoreError>>(
    limit: Duration,
    asked: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let silent = || E::from(StoreError::Unreachable("it does not answer in time".to_owned()));
    tokio::time::timeout(limit, asked).await.unwrap_or_else(|_| Err(silent()))
}

async fn server_is_recent(connection: &mut PgConnection) -> Result<(), StoreError> {
    let (number, version): (String, String) = sqlx::query_as(
        "SELECT current_setting('server_version_num'), current_setting('server_version')",
    )
    .fetch_one(connection)
    .await
    .map_err(failed)?;
    if is_recent(&number) {
        return Ok(());
    }
    Err(StoreError::Unfit(format!(
        "PostgreSQL {version} is too old: {} or later is needed",
        OLDEST_SERVER / 10_000
    )))
}

fn is_recent(number: &str) -> bool {
    number.parse::<i64>().is_ok_and(|number| number >= OLDEST_SERVER)
}

/// A commit is answered when it is on disk, also where the server's usual sessions are told otherwise.
async fn settings_are_taken(connection: &mut PgConnection) -> Result<(), StoreError> {
    let ours = "SELECT set_config('synchronous_commit', 'on', false)
                 WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')";
    sqlx::query(ours).execute(&mut *connection).await.map_err(failed)?;
    let synchronous = shown(connection, "synchronous_commit").await?;
    if synchronous != "remote_apply" {
        is_taken("synchronous_commit", &synchronous, "on")?;
    }
    is_taken("fsync", &shown(connection, "fsync").await?, "on")?;
    for (name, time) in SESSION {
        let milliseconds: String =
            sqlx::query_scalar("SELECT setting FROM pg_settings WHERE name = $1 AND unit = 'ms'")
                .bind(name)
                .fetch_one(&mut *connection)
                .await
                .map_err(failed)?;
        is_taken(name, &milliseconds, &time.as_millis().to_string())?;
    }
    Ok(())
}

async fn shown(connection: &mut PgConnection, name: &str) -> Result<String, StoreError> {
    sqlx::query_scalar("SELECT current_setting($1)")
        .bind(name)
        .fetch_one(connection)
        .await
        .map_err(failed)
}

fn is_taken(setting: &str, found: &str, wanted: &str) -> Result<(), StoreError> {
    if found == wanted {
        return Ok(());
    }
    Err(StoreError::Unfit(format!("`{setting}` is {found}, not {wanted}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_before_fifteen_is_too_old() {
        assert!(is_recent("150000"));
        assert!(is_recent("180001"));
        assert!(!is_recent("140012"));
        assert!(!is_recent("unknown"));
    }

    #[test]
    fn a_setting_that_was_not_taken_makes_the_store_unfit() {
        let error = is_taken("synchronous_commit", "off", "on").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the store cannot be used: `synchronous_commit` is off, not on"
        );
    }
}
