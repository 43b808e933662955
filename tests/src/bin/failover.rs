//! The load of a failover: two daemons over a database that somebody else fails over, and clients that ask through both;
//! `tests/failover/run` starts everything that it needs.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of the test run: it prints what it found, and ends where it cannot go on"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use annona_tests::{Installation, Relay, differences};

const USAGE: &str =
    "usage: failover --store ADDRESS --password-file FILE --while FILE [--clients N] [--seed N]";
/// How often it is looked whether the load goes on.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What the program was told to do.
struct Order {
    store: String,
    password_file: PathBuf,
    /// The load goes on for as long as this file is there.
    goes_on: PathBuf,
    clients: u64,
    seed: u64,
}

impl Order {
    fn read(arguments: &[String]) -> Option<Self> {
        let word = |flag: &str| {
            let place = arguments.iter().position(|it| it == flag)?;
            arguments.get(place + 1).cloned()
        };
        let number = |flag, usual: u64| word(flag).map_or(Some(usual), |text| text.parse().ok());
        Some(Self {
            store: word("--store")?,
            password_file: word("--password-file")?.into(),
            goes_on: word("--while")?.into(),
            clients: number("--clients", 16)?,
            seed: number("--seed", 1)?,
        })
    }
}

async fn run(order: Order) -> bool {
    let password = Some(order.password_file);
    let mut installation = Installation::over(&order.store, password).await;
    let (mut one, mut two) = (installation.start(), installation.join("two"));
    let offices = vec![installation.office(&one), installation.office(&two)];
    let relay = Relay::start(offices, order.clients, order.seed);
    eprintln!("the load is running");
    while order.goes_on.exists() {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let ended = relay.end().await;
    let answered = ended.world.journal.since(0);
    let mut wrong = differences(&installation.office(&one), &answered).await;
    for (name, daemon) in [("one", &mut one), ("two", &mut two)] {
        if daemon.has_ended() {
            wrong.push(format!("daemon {name} has ended by itself"));
        } else if !daemon.terminate() {
            wrong.push(format!("daemon {name} did not end well"));
        }
    }
    let verdict = ended.judged(wrong, installation.verify());
    print!("{verdict}");
    verdict.wrong.is_empty()
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(order) = Order::read(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if run(order).await { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
