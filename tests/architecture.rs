//! ARCHITECTURE.md and README.md say what is there: paths, dependencies, folders.

use std::fs;

use crate::support::source::root;

/// Folders (and files) of the repository that the documents name by path; a folder also without its slash.
const PLACES: [&str; 10] =
    ["src/", "tests/", "emails/", "documents/", "config/", "migrations/", "benches/", "docs/", "deploy/", ".ci"];

#[test]
fn every_path_that_the_documents_name_exists() {
    let mut missing = Vec::new();
    for document in ["ARCHITECTURE.md", "README.md", "docs/operating.md"] {
        for (line, path) in paths(&read(document)) {
            if !exists(&path) {
                missing.push(format!("  {document}:{line}: `{path}` is not there"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_folder_of_the_source_is_on_the_map() {
    let map = read("ARCHITECTURE.md");
    let rooms = fs::read_dir(root().join("src")).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir());
    let unnamed: Vec<_> =
        rooms.map(|room| format!("src/{}", room.file_name().to_string_lossy())).filter(|room| !names(&map, room)).collect();
    assert!(unnamed.is_empty(), "ARCHITECTURE.md does not name {}", unnamed.join(", "));
}

#[test]
fn every_dependency_has_its_line() {
    let (map, wanted) = (read("ARCHITECTURE.md"), dependencies(&read("Cargo.toml")));
    assert!(wanted.len() > 10, "the dependencies are not where this test looks");
    let has_line = |name: &str| rows(&map).any(|cell| in_backticks(cell).any(|word| word == name));
    let without: Vec<_> = wanted.iter().map(String::as_str).filter(|name| !has_line(name)).collect();
    assert!(
        without.is_empty(),
        "ARCHITECTURE.md's table of dependencies (`name` in the first cell) lacks {}",
        without.join(", ")
    );
}

#[test]
fn no_page_names_a_status_code() {
    let pages = sources("src/web/pages");
    assert!(pages.len() > 50, "the pages are not where this test looks");
    let naming: Vec<_> = pages.iter().filter(|(_, text)| text.contains("StatusCode")).map(|(path, _)| path).collect();
    assert!(
        naming.is_empty(),
        "these pages set a status code themselves, not by src/web/problem.rs or src/web/view.rs: {naming:?}"
    );
}

/// The files of Rust below a folder, but those of tests.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let name = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
        if root().join(&name).is_dir() {
            found.extend(sources(&name));
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            found.push((name.clone(), fs::read_to_string(root().join(&name)).unwrap()));
        }
    }
    found
}

/// A document, or nothing for a README that is not written yet.
fn read(name: &str) -> String {
    match fs::read_to_string(root().join(name)) {
        Ok(text) => text,
        Err(_) if name == "README.md" => String::new(),
        Err(error) => panic!("{name}: {error}"),
    }
}

/// What stands in backticks on a line.
fn in_backticks(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The paths in backticks outside code blocks, with their lines (from 1). What holds a placeholder (`<area>`, `{a,b}`) ends before it.
fn paths(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_block = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            let named = in_backticks(line).filter(|word| PLACES.iter().any(|place| is_in(word, place)) && !word.contains(' '));
            found.extend(named.map(|word| (at + 1, word.split("::").next().unwrap_or(word).to_owned())));
        }
    }
    found
}

/// Whether `word` names the place, or what is in it.
fn is_in(word: &str, place: &str) -> bool {
    word.starts_with(place) || place.strip_suffix('/') == Some(word)
}

/// Whether the repository has this path. A part such as `<area>` or `*.rs` stands for any.
fn exists(path: &str) -> bool {
    let fixed = path.split('/').take_while(|part| !part.contains(['<', '{', '*', '…'])).collect::<Vec<_>>().join("/");
    root().join(fixed).exists()
}

/// Whether the text names the folder `src/room`: in backticks, or as a word of a drawn tree (`room/`).
fn names(text: &str, room: &str) -> bool {
    let short = format!("{}/", room.trim_start_matches("src/"));
    let inside = |word: &str| word.strip_prefix(room).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let is_it = |word: &str| word.starts_with(&short) || inside(word);
    text.lines().any(|line| in_backticks(line).any(is_it) || line.split_whitespace().any(is_it))
}

/// The first cell of each row of a table.
fn rows(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.trim().strip_prefix('|')?.split('|').next())
}

/// The names under `[dependencies]` and `[dev-dependencies]`.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = matches!(line, "[dependencies]" | "[dev-dependencies]" | "[build-dependencies]");
        } else if inside
            && !line.starts_with('#')
            && let Some((name, _)) = line.split_once(['=', '.'])
        {
            found.push(name.trim().to_owned());
        }
    }
    found
}

#[test]
fn the_readers_of_documents_read() {
    let text = "see `src/web/<area>` and `config/nowhere.toml`, `benches`, `tests_of`\n```\n`src/no`\n```\n| `a`, `b` | `c` |\n`src/jobs/mod.rs::Job` `src/x y`";
    let expected = [(1, "src/web/<area>"), (1, "config/nowhere.toml"), (1, "benches"), (6, "src/jobs/mod.rs")];
    assert_eq!(paths(text), expected.map(|(line, path)| (line, path.to_owned())));
    assert!(exists("src/web/<area>") && exists("src/jobs/mod.rs") && !exists("config/nowhere.toml"));
    assert!(names(text, "src/web") && names("    jobs/  leases", "src/jobs") && !names(text, "src/we"));
    assert_eq!(rows(text).flat_map(in_backticks).collect::<Vec<_>>(), ["a", "b"]);
    let manifest =
        "[dependencies]\na = \"1\"\nb.workspace = true\n# c = 1\n[features]\nd = []\n[dev-dependencies]\ne = { f = 1 }\n";
    assert_eq!(dependencies(manifest), ["a", "b", "e"]);
}
