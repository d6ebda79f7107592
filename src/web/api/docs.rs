//! `/api/docs`: the OpenAPI document as a page of ours, for staff, or for everybody where the settings say so.

use askama::Template;
use axum::extract::{FromRequestParts, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::routes::{ApiRoute, Many, Shape};
use super::{document, table};
use crate::config::ApiDocs;
use crate::tokens::Scope;
use crate::web::routes::{Access, Routes};
use crate::web::session::Staff;
use crate::web::view::{View, page};
use crate::web::{App, Problem};

/// The pages about the API.
pub fn routes() -> Routes {
    Routes::default().get("/api/docs", Access::Docs, show).get("/api/docs/openapi.json", Access::Docs, save)
}

/// Staff, or anybody where the settings say so.
#[derive(Debug)]
struct Reader;

impl FromRequestParts<App> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if app.services.settings.api.docs == ApiDocs::Staff {
            // To a visitor there is nothing here: not even a way to sign in to it.
            Staff::from_request_parts(parts, app).await.map_err(|problem| match problem {
                Problem::SignInFirst { .. } => Problem::NotFound,
                problem => problem,
            })?;
        }
        Ok(Self)
    }
}

#[derive(Template)]
#[template(path = "web/api/docs.html")]
struct Page<'a> {
    view: &'a View,
    origin: String,
    about: Vec<Words>,
    scopes: [Scope; 8],
    routes: Vec<Route>,
    shapes: Vec<Fields>,
}

/// A paragraph, whose bold beginning is its name.
struct Words {
    name: String,
    text: String,
}

struct Route {
    id: &'static str,
    group: &'static str,
    line: String,
    summary: &'static str,
    more: &'static str,
    scope: Scope,
    parameters: Vec<(String, &'static str)>,
    takes: Option<String>,
    gives: Vec<(u16, &'static str, String)>,
    conflicts: bool,
}

struct Fields {
    name: String,
    about: String,
    fields: Vec<(String, String, String)>,
}

async fn show(State(app): State<App>, view: View, _: Reader) -> Result<Response, Problem> {
    let described = document();
    let about = described["info"]["description"].as_str().unwrap_or_default();
    page(&Page {
        view: &view,
        origin: app.services.settings.server.public_url.origin(),
        about: about.split("\n\n").map(words).collect(),
        scopes: Scope::ALL,
        routes: table().into_iter().map(route).collect(),
        shapes: described["components"]["schemas"].as_object().into_iter().flatten().map(fields).collect(),
    })
}

async fn save(_: Reader) -> Response {
    ([(CONTENT_TYPE, "application/json")], document().to_string()).into_response()
}

fn words(paragraph: &str) -> Words {
    let plain = paragraph.replace('`', "");
    match plain.strip_prefix("**").and_then(|rest| rest.split_once("**")) {
        Some((name, text)) => Words { name: name.trim_end_matches('.').to_owned(), text: text.trim().to_owned() },
        None => Words { name: String::new(), text: plain },
    }
}

fn route(route: ApiRoute) -> Route {
    let named = |shape: &Shape| match shape.many {
        Many::One => shape.name.clone(),
        Many::Page => format!("a page of {}", shape.name),
    };
    let says = route.says;
    Route {
        id: says.id,
        group: says.group,
        line: format!("{} {}", route.method, route.pattern),
        summary: says.summary,
        more: says.more,
        scope: route.scope,
        parameters: says.query.iter().map(|parameter| (parameter.name.to_owned(), parameter.about)).collect(),
        takes: says.takes.as_ref().map(named),
        gives: says.gives.iter().map(|gives| (gives.status, gives.about, named(&gives.shape))).collect(),
        conflicts: says.conflicts,
    }
}

fn fields((name, schema): (&String, &Value)) -> Fields {
    let text = |value: &Value| value["description"].as_str().unwrap_or_default().replace('`', "");
    let field = |(name, schema): (&String, &Value)| (name.clone(), kind(schema), text(schema));
    Fields {
        name: name.clone(),
        about: text(schema),
        fields: schema["properties"].as_object().into_iter().flatten().map(field).collect(),
    }
}

/// What a schema takes, in a word or two.
fn kind(schema: &Value) -> String {
    if let Some(target) = schema["$ref"].as_str() {
        return target.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(one_of) = schema["oneOf"].as_array() {
        return one_of.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    match &schema["type"] {
        Value::String(word) if word == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(word) => word.clone(),
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_is_told_in_words() {
        assert_eq!(kind(&json!({ "type": ["string", "null"] })), "string or null");
        assert_eq!(kind(&json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Day" }] })), "null or Day");
        assert_eq!(kind(&json!({ "type": "array", "items": { "type": "string" } })), "list of string");
        let told = words("**Lists** come `newest` first.");
        assert_eq!((told.name.as_str(), told.text.as_str()), ("Lists", "come newest first."));
    }
}
