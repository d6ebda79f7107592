//! Takes an article out of a text file copied from a journal's site, and says what it left out as not the article.
//!
//! The shape: a title line, paragraphs, perhaps captions with their credit and a byline, then a line about the author. With
//! that line (or a disclaimer, or the comments' heading) after the first paragraph the article ends; what follows is left out
//! and reported. Where no such line stands, headings and advertisements at the end are left out. `pieces.rs` lists the rules by
//! which a piece is known. HTML in the text is text: it is kept as characters and never becomes markup.

mod author;
mod pieces;
mod report;
mod source;
#[cfg(test)]
mod tests;

pub use author::Author;
use pieces::{Piece, Sign};

use super::model::{Body, BodyError, TITLE_LIMIT};

/// Lines of the file, counted from 1, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    pub first: usize,
    pub last: usize,
}

/// A photo of the article, by its caption line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    pub caption: Option<String>,
    pub credit: String,
    pub lines: Lines,
}

/// Why something is not the article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOutKind {
    Advertisement,
    Contact,
    Disclaimer,
    Comments,
    Sharing,
    Related,
    Decoration,
    /// Text after the article's end that is none of the others: a person should look at it.
    AfterTheEnd,
}

/// Something left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    pub kind: LeftOutKind,
    pub text: String,
    pub lines: Lines,
}

/// An article as its file gives it. Every line of the file that is not blank is in exactly one of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedArticle {
    pub title: String,
    pub title_lines: Lines,
    pub authors: Vec<Author>,
    pub author_lines: Vec<Lines>,
    /// From the disclaimer ("the views of X"), else the author's place of work. A guess to be confirmed; `None` if neither is there.
    pub publisher: Option<String>,
    pub photos: Vec<Photo>,
    pub body: Body,
    /// Where each paragraph stood.
    pub body_lines: Vec<Lines>,
    pub left_out: Vec<LeftOut>,
    /// Lines from which invisible characters were removed.
    pub stripped: Vec<usize>,
}

/// Why a file gives no article, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("The file is empty: save the article's text in it, the title on the first line")]
    Empty,
    #[error("The file is larger than 1 MiB: keep only the article's text in it")]
    TooLarge,
    #[error("Line {line} is not UTF-8: save the file as UTF-8 text")]
    NotUtf8 { line: usize },
    #[error("Line {line} has a NUL character, so this is no text file: save the article as UTF-8 text")]
    NulCharacter { line: usize },
    #[error("No title at line {line}: put the title on a line of its own before the text, at most {TITLE_LIMIT} characters")]
    NoTitle { line: usize },
    #[error("No text after the title at line {line}: put the article's paragraphs below it, a blank line between two")]
    NoBody { line: usize },
    #[error("{0}")]
    Body(#[from] BodyError),
}

/// The article in a file's bytes.
///
/// # Errors
/// As [`parse_article`], and `NotUtf8` with the line of the first byte that is not UTF-8.
pub fn parse_file(bytes: &[u8]) -> Result<ImportedArticle, ImportError> {
    parse_article(source::decode(bytes)?)
}

/// The article in a text.
///
/// # Errors
/// What hinders reading it as an article, with the line.
pub fn parse_article(text: &str) -> Result<ImportedArticle, ImportError> {
    let source = source::lines(text)?;
    let mut parts = Parts::default();
    let (title, title_lines, used) = title(&source.lines, &mut parts)?;
    parts.title_lines = Some(title_lines);
    let pieces = pieces::split(&source.lines[used..]);
    let end = end_of_article(&pieces);
    for (at, piece) in pieces.iter().enumerate() {
        parts.place(piece, Position::of(&pieces, at, end));
    }
    if parts.body.is_empty() {
        return Err(ImportError::NoBody { line: title_lines.first });
    }
    let publisher = publisher(&parts);
    Ok(ImportedArticle {
        title,
        title_lines,
        publisher,
        body: Body::new(&parts.body)?,
        authors: parts.authors,
        author_lines: parts.author_lines,
        photos: parts.photos,
        body_lines: parts.body_lines,
        left_out: parts.left_out,
        stripped: source.stripped,
    })
}

