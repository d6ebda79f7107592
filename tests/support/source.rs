//! Reads Rust source as text, for the guards: comments and strings dropped, every path of this crate made absolute.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the repository.
#[derive(Debug)]
pub struct Source {
    /// From the root of the repository, with `/`.
    pub path: String,
    pub text: String,
}

/// A word, `::`, or a single sign. A string or character literal is the one token `""`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    /// Counted from 1.
    pub line: usize,
}

/// A path that the source names, from the crate's root: `["db", "rows", "jobs"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub path: Vec<String>,
    /// Where its last word stands, counted from 1.
    pub line: usize,
}

/// The repository's root.
pub fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}

/// Every file under a folder of the repository whose name ends in one of these, sorted; none if there is no such folder.
pub fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    gather(&root().join(folder), &mut found);
    found.sort();
    let named = found.into_iter().filter(|path| {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        endings.contains(&ending)
    });
    named.map(|path| Source { path: relative(&path), text: fs::read_to_string(&path).expect("a source file is text") }).collect()
}

fn gather(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !["node_modules", "target"].contains(&name) {
            gather(&path, found);
        } else if path.is_file() {
            found.push(path);
        }
    }
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).expect("the file is in the repository").to_string_lossy().replace('\\', "/")
}

/// The module that a file under src/ is: `src/jobs/mod.rs` is `["jobs"]`, `src/lib.rs` is the root.
pub fn module_of(file: &str) -> Vec<String> {
    let inside = file.strip_prefix("src/").unwrap_or(file).trim_end_matches(".rs");
    let mut module: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    module
}

/// The source's tokens.
pub fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut line, mut found) = (0, 1, Vec::new());
    while at < chars.len() {
        let (token, next) = token_at(&chars, at);
        if let Some(text) = token {
            found.push(Token { text, line });
        }
        line += chars[at..next].iter().filter(|&&sign| sign == '\n').count();
        at = next;
    }
    found
}

