//! What stands before every handler: the host's name, the client's address, rate limits, and the headers of every answer.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{StatusCode, request::Parts};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_governor::GovernorError;
use tower_governor::key_extractor::KeyExtractor;

use super::App;
use crate::config::Proxy;

/// Refuses a Host that is not ours (421, RFC 9110 section 15.5.20). Nothing else reads it: every link is made from the public URL.
pub async fn host(State(app): State<App>, request: Request, next: Next) -> Response {
    let named = request.uri().authority().map(ToString::to_string);
    let named = named.or_else(|| request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned));
    let health = matches!(request.uri().path(), "/healthz" | "/readyz" | "/metrics");
    if health || named.is_some_and(|named| app.is_our_host(&named)) {
        return next.run(request).await;
    }
    StatusCode::MISDIRECTED_REQUEST.into_response()
}

/// A client's own request id is not believed: it would stand in our log.
pub async fn forget_request_id(mut request: Request) -> Request {
    request.headers_mut().remove(HeaderName::from_static("x-request-id"));
    request
}

/// The headers that every answer carries (OWASP ASVS 5.0 section 3.4).
pub async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let asset = request.uri().path().starts_with("/assets/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(|| app.content_security_policy.clone());
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(if asset {
        "public, max-age=3600"
    } else {
        "no-store"
    }));
    let fixed: [(HeaderName, &str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if app.services.settings.server.public_url.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// The policy: our own style and script, nothing inline, forms to ourselves and to the gateway's page (browsers hold a redirect
/// after a form to `form-action` too), where there is one.
pub fn content_security_policy(gateway_origin: Option<&str>) -> String {
    let gateway = gateway_origin.map(|origin| format!(" {origin}")).unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-src 'self'; \
         form-action 'self'{gateway}; frame-ancestors 'self'; base-uri 'none'"
    )
}

/// Tells clients apart for rate limits: the peer's address, or what our own proxies say of it.
#[derive(Debug, Clone)]
pub struct ClientAddress {
    proxies: Vec<Proxy>,
}

impl ClientAddress {
    pub fn new(proxies: Vec<Proxy>) -> Self {
        Self { proxies }
    }

    /// The right-most address of X-Forwarded-For that is not one of our proxies: all to its left is the client's own claim.
    pub fn of<B>(&self, request: &axum::http::Request<B>) -> Option<IpAddr> {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
        let trusted = |address: IpAddr| self.proxies.iter().any(|proxy| proxy.covers(address));
        if !trusted(peer) {
            return Some(peer);
        }
        let hops = request.headers().get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).map(str::trim).collect();
        for hop in hops.into_iter().rev() {
            match hop.parse::<IpAddr>() {
                Ok(address) if trusted(address.to_canonical()) => {}
                Ok(address) => return Some(address.to_canonical()),
                Err(_) => break,
            }
        }
        Some(peer)
    }
}

impl KeyExtractor for ClientAddress {
    type Key = IpAddr;

    /// An IPv6 client owns a /64 at least: the limit is the network's.
    fn extract<B>(&self, request: &axum::http::Request<B>) -> Result<IpAddr, GovernorError> {
        match self.of(request).ok_or(GovernorError::UnableToExtractKey)? {
            IpAddr::V6(address) => Ok(IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into())),
            v4 => Ok(v4),
        }
    }
}

/// Whether a path and query may stand in `next`: one of our own pages, never another site (`//evil`, `/\evil`, encoded or not).
pub fn is_local_path(path: &str) -> bool {
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.~?=&".contains(&b));
    path.starts_with('/') && !path.starts_with("//") && plain && path.len() <= 512
}

/// The path and query that a signed-out reader asked for, to come back to.
pub fn wanted(parts: &Parts) -> String {
    let path = parts.uri.path_and_query().map_or("/", |wanted| wanted.as_str());
    if parts.method == axum::http::Method::GET && is_local_path(path) { path.to_owned() } else { "/learn".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(peer: &str, forwarded: &[&str]) -> axum::http::Request<()> {
        let mut request = axum::http::Request::new(());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        for value in forwarded {
            request.headers_mut().append("x-forwarded-for", value.parse().unwrap());
        }
        request
    }

    #[test]
    fn only_our_proxies_are_believed_about_the_client() {
        let proxies = vec![serde_json::from_str("\"127.0.0.1\"").unwrap(), serde_json::from_str("\"10.0.0.0/8\"").unwrap()];
        let extractor = ClientAddress::new(proxies);
        let key = |peer, forwarded: &[&str]| extractor.extract(&request(peer, forwarded)).unwrap().to_string();
        assert_eq!(key("192.0.2.7", &["198.51.100.1"]), "192.0.2.7");
        assert_eq!(key("127.0.0.1", &["203.0.113.9, 198.51.100.1, 10.0.0.3"]), "198.51.100.1");
        assert_eq!(key("127.0.0.1", &["203.0.113.9", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(key("127.0.0.1", &["nonsense"]), "127.0.0.1");
        assert_eq!(key("2001:db8::1:2:3:4", &[]), "2001:db8::");
    }

    #[test]
    fn a_way_back_leads_nowhere_else() {
        for good in ["/", "/learn", "/orders/ord_01jd?x=1&y=2"] {
            assert!(is_local_path(good), "{good}");
        }
        for bad in ["", "//evil", "/\\evil", "/%2f%2fevil", "https://evil", "/a\nb", "/%5cevil", "evil", "/@evil:x"] {
            assert!(!is_local_path(bad), "{bad}");
        }
    }
}
