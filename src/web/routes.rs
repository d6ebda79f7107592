//! The routes, declared once each with who may use them: the router and the table that the tests walk are the same thing.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::{App, Limit, confirm};

/// Who may use a route. The check itself is the handler's extractor; a test compares the two for every role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Anybody signed in, for what is their own.
    SignedIn,
    /// Instructors (their own cohorts) and admins.
    Staff,
    /// As [`Access::Staff`], confirmed within the last ten minutes that it is them.
    StaffNow,
    /// Admins.
    Admin,
    /// Admins, confirmed within the last ten minutes: acts on money, roles, certificates and settings, and their forms.
    AdminNow,
    /// The payment gateway, by signature.
    Gateway,
    /// Whoever asks from an address that `metrics.allow` names.
    Monitor,
    /// Staff, or anybody where `api.docs` says so; to visitors it is not there.
    Docs,
    /// Anybody, in the development profile only.
    Development,
}

impl Access {
    /// Whether a recent confirmation is asked for.
    pub const fn needs_confirmation(self) -> bool {
        matches!(self, Self::StaffNow | Self::AdminNow)
    }
}

/// One method of one path pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub method: Method,
    /// As axum writes it: `/orders/{order}`.
    pub pattern: &'static str,
    pub access: Access,
}

/// Collects routes, and the table of them.
#[derive(Debug, Default)]
pub struct Routes {
    router: Router<App>,
    /// Those that send a mail or check a code: under a limit of their own.
    guarded: Router<App>,
    table: Vec<Route>,
}

impl Routes {
    /// A page or other read.
    #[must_use]
    pub fn get<H, T>(mut self, pattern: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.router = self.router.route(pattern, on(MethodFilter::GET, handler));
        self.listed(Method::GET, pattern, access)
    }

    /// A change.
    #[must_use]
    pub fn post<H, T>(mut self, pattern: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.router = self.router.route(pattern, keeping(access, on(MethodFilter::POST, handler)));
        self.listed(Method::POST, pattern, access)
    }

    /// A form that sends a mail or checks a code: what a guesser would post again and again.
    #[must_use]
    pub fn post_guarded<H, T>(mut self, pattern: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.guarded = self.guarded.route(pattern, keeping(access, on(MethodFilter::POST, handler)));
        self.listed(Method::POST, pattern, access)
    }

    fn listed(mut self, method: Method, pattern: &'static str, access: Access) -> Self {
        self.table.push(Route { method, pattern, access });
        self
    }

    /// The routes of another area beside these.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.guarded = self.guarded.merge(other.guarded);
        self.table.extend(other.table);
        self
    }

    /// The table of what is served.
    pub fn into_table(self) -> Vec<Route> {
        self.table
    }

    /// The router, with `limit` on the guarded forms.
    pub(super) fn into_router(self, limit: Limit) -> Router<App> {
        self.router.merge(self.guarded.route_layer(limit))
    }
}

/// A form that may be refused for want of a confirmation does not lose what was typed.
fn keeping(access: Access, route: MethodRouter<App>) -> MethodRouter<App> {
    if !access.needs_confirmation() {
        return route;
    }
    let keeping: MethodRouter<App> = route.layer(from_fn(confirm::keep_input));
    keeping.layer(DefaultBodyLimit::max(confirm::FORM_LIMIT))
}
