//! The OpenAPI 3.1 document, made from the table of routes: what every route answers stands here once.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::problem::ProblemBody;
use super::routes::{ApiRoute, Gives, Many, Shape};
use crate::tokens::Scope;

const ABOUT: &str = "Programs read cohorts, schedules, rosters and orders here, record payments and issue certificates: the same acts as on \
the pages, in the name of the admin who made the token.\n\n\
**Tokens.** `Authorization: Bearer lectern_…` and nothing else; cookies are not looked at. An admin makes a token under Settings, or on \
the shell with `lectern token create`; it is shown once, works for the scopes and days it was made for, and ends with its maker's role.\n\n\
**Refusals** are problem details (RFC 9457): `code` is a stable word, `errors` names the fields to blame.\n\n\
**Lists** come newest first, a page at a time; `next` is the cursor of the page after, also in the header `Link`.\n\n\
**Reads** carry an `ETag`: send it as `If-None-Match` and hear 304 while nothing has changed.\n\n\
**Changes** need an `Idempotency-Key`. The same request under the same key, sent again within 48 hours, is not done twice and hears the \
same answer; another request under the key is refused with 422. What was refused changed nothing and is not kept.\n\n\
**Limits.** The headers `RateLimit-Policy` and `RateLimit` say how many requests a token has left in this minute.\n\n\
**Values.** Times are RFC 3339 in UTC; `local` beside them is the wall clock of the cohort's zone. Money is whole minor units (paise, \
cents) and an ISO 4217 code.";

/// Every group, in the order of the documentation.
const GROUPS: [(&str, &str); 6] = [
    ("Catalogue", "What is taught, and when."),
    ("Schedule", "When modules open, and what is open to a student."),
    ("Roster", "Who is in a cohort."),
    ("Orders", "What is owed."),
    ("Payments", "Attempts to pay, and money that came another way than by card."),
    ("Certificates", "Awards."),
];

/// The document of these routes.
pub fn document(table: &[ApiRoute]) -> Value {
    let mut schemas = BTreeMap::new();
    collect(&mut schemas, &Shape::of::<ProblemBody<'_>>(Many::One));
    let mut paths = Map::new();
    for route in table {
        route
            .says
            .takes
            .iter()
            .chain(route.says.gives.iter().map(|gives| &gives.shape))
            .for_each(|shape| collect(&mut schemas, shape));
        let path = paths.entry(route.pattern).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Lectern", "version": "1", "description": ABOUT },
        "servers": [{ "url": "/" }],
        "tags": GROUPS.map(|(name, about)| json!({ "name": name, "description": about })),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "description": scopes() } },
            "responses": refusals(),
            "headers": headers(),
        },
    })
}

fn collect(schemas: &mut BTreeMap<String, Value>, shape: &Shape) {
    schemas.extend(shape.schemas.iter().cloned());
}

fn scopes() -> String {
    let scope = |scope: Scope| format!("- `{scope}`: {}", scope.about());
    format!("A token of ours, with one of these scopes or more:\n\n{}", Scope::ALL.map(scope).join("\n"))
}

fn operation(route: &ApiRoute) -> Value {
    let says = &route.says;
    let mut parameters: Vec<Value> = in_path(route.pattern).map(path_parameter).collect();
    parameters.extend(says.query.iter().map(|parameter| {
        json!({ "name": parameter.name, "in": "query", "required": false, "description": parameter.about, "schema": parameter.schema })
    }));
    parameters.push(match says.takes {
        Some(_) => json!({
            "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "New for each request, the same when it is sent again: a UUID does.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$" },
        }),
        None => json!({
            "name": "If-None-Match", "in": "header", "required": false,
            "description": "The `ETag` of what you have.", "schema": { "type": "string" },
        }),
    });
    let mut operation = json!({
        "operationId": says.id,
        "tags": [says.group],
        "summary": says.summary,
        "description": format!("{}{}Scope: `{}`.", says.more, if says.more.is_empty() { "" } else { " " }, route.scope),
        "parameters": parameters,
        "security": [{ "token": [route.scope.word()] }],
        "responses": responses(route),
    });
    if let Some(shape) = &says.takes {
        operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema(shape) } } });
    }
    operation
}

/// The names in braces.
pub fn in_path(pattern: &str) -> impl Iterator<Item = &str> {
    pattern.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}

