//! Paging that stays correct while items are created: a token contains the last item of its page, not a position.

use std::cmp::Ordering;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ApiError;
use crate::random;

/// The sort key of an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SortKey {
    /// The item has no such property.
    Missing(()),
    /// A number or a time.
    Number(f64),
    /// Anything else.
    Text(String),
}

impl SortKey {
    /// The key of a property.
    pub fn of(value: Option<&Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Missing(()),
            Some(Value::Number(number)) => number.as_f64().map_or(Self::Missing(()), Self::Number),
            Some(Value::String(text)) => Self::Text(text.clone()),
            Some(other) => Self::Text(other.to_string()),
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Missing(()) => 0,
            Self::Number(_) => 1,
            Self::Text(_) => 2,
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// One item of a list.
#[derive(Clone, Debug)]
pub struct Item<T> {
    /// The primary sort key.
    pub key: SortKey,
    /// The secondary sort key, which is unique.
    pub name: String,
    /// The item itself.
    pub value: T,
}

/// A page.
#[derive(Debug)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// `NextToken`.
    pub next: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Token {
    list: String,
    key: SortKey,
    name: String,
}

/// How to cut a page out of a list.
#[derive(Debug)]
pub struct Cut<'a> {
    /// Sort order.
    pub descending: bool,
    /// Items per page.
    pub size: usize,
    /// `NextToken` of the request.
    pub token: Option<&'a str>,
    /// Identifies the list (operation and filters): a token of another list is refused.
    pub list: String,
}

impl<'a> Cut<'a> {
    /// From a request. `default` is the page size without `MaxResults`.
    pub fn of(operation: &str, request: &'a Value, default: usize, descending: bool) -> Self {
        let mut filters = request.clone();
        if let Some(members) = filters.as_object_mut() {
            members.remove("NextToken");
            members.remove("MaxResults");
        }
        let size = request.get("MaxResults").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
        Self {
            descending: request
                .get("SortOrder")
                .and_then(Value::as_str)
                .map_or(descending, |order| order == "Descending"),
            size: size.unwrap_or(default),
            token: request.get("NextToken").and_then(Value::as_str),
            list: random::hex(&[operation, &filters.to_string()], 16),
        }
    }

    /// Sorts the items and returns the page of the token.
    pub fn page<T>(&self, mut items: Vec<Item<T>>) -> Result<Page<T>, ApiError> {
        let direction = |order: Ordering| if self.descending { order.reverse() } else { order };
        items.sort_by(|a, b| direction(a.key.order(&b.key).then_with(|| a.name.cmp(&b.name))));
        let start = match self.token {
            None => 0,
            Some(token) => {
                let last: Token =
                    decode(token).filter(|last: &Token| last.list == self.list).ok_or_else(invalid_token)?;
                items.partition_point(|item| {
                    direction(item.key.order(&last.key).then_with(|| item.name.cmp(&last.name))).is_le()
                })
            }
        };
        let more = items.len() > start.saturating_add(self.size);
        let page: Vec<Item<T>> = items.into_iter().skip(start).take(self.size).collect();
        let next = page
            .last()
            .filter(|_| more)
            .map(|last| encode(&Token { list: self.list.clone(), key: last.key.clone(), name: last.name.clone() }));
        Ok(Page { items: page.into_iter().map(|item| item.value).collect(), next })
    }
}

fn invalid_token() -> ApiError {
    ApiError::validation("The specified NextToken is invalid or has expired.")
}

fn encode(token: &Token) -> String {
    let json = serde_json::to_vec(token).unwrap_or_default();
    json.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn decode(token: &str) -> Option<Token> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let bytes: Option<Vec<u8>> = token
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
            _ => None,
        })
        .collect();
    serde_json::from_slice(&bytes?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn items(names: &[&str]) -> Vec<Item<String>> {
        names
            .iter()
            .map(|name| Item { key: SortKey::Text((*name).into()), name: (*name).into(), value: (*name).into() })
            .collect()
    }

    #[test]
    fn pages_cover_everything_once_even_when_items_appear() {
        let request = json!({"MaxResults": 2});
        let first = Cut::of("List", &request, 10, false).page(items(&["c", "a", "b", "d"])).unwrap();
        assert_eq!(first.items, ["a", "b"]);
        let request = json!({"MaxResults": 2, "NextToken": first.next.unwrap()});
        let second = Cut::of("List", &request, 10, false).page(items(&["aa", "c", "a", "b", "d"])).unwrap();
        assert_eq!((second.items, second.next), (vec!["c".to_owned(), "d".to_owned()], None));
    }

    #[test]
    fn descending_pages() {
        let request = json!({"MaxResults": 3, "SortOrder": "Descending"});
        let first = Cut::of("List", &request, 10, false).page(items(&["c", "a", "b", "d"])).unwrap();
        assert_eq!(first.items, ["d", "c", "b"]);
        let request = json!({"MaxResults": 3, "SortOrder": "Descending", "NextToken": first.next.unwrap()});
        assert_eq!(Cut::of("List", &request, 10, false).page(items(&["c", "a", "b", "d"])).unwrap().items, ["a"]);
    }

    #[test]
    fn tokens_of_other_lists_and_nonsense_are_refused() {
        let first = Cut::of("List", &json!({"MaxResults": 1}), 10, false).page(items(&["a", "b"])).unwrap();
        let other = json!({"MaxResults": 1, "NameContains": "x", "NextToken": first.next.unwrap()});
        assert!(Cut::of("List", &other, 10, false).page(items(&["a", "b"])).is_err());
        for token in ["", "zz", "abc", "7b7d"] {
            assert!(Cut::of("List", &json!({"NextToken": token}), 10, false).page(items(&["a"])).is_err(), "{token}");
        }
    }
}
