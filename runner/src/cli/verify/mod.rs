//! `annona verify`

mod log;
mod voucher;

use clap::Subcommand;

use super::Answer;

/// Verifies vouchers and logs.
#[derive(Debug, Subcommand)]
pub(super) enum Verify {
    /// Verifies the text of a voucher's code, without a network.
    Voucher(voucher::Voucher),
    /// Recomputes everything that was recorded of applications, and names the first difference.
    Log(log::Log),
}

impl Verify {
    pub(super) fn run(&self) -> Answer {
        match self {
            Self::Voucher(voucher) => voucher.run().unwrap_or_else(|answer| answer),
            Self::Log(log) => log.run().unwrap_or_else(|answer| answer),
        }
    }
}
