//! Who is asking: cookies, and the extractors that authorise.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::Method;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use sea_orm::DbErr;

use super::{App, Problem, guard};
use crate::config::StaffSecondFactor;
use crate::db::{Db, Snapshot};
use crate::identity::{self, BrowserToken, Person, Role};
use crate::kernel::Actor;

pub use crate::identity::SignedIn;

/// The snapshot that a page reads in: the same for its session and all it shows.
#[derive(Debug, Clone)]
pub struct PageSnapshot(pub Arc<Snapshot>);

impl FromRequestParts<App> for PageSnapshot {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(open) = parts.extensions.get::<Self>() {
            return Ok(open.clone());
        }
        let snapshot = Self(Arc::new(app.services.db.snapshot().await?));
        // A change must not hold a reader's connection while it waits for its turn to write.
        if parts.method == Method::GET {
            parts.extensions.insert(snapshot.clone());
        }
        Ok(snapshot)
    }
}

impl PageSnapshot {
    /// Gives a request's own back before it waits for a turn to write, for the same reason. What is read after has another.
    pub fn give_back(parts: &mut Parts) {
        parts.extensions.remove::<Self>();
    }
}

/// A page's snapshot, opened only when it is asked for: for a page that may have nothing to read.
#[derive(Debug)]
pub struct LazySnapshot {
    open: Option<PageSnapshot>,
    db: Db,
}

impl LazySnapshot {
    /// The one that the session was looked up in, or a new one.
    ///
    /// # Errors
    /// The database's own.
    pub async fn open(self) -> Result<PageSnapshot, DbErr> {
        match self.open {
            Some(open) => Ok(open),
            None => self.anew().await,
        }
    }

    /// One of this moment, which misses nothing that was committed before.
    ///
    /// # Errors
    /// The database's own.
    pub async fn anew(self) -> Result<PageSnapshot, DbErr> {
        // Given back first: a request that held one connection while it waits for another could wait for its like.
        drop(self.open);
        Ok(PageSnapshot(Arc::new(self.db.snapshot().await?)))
    }
}

impl FromRequestParts<App> for LazySnapshot {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self { open: parts.extensions.get().cloned(), db: app.services.db.clone() })
    }
}

/// The session of a request, looked up once.
#[derive(Debug, Clone)]
struct Loaded(Option<SignedIn>);

async fn load(parts: &mut Parts, app: &App) -> Result<Option<SignedIn>, Problem> {
    if let Some(Loaded(found)) = parts.extensions.get() {
        return Ok(found.clone());
    }
    let found = match token(&CookieJar::from_headers(&parts.headers), app.cookies().session) {
        None => None,
        Some(token) => {
            let PageSnapshot(snapshot) = PageSnapshot::from_request_parts(parts, app).await?;
            identity::session(&snapshot, &token.hash(), app.services.clocks.machine()).await?
        }
    };
    let (machine, service) = (app.services.clocks.machine(), app.services.clocks.service());
    if let Some(signed_in) = found.as_ref().filter(|signed_in| signed_in.is_due_to_be_marked(machine, service)) {
        let (person, session) = (signed_in.person.id, signed_in.session);
        PageSnapshot::give_back(parts);
        let marked =
            app.services.db.write(Actor::User(person), async |txn| identity::mark_seen(txn, person, session).await).await;
        // The page can be read all the same.
        if let Err(error) = marked {
            tracing::warn!(%error, "a session could not be marked as seen");
        }
    }
    parts.extensions.insert(Loaded(found.clone()));
    Ok(found)
}

/// Anybody signed in; others are sent to sign in and come back.
impl FromRequestParts<App> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let next = guard::wanted(parts);
        load(parts, app).await?.ok_or(Problem::SignInFirst { next })
    }
}

impl OptionalFromRequestParts<App> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Problem> {
        load(parts, app).await
    }
}

/// An instructor or admin, though they may have yet to set up the second factor that staff must have: for the pages where they
/// do. All other pages take [`Staff`].
#[derive(Debug, Clone)]
pub struct Recruit(pub Person);

impl FromRequestParts<App> for Recruit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let signed_in = <SignedIn as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        if signed_in.person.role.is_staff() { Ok(Self(signed_in.person)) } else { Err(Problem::WrongRole) }
    }
}

