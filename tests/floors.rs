//! The floors of the house, read off the source: who may import whom, and what stays out of which room.

use std::collections::BTreeSet;

use crate::support::source::{Named, Source, Token, crate_paths, module_of, sources, tokens};

/// From the lowest up. On [`DOMAINS`] a module imports only those before it.
const FLOORS: [(&str, &[&str]); 6] = [
    ("0, words", &["kernel"]),
    ("1, the world", &["config", "db", "search", "audit", "jobs", "mail", "gateway", "pdf", "services", "testing"]),
    (
        DOMAINS,
        &[
            "organisation",
            "identity",
            "tokens",
            "ledger",
            "readings",
            "catalogue",
            "enrolment",
            "pricing",
            "documents",
            "payment",
            "schedule",
            "learning",
            "certificates",
            "reminders",
        ],
    ),
    (BETWEEN, &["acts", "views"]),
    (EDGES, &["web", "work"]),
    ("4, the program", &["main", "commands", "server", "ops", "demo"]),
];
const DOMAINS: &str = "2, domains";
const BETWEEN: &str = "2b, acts and views";
const EDGES: &str = "3, the edges";

/// What the two edges may name of each other: (who, what begins so, why).
const DOORS: [(&str, &str, &str); 3] = [
    ("work", "web::urls", "a mail's links are made from the typed URLs"),
    ("web", "work::clock", "/dev/clock moves service time due moment by due moment"),
    ("web", "work::messages", "/dev/mailbox shows what a message looks like"),
];

/// Where HTTP is spoken below the edges: the practice gateway is a server of its own.
const SERVERS_BELOW: [&str; 3] = ["src/gateway/practice/", "src/gateway/tests/", "src/payment/tests/"];
const HTTP_SERVER_CRATES: [&str; 4] = ["axum", "axum_extra", "tower_governor", "tower_http"];

/// Calls that read the wall clock or ambient randomness. Clippy knows more of them; this sees inside macros too.
const AMBIENT: [&str; 12] = [
    "SystemTime::now",
    "Timestamp::now",
    "ZonedDateTime::now",
    "Utc::now",
    "Local::now",
    "Instant::now",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "rand::random",
    "rand::rng",
    "rand::thread_rng",
    "OsRng::default",
];
/// A deadline is no time of day: it may be measured on the runtime's clock.
const DEADLINE: &str = "tokio::time::Instant::now";

const LINES: usize = 400;

#[test]
fn imports_go_downwards_only() {
    assert_none(&everywhere(imports_upwards));
}

#[test]
fn models_name_only_the_kernel_and_models_of_their_own_and_earlier_domains() {
    assert_none(&everywhere(impure_models));
}

#[test]
fn domains_name_only_rows_of_their_own_and_earlier_domains() {
    assert_none(&everywhere(foreign_rows));
}

#[test]
fn http_is_spoken_on_floor_three_only() {
    assert_none(&everywhere(http_below));
}

#[test]
fn nothing_reaches_two_modules_up() {
    assert_none(&everywhere(super_super));
}

#[test]
fn time_and_randomness_come_from_the_kernel() {
    assert_none(&everywhere(ambient));
}

#[test]
fn files_are_shorter_than_400_lines() {
    let kinds = ["rs", "html", "css", "js", "mjs", "txt", "toml"];
    let all = ["src", "tests", "migrations", "emails", "benches"].iter().flat_map(|folder| sources(folder, &kinds));
    assert_none(&all.filter_map(|source| too_long(&source)).collect::<Vec<_>>());
}

/// One rule, over every file of the crate.
fn everywhere(rule: fn(&File) -> Vec<String>) -> Vec<String> {
    let sources = sources("src", &["rs"]);
    assert!(sources.len() > 10, "the sources are not where this test looks");
    let shown = shown_models(&sources);
    sources.iter().flat_map(|source| rule(&File::read(source, &shown))).collect()
}

fn assert_none(broken: &[String]) {
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}

/// A source file as the rules see it.
struct File<'a> {
    path: &'a str,
    module: Vec<String>,
    tokens: Vec<Token>,
    named: Vec<Named>,
    /// `domain::Name` for what a domain shows of its model, in all the crate.
    shown: &'a BTreeSet<String>,
}

impl<'a> File<'a> {
    fn read(source: &'a Source, shown: &'a BTreeSet<String>) -> Self {
        let (module, tokens) = (module_of(&source.path), tokens(&source.text));
        let named = crate_paths(&module, &tokens);
        Self { path: &source.path, module, tokens, named, shown }
    }

    fn room(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }

    fn at(&self, line: usize, what: &str) -> String {
        format!("  {}:{line}: {what}", self.path)
    }

    /// Where these words stand in a row, and the token before them.
    fn places<'b>(&'b self, words: &'b [&str]) -> impl Iterator<Item = (usize, &'b Token)> + 'b {
        let runs = self.tokens.windows(words.len()).enumerate();
        runs.filter(|(_, run)| run.iter().map(|token| token.text.as_str()).eq(words.iter().copied()))
            .map(|(at, run)| (at, &run[0]))
    }
}

