//! Vouchers that are verified: by an officer, who is told what is left of them, and by anybody.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::http::Answer;
use crate::job::{OTHERS, decisions, keeper, open, rate, rounded, submit};
use crate::machine::{Processors, fdatasync, memory, quantile};
use crate::office::{Office, STAGES, is_done, text};
use crate::options::Options;
use crate::rounds::{Call, send};

/// Vouchers that are verified over and over.
const VOUCHERS: usize = 2000;

/// Verifies vouchers and returns a line for each number of clients and each who asks.
pub(crate) async fn run(options: &Options) -> io::Result<Vec<Value>> {
    let office = open(options).await?;
    let codes = codes(options, &office).await?;
    let mut lines = Vec::new();
    for clients in &options.clients {
        for (by, token) in [("officer", office.officer(0, 0)), ("anybody", "")] {
            let disk = fdatasync(&options.folder)?;
            let calls = (0..options.applications).map(|number| Call {
                application: number,
                method: "POST",
                path: "/v1/vouchers/verify".to_owned(),
                token: token.to_owned(),
                seen: None,
                body: json!({"token": codes.get(number % VOUCHERS)}).to_string(),
            });
            let before = Processors::now(&options.pids);
            let valid = |_, answer: Answer| is_valid(&answer);
            let mut round = send(&options.host, *clients, calls.collect(), valid).await?;
            let (own, others) = Processors::now(&options.pids).since(before, round.seconds);
            lines.push(json!({
                "engine": "annona", "store": options.label, "by": by, "clients": clients,
                "verifications_per_s": rate(options.applications, round.seconds),
                "p50_ms": rounded(quantile(&mut round.times, 0.5), 100.0),
                "p99_ms": rounded(quantile(&mut round.times, 0.99), 100.0),
                "own_cores": rounded(own, 100.0), "foreign_cores": rounded(others, 100.0),
                "fdatasync_us": disk.round(), "rss_mb": memory(&options.pids).round(),
            }));
        }
    }
    Ok(lines)
}

/// Decides applications to their end and returns the codes of their vouchers.
async fn codes(options: &Options, office: &Office) -> io::Result<Vec<String>> {
    let (ids, _) = submit(options, office, VOUCHERS).await?;
    let vouchers = Rc::new(RefCell::new(vec![String::new(); VOUCHERS]));
    for stage in 0..STAGES.len() {
        let calls = decisions(options, office, &ids, stage).await?;
        let is_last = stage + 1 == STAGES.len();
        let keep = keeper(&vouchers, move |answer| {
            if is_last { text(answer, "/voucher/id") } else { Ok(String::new()) }
        });
        send(&options.host, 64, calls, keep).await?;
    }
    let vouchers = vouchers.take();
    let calls = vouchers.iter().enumerate().map(|(application, voucher)| Call {
        application,
        method: "GET",
        path: format!("/v1/vouchers/{voucher}/token"),
        token: office.portal.clone(),
        seen: None,
        body: String::new(),
    });
    let codes = Rc::new(RefCell::new(vec![String::new(); VOUCHERS]));
    let keep = keeper(&codes, |answer| text(answer, "/token"));
    send(&options.host, OTHERS, calls.collect(), keep).await?;
    Ok(codes.take())
}

fn is_valid(answer: &Answer) -> io::Result<()> {
    is_done(answer, "verifying a voucher")?;
    let json: Value = serde_json::from_slice(&answer.body).map_err(io::Error::other)?;
    match json.pointer("/valid") {
        Some(Value::Bool(true)) => Ok(()),
        _ => Err(io::Error::other(format!("a good voucher is answered {json}"))),
    }
}
