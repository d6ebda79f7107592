//! The table of routes, the document made from it, and who gets past the gate.

use std::collections::BTreeSet;

use lectern::config::ApiDocs;
use lectern::db::Txn;
use lectern::identity::{self, Role};
use lectern::kernel::Actor;
use lectern::kernel::time::SignedDuration;
use lectern::tokens::{self, Scope};
use lectern::web::api::{ApiRoute, document, table};
use sea_orm::DbErr;
use sha2::{Digest, Sha256};

use super::{Program, as_program, read, refuses};
use crate::support::app::{TestApp, on_each_database};
use crate::support::raw::Ask;
use crate::support::school::{self, ADMIN};

const NOBODYS: &str = "00000000000000000000000001";

/// A path of the route that names nothing.
fn path(route: &ApiRoute) -> String {
    let filled = [
        ("{course}", "none".to_owned()),
        ("{cohort}", "none".to_owned()),
        ("{enrolment}", format!("enr_{NOBODYS}")),
        ("{order}", format!("ord_{NOBODYS}")),
        ("{certificate}", format!("crt_{NOBODYS}")),
    ];
    filled.iter().fold(route.pattern.to_owned(), |path, (name, value)| path.replace(name, value))
}

fn ask(route: &ApiRoute, secret: Option<&str>) -> Ask {
    let path = path(route);
    let ask = match route.method.as_str() {
        "GET" => Ask::get(&path),
        _ => Ask::post(&path, "{}").header("content-type", "application/json").header("idempotency-key", "k"),
    };
    match secret {
        Some(secret) => as_program(ask).header("authorization", &format!("Bearer {secret}")),
        None => as_program(ask),
    }
}

/// Secrets that open nothing, with what is said of them.
async fn dead(app: &TestApp) -> Vec<(&'static str, String)> {
    let (_, expired) = school::token(app, &Scope::ALL).await;
    app.age(SignedDuration::from_hours(24 * 31));
    let (id, revoked) = school::token(app, &Scope::ALL).await;
    let (_, disabled) = another_admins(app, "disabled@example.org").await;
    let (_, demoted) = another_admins(app, "demoted@example.org").await;
    let change = async |txn: &Txn| {
        tokens::revoke(txn, id.parse().unwrap()).await.unwrap();
        let of = async |email: &str| identity::person_by_email(txn, &email.parse().unwrap()).await.unwrap().unwrap().id;
        identity::disable(txn, of("disabled@example.org").await).await.unwrap();
        identity::change_role(txn, of("demoted@example.org").await, Role::Instructor).await.unwrap();
        Ok::<_, DbErr>(())
    };
    app.services().db.write(Actor::Operator, change).await.unwrap();
    let mistyped = revoked.replace("lectern_", "lectern_0").chars().take(revoked.len()).collect();
    vec![
        ("not copied whole", mistyped),
        ("not copied whole", "x".repeat(47)),
        ("do not know", "lectern_00000000000000000000000000000000_".to_owned() + &checksum_of_zeros()),
        ("expired", expired),
        ("revoked", revoked),
        ("no active admin", disabled),
        ("no active admin", demoted),
    ]
}

/// Of the secret that is all zeros: well formed, and nobody's.
fn checksum_of_zeros() -> String {
    let body = "0".repeat(32);
    let alphabet: Vec<char> = "0123456789abcdefghjkmnpqrstvwxyz".chars().collect();
    let digest = Sha256::digest(format!("lectern_{body}"));
    let bits = digest[..4].iter().fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte));
    (0..6).map(|place| alphabet[((bits >> (27 - 5 * place)) & 31) as usize]).collect()
}

async fn another_admins(app: &TestApp, email: &str) -> (String, String) {
    let make = async |txn: &Txn| {
        school::person(txn, email, "Demo Admin", Role::Admin).await;
        Ok::<_, DbErr>(())
    };
    app.services().db.write(Actor::Operator, make).await.unwrap();
    school::token_of(app, email, &Scope::ALL).await
}

