//! `annona voucher`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::application::voucher_line;
use super::asking::{Asking, Told};
use super::connection::Connection;
use super::document::save;
use super::screen::Screen;
use super::trouble::Trouble;
use super::values::read_bytes;
use super::words::{amount_at, clean, list, text};
use super::{code, lookup};
use crate::client::{Client, path};

/// Most bytes of a token that is read from a file or standard input.
const MAX_TOKEN_BYTES: usize = 1 << 16;

/// Shows, verifies, redeems and revokes vouchers.
///
/// VOUCHER is its id, or the reference or id of its application. `annona verify voucher` verifies without a network.
#[derive(Debug, clap::Args)]
pub(super) struct Voucher {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Shows a voucher: amount, balance, validity, and what was redeemed.
    Show {
        /// Its id, or the reference or id of its application.
        voucher: String,
    },
    /// Draws a voucher's QR code in the terminal, or writes it to a file.
    #[command(after_help = "Example: annona voucher qr US-7K3F-92Q6 --png voucher.png")]
    Qr {
        /// Its id, or the reference or id of its application.
        voucher: String,
        /// Write a PNG picture to this file, which must not be there yet.
        #[arg(long, value_name = "FILE", conflicts_with = "svg")]
        png: Option<PathBuf>,
        /// Write an SVG picture to this file, which must not be there yet.
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
    /// Asks the daemon whether a scanned code is good, and what is left on it.
    #[command(after_help = "Example: annona voucher verify - < scanned.txt")]
    Verify {
        /// The text of the code, as a scanner gives it: `EV1:…`; `-` reads it from standard input.
        token: String,
    },
    /// Redeems a voucher, whole or in part.
    #[command(after_help = "Example: annona voucher redeem ID --amount 900 --check 5678")]
    Redeem {
        /// Its id, as `annona voucher verify` shows it.
        voucher: String,
        /// How much, as a decimal; without it, the whole balance.
        #[arg(long)]
        amount: Option<String>,
        /// What whoever shows the voucher must know, where the programme asks for it.
        #[arg(long)]
        check: Option<String>,
    },
    /// Revokes a voucher for good.
    Revoke {
        /// Its id, or the reference or id of its application.
        voucher: String,
        /// Why, in words.
        #[arg(long)]
        note: String,
    },
}

impl Asking for Voucher {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    async fn ask(&self, client: &Client, screen: &Screen) -> Result<Told, Trouble> {
        match &self.action {
            Action::Show { voucher } => {
                let answer = client.get(&at(client, voucher, &[]).await?).await?;
                let words = shown(&answer, screen);
                Ok(Told::yes(answer, words))
            }
            Action::Qr { voucher, png, svg } => {
                let id = lookup::voucher(client, voucher).await?;
                let at = |last| path(&["v1", "vouchers", &id, last], &[]);
                match (png, svg) {
                    (Some(file), _) => picture(client, &at("qr.png"), file).await,
                    (None, Some(file)) => picture(client, &at("qr.svg"), file).await,
                    (None, None) => {
                        let answer = client.get(&at("token")).await?;
                        let words = code::shown(&text(&answer, "/token"), &id, screen);
                        Ok(Told::yes(answer, words))
                    }
                }
            }
            Action::Verify { token } => verify(client, token).await,
            Action::Redeem { voucher, amount, check } => {
                redeem(client, voucher, amount.as_deref(), check.as_deref()).await
            }
            Action::Revoke { voucher, note } => {
                let place = at(client, voucher, &["revoke"]).await?;
                let answer = client.post(&place, &json!({"note": note})).await?;
                Ok(Told::yes(answer, "the voucher is revoked: nobody can redeem it any more"))
            }
        }
    }
}

/// Returns the address of a voucher, or of something of it.
async fn at(client: &Client, typed: &str, rest: &[&str]) -> Result<String, Trouble> {
    let id = lookup::voucher(client, typed).await?;
    let mut segments = vec!["v1", "vouchers", &id];
    segments.extend(rest);
    Ok(path(&segments, &[]))
}

async fn picture(client: &Client, place: &str, file: &Path) -> Result<Told, Trouble> {
    let bytes = client.fetch(place).await?;
    let words = save(file, &bytes)?;
    let answer = json!({"file": file.display().to_string(), "size": bytes.len()});
    Ok(Told::yes(if words.is_empty() { Value::Null } else { answer }, words))
}

async fn verify(client: &Client, token: &str) -> Result<Told, Trouble> {
    let token = if token == "-" {
        let bytes = read_bytes(Path::new("-"), MAX_TOKEN_BYTES)?;
        String::from_utf8_lossy(&bytes).trim().to_owned()
    } else {
        token.trim().to_owned()
    };
    let answer = client.post("/v1/vouchers/verify", &json!({"token": token})).await?;
    if answer.pointer("/valid") != Some(&Value::Bool(true)) {
        let words = format!("not good: {} ({})", text(&answer, "/why"), text(&answer, "/code"));
        return Ok(Told::no(answer, words));
    }
    let words = genuine(&answer);
    Ok(Told::yes(answer, words))
}

fn genuine(answer: &Value) -> String {
    let voucher = answer.get("voucher").unwrap_or(&Value::Null);
    let mut words = String::from("good");
    if voucher.get("number").is_some() {
        let _ = write!(words, ": {}", voucher_line(voucher));
    }
    for (word, place) in [("programme", "/title"), ("for", "/name"), ("id", "/id")] {
        let said = text(voucher, place);
        if !said.is_empty() {
            let _ = write!(words, "\n  {word}: {said}");
        }
    }
    let balance = match answer.get("balance") {
        Some(money @ Value::Object(_)) => amount_at(money, "/amount"),
        Some(Value::String(balance)) => super::words::amount(balance, &text(voucher, "/currency")),
        _ => String::new(),
    };
    if !balance.is_empty() {
        let _ = write!(words, "\n  left: {balance}");
    }
    words
}

async fn redeem(
    client: &Client,
    voucher: &str,
    amount: Option<&str>,
    check: Option<&str>,
) -> Result<Told, Trouble> {
    let id = lookup::voucher(client, voucher).await?;
    // What is said in full need not be looked up.
    let read = match (amount, check) {
        (Some(_), Some(_)) => Value::Null,
        _ => client.get(&path(&["v1", "vouchers", &id], &[])).await?,
    };
    let asked = text(&read, "/check");
    if check.is_none() && !asked.is_empty() {
        // Without an answer it would count as a failed check, and five of them lock the voucher.
        return Err(Trouble::Usage(format!(
            "whoever shows this voucher must know `{asked}`: ask for it, and give it with --check"
        )));
    }
    let amount = amount.map_or_else(|| text(&read, "/balance"), |amount| amount.trim().to_owned());
    let mut body = Map::from_iter([("amount".to_owned(), Value::from(amount))]);
    body.extend(check.map(|check| ("check".to_owned(), Value::from(check))));
    let answer =
        client.post(&path(&["v1", "vouchers", &id, "redemptions"], &[]), &body.into()).await?;
    let words = redeemed(&answer);
    Ok(Told::yes(answer, words))
}

fn redeemed(answer: &Value) -> String {
    let redemption = answer.get("redemption").unwrap_or(answer);
    let mut words = format!(
        "redeemed {}, redemption {} of this voucher",
        amount_at(redemption, "/amount"),
        text(redemption, "/number")
    );
    if let Some(voucher) = answer.get("voucher").filter(|voucher| voucher.is_object()) {
        let _ = write!(words, "\n{} is left", amount_at(voucher, "/balance"));
    }
    if let Some(receipt) = answer.get("receipt").and_then(Value::as_str) {
        let _ = write!(words, "\nsigned receipt: {}", clean(receipt));
    }
    words
}

fn shown(voucher: &Value, screen: &Screen) -> String {
    let mut words = voucher_line(voucher);
    let _ = write!(words, "\n  id: {}", text(voucher, "/id"));
    let times = text(voucher, "/times_left");
    if !times.is_empty() {
        let _ =
            write!(words, "\n  can be redeemed {times} more of {} times", text(voucher, "/times"));
    }
    let check = text(voucher, "/check");
    if !check.is_empty() {
        let _ = write!(words, "\n  whoever shows it must know: {check}");
    }
    let locked = screen.instant(&text(voucher, "/locked_until"));
    if !locked.is_empty() {
        let _ = write!(words, "\n  locked until {locked}, after failed checks");
    }
    for taken in list(voucher, "/redemptions") {
        let _ = write!(
            words,
            "\n  {}. {} by {}, {}",
            text(taken, "/number"),
            amount_at(taken, "/amount"),
            text(taken, "/provider"),
            screen.instant(&text(taken, "/at"))
        );
    }
    words
}
