//! A browser without script: it follows redirects, keeps cookies, and sends the forms it finds on the page as they are.

use std::sync::Arc;

use reqwest::cookie::Jar;
use reqwest::header::{ACCEPT, LOCATION};
use reqwest::{Client, ClientBuilder, Method, StatusCode};
use scraper::{ElementRef, Html, Node, Selector};
use url::Url;

/// One browser with its own cookies.
#[derive(Debug, Clone)]
pub struct Browser {
    http: Client,
    origin: Url,
}

/// A page as it arrived.
#[derive(Debug, Clone)]
pub struct Page {
    pub status: StatusCode,
    pub url: Url,
    pub body: String,
    pub headers: reqwest::header::HeaderMap,
    browser: Browser,
}

/// A form found on a page, to be filled and sent.
#[derive(Debug, Clone)]
pub struct Form {
    method: Method,
    action: Url,
    fields: Vec<(String, String)>,
    browser: Browser,
}

fn select(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

/// Follows nothing by itself, and goes through no proxy.
pub fn client() -> ClientBuilder {
    // Only the first call installs it.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    // No test speaks TLS, and to read the system's certificates takes longer than most pages.
    Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().tls_certs_only([])
}

impl Browser {
    pub fn new(origin: &str) -> Self {
        Self::of(client(), origin)
    }

    /// A connection for each request: none is found closed when a form is sent.
    pub fn of_single_requests(origin: &str) -> Self {
        Self::of(client().pool_max_idle_per_host(0), origin)
    }

    /// As [`Self::of_single_requests`], with a cookie of ours.
    pub fn with_cookie(origin: &str, cookie: &str) -> Self {
        let (jar, origin) = (Jar::default(), Url::parse(origin).unwrap());
        jar.add_cookie_str(cookie, &origin);
        let http = client().pool_max_idle_per_host(0).cookie_provider(Arc::new(jar)).build().unwrap();
        Self { http, origin }
    }

    fn of(client: ClientBuilder, origin: &str) -> Self {
        let http = client.cookie_store(true).build().unwrap();
        Self { http, origin: Url::parse(origin).unwrap() }
    }

    /// Opens a path of ours, or any URL, and follows where it leads.
    pub async fn open(&self, path: &str) -> Page {
        self.try_open(path).await.unwrap()
    }

    /// As [`Self::open`], where there may be nobody to answer.
    pub async fn try_open(&self, path: &str) -> reqwest::Result<Page> {
        self.follow(Method::GET, self.origin.join(path).unwrap(), &[]).await
    }

    /// Posts fields that no form offered.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let fields: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.follow(Method::POST, self.origin.join(path).unwrap(), &fields).await.unwrap()
    }

    /// Uploads a file by a form of one field, and shows where that leads.
    pub async fn upload(&self, path: &str, field: &str, bytes: &[u8]) -> Page {
        let url = self.origin.join(path).unwrap();
        let head = format!(
            "--bound\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, b"\r\n--bound--\r\n"].concat();
        let request = self.http.post(url.clone()).header(ACCEPT, "text/html").body(body);
        let request = request.header("origin", self.origin.origin().ascii_serialization()).header("referer", url.as_str());
        let response = request.header("content-type", "multipart/form-data; boundary=bound").send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await.unwrap();
        Page { status, url, body, headers, browser: self.clone() }
    }

    /// One request, its redirect not followed.
    pub async fn send(&self, method: Method, url: Url, fields: &[(String, String)]) -> Page {
        self.try_send(method, url, fields).await.unwrap()
    }

    async fn try_send(&self, method: Method, mut url: Url, fields: &[(String, String)]) -> reqwest::Result<Page> {
        if method == Method::GET && !fields.is_empty() {
            url.query_pairs_mut().clear().extend_pairs(fields);
        }
        let mut request = self.http.request(method.clone(), url.clone()).header(ACCEPT, "text/html");
        if method == Method::POST {
            request = request.header("origin", self.origin.origin().ascii_serialization()).form(fields);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await?;
        Ok(Page { status, url, body, headers, browser: self.clone() })
    }

    async fn follow(&self, method: Method, url: Url, fields: &[(String, String)]) -> reqwest::Result<Page> {
        let mut page = self.try_send(method, url, fields).await?;
        for _ in 0..10 {
            if !page.status.is_redirection() {
                return Ok(page);
            }
            let location = page.headers[LOCATION].to_str().unwrap();
            let next = page.url.join(location).unwrap();
            page = self.try_send(Method::GET, next, &[]).await?;
        }
        panic!("more than ten redirects, the last from {}", page.url);
    }
}

impl Page {
    pub fn html(&self) -> Html {
        Html::parse_document(&self.body)
    }

    /// Says what a control of the page, by its name, holds; or the kept form, which repeats what was typed.
    #[track_caller]
    pub fn has(&self, name: &str, value: &str) -> &Self {
        let fields: Vec<_> = self.html().select(&select("form")).flat_map(controls).collect();
        let there = fields.iter().any(|(found, held)| (found == name && held == value) || held.contains(&encoded(name, value)));
        assert!(there, "{}: {name} is not as typed in {fields:?}", self.url);
        self
    }

    /// Whether a button bears these words.
    pub fn offers(&self, button: &str) -> bool {
        self.body.contains(&format!(">{button}</button>"))
    }

    /// The text of the page's main part, white space folded.
    pub fn text(&self) -> String {
        let html = self.html();
        let main = html.select(&select("main")).next().unwrap_or_else(|| panic!("no <main> in {}", self.body));
        let pieces = main.descendants().map(|node| match node.value() {
            Node::Text(text) => &**text,
            // What stands in a cell of its own is a word of its own.
            Node::Element(element) if matches!(element.name(), "dt" | "dd" | "th" | "td" | "li") => " ",
            _ => "",
        });
        pieces.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Says that the page's text holds `words`.
    #[track_caller]
    pub fn shows(&self, words: &str) -> &Self {
        let text = self.text();
        assert!(text.contains(words), "{} ({}) does not show {words:?}:\n{text}", self.url, self.status);
        self
    }

    /// Says that nothing on the page, markup included, holds `words`.
    #[track_caller]
    pub fn hides(&self, words: &str) -> &Self {
        assert!(!self.body.contains(words), "{} shows {words:?}", self.url);
        self
    }

    /// Says what the answer's status is.
    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}:\n{}", self.url, self.body);
        self
    }

    /// Follows the link with this text.
    pub async fn click(&self, text: &str) -> Page {
        let href = self.link(text);
        let url = self.url.join(&href).unwrap();
        self.browser.follow(Method::GET, url, &[]).await.unwrap()
    }

    /// Follows the link to this path.
    pub async fn follow_link(&self, path: &str) -> Page {
        let html = self.html();
        let there = html.select(&select("a[href]")).any(|link| link.value().attr("href") == Some(path));
        assert!(there, "no link to {path} on {}:\n{}", self.url, self.text());
        self.browser.open(path).await
    }

    /// Where the link with this text leads.
    #[track_caller]
    pub fn link(&self, text: &str) -> String {
        let html = self.html();
        let found = html.select(&select("a[href]")).find(|link| words(*link) == text);
        let link = found.unwrap_or_else(|| panic!("no link {text:?} on {}:\n{}", self.url, self.text()));
        link.value().attr("href").unwrap().to_owned()
    }

    /// The form whose button has this text.
    #[track_caller]
    pub fn form(&self, button: &str) -> Form {
        let html = self.html();
        let named = |form: &ElementRef<'_>| form.select(&select("button")).any(|found| words(found) == button);
        let found = html.select(&select("form")).find(named);
        let form = found.unwrap_or_else(|| panic!("no form with a button {button:?} on {}:\n{}", self.url, self.body));
        let action = self.url.join(form.value().attr("action").unwrap_or("")).unwrap();
        let method = if form.value().attr("method") == Some("post") { Method::POST } else { Method::GET };
        let buttons = select("button[name]");
        let pressed = form.select(&buttons).filter(|found| words(*found) == button);
        let pressed = pressed.map(|button| (attribute(button, "name"), attribute(button, "value")));
        let fields = controls(form).into_iter().chain(pressed).collect();
        Form { method, action, fields, browser: self.browser.clone() }
    }
}

fn words(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As a form is sent (URL Standard, section 5.2).
fn encoded(name: &str, value: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

fn attribute(element: ElementRef<'_>, name: &str) -> String {
    element.value().attr(name).unwrap_or_default().to_owned()
}

/// What a browser would send of a form as it stands (HTML section 4.10.22.4).
fn controls(form: ElementRef<'_>) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for control in form.select(&select("input[name], textarea[name], select[name]")) {
        let name = attribute(control, "name");
        let value = match control.value().name() {
            "textarea" => control.text().collect(),
            "select" => {
                let chosen = control.select(&select("option[selected]")).next();
                let chosen = chosen.or_else(|| control.select(&select("option")).next());
                chosen.map(|option| attribute(option, "value")).unwrap_or_default()
            }
            _ if matches!(control.value().attr("type"), Some("checkbox" | "radio"))
                && control.value().attr("checked").is_none() =>
            {
                continue;
            }
            _ => attribute(control, "value"),
        };
        fields.push((name, value));
    }
    fields
}

impl Form {
    /// Fills one field, or ticks a box.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends it and follows where it leads.
    pub async fn submit(self) -> Page {
        self.try_submit().await.unwrap()
    }

    /// As [`Self::submit`], where there may be nobody to answer.
    pub async fn try_submit(self) -> reqwest::Result<Page> {
        self.browser.follow(self.method.clone(), self.target(), &self.fields).await
    }

    /// Its action; with the fields as the query, where it asks for a page (HTML section 4.10.22.3).
    fn target(&self) -> Url {
        let mut target = self.action.clone();
        if self.method == Method::GET {
            target.query_pairs_mut().clear().extend_pairs(&self.fields);
        }
        target
    }

    /// Sends it without following.
    pub async fn submit_only(self) -> Page {
        self.browser.send(self.method.clone(), self.target(), &self.fields).await
    }
}