/// The first line that is not the page's furniture, and how many lines it took to get past it.
fn title(lines: &[source::Line], parts: &mut Parts) -> Result<(String, Lines, usize), ImportError> {
    for (at, line) in lines.iter().enumerate() {
        let here = Lines { first: line.number, last: line.number };
        match pieces::sign(&line.text) {
            Sign::Not(kind) if kind != LeftOutKind::Disclaimer && kind != LeftOutKind::Advertisement => {
                parts.leave_out(kind, &line.text, here);
            }
            Sign::Caption { .. } | Sign::Author(_) | Sign::Byline(_) => return Err(ImportError::NoTitle { line: line.number }),
            _ => {
                let title = author::unwrapped(&line.text);
                let fits = title.chars().count() <= TITLE_LIMIT;
                return if fits { Ok((title.to_owned(), here, at + 1)) } else { Err(ImportError::NoTitle { line: line.number }) };
            }
        }
    }
    Err(ImportError::NoTitle { line: lines.first().map_or(1, |line| line.number) })
}

/// Fewer words are a heading's, a slogan's or a caption's; as many are prose that an author line would not precede.
const PROSE: usize = 25;

/// The index of the piece that ends the article, or the number of pieces.
fn end_of_article(pieces: &[Piece]) -> usize {
    let Some(first) = pieces.iter().position(|piece| piece.sign == Sign::Prose) else { return pieces.len() };
    let prose = |piece: &Piece| piece.sign == Sign::Prose && piece.words() >= PROSE;
    let ends = |at: usize| match &pieces[at].sign {
        Sign::Author(_) | Sign::Not(LeftOutKind::Disclaimer | LeftOutKind::Comments) => true,
        Sign::PlainAuthor(_) => !pieces[at..].iter().any(prose),
        Sign::Byline(_) => !pieces[at..].iter().any(|piece| piece.sign == Sign::Prose),
        _ => false,
    };
    let marked = (first..pieces.len()).find(|&at| ends(at)).unwrap_or(pieces.len());
    // A heading with no text under it is no heading of the article.
    let text = |piece: &Piece| !matches!(piece.sign, Sign::Heading | Sign::Not(_));
    pieces[..marked].iter().rposition(text).map_or(marked, |last| last + 1)
}

/// Where a piece stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Inside,
    /// After the end, with nothing but author lines and disclaimers since.
    AtTheEnd,
    After,
    /// Below the comments' heading.
    InComments,
}

impl Position {
    fn of(pieces: &[Piece], at: usize, end: usize) -> Self {
        if at < end {
            return Self::Inside;
        }
        let since = &pieces[end..at];
        let closing = |piece: &Piece| {
            let kinds = [LeftOutKind::Disclaimer, LeftOutKind::Decoration, LeftOutKind::Sharing];
            matches!(piece.sign, Sign::Author(_) | Sign::PlainAuthor(_) | Sign::Byline(_))
                || kinds.iter().any(|kind| piece.sign == Sign::Not(*kind))
        };
        if since.iter().all(closing) {
            Self::AtTheEnd
        } else if since.iter().any(|piece| piece.sign == Sign::Not(LeftOutKind::Comments)) {
            Self::InComments
        } else {
            Self::After
        }
    }
}

/// The article's parts as they are found.
#[derive(Default)]
struct Parts {
    title_lines: Option<Lines>,
    authors: Vec<Author>,
    author_lines: Vec<Lines>,
    photos: Vec<Photo>,
    body: Vec<String>,
    body_lines: Vec<Lines>,
    left_out: Vec<LeftOut>,
}

impl Parts {
    fn place(&mut self, piece: &Piece, position: Position) {
        let Piece { text, lines, sign } = piece;
        match (sign, position) {
            (Sign::Not(kind), _) => self.leave_out(*kind, text, *lines),
            // Inside the text, "By Land and Sea" is a heading.
            (Sign::Byline(authors), Position::Inside) if self.body.is_empty() => self.add_authors(authors, *lines),
            (Sign::Author(authors), Position::Inside)
            | (Sign::Author(authors) | Sign::PlainAuthor(authors) | Sign::Byline(authors), Position::AtTheEnd) => {
                self.add_authors(authors, *lines);
            }
            (Sign::Caption { caption, credit }, Position::Inside) => {
                self.photos.push(Photo { caption: caption.clone(), credit: credit.clone(), lines: *lines });
            }
            (_, Position::Inside) => {
                let heading = *sign == Sign::Heading;
                self.body.push(if heading { author::unwrapped(text).to_owned() } else { text.clone() });
                self.body_lines.push(*lines);
            }
            (Sign::Heading, _) => self.leave_out(LeftOutKind::Advertisement, text, *lines),
            (_, Position::InComments) => self.leave_out(LeftOutKind::Comments, text, *lines),
            _ => self.leave_out(LeftOutKind::AfterTheEnd, text, *lines),
        }
    }