/// What stands at a position (nothing, for a blank or a comment) and where it ends.
fn token_at(chars: &[char], at: usize) -> (Option<String>, usize) {
    let rest = &chars[at..];
    let literal = |length: usize| (Some("\"\"".to_owned()), at + length);
    match rest {
        ['/', '/', ..] => (None, at + rest.iter().position(|&sign| sign == '\n').unwrap_or(rest.len())),
        ['/', '*', ..] => (None, at + block_comment(rest)),
        ['"', ..] => literal(quoted(rest, '"')),
        ['b' | 'c', '"', ..] => literal(1 + quoted(&rest[1..], '"')),
        ['b', '\'', ..] => literal(1 + quoted(&rest[1..], '\'')),
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => literal(quoted(rest, '\'')),
        ['\'', ..] => (None, at + 1 + word(&rest[1..])),
        [':', ':', ..] => (Some("::".to_owned()), at + 2),
        [sign, ..] if sign.is_whitespace() => (None, at + 1),
        [sign, ..] if is_word(*sign) => match raw_string(rest) {
            Some(length) => literal(length),
            None if rest.starts_with(&['r', '#']) => {
                (Some(rest[2..2 + word(&rest[2..])].iter().collect()), at + 2 + word(&rest[2..]))
            }
            None => (Some(rest[..word(rest)].iter().collect()), at + word(rest)),
        },
        _ => (Some(rest[0].to_string()), at + 1),
    }
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn word(chars: &[char]) -> usize {
    chars.iter().position(|&sign| !is_word(sign)).unwrap_or(chars.len())
}

/// Length of the comment, which may hold others.
fn block_comment(chars: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < chars.len() {
        match &chars[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// Length of a literal that begins and ends with `mark`, where a backslash hides what follows it.
fn quoted(chars: &[char], mark: char) -> usize {
    let mut at = 1;
    while at < chars.len() && chars[at] != mark {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// Length of `r"…"`, `r#"…"#`, `br"…"` and so on, if one begins here.
fn raw_string(chars: &[char]) -> Option<usize> {
    let prefix = ["r", "br", "cr"]
        .into_iter()
        .find(|prefix| word(chars) == prefix.len() && chars.iter().copied().zip(prefix.chars()).all(|(a, b)| a == b))?;
    let hashes = chars[prefix.len()..].iter().take_while(|&&sign| sign == '#').count();
    let start = prefix.len() + hashes;
    if chars.get(start) != Some(&'"') {
        return None;
    }
    let closes =
        |at: &usize| chars[*at] == '"' && chars[at + 1..].iter().take(hashes).filter(|&&sign| sign == '#').count() == hashes;
    Some((start + 1..chars.len()).find(closes).map_or(chars.len(), |end| end + 1 + hashes))
}

/// Every path of this crate that the file names: `crate::…`, `self::…` and `super::…`, one per name in a `{…}` group.
/// `home` is the module that the file is.
pub fn crate_paths(home: &[String], tokens: &[Token]) -> Vec<Named> {
    let mut found = Vec::new();
    let mut blocks: Vec<Option<&str>> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let starts = text(tokens, at + 1) == "::" && (at == 0 || text(tokens, at - 1) != "::");
        match token.text.as_str() {
            "{" => blocks.push(opened_module(tokens, at)),
            "}" => drop(blocks.pop()),
            "crate" if starts => _ = tree(tokens, at + 2, &[], &mut found),
            "self" | "super" if starts => {
                let mut base = home.to_vec();
                base.extend(blocks.iter().flatten().map(|name| (*name).to_owned()));
                if token.text == "super" {
                    base.pop();
                }
                _ = tree(tokens, at + 2, &base, &mut found);
            }
            _ => {}
        }
    }
    found
}

/// The name of the inline module whose `{` stands here.
fn opened_module(tokens: &[Token], at: usize) -> Option<&str> {
    (at >= 2 && text(tokens, at - 2) == "mod").then(|| text(tokens, at - 1))
}

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

/// Adds the paths that begin with `base` and go on at `at`; returns where they end.
fn tree(tokens: &[Token], mut at: usize, base: &[String], found: &mut Vec<Named>) -> usize {
    let mut path = base.to_vec();
    loop {
        match text(tokens, at) {
            "{" => return group(tokens, at + 1, &path, found),
            "super" => drop(path.pop()),
            "self" => {}
            name if name == "*" || name.chars().all(is_word) && !name.is_empty() => path.push(name.to_owned()),
            _ => at -= 1,
        }
        at += 1;
        if text(tokens, at) != "::" || text(tokens, at + 1) == "<" {
            found.push(Named { path, line: tokens[at - 1].line });
            return at;
        }
        at += 1;
    }
}

fn group(tokens: &[Token], mut at: usize, base: &[String], found: &mut Vec<Named>) -> usize {
    while at < tokens.len() && text(tokens, at) != "}" {
        at = tree(tokens, at, base, found);
        while at < tokens.len() && !matches!(text(tokens, at), "," | "}") {
            at += 1;
        }
        if text(tokens, at) == "," {
            at += 1;
        }
    }
    at + 1
}

fn words(source: &str) -> String {
    tokens(source).iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn paths(file: &str, source: &str) -> Vec<String> {
    crate_paths(&module_of(file), &tokens(source)).iter().map(|named| named.path.join("::")).collect()
}

#[test]
fn comments_and_strings_are_not_source() {
    assert_eq!(words("a // crate::web\nb /* c /* crate::web */ d */ e"), "a b e");
    assert_eq!(
        words(r##"x("crate::web \" still", r#"crate::web " still"#, b"y", br"\", 'z', '\'', b'\'') end"##),
        "x ( \"\" , \"\" , \"\" , \"\" , \"\" , \"\" , \"\" ) end"
    );
    assert_eq!(
        words("fn f<'a>(x: &'a str, r: r#type) -> u8 { b + 1.5 }"),
        "fn f < > ( x : & str , r : type ) - > u8 { b + 1 . 5 }"
    );
}

#[test]
fn a_token_knows_its_line() {
    let lines: Vec<_> = tokens("one\n/* two\n */ three \"four\nfive\" six").iter().map(|token| token.line).collect();
    assert_eq!(lines, [1, 3, 3, 4]);
}

#[test]
fn a_group_names_each_of_its_paths() {
    let source = "use crate::{audit, db::{self, Txn, rows::jobs as row}, kernel::*,};";
    assert_eq!(paths("src/web/mod.rs", source), ["audit", "db", "db::Txn", "db::rows::jobs", "kernel::*"]);
    let named = crate_paths(&[], &tokens("use crate::{\n    audit,\n    db::Txn,\n};"));
    assert_eq!(named.iter().map(|named| named.line).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn paths_inside_expressions_types_and_macros_are_found() {
    let source = "fn f(x: crate::db::Txn) -> Vec<crate::kernel::Id<crate::mail::Post>> { $crate::jobs::enqueue::<u8>(x as crate::web::Y) }";
    assert_eq!(paths("src/a.rs", source), ["db::Txn", "kernel::Id", "mail::Post", "jobs::enqueue", "web::Y"]);
    assert!(paths("src/a.rs", "pub(crate) fn f() { other::crate_::x() }").is_empty());
}

#[test]
fn self_and_super_are_followed_from_where_they_stand() {
    assert_eq!(paths("src/jobs/mod.rs", "use super::web::App; use self::store::claim;"), ["web::App", "jobs::store::claim"]);
    assert_eq!(
        paths("src/jobs/store.rs", "use super::Job; mod tests { use super::*; use super::super::Job; }"),
        ["jobs::Job", "jobs::store::*", "jobs::Job"]
    );
    assert_eq!(paths("src/a.rs", "mod tests { fn f() { if x { } } } use self::b;"), ["a::b"]);
}
