//! A student with a browser who wants a seat, and does what people do when a page does not come: open it again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::post::Post;
use super::world::World;
use crate::journeys::cast::PRICE;
use crate::support::browser::{Browser, Page};

/// How long a student waits for a code before asking for another; each time twice as long, or mails that nobody waits for any more
/// would keep back those that somebody waits for.
const PATIENCE: Duration = Duration::from_secs(4);
/// Before a page that did not come is opened again.
const BREATH: Duration = Duration::from_millis(150);

/// What a student means to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Pays, and comes back to see it.
    Pay,
    /// Pays, and closes the browser.
    PayAndLeave,
    /// Takes a seat, and leaves it unpaid.
    Hold,
}

/// How it ended for a student.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Saw that they are enrolled.
    Enrolled,
    /// Saw the gateway take the money.
    Paid,
    Held,
    /// Saw that no seat is free.
    Full,
    /// Saw that a person must look at the payment.
    Queued,
}

#[derive(Debug)]
pub struct Student {
    pub email: String,
    wish: Wish,
    cohort: String,
    browser: Browser,
    post: Arc<Post>,
    /// What was seen last, for a test that fails.
    seen: Mutex<String>,
    /// The code of this browser was sent, and the answer lost: the account may exist.
    may_exist: Mutex<bool>,
    patience: Mutex<Duration>,
}

type Tried<T> = reqwest::Result<T>;

impl Student {
    pub fn new(world: &World, number: usize, cohort: &str, wish: Wish) -> Self {
        Self {
            email: format!("chaos{number:03}@example.org"),
            wish,
            cohort: format!("/cohorts/{cohort}/enrol"),
            browser: Browser::of_single_requests(&world.origin()),
            post: world.post.clone(),
            seen: Mutex::new("nothing yet".to_owned()),
            may_exist: Mutex::new(false),
            patience: Mutex::new(PATIENCE),
        }
    }

    /// Goes on until it has ended.
    pub async fn enrol(&self) -> End {
        loop {
            match self.once().await {
                Ok(Some(end)) => return end,
                Ok(None) => {}
                Err(error) => self.note(format!("{error}")),
            }
            tokio::time::sleep(BREATH).await;
        }
    }

    /// Where the student is.
    pub fn seen(&self) -> String {
        format!("{} ({:?}): {}", self.email, self.wish, self.seen.lock().unwrap())
    }

    fn note(&self, what: String) {
        *self.seen.lock().unwrap() = what;
    }

    async fn once(&self) -> Tried<Option<End>> {
        let page = self.browser.try_open(&self.cohort).await?;
        self.at(page).await
    }

    /// Does what the page asks for, page after page.
    async fn at(&self, mut page: Page) -> Tried<Option<End>> {
        for _ in 0..12 {
            self.note(format!("{} at {}", page.status, page.url));
            let (status, path) = (page.status.as_u16(), page.url.path().to_owned());
            assert!(
                !matches!(status, 400..=408 | 421 | 429 | 500),
                "{} saw {status} at {}:\n{}",
                self.email,
                page.url,
                page.body
            );
            page = match path.split('/').nth(1) {
                Some("learn") => return Ok(Some(End::Enrolled)),
                Some("pay") => match self.pay(&page).await? {
                    Some(page) => page,
                    None => return Ok(Some(End::Paid)),
                },
                Some("orders") if page.offers("Pay with card") || page.offers("Try again") => {
                    if self.wish == Wish::Hold {
                        return Ok(Some(End::Held));
                    }
                    let button = if page.offers("Pay with card") { "Pay with card" } else { "Try again" };
                    page.form(button).try_submit().await?
                }
                Some("orders") if page.body.contains("You are enrolled") => return Ok(Some(End::Enrolled)),
                Some("orders") if page.body.contains("a person must look at it") => return Ok(Some(End::Queued)),
                Some("codes") if page.offers("Continue") => match self.enter_code(page).await? {
                    Some(page) => page,
                    None => return Ok(None),
                },
                _ if page.offers("Continue to payment") => self.filled(&page, "Continue to payment").try_submit().await?,
                _ if page.body.contains("This cohort is full") => match self.look_for_a_seat(&page).await? {
                    Some(page) => page,
                    None => return Ok(Some(End::Full)),
                },
                _ if page.offers("Continue") => self.filled(&page, "Continue").with("email", &self.email).try_submit().await?,
                // Waiting for the bank, or an answer of 502 or 503: from the start.
                _ => return Ok(None),
            };
        }
        Ok(None)
    }