/// As [`Recruit`], confirmed within the last ten minutes that it is them.
#[derive(Debug, Clone)]
pub struct RecruitNow(pub SignedIn);

impl FromRequestParts<App> for RecruitNow {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Recruit::from_request_parts(parts, app).await?;
        confirmed(parts, app).await.map(Self)
    }
}

/// An instructor or admin, with a second factor where the settings require one.
#[derive(Debug, Clone)]
pub struct Staff(pub Person);

impl FromRequestParts<App> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Recruit(person) = Recruit::from_request_parts(parts, app).await?;
        if app.services.settings.security.staff_second_factor == StaffSecondFactor::Required {
            let PageSnapshot(conn) = PageSnapshot::from_request_parts(parts, app).await?;
            if !identity::has_factor(&conn, person.id).await? {
                return Err(Problem::FactorFirst);
            }
        }
        Ok(Self(person))
    }
}

/// The session, if its person confirmed within the last ten minutes that it is them. A page leads to where that is done; a form is
/// refused, and [`confirm`](super::confirm) keeps what was typed.
async fn confirmed(parts: &mut Parts, app: &App) -> Result<SignedIn, Problem> {
    let signed_in = <SignedIn as FromRequestParts<App>>::from_request_parts(parts, app).await?;
    if signed_in.is_confirmed(app.services.clocks.machine()) {
        return Ok(signed_in);
    }
    Err(match parts.method {
        Method::GET => Problem::ConfirmFirst { next: guard::wanted(parts) },
        _ => Problem::Unconfirmed,
    })
}

/// An admin.
#[derive(Debug, Clone)]
pub struct Admin(pub Person);

impl FromRequestParts<App> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Staff(person) = Staff::from_request_parts(parts, app).await?;
        if person.role == Role::Admin { Ok(Self(person)) } else { Err(Problem::WrongRole) }
    }
}

/// An admin, confirmed within the last ten minutes that it is them: for acts on money, roles, certificates and settings, and for
/// the pages with their forms, so that nobody fills one in vain. Its routes are [`Access::AdminNow`](super::routes::Access).
#[derive(Debug, Clone)]
pub struct AdminNow(pub Person);

impl FromRequestParts<App> for AdminNow {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Admin(person) = Admin::from_request_parts(parts, app).await?;
        confirmed(parts, app).await?;
        Ok(Self(person))
    }
}

/// The cookies' names. The `__Host-` prefix (RFC 6265bis section 4.1.3.2) needs https, which a loopback in development lacks.
#[derive(Debug, Clone, Copy)]
pub struct CookieNames {
    /// Signs in.
    pub session: &'static str,
    /// Binds a sign-in code to the browser that asked for it.
    pub browser: &'static str,
    secure: bool,
}

impl CookieNames {
    pub(super) fn new(https: bool) -> Self {
        if https {
            Self { session: "__Host-lectern", browser: "__Host-lectern-browser", secure: true }
        } else {
            Self { session: "lectern", browser: "lectern-browser", secure: false }
        }
    }

    fn cookie(&self, name: &'static str, value: String) -> Cookie<'static> {
        Cookie::build((name, value)).path("/").http_only(true).secure(self.secure).same_site(SameSite::Lax).build()
    }

    /// Sets the session's cookie. It lives as long as the session may; the server's own limits are shorter and decide.
    pub fn sign_in(&self, jar: CookieJar, token: &BrowserToken) -> CookieJar {
        let mut cookie = self.cookie(self.session, token.plain().to_owned());
        cookie.set_max_age(cookie::time::Duration::days(60));
        jar.add(cookie)
    }

    /// Removes the session's cookie.
    pub fn sign_out(&self, jar: CookieJar) -> CookieJar {
        jar.remove(self.cookie(self.session, String::new()))
    }

    /// This browser's binding token, given it now if it has none.
    pub fn bind(&self, jar: CookieJar, random: &crate::kernel::random::Randomness) -> (CookieJar, BrowserToken) {
        if let Some(token) = token(&jar, self.browser) {
            return (jar, token);
        }
        let token = BrowserToken::new(random);
        (jar.add(self.cookie(self.browser, token.plain().to_owned())), token)
    }
}

/// A token from a cookie of this name.
pub fn token(jar: &CookieJar, name: &str) -> Option<BrowserToken> {
    jar.get(name).and_then(|cookie| BrowserToken::from_cookie(cookie.value()))
}