#[tokio::test]
async fn every_route_asks_for_a_token_that_works_and_allows_it() {
    on_each_database(async |app: TestApp| {
        school::open(&app, "").await;
        let dead = dead(&app).await;
        let (_, everything) = school::token(&app, &Scope::ALL).await;
        let cookie = school::session(&app, ADMIN).await;
        let mut count = 0;
        for route in table() {
            let none = ask(&route, None).send(&app).await;
            refuses(&none, 401, "token-missing");
            assert_eq!(none.header("www-authenticate"), "Bearer realm=\"lectern\"");
            // A browser's cookies are no token, whoever is signed in with them.
            refuses(&ask(&route, None).cookies(&cookie).send(&app).await, 401, "token-missing");
            for (why, secret) in &dead {
                let refused = ask(&route, Some(secret)).send(&app).await;
                let problem = refuses(&refused, 401, "token-refused");
                assert!(problem["detail"].as_str().unwrap().contains(why), "{secret}: {problem}");
                assert!(refused.header("www-authenticate").contains("error=\"invalid_token\""));
            }
            let others: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| *scope != route.scope).collect();
            let (_, narrow) = school::token(&app, &others).await;
            let refused = ask(&route, Some(&narrow)).send(&app).await;
            refuses(&refused, 403, "scope-missing");
            assert!(refused.header("www-authenticate").contains(&format!("scope=\"{}\"", route.scope)));
            let (_, just) = school::token(&app, &[route.scope]).await;
            for secret in [&just, &everything] {
                let answer = ask(&route, Some(secret)).send(&app).await;
                let expected: &[u16] = match (route.pattern.contains('{'), route.method.as_str()) {
                    (true, "GET") => &[404],
                    // What it names, or what it says, is wrong; but it was let in.
                    (_, "POST") => &[404, 422],
                    _ => &[200],
                };
                assert!(expected.contains(&answer.status), "{} {}: {}", route.method, route.pattern, answer.body);
                assert!(!answer.header("ratelimit").is_empty() && !answer.header("ratelimit-policy").is_empty());
            }
            count += 1;
        }
        assert!(count > 12, "{count}");
        app.finish().await;
    })
    .await;
}

#[test]
fn the_document_lists_the_routes_of_the_table_and_no_others() {
    let routes: BTreeSet<String> = table().iter().map(|route| format!("{} {}", route.method, route.pattern)).collect();
    let paths = document()["paths"].as_object().unwrap();
    let listed = paths
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase())));
    assert_eq!(routes, listed.collect());
    assert_eq!(routes.len(), table().len(), "a route is listed twice");
    let ids: BTreeSet<&str> = table().iter().map(|route| route.says.id).collect();
    assert_eq!(ids.len(), table().len(), "two operations have one id");
    let used: BTreeSet<Scope> = table().iter().map(|route| route.scope).collect();
    assert_eq!(used.len(), Scope::ALL.len(), "a scope opens nothing");
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    fn references(value: &serde_json::Value, found: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(fields) => {
                for (name, value) in fields {
                    match value.as_str().filter(|_| name == "$ref") {
                        Some(target) => drop(found.insert(target.to_owned())),
                        None => references(value, found),
                    }
                }
            }
            serde_json::Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    references(document(), &mut found);
    assert!(found.len() > 20, "{found:?}");
    for reference in found {
        assert!(document().pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

#[test]
fn the_document_is_as_it_was() {
    insta::assert_snapshot!("openapi", serde_json::to_string_pretty(document()).unwrap());
}

#[tokio::test]
async fn the_document_is_for_a_token_or_for_everybody_by_setting() {
    let app = TestApp::sqlite().await;
    school::open(&app, "").await;
    let path = "/api/v1/openapi.json";
    refuses(&Ask::get(path).send(&app).await, 401, "token-missing");
    let cookie = school::session(&app, ADMIN).await;
    refuses(&Ask::get(path).cookies(&cookie).send(&app).await, 401, "token-missing");
    let program = Program::new(&app, &[Scope::CatalogueRead]).await;
    let told = program.get(path).send(&app).await;
    assert_eq!(read(told.is(200)), *document());
    let tag = told.header("etag");
    assert_eq!(program.get(path).header("if-none-match", tag).send(&app).await.status, 304);
    refuses(&Ask::post(path, "").send(&app).await, 405, "method");
    app.finish().await;

    let app = TestApp::sqlite_with(|settings| settings.api.docs = ApiDocs::Public).await;
    assert_eq!(read(Ask::get(path).send(&app).await.is(200)), *document());
    assert!(Ask::get("/api/docs").send(&app).await.is(200).body.contains("Record money that came another way"));
    app.finish().await;
}