fn path_parameter(name: &str) -> Value {
    let about = match name {
        "course" | "cohort" => "Its address: small letters, digits and hyphens.",
        _ => "Its id.",
    };
    json!({ "name": name, "in": "path", "required": true, "description": about, "schema": { "type": "string", "minLength": 1 } })
}

fn schema(shape: &Shape) -> Value {
    let one = json!({ "$ref": format!("#/components/schemas/{}", shape.name) });
    match shape.many {
        Many::One => one,
        Many::Page => json!({
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": { "type": "array", "items": one },
                "next": { "type": ["string", "null"], "description": "The cursor of the page after; null on the last." },
            },
        }),
    }
}

fn responses(route: &ApiRoute) -> Value {
    let mut responses = Map::new();
    for Gives { status, about, shape } in &route.says.gives {
        let names: &[&str] = match (*status, shape.many) {
            (200, Many::Page) => &["ETag", "Link", "RateLimit", "RateLimit-Policy"],
            (_, Many::One) if route.says.takes.is_some() => &["Location", "RateLimit", "RateLimit-Policy"],
            _ => &["ETag", "RateLimit", "RateLimit-Policy"],
        };
        let headers: Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }))).collect();
        let body =
            json!({ "description": about, "headers": headers, "content": { "application/json": { "schema": schema(shape) } } });
        responses.insert(status.to_string(), body);
    }
    for (status, ..) in REFUSALS.iter().filter(|(_, when, _)| when.applies(route)) {
        responses.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/{status}") }));
    }
    Value::Object(responses)
}

/// When a refusal may come.
#[derive(Debug, Clone, Copy)]
enum When {
    Always,
    /// On reads.
    Read,
    /// On changes.
    Change,
    /// Where the path names something.
    Named,
    /// Where the state of things may refuse it, or the same request be under way.
    Conflict,
}

impl When {
    fn applies(self, route: &ApiRoute) -> bool {
        let change = route.says.takes.is_some();
        match self {
            Self::Always => true,
            Self::Read => !change,
            Self::Change => change,
            Self::Named => route.pattern.contains('{'),
            Self::Conflict => route.says.conflicts,
        }
    }
}

/// Every answer that is no success, once: its status, when it may come, and what it means.
const REFUSALS: [(u16, When, &str); 15] = [
    (304, When::Read, "Nothing has changed since the tag in If-None-Match."),
    (400, When::Always, "The request, a header or a parameter cannot be read."),
    (401, When::Always, "No token, or one that opens nothing: mistyped, unknown, expired or revoked."),
    (403, When::Always, "The token has not the scope for it."),
    (404, When::Named, "No such thing."),
    (408, When::Always, "The request took too long to arrive or to answer."),
    (409, When::Conflict, "The state of things does not allow it; `code` says why. Nothing was changed."),
    (413, When::Change, "The body is longer than 65536 bytes."),
    (415, When::Change, "The body is not application/json."),
    (421, When::Always, "The request names another host."),
    (422, When::Change, "A field cannot be used, or the key is another request's. Nothing was changed."),
    (429, When::Always, "Too many requests; Retry-After says when to come back."),
    (500, When::Always, "A fault of ours."),
    (503, When::Always, "The service is busy. Nothing was changed; try again."),
    (431, When::Always, "The headers are too long."),
];

fn refusals() -> Value {
    let refusal = |(status, _, about): &(u16, When, &str)| {
        let mut body = json!({ "description": about });
        if *status == 401 {
            body["headers"] = json!({ "WWW-Authenticate": { "schema": { "type": "string" }, "required": true } });
        }
        if *status != 304 && *status != 431 {
            let problem = json!({ "$ref": "#/components/schemas/Problem" });
            body["content"] = json!({ "application/problem+json": { "schema": problem } });
        }
        (status.to_string(), body)
    };
    REFUSALS.iter().map(refusal).collect::<Map<_, _>>().into()
}

fn headers() -> Value {
    let header = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    json!({
        "ETag": header("The tag of this answer, for If-None-Match."),
        "Link": header("The page after, with rel=\"next\" (RFC 8288), where there is one."),
        "Location": header("Where the thing is that was made."),
        "RateLimit": header("`r`: how many requests are left; `t`: in how many seconds all come back."),
        "RateLimit-Policy": header("`q`: how many requests in `w` seconds a token may make."),
    })
}
