//! The API's routes, declared once each with what the document says of them: router, table and document are the same thing.

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, on};
use serde_json::Value;
use utoipa::ToSchema;

use super::gate::allow;
use crate::tokens::Scope;
use crate::web::App;

/// One method of one path pattern.
#[derive(Debug, Clone)]
pub struct ApiRoute {
    pub method: Method,
    /// As axum and OpenAPI both write it: `/api/v1/orders/{order}`.
    pub pattern: &'static str,
    /// What a token needs for it.
    pub scope: Scope,
    pub says: Says,
}

/// What the document says of a route, beside its path and scope.
#[derive(Debug, Clone)]
pub struct Says {
    /// The operation's id.
    pub id: &'static str,
    /// The group it stands in.
    pub group: &'static str,
    pub summary: &'static str,
    /// More to know, if anything.
    pub more: &'static str,
    pub query: Vec<Parameter>,
    pub takes: Option<Shape>,
    pub gives: Vec<Gives>,
    /// Whether the state of things may refuse it: 409.
    pub conflicts: bool,
}

/// A parameter of the query.
#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: &'static str,
    pub about: &'static str,
    pub schema: Value,
}

/// What a success answers.
#[derive(Debug, Clone)]
pub struct Gives {
    pub status: u16,
    pub about: &'static str,
    pub shape: Shape,
}

/// A body's shape by its name, with all that it refers to.
#[derive(Debug, Clone)]
pub struct Shape {
    pub name: String,
    pub many: Many,
    /// Every named shape in it, itself included.
    pub schemas: Vec<(String, Value)>,
}

/// How many of a shape are in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Many {
    One,
    /// A page of a list.
    Page,
}

impl Shape {
    pub fn of<T: ToSchema>(many: Many) -> Self {
        let name = T::name().into_owned();
        let mut schemas = vec![(name.clone(), T::schema())];
        T::schemas(&mut schemas);
        let plain = |schema| serde_json::to_value(schema).unwrap_or_default();
        Self { name, many, schemas: schemas.into_iter().map(|(name, schema)| (name, plain(schema))).collect() }
    }
}

impl Says {
    pub fn new(id: &'static str, group: &'static str, summary: &'static str) -> Self {
        Self { id, group, summary, more: "", query: Vec::new(), takes: None, gives: Vec::new(), conflicts: false }
    }

    #[must_use]
    pub fn more(mut self, more: &'static str) -> Self {
        self.more = more;
        self
    }

    /// A parameter of the query that may be absent.
    #[must_use]
    pub fn query(mut self, name: &'static str, about: &'static str, schema: Value) -> Self {
        self.query.push(Parameter { name, about, schema });
        self
    }

    #[must_use]
    pub fn takes<T: ToSchema>(mut self) -> Self {
        self.takes = Some(Shape::of::<T>(Many::One));
        self
    }

    /// A success with this body.
    #[must_use]
    pub fn gives<T: ToSchema>(mut self, status: u16, about: &'static str) -> Self {
        self.gives.push(Gives { status, about, shape: Shape::of::<T>(Many::One) });
        self
    }

    /// A page of a list, newest first, with the parameters that say which.
    #[must_use]
    pub fn pages<T: ToSchema>(mut self) -> Self {
        self.gives.push(Gives { status: 200, about: "A page of the list.", shape: Shape::of::<T>(Many::Page) });
        let limit = serde_json::json!({ "type": "integer", "minimum": 1, "maximum": super::paging::MOST, "default": super::paging::USUAL });
        let cursor = serde_json::json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,200}$" });
        self.query("cursor", "`next` of the page before. Nothing: the first page.", cursor).query(
            "limit",
            "How many at most.",
            limit,
        )
    }

    #[must_use]
    pub fn conflicts(mut self) -> Self {
        self.conflicts = true;
        self
    }
}

/// Collects routes, and the table of them.
#[derive(Debug, Default)]
pub struct ApiRoutes {
    router: Router<App>,
    table: Vec<ApiRoute>,
}

impl ApiRoutes {
    /// A read.
    #[must_use]
    pub fn get<H, T>(self, pattern: &'static str, scope: Scope, says: Says, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.listed((Method::GET, MethodFilter::GET), pattern, scope, says, handler)
    }

    /// A change. Its handler takes a [`Command`](super::input::Command), which asks for an idempotency key.
    #[must_use]
    pub fn post<H, T>(self, pattern: &'static str, scope: Scope, says: Says, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.listed((Method::POST, MethodFilter::POST), pattern, scope, says, handler)
    }

    fn listed<H, T>(
        mut self,
        (method, filter): (Method, MethodFilter),
        pattern: &'static str,
        scope: Scope,
        says: Says,
        handler: H,
    ) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let route = on(filter, handler).route_layer(from_fn_with_state(scope, allow));
        self.router = self.router.route(pattern, route);
        self.table.push(ApiRoute { method, pattern, scope, says });
        self
    }

    /// The routes of another group beside these.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self
    }

    pub fn table(&self) -> &[ApiRoute] {
        &self.table
    }

    pub(super) fn into_router(self) -> Router<App> {
        self.router
    }
}
