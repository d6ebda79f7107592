//! The routes, declared once each with who may use them: the router and the table that the tests walk are the same thing.

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodRouter, on};

use super::App;

/// Who may use a route. The check itself is the handler's extractor; a test compares the two for every role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Anybody signed in, for what is their own.
    SignedIn,
    /// Instructors (their own cohorts) and admins.
    Staff,
    /// Admins.
    Admin,
    /// The payment gateway, by signature.
    Gateway,
    /// Anybody, in the development profile only.
    Development,
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
    table: Vec<Route>,
}

impl Routes {
    /// A page or other read.
    #[must_use]
    pub fn get<H, T>(self, pattern: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::GET, pattern, access, on(axum::routing::MethodFilter::GET, handler))
    }

    /// A change.
    #[must_use]
    pub fn post<H, T>(self, pattern: &'static str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::POST, pattern, access, on(axum::routing::MethodFilter::POST, handler))
    }

    fn add(mut self, method: Method, pattern: &'static str, access: Access, service: MethodRouter<App>) -> Self {
        self.router = self.router.route(pattern, service);
        self.table.push(Route { method, pattern, access });
        self
    }

    /// The routes of another area beside these.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self
    }

    /// The router, and the table of what it serves.
    pub fn into_parts(self) -> (Router<App>, Vec<Route>) {
        (self.router, self.table)
    }
}
