//! Lists in pages: `?limit=&cursor=` → `{items, next_cursor}`.
//!
//! Invariant: rows stand in the order of their key and a cursor is the key of the last row sent, so a list that grows or
//! shrinks meanwhile skips and repeats nothing. Leaves out: lists the database cuts itself (records, photos, ledger).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::problem::Code;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::error::{Error, Result};

/// Rows of a page unless the caller says otherwise, and at most.
const ROWS: u32 = 50;
const MOST_ROWS: u32 = 200;

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// A campaign other than the current one.
    #[serde(rename = "campaign")]
    #[param(ignore)]
    _campaign: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows a page, 1 to 200; 50 if left out.
    limit: Option<u32>,
}

impl PageQuery {
    /// Of a query that asks for more than a page.
    pub fn new(cursor: Option<String>, limit: Option<u32>) -> Self {
        Self {
            cursor,
            limit,
            ..Self::default()
        }
    }
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Cursor of the next page; none: this is the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The page asked for of a whole list, put into the order of `key`. The key must be another one for every row.
    ///
    /// # Errors
    /// `BadRequest` for a cursor that is none of this list's.
    pub fn of<K>(mut rows: Vec<T>, key: impl Fn(&T) -> K, query: &PageQuery) -> Result<Self>
    where
        K: Ord + Serialize + DeserializeOwned,
    {
        rows.sort_by_cached_key(&key);
        if let Some(text) = &query.cursor {
            let last: K = read(text)?;
            rows.retain(|row| key(row) > last);
        }
        let limit = query.limit.unwrap_or(ROWS).clamp(1, MOST_ROWS) as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more);
        Ok(Self {
            next_cursor: last.map(|row| write(&key(row))).transpose()?,
            items: rows,
        })
    }

    /// The same page of what each row becomes.
    pub fn map<U>(self, row: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(row).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

fn write(key: &impl Serialize) -> Result<String> {
    let json = serde_json::to_vec(key).map_err(Error::storage)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn read<K: DeserializeOwned>(text: &str) -> Result<K> {
    let json = URL_SAFE_NO_PAD.decode(text).ok();
    json.and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(|| Error::because(Code::BadRequest, "cursor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(cursor: Option<String>) -> PageQuery {
        PageQuery {
            cursor,
            limit: Some(2),
            ..PageQuery::default()
        }
    }

    fn page(rows: &[i64], cursor: Option<String>) -> Page<i64> {
        Page::of(rows.to_vec(), |n| *n, &after(cursor)).unwrap()
    }

    #[test]
    fn a_list_that_changes_between_two_pages_skips_and_repeats_nothing() {
        let first = page(&[5, 1, 3, 9], None);
        assert_eq!(first.items, [1, 3]);
        // The last row sent is gone, another came before it, another after it.
        let second = page(&[0, 1, 4, 5, 9], first.next_cursor);
        assert_eq!(second.items, [4, 5]);
        let third = page(&[0, 1, 4, 5, 9], second.next_cursor);
        assert_eq!((third.items, third.next_cursor), (vec![9], None));
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let other = page(&[1, 2, 3], None).next_cursor;
        let texts = vec![String::from("village")];
        for cursor in [other, Some("%%".to_owned())] {
            let refused = Page::of(texts.clone(), String::clone, &after(cursor));
            assert_eq!(refused.unwrap_err().code(), "bad_request");
        }
    }
}
