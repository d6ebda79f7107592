//! The line that says who the author is: "**Name is a Role at Publisher.*", "By Name".

/// An author as the article names them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Author {
    /// Empty where the line says only "the author".
    pub name: String,
    pub role: Option<String>,
    /// Where the author works: "… at Example University".
    pub affiliation: Option<String>,
}

/// Words of which a role has at least one. Without one, "Europe is a Continent at a crossroads" would be an author.
const ROLES: &[&str] = &[
    "adviser",
    "advisor",
    "ambassador",
    "analyst",
    "assistant",
    "associate",
    "author",
    "candidate",
    "columnist",
    "commentator",
    "consultant",
    "contributor",
    "coordinator",
    "correspondent",
    "diplomat",
    "director",
    "economist",
    "editor",
    "expert",
    "fellow",
    "founder",
    "graduate",
    "historian",
    "intern",
    "journalist",
    "lawyer",
    "lecturer",
    "manager",
    "officer",
    "professor",
    "reporter",
    "researcher",
    "scholar",
    "scientist",
    "specialist",
    "strategist",
    "student",
    "teacher",
    "trainee",
    "writer",
];

/// Small words inside names.
const PARTICLES: &[&str] =
    &["al", "bin", "da", "de", "del", "den", "der", "di", "du", "el", "la", "le", "ibn", "of", "van", "von"];

/// Removes Markdown's marks of emphasis and headings around a text. They need not be balanced: copied pages seldom are.
pub fn unwrapped(text: &str) -> &str {
    text.trim_matches(|c: char| matches!(c, '*' | '_' | '#') || c.is_whitespace())
}

/// The authors of a sentence "Name is a Role at Publisher", with several names or clauses joined by "and"; `None` if it is none.
pub fn sentence(text: &str) -> Option<Vec<Author>> {
    let text = unwrapped(text).trim_matches(['(', ')', '[', ']']);
    if text.chars().count() > 400 {
        return None;
    }
    let authors = clause(strip_label(text), Depth(4))?;
    let has_role = |author: &Author| author.role.as_deref().is_some_and(names_a_role);
    authors.iter().any(has_role).then_some(authors)
}

/// The authors of a byline "By Name and Name"; `None` if it is none.
pub fn byline(text: &str) -> Option<Vec<Author>> {
    let text = unwrapped(text);
    let lower = text.to_ascii_lowercase();
    let rest = ["written by: ", "written by ", "author: ", "authors: ", "by: ", "by "]
        .iter()
        .find(|label| lower.starts_with(**label))
        .map(|label| text[label.len()..].trim_end_matches('.'))?;
    let (rest, role) = match rest.rsplit_once(", ") {
        Some((names, role)) if names_a_role(role) => (names, Some(role.to_owned())),
        _ => (rest, None),
    };
    let authors = names(rest)?;
    Some(authors.into_iter().map(|name| Author { name, role: role.clone(), affiliation: None }).collect())
}

fn strip_label(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let labels = ["about the authors:", "about the author:", "author:", "authors:"];
    labels.iter().find(|label| lower.starts_with(**label)).map_or(text, |label| text[label.len()..].trim_start())
}

/// How many clauses may still follow: a bound on the recursion.
#[derive(Clone, Copy)]
struct Depth(u8);

fn clause(text: &str, depth: Depth) -> Option<Vec<Author>> {
    const VERBS: &[&str] = &[" is an ", " is a ", " is the ", " is our ", " was an ", " was a ", " are the ", " are ", " is "];
    let (at, verb) = VERBS.iter().filter_map(|verb| text.find(verb).map(|at| (at, *verb))).min_by_key(|(at, _)| *at)?;
    let who = names(&text[..at])?;
    let rest = &text[at + verb.len()..];
    let (own, others) = next_clause(rest, depth);
    let (role, affiliation) = role_and_affiliation(own);
    let role = match verb {
        // "are Research Interns": each of them is one.
        " are " => role.strip_suffix('s').unwrap_or(role),
        _ => role,
    };
    let role = (!role.is_empty()).then(|| role.to_owned());
    let mut authors: Vec<Author> =
        who.into_iter().map(|name| Author { name, role: role.clone(), affiliation: affiliation.map(str::to_owned) }).collect();
    authors.extend(others);
    Some(authors)
}

/// Parts "a Role at X and Name is a Role at Y" before the second clause.
fn next_clause(rest: &str, Depth(depth): Depth) -> (&str, Vec<Author>) {
    if depth > 0 {
        for joint in [", and ", " and ", ", while ", "; "] {
            for (at, _) in rest.match_indices(joint) {
                if let Some(authors) = clause(&rest[at + joint.len()..], Depth(depth - 1)) {
                    return (&rest[..at], authors);
                }
            }
        }
    }
    (rest, Vec::new())
}

fn role_and_affiliation(text: &str) -> (&str, Option<&str>) {
    let text = first_sentence(text);
    let place = [" at ", " with "].iter().filter_map(|word| text.find(word).map(|at| (at, word.len()))).min();
    let place = place.or_else(|| {
        let at = text.find(" of ")?;
        let before = text[..at].rsplit([' ', '-']).next()?.to_lowercase();
        ["editor", "director", "founder", "chief"].contains(&before.as_str()).then_some((at, " of ".len()))
    });
    match place {
        Some((at, length)) => {
            let whole = text[at + length..].trim();
            let affiliation = whole.strip_prefix("the ").unwrap_or(whole).trim();
            (text[..at].trim(), (!affiliation.is_empty()).then_some(affiliation))
        }
        None => (text, None),
    }
}

/// Up to a full stop before a new sentence. "Dr." and initials end none: the word before the stop is longer than that.
fn first_sentence(text: &str) -> &str {
    let end = text.match_indices(". ").find(|(at, _)| {
        let word = text[..*at].rsplit(' ').next().unwrap_or_default();
        word.chars().count() > 3 && !word.eq_ignore_ascii_case("prof")
    });
    unwrapped(end.map_or(text, |(at, _)| &text[..at])).trim_end_matches(['.', ',', ';', ')'])
}

/// Names joined by commas and "and"; an empty name for "the author".
fn names(text: &str) -> Option<Vec<String>> {
    let text = unwrapped(text);
    let lower = text.to_lowercase();
    if ["the author", "the writer", "the authors", "the writers"].contains(&lower.as_str()) {
        return Some(vec![String::new()]);
    }
    let all: Vec<String> = text
        .replace(" & ", ", ")
        .replace(", and ", ", ")
        .replace(" and ", ", ")
        .split(", ")
        .map(|name| unwrapped(name).to_owned())
        .collect();
    all.iter().all(|name| is_name(name)).then_some(all)
}

/// Two to six words that begin with a capital (or a letter of a script without capitals), numbers and particles among them.
fn is_name(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let starts = |word: &str| word.chars().next().is_some_and(|c| c.is_numeric() || (c.is_alphabetic() && !c.is_lowercase()));
    let first = text.chars().next().is_some_and(|c| c.is_alphabetic() && !c.is_lowercase());
    first
        && (2..=6).contains(&words.len())
        && text.chars().count() <= 80
        && words.iter().all(|word| starts(word) || PARTICLES.contains(word))
        && !text.contains([':', ';', '"', '<', '>'])
}

fn names_a_role(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|word| {
        let word = word.to_lowercase();
        ROLES.contains(&word.as_str()) || word.strip_suffix('s').is_some_and(|one| ROLES.contains(&one))
    })
}