    fn filled(&self, page: &Page, button: &str) -> crate::support::browser::Form {
        let form = page.form(button).with("name", "Demo Student").with("country", "NP").with("postal_code", "");
        form.with("address", "12 Demonstration Road").with("zone", "Asia/Kolkata").with("consent", "yes")
    }

    /// On the gateway's page: where paying leads, or nothing for who leaves then.
    async fn pay(&self, page: &Page) -> Tried<Option<Page>> {
        let pay = format!("Pay {PRICE}");
        if !page.offers(&pay) {
            assert!(page.body.contains(">Paid."), "{} cannot pay: {}", self.email, page.body);
            return if self.wish == Wish::PayAndLeave { Ok(None) } else { Ok(Some(self.browser.try_open(&self.cohort).await?)) };
        }
        let form = page.form(&pay);
        if self.wish == Wish::PayAndLeave {
            let gone = form.submit_only().await;
            assert!(gone.status.is_redirection(), "{}: {}", gone.status, gone.body);
            return Ok(None);
        }
        form.try_submit().await.map(Some)
    }

    /// Tries the codes that come, newest first. The page after the right one; nothing if none came in time.
    async fn enter_code(&self, mut asked: Page) -> Tried<Option<Page>> {
        let until = self.patience_ends();
        let mut tried = BTreeSet::new();
        while tokio::time::Instant::now() < until {
            let mails = self.post.to(&self.email);
            let code = mails.iter().rev().find_map(|mail| mail.subject.strip_prefix("Your code is ").map(str::to_owned));
            if let Some(code) = code.filter(|code| tried.insert(code.clone())) {
                *self.may_exist.lock().unwrap() = true;
                let page = asked.form("Continue").with("code", &code).try_submit().await?;
                if page.status.as_u16() != 422 {
                    return Ok(Some(page));
                }
                asked = page;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.note(format!("no code came for {}", asked.url));
        Ok(None)
    }

    fn patience_ends(&self) -> tokio::time::Instant {
        let mut patience = self.patience.lock().unwrap();
        let until = tokio::time::Instant::now() + *patience;
        *patience *= 2;
        until
    }

    /// All seats are taken: perhaps by this student, in a moment whose answer was lost. Who signs in sees it.
    async fn look_for_a_seat(&self, page: &Page) -> Tried<Option<Page>> {
        if page.body.contains("action=\"/sign-out\"") || !*self.may_exist.lock().unwrap() {
            return Ok(None);
        }
        let known = self.post.to(&self.email).len();
        let asked = self.browser.try_open("/sign-in").await?.form("Send the code").with("email", &self.email);
        let asked = asked.try_submit().await?;
        let until = self.patience_ends();
        while tokio::time::Instant::now() < until {
            if self.post.to(&self.email)[known..].iter().any(|mail| !mail.subject.starts_with("Your code is ")) {
                // There is no account: the seats are others'.
                return Ok(None);
            }
            if self.post.to(&self.email).len() > known {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        match self.enter_code(asked).await? {
            Some(_) => self.browser.try_open(&self.cohort).await.map(Some),
            None => self.browser.try_open("/").await.map(Some),
        }
    }
}

/// Each of the students' ends, in their order.
///
/// # Panics
/// If one has not ended in time: says where they all are.
pub async fn ends(
    world: &World,
    students: &[Arc<Student>],
    within: Duration,
    running: tokio::task::JoinSet<(usize, End)>,
) -> Vec<End> {
    let all = tokio::time::timeout(within, running.join_all()).await;
    let Ok(mut all) = all else {
        let seen: Vec<_> = students.iter().map(|student| student.seen()).collect();
        panic!("students are not done within {within:?}:\n{}\n{}", seen.join("\n"), world.log());
    };
    all.sort_unstable();
    all.into_iter().map(|(_, end)| end).collect()
}
