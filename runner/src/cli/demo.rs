//! `annona demo`

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::Answer;
use crate::demo::{self, DemoError, Options};
use crate::{output, telemetry};

/// Tells the whole story: a daemon, an applicant, officers, a voucher that is verified, redeemed and refused.
///
/// Everything goes through the daemon's own HTTP API, on this machine alone; messages are written to files. Afterwards the
/// daemon goes on serving until Ctrl-C, with the tokens to try by hand. A second run on the same folder tells the story of
/// another applicant.
#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Data folder; created if it is missing.
    #[arg(long, default_value = "annona-demo")]
    data: PathBuf,
    /// Address and port to listen on; without it 127.0.0.1:7667, or a free port if that is in use.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// End after the story, as always where standard output is no terminal.
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub(super) fn run(&self) -> Answer {
        let once = self.once || !std::io::stdout().is_terminal();
        let options = Options { data: self.data.clone(), listen: self.listen, once };
        // What goes wrong is said by the story; the log adds what the daemon knows of it.
        let _ = telemetry::start(&demo::log());
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let told = match runtime {
            Ok(runtime) => runtime.block_on(demo::run(&options)),
            Err(cause) => {
                output::complain(&format!("annona: {cause}"));
                return Answer::CannotRead;
            }
        };
        match told {
            Ok(()) => Answer::Yes,
            Err(error) => {
                output::complain(&format!("annona: {error}"));
                if matches!(error, DemoError::Daemon(_)) { Answer::CannotRead } else { Answer::No }
            }
        }
    }
}
