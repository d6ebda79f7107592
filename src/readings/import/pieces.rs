//! Lines put together to pieces, and what each piece is by its own looks. Where it stands is judged in the module above.
//!
//! The heuristics, all of them about pages copied from a journal's site:
//! - a blank line ends a piece; so does a line of more than 160 characters, since a file with such lines is not hard-wrapped;
//! - a **caption** is a piece of at most 300 characters that ends in a credit ("PHOTO: X", "Image courtesy: X");
//! - **contact** is a line of nothing but mail and web addresses, telephone numbers and handles;
//! - a **widget** is a short line that a site's comment, sharing or related-posts box begins with;
//! - a **disclaimer** speaks of views or opinions expressed, and of the author or the article;
//! - a **heading** is short and all capitals or all bold; with a word of selling in it, it is an **advertisement**.

use super::author::{self, Author, unwrapped};
use super::source::Line;
use super::{LeftOutKind, Lines};

/// What a piece is by its own looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    Prose,
    /// Short, all capitals or all bold: a heading inside the article, an advertisement after it.
    Heading,
    Caption {
        caption: Option<String>,
        credit: String,
    },
    /// "Name is a Role at Publisher", in asterisks or underscores.
    Author(Vec<Author>),
    /// The same without them: an author line only where no prose follows.
    PlainAuthor(Vec<Author>),
    Byline(Vec<Author>),
    Not(LeftOutKind),
}

#[derive(Debug, Clone)]
pub struct Piece {
    pub text: String,
    pub lines: Lines,
    pub sign: Sign,
}

impl Piece {
    pub fn words(&self) -> usize {
        self.text.split_whitespace().count()
    }
}

/// The pieces of the lines, in order; each line is in exactly one.
pub fn split(lines: &[Line]) -> Vec<Piece> {
    lines.chunk_by(|a, b| b.number == a.number + 1 && a.text.chars().count() <= 160).flat_map(block).collect()
}

fn block(lines: &[Line]) -> Vec<Piece> {
    let alone = |line: &Line| {
        let sign = sign(&line.text);
        (!matches!(sign, Sign::Prose | Sign::Heading | Sign::PlainAuthor(_))).then_some(sign)
    };
    let whole = piece(lines);
    let each_alone = lines.iter().all(|line| alone(line).is_some());
    let advertises = matches!(whole.sign, Sign::Heading | Sign::Not(LeftOutKind::Advertisement));
    if advertises || (!each_alone && whole.sign != Sign::Prose) {
        return vec![whole];
    }
    lines.chunk_by(|a, b| alone(a).is_none() && alone(b).is_none()).map(piece).collect()
}

fn piece(lines: &[Line]) -> Piece {
    let text = lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
    let at = |line: Option<&Line>| line.map_or(0, |line| line.number);
    Piece { sign: sign(&text), text, lines: Lines { first: at(lines.first()), last: at(lines.last()) } }
}

/// What a text is by its own looks.
pub fn sign(text: &str) -> Sign {
    if !text.chars().any(char::is_alphanumeric) {
        return Sign::Not(LeftOutKind::Decoration);
    }
    if let Some(kind) = furniture(text) {
        return Sign::Not(kind);
    }
    if let Some((caption, credit)) = caption(text) {
        return Sign::Caption { caption, credit };
    }
    if let Some(authors) = author::byline(text) {
        return Sign::Byline(authors);
    }
    if let Some(authors) = author::sentence(text) {
        let marked = text.starts_with(['*', '_']) || text.starts_with("(*");
        return if marked { Sign::Author(authors) } else { Sign::PlainAuthor(authors) };
    }
    match is_heading(text) {
        true if sells(text) => Sign::Not(LeftOutKind::Advertisement),
        true => Sign::Heading,
        false => Sign::Prose,
    }
}

fn furniture(text: &str) -> Option<LeftOutKind> {
    let lower = unwrapped(text).to_lowercase().replace('’', "'");
    let words = lower.split_whitespace().count();
    let opens = |starts: &[&str]| starts.iter().any(|start| lower.starts_with(start));
    let is = |texts: &[&str]| texts.contains(&lower.trim_end_matches([':', '.', '!']));
    let counted = lower.strip_suffix(" comments").or(lower.strip_suffix(" comment"));
    if words <= 8
        && (is(&["facebook comments", "comments", "comment", "leave a comment", "post a comment", "no comments"])
            || opens(&["leave a reply", "leave a comment", "post a comment", "add a comment"])
            || counted.is_some_and(|count| count.bytes().all(|b| b.is_ascii_digit())))
    {
        return Some(LeftOutKind::Comments);
    }
    if words <= 12
        && (is(&["share", "like this", "loading...", "tweet", "print", "whatsapp", "facebook", "twitter", "linkedin"])
            || opens(&["share this", "share on", "click to share", "like this:", "follow us", "share:"]))
    {
        return Some(LeftOutKind::Sharing);
    }
    if words <= 25
        && (is(&["related", "related posts", "related articles", "read more", "more from the author", "you may also like"])
            || opens(&["also read:", "read also:", "related:", "tags:", "must read:", "you may also like"]))
    {
        return Some(LeftOutKind::Related);
    }
    if words <= 15 && opens(SELLING_STARTS) {
        return Some(LeftOutKind::Advertisement);
    }
    if is_disclaimer(&lower) {
        return Some(LeftOutKind::Disclaimer);
    }
    is_contact(text).then_some(LeftOutKind::Contact)
}

