//! `annona verify voucher`

use std::path::{Path, PathBuf};

use annona_engine::clock::{Clock as _, System};
use annona_engine::voucher::{
    self, Context, KeyError, PublicKey, StatusCheck, TrustList, Verified, id_hash,
};
use jiff::Timestamp;
use serde_json::json;

use super::super::{Answer, read};
use crate::output;

/// Verifies the text of a voucher's code, without a network.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Voucher {
    /// The text of the code, as a scanner gives it: `EV1:…`; `-` reads it from standard input.
    token: String,
    /// The issuer's signed trust list.
    #[arg(long)]
    trust_list: PathBuf,
    /// The issuer's root key: 64 hexadecimal digits, or a file that holds them.
    #[arg(long)]
    root: String,
    /// The kind of provider that would redeem it.
    #[arg(long)]
    kind: Option<String>,
    /// The instant at which it is verified, in RFC 3339; without it, now.
    #[arg(long)]
    at: Option<Timestamp>,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

impl Voucher {
    pub(super) fn run(&self) -> Result<Answer, Answer> {
        let now = self.at.unwrap_or_else(|| System.now()).as_second();
        let root = root(&self.root)?;
        let trusted =
            TrustList::verify(&read(&self.trust_list)?, &root, now, None).map_err(|cause| {
                output::complain(&format!(
                    "{} cannot be trusted: {cause}",
                    self.trust_list.display()
                ));
                Answer::No
            })?;
        let token = self.token()?;
        let context = Context { provider_kind: self.kind.as_deref(), ..Context::at(now) };
        match voucher::verify(token.trim(), &trusted, &context) {
            Ok(verified) => self.say(&verified),
            Err(invalid) if self.json => {
                output::say_json(
                    &json!({ "valid": false, "code": invalid.code(), "why": invalid.sentence() }),
                );
                return Ok(Answer::No);
            }
            Err(invalid) => {
                output::say(&format!("not good: {} ({})", invalid.sentence(), invalid.code()));
                return Ok(Answer::No);
            }
        }
        Ok(Answer::Yes)
    }

    fn token(&self) -> Result<String, Answer> {
        if self.token == "-" {
            read(Path::new("/dev/stdin")).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        } else {
            Ok(self.token.clone())
        }
    }

    fn say(&self, verified: &Verified) {
        let claims = &verified.claims;
        let voucher = &claims.voucher;
        let until = Timestamp::from_second(claims.expires)
            .map_or_else(|_| String::new(), |end| end.to_string());
        let amount = amount(voucher.amount_minor, &voucher.currency);
        let status = match verified.status {
            StatusCheck::Valid => "valid",
            StatusCheck::NotChecked => "not looked up",
        };
        if self.json {
            output::say_json(&json!({
                "valid": true, "issuer": claims.issuer, "application": claims.subject, "number": voucher.number,
                "programme": voucher.programme, "title": voucher.title, "name": voucher.masked_name,
                "kinds": voucher.kinds, "amount": decimal(voucher.amount_minor, &voucher.currency),
                "currency": voucher.currency, "times": voucher.times, "expires": until,
                "key": verified.key.to_string(), "id_hash": id_hash(&claims.cti), "status": status,
            }));
            return;
        }
        output::say(&format!("genuine: signed by {} with key {}", claims.issuer, verified.key));
        output::say(&format!(
            "  {} ({}), voucher {}",
            voucher.title, voucher.programme, voucher.number
        ));
        output::say(&format!(
            "  {amount}, up to {} times, for: {}",
            voucher.times,
            voucher.kinds.join(", ")
        ));
        output::say(&format!("  for {}, application {}", voucher.masked_name, claims.subject));
        output::say(&format!("  good until {until}; status {status}"));
        output::say("What is left on it stands in the issuer's ledger alone.");
    }
}

/// Returns minor units as an amount for people.
fn amount(minor: u64, currency: &str) -> String {
    annona_definitions::money::Currency::from_code(currency).map_or_else(
        || format!("{minor} minor units of {currency}"),
        |known| known.show(known.from_minor_units(minor)),
    )
}

/// Returns minor units as an exact decimal for programs; nothing where the currency is not known.
fn decimal(minor: u64, currency: &str) -> Option<String> {
    let known = annona_definitions::money::Currency::from_code(currency)?;
    Some(known.from_minor_units(minor).to_string())
}

/// Reads the root key from its digits, or from the file that holds them.
fn root(text: &str) -> Result<PublicKey, Answer> {
    let parse = |text: &str| -> Option<Result<PublicKey, KeyError>> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok()?;
        Some(PublicKey::from_bytes(&<[u8; 32]>::try_from(bytes).ok()?))
    };
    let parsed = match parse(text) {
        Some(parsed) => Some(parsed),
        None => parse(&String::from_utf8_lossy(&read(Path::new(text))?)),
    };
    let complain = |cause: &str| {
        output::complain(&format!("the root key cannot be used: {cause}"));
        Answer::CannotRead
    };
    parsed
        .ok_or_else(|| complain("it is not 64 hexadecimal digits"))?
        .map_err(|cause| complain(&cause.to_string()))
}
