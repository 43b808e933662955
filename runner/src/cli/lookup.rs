//! Finds what a person means: by id, or by the reference that people quote.

use annona_engine::id::{ApplicationId, TaskId, VoucherId};
use annona_engine::reference::Reference;
use serde_json::Value;

use super::trouble::Trouble;
use super::words::{clean, items, list, text};
use crate::client::{Client, path};

/// Returns the id of the application that `typed` means: an id, or a reference such as `US-7K3F-92Q6`.
pub(super) async fn application(client: &Client, typed: &str) -> Result<String, Trouble> {
    if typed.parse::<ApplicationId>().is_ok() {
        return Ok(typed.to_owned());
    }
    let Some(reference) = Reference::normalise(typed) else {
        return Err(Trouble::Usage(format!(
            "`{}` is no reference of an application, for its last character does not fit the rest, and no id: is it a slip of the pen?",
            clean(typed)
        )));
    };
    let found = client.get(&path(&["v1", "applications"], &[("reference", &reference)])).await?;
    match items(&found) {
        [only] => Ok(text(only, "/id")),
        [] => Err(Trouble::NotOne(format!("there is no application {reference} that you may see"))),
        _ => Err(Trouble::NotOne(format!(
            "{reference} is more than one application: give the id that `annona application list` shows"
        ))),
    }
}

/// Returns the id of the task that `typed` means: its own id, or the reference or id of an application with one open task.
pub(super) async fn task(client: &Client, typed: &str) -> Result<String, Trouble> {
    if typed.parse::<TaskId>().is_ok() {
        return Ok(typed.to_owned());
    }
    let id = application(client, typed).await?;
    let found = client.get(&path(&["v1", "applications", &id], &[])).await?;
    match list(&found, "/tasks") {
        [only] => Ok(text(only, "/id")),
        [] => Err(Trouble::NotOne(format!(
            "{} has no open task: it is {}",
            text(&found, "/reference"),
            super::words::status(&text(&found, "/status"))
        ))),
        several => {
            let ids = several
                .iter()
                .map(|task| format!("{} ({})", text(task, "/id"), text(task, "/stage")));
            Err(Trouble::NotOne(format!(
                "{} has more than one open task: {}",
                text(&found, "/reference"),
                ids.collect::<Vec<_>>().join(", ")
            )))
        }
    }
}

/// Returns the id of the voucher that `typed` means: its own id, or the reference or id of its application.
pub(super) async fn voucher(client: &Client, typed: &str) -> Result<String, Trouble> {
    if typed.parse::<VoucherId>().is_ok() {
        return Ok(typed.to_lowercase());
    }
    let id = application(client, typed).await?;
    let found: Value = client.get(&path(&["v1", "applications", &id], &[])).await?;
    let voucher = text(&found, "/voucher/id");
    if voucher.is_empty() {
        return Err(Trouble::NotOne(format!("{} has no voucher", text(&found, "/reference"))));
    }
    Ok(voucher)
}