const SELLING_STARTS: &[&str] = &[
    "subscribe to",
    "sign up for",
    "join us",
    "join our",
    "join today",
    "join now",
    "enrol now",
    "enroll now",
    "register now",
    "apply now",
    "download our",
    "support our",
    "click here",
];

fn sells(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "course",
        "certificate",
        "join",
        "subscribe",
        "enrol",
        "enroll",
        "register",
        "newsletter",
        "webinar",
        "discount",
        "offer",
        "seats",
        "apply",
        "advertisement",
        "sponsored",
        "donate",
    ];
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word))
}

fn is_disclaimer(lower: &str) -> bool {
    let views = ["views", "opinions"].iter().any(|word| lower.contains(word)) && lower.contains("expressed");
    let whose =
        ["in this article", "in this piece", "in this post", "of the author", "of the writer", "author's own", "are personal"];
    lower.chars().count() <= 600 && (lower.starts_with("disclaimer") || (views && whose.iter().any(|mark| lower.contains(mark))))
}

/// At most 200 characters, all capitals (two words at least) or bold from end to end.
fn is_heading(text: &str) -> bool {
    if text.chars().count() > 200 {
        return false;
    }
    let bold = text.len() > 4 && text.starts_with("**") && text.ends_with("**");
    let capitals = text.chars().filter(|c| c.is_uppercase()).count() >= 6 && !text.chars().any(char::is_lowercase);
    bold || text.starts_with("# ") || text.starts_with("## ") || text.starts_with("### ") || (capitals && text.contains(' '))
}

/// Caption and credit of "What it shows. PHOTO: Who".
fn caption(text: &str) -> Option<(Option<String>, String)> {
    const MARKS: &[&str] = &["photo", "photograph", "photos", "image", "picture", "pic"];
    const LINKS: &[&str] = &["credit", "credits", "courtesy", "source", "by"];
    if text.chars().count() > 300 {
        return None;
    }
    let words: Vec<&str> = text.split(' ').collect();
    let plain = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    // A sentence may speak of "the photo: …": inside a line the mark is written with a capital.
    let start = (0..words.len()).rev().find(|&at| {
        let capital = words[at].trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(char::is_uppercase);
        let link = words.get(at + 1).map(|word| plain(word));
        let linked = link.as_deref().is_some_and(|link| LINKS.contains(&link));
        let closed = words[at].ends_with(':') || (linked && (words[at + 1].ends_with(':') || link.as_deref() == Some("by")));
        MARKS.contains(&plain(words[at]).as_str()) && (capital || at == 0) && closed
    })?;
    let after = if words[start].ends_with(':') { start + 1 } else { start + 2 };
    let trim = |text: String| text.trim_matches(|c: char| matches!(c, '(' | ')' | '[' | ']' | '*' | '_' | '|' | ' ')).to_owned();
    let credit = trim(words[after..].join(" "));
    let credit = credit.strip_suffix('.').map_or(credit.clone(), str::to_owned);
    let caption = trim(words[..start].join(" "));
    let fits = credit.chars().any(char::is_alphanumeric) && credit.chars().count() <= 80;
    fits.then(|| ((!caption.is_empty()).then_some(caption), credit))
}

fn is_contact(text: &str) -> bool {
    const LABELS: &[&str] = &[
        "email:",
        "e-mail:",
        "mail:",
        "phone:",
        "tel:",
        "telephone:",
        "mobile:",
        "call:",
        "contact us:",
        "contact:",
        "website:",
        "web:",
        "visit:",
        "whatsapp:",
        "twitter:",
        "write to us:",
        "write to us at",
        "visit us at",
    ];
    let text = unwrapped(text);
    let lower = text.to_lowercase();
    if ["contact", "contact us", "contact us:", "contact:"].contains(&lower.as_str()) {
        return true;
    }
    let label = LABELS.iter().find(|label| lower.starts_with(**label));
    let rest = label.map_or(lower.as_str(), |label| lower[label.len()..].trim());
    let bare = |part: &str| is_phone(part, label.is_some()) || part.split(' ').all(is_address);
    let mut parts = rest.split(['|', ',', ';', '·']).map(str::trim).filter(|part| !part.is_empty()).peekable();
    parts.peek().is_some() && parts.all(bare)
}

/// A mail address, a web address with or without its scheme, or a handle.
fn is_address(word: &str) -> bool {
    let word = word.trim_matches(['<', '>', '(', ')', '.']);
    if word.starts_with("http://") || word.starts_with("https://") || word.starts_with("www.") {
        return true;
    }
    if let Some(handle) = word.strip_prefix('@') {
        return !handle.is_empty() && handle.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    }
    let host = word.rsplit('@').next().unwrap_or(word).split('/').next().unwrap_or_default();
    let label = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let top = host.rsplit('.').next().unwrap_or_default();
    host.contains('.') && host.split('.').all(label) && top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic())
}

/// 7 to 15 digits (ITU-T E.164's most) and their usual separators. Without a label, "2010-2014" must not pass for one.
fn is_phone(text: &str, labelled: bool) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let only = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' ' | '.' | '/'));
    only && (7..=15).contains(&digits) && (labelled || text.contains('+') || digits >= 10)
}
