//! A rolling upgrade: three daemons of an older program over one database, replaced one after the other while clients ask
//! through all of them; `tests/upgrade/run` builds the older program.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of the test run: it prints what it found"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use annona_tests::{Callers, Cluster, Office, Relay, binary, differences};

const USAGE: &str = "usage: upgrade OLDER-PROGRAM [CLIENTS]";
/// How many daemons there are.
const DAEMONS: usize = 3;
/// What is answered between one daemon and the next.
const BETWEEN: usize = 500;
/// How long that may take.
const AT_MOST: Duration = Duration::from_mins(1);
/// How often it is looked.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Waits until more was answered, and returns whether it was.
async fn goes_on(relay: &Relay) -> bool {
    let (before, began) = (relay.answered(), Instant::now());
    while relay.answered() < before + BETWEEN && began.elapsed() < AT_MOST {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    relay.answered() >= before + BETWEEN
}

async fn run(older: PathBuf, clients: u64) -> bool {
    let cluster = Cluster::start();
    let mut office = Office::open_with(older, &cluster.create("annona"), DAEMONS);
    let callers = Callers::of(&office.admin(0)).await;
    let at = |office: &Office, number| callers.at_daemon(&office.address(number));
    let offices = (0..DAEMONS).map(|number| at(&office, number)).collect();
    let relay = Relay::start(offices, clients, 1);
    let mut wrong = Vec::new();
    for number in 0..DAEMONS {
        if !goes_on(&relay).await {
            wrong.push(format!("nothing goes on before daemon {number} is replaced"));
        }
        eprintln!("{} answers; replacing daemon {number}", relay.answered());
        if !office.upgrade(number, &binary()) {
            wrong.push(format!("daemon {number} did not end well"));
        }
        relay.replace(number, at(&office, number));
    }
    if !goes_on(&relay).await {
        wrong.push("nothing goes on after the upgrade".to_owned());
    }
    let ended = relay.end().await;
    wrong.extend(differences(&at(&office, 0), &ended.world.journal.since(0)).await);
    for (number, daemon) in office.daemons.iter_mut().enumerate() {
        if daemon.has_ended() {
            wrong.push(format!("daemon {number} has ended by itself"));
        }
    }
    let verdict = ended.judged(wrong, office.verify());
    print!("{verdict}");
    verdict.wrong.is_empty()
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let older = arguments.next().map(PathBuf::from).filter(|it| it.is_file());
    let clients = arguments.next().map_or(Ok(16), |text| text.parse());
    let (Some(older), Ok(clients)) = (older, clients) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if run(older, clients).await { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
