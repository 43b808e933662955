//! Pages of lists that are read whole: short ones, such as programmes and tokens.

use annona_engine::store::MAX_PAGE;
use serde::Deserialize;
use utoipa::IntoParams;

use super::problem::Problem;
use super::shape::Page;

/// Rows of a page where the request does not say.
const USUAL_PAGE: u32 = 50;

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Most rows: 1 to 200; 50 where it is left out.
    limit: Option<u32>,
    /// Where the page begins: `next` of the page before.
    after: Option<String>,
}

impl Asked {
    /// Returns how many rows are asked for.
    pub(super) fn limit(&self) -> Result<u32, Problem> {
        let limit = self.limit.unwrap_or(USUAL_PAGE);
        if (1..=MAX_PAGE).contains(&limit) {
            return Ok(limit);
        }
        Err(Problem::new("bad_request", format!("limit is 1 to {MAX_PAGE}")))
    }

    /// Returns where the page begins.
    pub(super) fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// Returns the page of rows that are in the order of their keys.
    pub(super) fn page<T>(&self, rows: Vec<(String, T)>) -> Result<Page<T>, Problem> {
        let limit = self.limit()? as usize;
        let mut rest = rows
            .into_iter()
            .filter(|(key, _)| self.after().is_none_or(|after| key.as_str() > after))
            .peekable();
        let (mut items, mut last) = (Vec::new(), None);
        while let Some((key, row)) = rest.next_if(|_| items.len() < limit) {
            items.push(row);
            last = Some(key);
        }
        let next = if rest.peek().is_some() { last } else { None };
        Ok(Page { items, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(limit: u32, after: Option<&str>) -> (Vec<u8>, Option<String>) {
        let rows = [("a", 1), ("b", 2), ("c", 3)];
        let rows = rows.into_iter().map(|(key, row)| (key.to_owned(), row)).collect();
        let asked = Asked { limit: Some(limit), after: after.map(str::to_owned) };
        let page = asked.page(rows).unwrap();
        (page.items, page.next)
    }

    #[test]
    fn pages_follow_one_another_and_the_last_has_no_next() {
        assert_eq!(page(2, None), (vec![1, 2], Some("b".to_owned())));
        assert_eq!(page(2, Some("b")), (vec![3], None));
        assert_eq!(page(3, None), (vec![1, 2, 3], None));
        assert_eq!(page(3, Some("z")), (vec![], None));
    }

    #[test]
    fn a_page_has_at_least_one_row_and_no_more_than_the_most() {
        for limit in [0, MAX_PAGE + 1] {
            let asked = Asked { limit: Some(limit), after: None };
            assert_eq!(asked.limit().unwrap_err().code, "bad_request");
        }
    }
}
