//! What `deploy/` says of the program is true of it: commands, settings, the size of what is sent.

use std::collections::BTreeSet;

use crate::support::process::command;
use crate::support::source::{root, sources};

fn deploy() -> Vec<(String, String)> {
    let files = std::fs::read_dir(root().join("deploy")).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
    };
    files.map(read).collect()
}

/// Each command line of the program's in the units and the container: its words after the program.
fn commands() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (file, text) in deploy() {
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let words = line.split([' ', ';', '=']).map(|word| word.trim_matches(['"', '\'', '\\', '[', ']', ',']));
            let words: Vec<&str> = words.collect();
            let Some(at) = words.iter().position(|word| *word == "lectern" || *word == "/usr/local/bin/lectern") else {
                continue;
            };
            let is_run = ["ExecStart", "HEALTHCHECK", "  lectern"].iter().any(|begin| line.starts_with(begin));
            if is_run {
                // Another command may follow on the line.
                let end = words.iter().skip(at + 1).position(|word| word.is_empty() || *word == "lectern");
                let end = end.map_or(words.len(), |end| at + 1 + end);
                found.push((file.clone(), words[at + 1..end].iter().map(|word| (*word).to_owned()).collect()));
            }
        }
    }
    found
}

#[test]
fn every_command_of_a_unit_is_one_of_the_programs() {
    let folder = tempfile::tempdir().unwrap();
    let commands = commands();
    let verbs: BTreeSet<&str> = commands.iter().map(|(_, words)| words[0].as_str()).collect();
    assert_eq!(verbs, BTreeSet::from(["backup", "healthcheck", "serve", "work"]), "{commands:?}");
    for (file, words) in &commands {
        // Everything before `--help` must be known for it to be answered.
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let output = command(folder.path(), &arguments).output().unwrap();
        assert!(output.status.success(), "{file}: {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn every_setting_that_is_named_is_one() {
    let known: toml::Table = std::fs::read_to_string(root().join("config/default.toml")).unwrap().parse().unwrap();
    let is_known = |name: &str| {
        let name = name.strip_suffix("_FILE").unwrap_or(name).to_ascii_lowercase();
        match name.split_once("__") {
            Some((section, key)) => known.get(section).and_then(|section| section.get(key)).is_some(),
            // The command line's own.
            None => ["data", "config"].contains(&name.as_str()) || known.contains_key(&name),
        }
    };
    let mut count = 0;
    for (file, text) in deploy() {
        for (at, prefix) in text.match_indices("LECTERN_") {
            let rest = &text[at + prefix.len()..];
            let name = &rest[..rest.find(|c: char| !(c.is_ascii_uppercase() || c == '_')).unwrap_or(rest.len())];
            if !name.is_empty() {
                assert!(is_known(name), "{file}: there is no setting for LECTERN_{name}");
                count += 1;
            }
        }
        // The operator's command names them without the prefix.
        for pair in text.split_whitespace().filter(|word| file == "lectern-admin" && word.contains("__") && word.contains(':')) {
            let name = pair.split(':').next().unwrap();
            if name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
                assert!(is_known(name), "{file}: there is no setting for {name}");
                count += 1;
            }
        }
    }
    assert!(count > 15, "the settings are not where this test looks: {count}");
}

/// The value of `N`, `N << M` or `N * M * …`, in bytes.
fn value(text: &str) -> Option<u64> {
    match text.split_once("<<") {
        Some((number, shift)) => Some(number.trim().parse::<u64>().ok()? << shift.trim().parse::<u64>().ok()?),
        None => text.split('*').map(|factor| factor.trim().parse::<u64>().ok()).product(),
    }
}

#[test]
fn the_proxies_take_the_largest_form_that_the_program_takes() {
    let limits = sources("src/web", &["rs"]).into_iter().flat_map(|source| {
        let of = |line: &str| line.split_once("LIMIT: usize = ").and_then(|(_, rest)| value(rest.trim_end_matches(';')));
        source.text.lines().filter_map(of).collect::<Vec<_>>()
    });
    let largest = limits.max().unwrap();
    assert!(largest >= 4 << 20, "the limits are not where this test looks: {largest}");
    let told = |file: &str, before: &str| {
        let text = std::fs::read_to_string(root().join("deploy").join(file)).unwrap();
        let rest = text.split_once(before).unwrap_or_else(|| panic!("{file} has no {before}")).1;
        let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().unwrap()
    };
    // nginx counts in powers of two, Caddy's MB in powers of ten. A form around the text takes some of it.
    for (file, bytes) in [
        ("nginx.conf", told("nginx.conf", "client_max_body_size") << 20),
        ("Caddyfile", told("Caddyfile", "max_size") * 1_000_000),
    ] {
        assert!(bytes >= largest, "{file} refuses what the program takes: {bytes} bytes, not {largest}");
    }
}
