//! A place in a list as clients carry it: opaque, so that only what a page gave is given back.

use annona_engine::id::ApplicationId;
use annona_engine::store::{Cursor, MAX_PAGE};
use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use crate::http::problem::Problem;

/// Rows of a page whose size was not asked for.
const USUAL_PAGE: u32 = 50;

/// Writes a place.
pub(in crate::http) fn written(place: Cursor) -> String {
    let mut bytes = place.key.to_be_bytes().to_vec();
    bytes.extend(place.id.0.as_bytes());
    bytes.extend(place.task.to_be_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

/// Reads a place that a page gave.
pub(in crate::http) fn read(text: &str) -> Result<Cursor, Problem> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default();
    place(&bytes).ok_or_else(|| Problem::new("bad_request", "`after` takes the `next` of a page"))
}

fn place(bytes: &[u8]) -> Option<Cursor> {
    let (key, rest) = bytes.split_first_chunk()?;
    let (id, rest) = rest.split_first_chunk()?;
    let task = rest.try_into().ok()?;
    Some(Cursor {
        key: i64::from_be_bytes(*key),
        id: ApplicationId(Uuid::from_bytes(*id)),
        task: u32::from_be_bytes(task),
    })
}

/// Returns how many rows a page has.
pub(in crate::http) fn size(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(USUAL_PAGE),
        Some(rows) if (1..=MAX_PAGE).contains(&rows) => Ok(rows),
        Some(_) => Err(Problem::new("bad_request", format!("`limit` takes 1 to {MAX_PAGE} rows"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_and_nothing_else_is_one() {
        let place = Cursor { key: -7, id: ApplicationId(Uuid::from_u128(9)), task: 3 };
        assert_eq!(read(&written(place)).unwrap(), place);
        for wrong in
            ["", "x", "====", &written(place).split_off(1), &format!("{}AAAA", written(place))]
        {
            assert_eq!(read(wrong).unwrap_err().code, "bad_request", "{wrong}");
        }
        assert_eq!(size(None).unwrap(), USUAL_PAGE);
        assert_eq!(size(Some(200)).unwrap(), 200);
        assert_eq!(size(Some(0)).unwrap_err().code, "bad_request");
        assert_eq!(size(Some(201)).unwrap_err().code, "bad_request");
    }
}
