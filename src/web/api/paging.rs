//! Lists, a page at a time, newest first. A cursor says below which id the next page begins, and of which list it is: nothing is shown
//! twice and nothing left out while new things come.

use axum::http::header::LINK;
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use uuid::Uuid;

use super::{ApiProblem, json};

/// The most that a page has.
pub const MOST: u64 = 100;
/// What a page has where nothing is asked.
pub const USUAL: u64 = 50;

/// Which page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    list: &'static str,
    /// Only what is older than this.
    pub before: Option<Uuid>,
    /// 1 to [`MOST`].
    pub limit: u64,
}

impl Paging {
    /// The page of the list `list` that these parameters ask for.
    ///
    /// # Errors
    /// 400 for a cursor that is none of this list's, and for a limit out of range.
    pub fn parse(list: &'static str, cursor: Option<&str>, limit: Option<&str>) -> Result<Self, ApiProblem> {
        let before = cursor.map(|cursor| read(list, cursor)).transpose()?;
        let limit = match limit {
            None => USUAL,
            Some(text) => {
                let number = text.parse().ok().filter(|number| (1..=MOST).contains(number));
                number.ok_or_else(|| ApiProblem::parameter("limit", format!("Ask for 1 to {MOST}")))?
            }
        };
        Ok(Self { list, before, limit })
    }

    /// The page of a list that is in memory whole, newest first, and the id below which the next begins.
    pub fn cut<T>(&self, mut all: Vec<T>, id: impl Fn(&T) -> Uuid) -> (Vec<T>, Option<Uuid>) {
        all.sort_by_key(|item| std::cmp::Reverse(id(item)));
        if let Some(before) = self.before {
            all.retain(|item| id(item) < before);
        }
        let size = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = all.len() > size;
        all.truncate(size);
        let next = all.last().map(&id).filter(|_| more);
        (all, next)
    }

    /// The page as it is answered: in the body and in `Link` (RFC 8288) the way to the next.
    pub fn answer<T: Serialize>(&self, uri: &Uri, items: &[T], next: Option<Uuid>) -> Result<Response, ApiProblem> {
        let cursor = next.map(|next| write(self.list, next));
        let body = PageBody { items, next: cursor.as_deref() };
        let mut response = json(&body)?.into_response();
        if let Some(cursor) = &cursor
            && let Ok(value) = HeaderValue::from_str(&format!("<{}>; rel=\"next\"", onward(uri, cursor)))
        {
            response.headers_mut().insert(LINK, value);
        }
        Ok(response)
    }
}

#[derive(Serialize)]
struct PageBody<'a, T> {
    items: &'a [T],
    next: Option<&'a str>,
}

fn write(list: &str, id: Uuid) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{list}:{}", id.simple()))
}

fn read(list: &str, cursor: &str) -> Result<Uuid, ApiProblem> {
    let text = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let id = text.as_deref().and_then(|text| text.strip_prefix(list)?.strip_prefix(':'));
    let id = id.and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(|| ApiProblem::parameter("cursor", "Take the cursor from the page before, of the same list"))
}

/// The same address with another cursor.
fn onward(uri: &Uri, cursor: &str) -> String {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(uri.query().unwrap_or_default()).unwrap_or_default();
    let kept = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(|(name, _)| *name != "cursor");
    let query = serde_urlencoded::to_string(kept.chain([("cursor", cursor)]).collect::<Vec<_>>()).unwrap_or_default();
    format!("{}?{query}", uri.path())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_in_its_own_list_alone(value: u128) {
            let id = Uuid::from_u128(value);
            let cursor = write("orders", id);
            prop_assert_eq!(read("orders", &cursor).ok(), Some(id));
            prop_assert!(read("order", &cursor).is_err() && read("roster", &cursor).is_err());
        }

        #[test]
        fn any_text_is_refused_or_read_but_never_panics(text: String) {
            let _ = read("orders", &text);
            let _ = Paging::parse("orders", Some(&text), Some(&text));
        }

        #[test]
        fn pages_of_a_list_in_memory_are_the_list(ids in proptest::collection::btree_set(any::<u128>(), 0..30), limit in 1_u64..7) {
            let all: Vec<Uuid> = ids.into_iter().map(Uuid::from_u128).collect();
            let (mut seen, mut before) = (Vec::new(), None);
            loop {
                let (page, next) = Paging { list: "all", before, limit }.cut(all.clone(), |id| *id);
                seen.extend(page);
                let Some(next) = next else { break };
                before = Some(next);
            }
            seen.reverse();
            prop_assert_eq!(seen, all);
        }
    }

    #[test]
    fn a_limit_is_one_to_a_hundred() {
        assert_eq!(Paging::parse("orders", None, None).unwrap().limit, USUAL);
        assert_eq!(Paging::parse("orders", None, Some("100")).unwrap().limit, 100);
        for bad in ["0", "101", "-1", "", "ten", "1e1"] {
            assert!(Paging::parse("orders", None, Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_way_on_keeps_what_was_asked() {
        let uri: Uri = "/api/v1/orders?state=open&cursor=old&limit=2".parse().unwrap();
        assert_eq!(onward(&uri, "new"), "/api/v1/orders?state=open&limit=2&cursor=new");
    }
}
