//! Single requests as a program sends them: any header, any body, no redirect followed, no cookie kept.

use std::sync::LazyLock;

use lectern::identity::BrowserToken;
use lectern::kernel::random::Randomness;
use reqwest::Client;
use reqwest::header::HeaderMap;

use super::app::TestApp;

/// One request to be sent.
#[derive(Debug, Clone)]
pub struct Ask {
    pub method: String,
    pub path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Ask {
    pub fn get(path: &str) -> Self {
        Self { method: "GET".to_owned(), path: path.to_owned(), headers: Vec::new(), body: None }.header("accept", "text/html")
    }

    /// The same without the body of its answer.
    #[must_use]
    pub fn head_only(mut self) -> Self {
        self.method = "HEAD".to_owned();
        self
    }

    /// As a browser sends a form, without the headers that say where from.
    pub fn post(path: &str, body: &str) -> Self {
        let ask = Self { method: "POST".to_owned(), body: Some(body.as_bytes().to_vec()), ..Self::get(path) };
        ask.header("content-type", "application/x-www-form-urlencoded")
    }

    /// As a browser sends a form with one file (RFC 7578).
    pub fn upload(path: &str, field: &str, file: &[u8]) -> Self {
        let head = format!(
            "--part\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"logo.png\"\r\ncontent-type: image/png\r\n\r\n"
        );
        let body = [head.as_bytes(), file, b"\r\n--part--\r\n"].concat();
        Self { body: Some(body), ..Self::post(path, "") }.header("content-type", "multipart/form-data; boundary=part")
    }

    /// Sets a header; an earlier one of the name goes.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn cookies(self, cookies: &str) -> Self {
        self.header("cookie", cookies)
    }

    pub async fn send(self, app: &TestApp) -> Answer {
        let mut request = client().request(self.method.parse().unwrap(), format!("http://{}{}", app.address(), self.path));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.text().await.unwrap() }
    }
}

/// One for all tests, for it is slow to build. It keeps no connection: each belongs to the runtime of its test.
fn client() -> &'static Client {
    static CLIENT: LazyLock<Client> = LazyLock::new(|| {
        Client::builder().redirect(reqwest::redirect::Policy::none()).pool_max_idle_per_host(0).build().unwrap()
    });
    &CLIENT
}

impl Answer {
    /// Says what the status is.
    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// A header's value, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// What a cookie of this name was set to: name and value, as a browser sends them back.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let set = self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        let pair = set.filter_map(|value| value.split(';').next()).find(|pair| pair.starts_with(&format!("{name}=")));
        pair.map(str::to_owned)
    }
}

/// The cookie that binds codes to a browser: another for each seed.
pub fn browser(seed: u64) -> String {
    format!("lectern-browser={}", BrowserToken::new(&Randomness::from_seed(seed)).plain())
}

/// Asks for a sign-in code as that browser: the path where it is entered.
pub async fn ask_code(app: &TestApp, email: &str, browser: &str) -> String {
    let body = format!("email={}", email.replace('@', "%40"));
    let answer = Ask::post("/sign-in", &body).cookies(browser).send(app).await;
    answer.is(303).header("location").to_owned()
}