/// (floor, place on it), lowest first.
fn place(room: &str) -> Option<(usize, usize)> {
    FLOORS.iter().enumerate().find_map(|(floor, (_, rooms))| rooms.iter().position(|name| *name == room).map(|at| (floor, at)))
}

fn floor_name(room: &str) -> &'static str {
    place(room).map_or("no floor", |(floor, _)| FLOORS[floor].0)
}

fn is_domain(room: &str) -> bool {
    floor_name(room) == DOMAINS
}

/// Whether `to` is the domain `from`, or one before it.
fn own_or_earlier(from: &str, to: &str) -> bool {
    is_domain(to) && place(to) <= place(from)
}

fn imports_upwards(file: &File) -> Vec<String> {
    let from = file.room();
    if from.is_empty() {
        return Vec::new();
    }
    if place(from).is_none() {
        return vec![
            file.at(
                1,
                &format!("`{from}` stands on no floor: give it a place in tests/floors.rs, src/lib.rs and ARCHITECTURE.md"),
            ),
        ];
    }
    let mut broken = Vec::new();
    for named in &file.named {
        if let Some(rule) = refused(from, &named.path) {
            broken.push(file.at(named.line, &format!("`{}` in `{from}`: {rule}", named.path.join("::"))));
        }
    }
    broken
}

/// The rule that forbids `from` to name this path.
fn refused(from: &str, path: &[String]) -> Option<String> {
    let to = path.first()?.as_str();
    let ((here, before), (there, after)) = (place(from)?, place(to)?);
    let floor = FLOORS[here].0;
    let is_door = || DOORS.iter().any(|(who, what, _)| *who == from && path.join("::").starts_with(what));
    match () {
        () if from == to => None,
        () if there > here => Some(format!("floor {floor} imports only downwards, and `{to}` is on floor {}", FLOORS[there].0)),
        () if matches!(from, "db" | "config") && to != "kernel" => Some(format!("`{from}` imports only `kernel`")),
        () if there < here => None,
        () if floor == DOMAINS && after > before => Some(format!("`{to}` comes after `{from}` in the order of domains")),
        () if floor == BETWEEN => Some("acts and views do not know each other".to_owned()),
        () if floor == EDGES && !is_door() => {
            Some("web and work know each other only through DOORS in tests/floors.rs".to_owned())
        }
        () => None,
    }
}

fn impure_models(file: &File) -> Vec<String> {
    let from = file.room();
    if !is_domain(from) || file.module.get(1).is_none_or(|part| part != "model") {
        return Vec::new();
    }
    let is_pure = |path: &[String]| match path {
        [to, ..] if to == "kernel" => true,
        [to, part, ..] if own_or_earlier(from, to) => part == "model" || file.shown.contains(&format!("{to}::{part}")),
        _ => false,
    };
    let impure = file.named.iter().filter(|named| !is_pure(&named.path));
    let mut broken: Vec<_> = impure
        .map(|named| file.at(named.line, &format!("`{}`: a model names only kernel and models", named.path.join("::"))))
        .collect();
    for outside in ["sea_orm", "tokio", "lettre", "reqwest"] {
        broken.extend(
            file.places(&[outside, "::"]).map(|(_, token)| file.at(token.line, &format!("`{outside}`: a model is pure"))),
        );
    }
    broken
}

/// What each domain's mod.rs shows of its model: `pub use model::…` or `pub use self::model::…`.
fn shown_models(sources: &[Source]) -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    for source in sources {
        let module = module_of(&source.path);
        let [domain] = module.as_slice() else { continue };
        let text = source.text.replace("pub use model::", "pub use self::model::");
        for named in crate_paths(&module, &tokens(&text)) {
            if let [_, model, .., name] = named.path.as_slice()
                && model == "model"
            {
                shown.insert(format!("{domain}::{name}"));
            }
        }
    }
    shown
}

fn foreign_rows(file: &File) -> Vec<String> {
    let from = file.room();
    let may = |of: &str| match from {
        "db" | "views" | "acts" | "main" | "commands" | "server" | "ops" | "demo" | "testing" => true,
        "audit" | "mail" | "search" => of == from,
        "jobs" => matches!(of, "jobs" | "clock"),
        // Draining asks what is due, of jobs and letters alike.
        "work" => matches!(of, "jobs" | "mail" | "clock"),
        _ => own_or_earlier(from, of),
    };
    let mut broken = Vec::new();
    for named in &file.named {
        let [db, rows, of, ..] = named.path.as_slice() else { continue };
        if db == "db" && rows == "rows" && !may(of) {
            broken.push(file.at(
                named.line,
                &format!("rows of `{of}` in `{from}`: rows are for their own domain and later ones, acts and views"),
            ));
        }
    }
    broken
}

