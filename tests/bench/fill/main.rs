//! Fills an installation with applications that wait, through the engine itself: rows, events, chains and sealed values are
//! those of applications sent over HTTP.
//!
//! Works on the data folder while its daemon is stopped, with the installation's own keys, and goes on where an earlier run
//! ended. Prints a JSON line. Started by `tests/bench/run`; no part of the daemon.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its line is what it is for")]

mod crowd;
mod options;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use annona::folder::{Folder, Layout, kept_master_key};
use annona::keyring::{Identity, Keyring};
use annona_engine::clock::{Clock, Still, System};
use annona_engine::service::{Engine, Settings};
use annona_engine::store::{Address, Postgres, Sqlite, Store};
use jiff::Timestamp;
use serde_json::json;

use options::Options;

/// What the installation is called, as by default.
const ISSUER: &str = "annona";
/// How many indexes one status list has.
const STATUS_LIST_SIZE: u32 = 1 << 20;

/// What may go wrong: it is told and not handled.
type Failed = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("annona-fill: {problem}");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime.map_err(Failed::from).and_then(|runtime| runtime.block_on(fill(&options))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("annona-fill: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Sends applications until as many wait as should, and counts them again.
async fn fill(options: &Options) -> Result<(), Failed> {
    // Held until the end: no daemon may write beside this process.
    let folder = Folder::open(&options.data)?;
    if options.store == "sqlite" {
        let store = Sqlite::open(&folder.layout().database()).await?;
        filled(options, folder.layout(), Arc::new(store.clone())).await?;
        store.close().await;
    } else {
        let store = Postgres::open(&Address::parse(&options.store)?).await?;
        filled(options, folder.layout(), Arc::new(store.clone())).await?;
        store.close().await;
    }
    Ok(())
}

async fn filled(options: &Options, layout: &Layout, store: Arc<dyn Store>) -> Result<(), Failed> {
    let clock: Arc<dyn Clock> = match options.at {
        Some(instant) => Arc::new(Still::at(instant)),
        None => Arc::new(System),
    };
    let engine = engine(layout, store, clock).await?;
    let programme = std::fs::read(&options.programme)?;
    let programme = crowd::prepare(&engine, &programme).await?;
    let (before, waiting) = crowd::count(&engine, &programme).await?;
    let missing = options.applications.saturating_sub(waiting);
    let began = Instant::now();
    crowd::send(&engine, &programme, before, missing, options.at_once).await?;
    let seconds = began.elapsed().as_secs_f64();
    engine.stop().await;
    let (after, _) = crowd::count(&engine, &programme).await?;
    if after != before + missing {
        return Err(
            format!("{missing} were answered, and there are {} more", after - before).into()
        );
    }
    let rate = if missing == 0 { 0.0 } else { f64::from(u32::try_from(missing)?) / seconds };
    let line = json!({
        "what": "fill", "applications": after, "sent": missing, "seconds": (seconds * 100.0).round() / 100.0,
        "submissions_per_s": rate.round(),
    });
    println!("{line}");
    Ok(())
}

/// Starts the engine of an installation that a daemon has begun.
async fn engine(
    layout: &Layout,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
) -> Result<Engine, Failed> {
    let begun = "a daemon must have been started on the folder once";
    let list = Keyring::list_of(layout, now())?.ok_or(begun)?;
    let status =
        list.issuer(ISSUER).and_then(|issuer| issuer.status_addresses.last()).ok_or(begun)?;
    let address = status.trim_end_matches("/v1/status-lists/").to_owned();
    let keyring = Keyring::open(layout, &Identity::new(ISSUER, &address), now())?;
    let master = kept_master_key(layout, None, "the store")?;
    let settings =
        Settings { issuer: ISSUER.to_owned(), address, status_list_size: STATUS_LIST_SIZE };
    let signer = keyring.signer().clone();
    Ok(Engine::start(store, clock, master, signer, settings).await?)
}

fn now() -> Timestamp {
    System.now()
}
