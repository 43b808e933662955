//! Lists in pages.

use serde_json::{Value, json};

use super::screen::Screen;
use super::table::Table;
use super::trouble::Trouble;
use super::words::{clean, items};
use crate::client::{Client, path};

/// Most entries of a page that the daemon gives.
const MAX_PAGE: u16 = 200;
/// Most pages that are read to show something whole.
const MAX_PAGES: usize = 100;

/// Which page of a list.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Paging {
    /// Most entries shown.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_PAGE)))]
    limit: u16,
    /// Where to go on: what the page before ended with.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

impl Paging {
    /// Returns the address of this page of a list, with the filters that are given.
    pub(super) fn path(&self, list: &str, filters: &[(&str, &Option<String>)]) -> String {
        let limit = self.limit.to_string();
        let given = filters.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        let mut query: Vec<(&str, &str)> = given.collect();
        query.push(("limit", &limit));
        if let Some(after) = &self.after {
            query.push(("after", after));
        }
        let segments: Vec<&str> = list.trim_start_matches('/').split('/').collect();
        path(&segments, &query)
    }
}

/// Returns a page in words: its rows, and how to go on.
pub(super) fn shown(table: &Table, answer: &Value, none: &str, screen: &Screen) -> String {
    if items(answer).is_empty() {
        return none.to_owned();
    }
    let rows = table.shown(screen);
    match answer.get("next").and_then(Value::as_str) {
        Some(next) => format!("{rows}\n\nthere are more: --after {}", clean(next)),
        None => rows,
    }
}

/// Reads every page of a list.
pub(super) async fn whole(client: &Client, list: &str) -> Result<Value, Trouble> {
    let segments: Vec<&str> = list.trim_start_matches('/').split('/').collect();
    let mut entries: Vec<Value> = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let query: Vec<_> = after.as_deref().map(|cursor| ("after", cursor)).into_iter().collect();
        let page = client.get(&path(&segments, &query)).await?;
        entries.extend_from_slice(items(&page));
        after = page.get("next").and_then(Value::as_str).map(str::to_owned);
        if after.is_none() {
            return Ok(json!({"items": entries}));
        }
    }
    // What is left out is said, for programs as well.
    Ok(json!({"items": entries, "next": after}))
}