fn http_below(file: &File) -> Vec<String> {
    let is_low = place(file.room()).is_some_and(|(floor, _)| floor < 4);
    if !is_low || SERVERS_BELOW.iter().any(|folder| file.path.starts_with(folder)) {
        return Vec::new();
    }
    let named = HTTP_SERVER_CRATES.iter().flat_map(|name| file.places(std::slice::from_ref(name)).collect::<Vec<_>>());
    named.map(|(_, token)| file.at(token.line, &format!("`{}` is for floor 3 and above", token.text))).collect()
}

fn super_super(file: &File) -> Vec<String> {
    file.places(&["super", "::", "super"]).map(|(_, token)| file.at(token.line, "`super::super`: write `crate::…`")).collect()
}

fn ambient(file: &File) -> Vec<String> {
    if file.room() == "kernel" {
        return Vec::new();
    }
    let deadline = DEADLINE.split("::").flat_map(|word| [word, "::"]).take(7).collect::<Vec<_>>();
    let allowed: BTreeSet<usize> = file.places(&deadline).map(|(at, _)| at + 4).collect();
    let mut broken = Vec::new();
    for call in AMBIENT {
        let (of, what) = call.split_once("::").expect("each is a call");
        let found = file
            .places(&[of, "::", what])
            .filter(|(at, _)| !allowed.contains(at))
            .map(|(_, token)| token.line)
            .collect::<Vec<_>>();
        broken.extend(found.into_iter().map(|line| file.at(line, &format!("`{call}` outside kernel/: take it as an argument"))));
    }
    broken
}

fn too_long(source: &Source) -> Option<String> {
    let lines = source.text.lines().count();
    (lines >= LINES).then(|| format!("  {}:{LINES}: the file has {lines} lines; keep it below {LINES}", source.path))
}

/// What a rule says of one file with this text.
fn said(rule: fn(&File) -> Vec<String>, path: &str, text: &str) -> Vec<String> {
    let shown = BTreeSet::from(["catalogue::Cohort".to_owned()]);
    rule(&File::read(&Source { path: path.to_owned(), text: text.to_owned() }, &shown))
}

#[test]
fn the_rule_of_floors_sees_what_it_forbids() {
    let count = |path, text| said(imports_upwards, path, text).len();
    assert_eq!(count("src/kernel/time.rs", "use crate::{db, kernel::ids};"), 1);
    assert_eq!(count("src/db/mod.rs", "use crate::config::Settings; use crate::kernel::ids;"), 1);
    assert_eq!(count("src/jobs/mod.rs", "use crate::services::Services; fn f() { crate::web::x() }"), 1);
    assert_eq!(count("src/catalogue/mod.rs", "use crate::{readings, payment}; use super::enrolment;"), 2);
    assert_eq!(count("src/views/roster.rs", "use crate::{payment, acts, web::App};"), 2);
    assert_eq!(count("src/work/registry.rs", "use crate::{acts, web::urls::Order};"), 0);
    assert_eq!(count("src/web/mod.rs", "use crate::work::registry::ALL;"), 1);
    assert_eq!(count("src/elsewhere.rs", ""), 1);
    let said = said(imports_upwards, "src/kernel/time.rs", "\nuse crate::db;");
    assert_eq!(
        said,
        ["  src/kernel/time.rs:2: `db` in `kernel`: floor 0, words imports only downwards, and `db` is on floor 1, the world"]
    );
}

#[test]
fn the_rules_of_rooms_see_what_they_forbid() {
    let model = "src/schedule/model/decide.rs";
    assert_eq!(
        said(impure_models, model, "use crate::{kernel::ids, catalogue::{model::Rule, Cohort}}; use super::Plan;").len(),
        0
    );
    assert_eq!(
        said(impure_models, model, "use crate::{db::Conn, catalogue::store, learning::model::Fact}; use sea_orm::DbErr;").len(),
        4
    );
    assert_eq!(
        said(foreign_rows, "src/payment/store.rs", "use crate::db::rows::{enrolment::enrolments, payment, schedule};").len(),
        1
    );
    assert_eq!(said(foreign_rows, "src/web/mod.rs", "use crate::db::rows::jobs;").len(), 1);
    assert_eq!(said(http_below, "src/payment/mod.rs", "use axum::Json; // axum").len(), 1);
    assert_eq!(said(http_below, "src/web/mod.rs", "use axum::Json;").len(), 0);
    assert_eq!(said(super_super, "src/web/a/b.rs", "use super::super::c;").len(), 1);
    assert_eq!(
        said(ambient, "src/jobs/lease.rs", "tokio::time::Instant::now(); std::time::Instant::now(); Timestamp :: now()").len(),
        2
    );
    assert_eq!(said(ambient, "src/kernel/time.rs", "Timestamp::now()").len(), 0);
    let long = |lines: usize| Source { path: "src/a.rs".to_owned(), text: "\n".repeat(lines) };
    assert!(too_long(&long(399)).is_none() && too_long(&long(400)).is_some());
}
