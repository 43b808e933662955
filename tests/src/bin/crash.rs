//! The long crash runs: kills and losses of power, as often as one likes; `tests/crash/run` builds what they need.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of the test run: it prints what it found"
)]

use std::process::ExitCode;
use std::time::Duration;

use annona_tests::{Campaign, Plan, Recording, StoreKind};

const USAGE: &str = "usage: crash kills [--store sqlite|postgres] [--kills N] [--clients N] [--seed N] [--verify-every N]
       crash power [--answers N] [--clients N] [--seed N] [--every N] [--prefixes N] [--subsets N] [--minutes N]\n                   [--failing-syncs N+M]";
/// How often a run of kills says how far it is.
const SAY_EVERY: u64 = 25;

/// Returns what follows a flag, or what stands for it.
fn given(arguments: &[String], flag: &str, usual: u64) -> Result<u64, String> {
    match word(arguments, flag) {
        None => Ok(usual),
        Some(text) => text.parse().map_err(|_| format!("{flag} takes a number\n{USAGE}")),
    }
}

fn word<'a>(arguments: &'a [String], flag: &str) -> Option<&'a str> {
    let place = arguments.iter().position(|it| it == flag)?;
    arguments.get(place + 1).map(String::as_str)
}

async fn kills(arguments: &[String]) -> Result<bool, String> {
    let store = match word(arguments, "--store") {
        None | Some("sqlite") => StoreKind::Sqlite,
        Some("postgres") => StoreKind::Postgres,
        Some(other) => return Err(format!("there is no store {other}\n{USAGE}")),
    };
    let campaign = Campaign {
        store,
        kills: given(arguments, "--kills", 500)?,
        clients: given(arguments, "--clients", 32)?,
        seed: given(arguments, "--seed", 1)?,
        verify_every: given(arguments, "--verify-every", 25)?.max(1),
    };
    println!(
        "store: {}, kills: {}, clients: {}, seed: {}",
        store.name(),
        campaign.kills,
        campaign.clients,
        campaign.seed
    );
    let report = campaign
        .run(|done| {
            if done.is_multiple_of(SAY_EVERY) {
                eprintln!("{done} kills");
            }
        })
        .await;
    print!("{report}");
    Ok(report.wrong.is_empty())
}

async fn power(arguments: &[String]) -> Result<bool, String> {
    let size =
        |flag, usual| given(arguments, flag, usual).map(|it| usize::try_from(it).unwrap_or(1));
    let (clients, seed) = (given(arguments, "--clients", 4)?, given(arguments, "--seed", 1)?);
    let answers = size("--answers", 60)?;
    let plan = Plan {
        every: size("--every", 1)?.max(1),
        prefixes: size("--prefixes", 1_000_000)?,
        subsets: given(arguments, "--subsets", 200)?,
        seed,
        unsynced: None,
        at_most: Duration::from_mins(given(arguments, "--minutes", 600)?),
    };
    println!("clients: {clients}, subsets at a cut: {}, seed: {seed}", plan.subsets);
    let losses = Recording::make(clients, answers, seed, word(arguments, "--failing-syncs"))
        .await
        .replay(plan)
        .await;
    print!("{losses}");
    Ok(losses.wrong.is_empty())
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let found = match arguments.first().map(String::as_str) {
        Some("kills") => kills(&arguments).await,
        Some("power") => power(&arguments).await,
        _ => Err(USAGE.to_owned()),
    };
    match found {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(words) => {
            eprintln!("{words}");
            ExitCode::from(2)
        }
    }
}