    /// Joined with what was left out just before, if of the same kind.
    fn leave_out(&mut self, kind: LeftOutKind, text: &str, lines: Lines) {
        let newest = [
            self.title_lines.as_ref(),
            self.author_lines.last(),
            self.body_lines.last(),
            self.photos.last().map(|photo| &photo.lines),
        ];
        match self.left_out.last_mut() {
            Some(last) if last.kind == kind && newest.iter().flatten().all(|other| other.last < last.lines.first) => {
                last.text = format!("{} / {text}", last.text);
                last.lines.last = lines.last;
            }
            _ => self.left_out.push(LeftOut { kind, text: text.to_owned(), lines }),
        }
    }

    fn add_authors(&mut self, authors: &[Author], lines: Lines) {
        self.author_lines.push(lines);
        authors.iter().for_each(|author| self.add_author(author));
    }

    /// A byline and a line about the author name one person once.
    fn add_author(&mut self, new: &Author) {
        let alone = self.authors.len() == 1 && new.name.is_empty();
        match self.authors.iter_mut().find(|known| alone || known.name == new.name || known.name.is_empty()) {
            Some(known) => {
                let fill = |old: &mut Option<String>, new: &Option<String>| *old = old.take().or(new.clone());
                fill(&mut known.role, &new.role);
                fill(&mut known.affiliation, &new.affiliation);
                if known.name.is_empty() {
                    known.name.clone_from(&new.name);
                }
            }
            None => self.authors.push(new.clone()),
        }
    }
}

fn publisher(parts: &Parts) -> Option<String> {
    let disclaimers = parts.left_out.iter().filter(|left| left.kind == LeftOutKind::Disclaimer);
    let named = disclaimers.filter_map(|left| {
        let at = left.text.find("reflect")?;
        let whose = left.text[at..].split_once(" of ")?.1.trim_end_matches(['.', '*', '_']);
        let whose = whose.strip_prefix("the ").unwrap_or(whose);
        let whose = [" Team", " team", " Editorial Board", " editorial board"]
            .iter()
            .find_map(|end| whose.strip_suffix(end))
            .unwrap_or(whose);
        (whose.starts_with(char::is_uppercase) && whose.chars().count() <= 80 && !whose.contains(". ")).then(|| whose.to_owned())
    });
    named.into_iter().next().or_else(|| parts.authors.iter().find_map(|author| author.affiliation.clone()))
}

impl ImportedArticle {
    /// The authors as a citation names them: "A", "A and B", "A, B and C".
    pub fn author(&self) -> Option<String> {
        let names: Vec<&str> = self.authors.iter().map(|author| author.name.as_str()).filter(|name| !name.is_empty()).collect();
        match names.split_last() {
            None => None,
            Some((only, [])) => Some((*only).to_owned()),
            Some((last, others)) => Some(format!("{} and {last}", others.join(", "))),
        }
    }

    /// The authors' roles, each once; with the place of work where it is not the publisher.
    pub fn author_role(&self) -> Option<String> {
        let mut roles: Vec<String> = Vec::new();
        for author in &self.authors {
            let Some(role) = &author.role else { continue };
            let elsewhere = author.affiliation.as_ref().filter(|place| Some(*place) != self.publisher.as_ref());
            let role = elsewhere.map_or(role.clone(), |place| format!("{role}, {place}"));
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        (!roles.is_empty()).then(|| roles.join("; "))
    }

    /// The photos' credits, each once.
    pub fn photo_credit(&self) -> Option<String> {
        let mut credits: Vec<&str> = Vec::new();
        for photo in &self.photos {
            if !credits.contains(&photo.credit.as_str()) {
                credits.push(&photo.credit);
            }
        }
        (!credits.is_empty()).then(|| credits.join("; "))
    }
}
