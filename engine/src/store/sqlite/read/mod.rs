//! Plain queries, each one statement over an index, by connections that cannot write.

pub(super) mod access;
pub(super) mod application;
pub(super) mod applications;
pub(super) mod derived;
pub(super) mod due;
pub(super) mod records;
pub(super) mod report;
pub(super) mod tasks;
pub(super) mod vouchers;

use super::super::{Cursor, MAX_PAGE, Page};

/// Returns how many rows a page has.
fn page_size(limit: u32) -> u32 {
    limit.clamp(1, MAX_PAGE)
}

/// Cuts a list that may have one row too many into a page, with the place of its last row where there are more.
fn cut<T>(mut rows: Vec<(T, Cursor)>, limit: u32) -> Page<T> {
    let size = usize::try_from(page_size(limit)).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().map(|(_, place)| *place).filter(|_| more);
    Page { items: rows.into_iter().map(|(row, _)| row).collect(), next }
}
