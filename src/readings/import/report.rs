//! What was read and what was left out, for the command line.

use std::fmt;

use super::{ImportedArticle, LeftOutKind, Lines};

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { write!(f, "line {}", self.first) } else { write!(f, "lines {}-{}", self.first, self.last) }
    }
}

impl LeftOutKind {
    /// What it is taken for, and why.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Advertisement => "advertisement (capitals, bold or words of selling)",
            Self::Contact => "contact (only addresses or telephone numbers)",
            Self::Disclaimer => "disclaimer (whose views these are)",
            Self::Comments => "comments (the site's comment box)",
            Self::Sharing => "sharing (the site's buttons)",
            Self::Related => "related (links to other pages)",
            Self::Decoration => "decoration (no letter or digit)",
            Self::AfterTheEnd => "after the article's end: look whether it belongs to it",
        }
    }
}

impl fmt::Display for ImportedArticle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |value: Option<String>| value.unwrap_or_else(|| "not found".to_owned());
        writeln!(f, "Read as the article:")?;
        writeln!(f, "  title         {} ({})", self.title, self.title_lines)?;
        writeln!(f, "  author        {}", or_none(self.author()))?;
        writeln!(f, "  author's role {}", or_none(self.author_role()))?;
        writeln!(f, "  publisher     {}", or_none(self.publisher.clone()))?;
        writeln!(f, "  photo credit  {}", or_none(self.photo_credit()))?;
        for photo in &self.photos {
            writeln!(f, "  caption       {} ({})", photo.caption.as_deref().unwrap_or("none"), photo.lines)?;
        }
        let (count, words, minutes) = (self.body.paragraphs().len(), self.body.words(), self.body.minutes());
        let at = self.body_lines.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        writeln!(f, "  body          {count} paragraphs, {words} words, {minutes} min ({at})")?;
        writeln!(f, "  sha256        {}", self.body.sha256())?;
        if !self.stripped.is_empty() {
            let at = self.stripped.iter().take(10).map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let more = if self.stripped.len() > 10 { ", …" } else { "" };
            writeln!(f, "Removed invisible control characters on lines {at}{more}.")?;
        }
        writeln!(f, "{}", if self.left_out.is_empty() { "Left out nothing." } else { "Left out as not the article:" })?;
        for left in &self.left_out {
            let short: String = left.text.chars().take(60).collect();
            let dots = if short.len() < left.text.len() { "…" } else { "" };
            writeln!(f, "  {}: {}", left.lines, left.kind.reason())?;
            writeln!(f, "      {short}{dots}")?;
        }
        Ok(())
    }
}
