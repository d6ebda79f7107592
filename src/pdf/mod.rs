//! Documents as PDF, typeset by Typst from templates of ours and fonts that are compiled in.
//!
//! A template reads its values from a file of JSON that exists in memory alone: values are never evaluated. The same values
//! give the same bytes, for ever: no clock, no file and no network is within a template's reach.

mod qr;
#[cfg(test)]
mod tests;
mod world;

use std::collections::BTreeSet;

use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use typst::comemo;
use typst::diag::SourceDiagnostic;
use typst::layout::{Frame, FrameItem};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

pub use qr::{qr_picture, qr_svg};
use world::World;

/// The family that every document is set in.
pub const FONT: &str = "Libertinus Serif";
/// What Typst remembers of earlier documents is dropped after so many without use: memory stays bounded.
const REMEMBERED: usize = 10;
/// So many documents are set at once; the others wait.
static SETTING: Semaphore = Semaphore::const_new(2);

/// The documents that can be set, by their files in `documents/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    Certificate,
    CreditNote,
    Proforma,
    Receipt,
    TaxInvoice,
}

impl Template {
    const fn source(self) -> &'static str {
        match self {
            Self::Certificate => include_str!("../../documents/certificate.typ"),
            Self::CreditNote => include_str!("../../documents/credit_note.typ"),
            Self::Proforma => include_str!("../../documents/proforma.typ"),
            Self::Receipt => include_str!("../../documents/receipt.typ"),
            Self::TaxInvoice => include_str!("../../documents/tax_invoice.typ"),
        }
    }
}

/// A finished document.
#[derive(Clone, PartialEq, Eq)]
pub struct Pdf {
    pub bytes: Vec<u8>,
    pub pages: usize,
}

impl std::fmt::Debug for Pdf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pdf({} bytes, {} pages)", self.bytes.len(), self.pages)
    }
}

impl Pdf {
    /// The SHA-256 of its bytes, in small hexadecimal digits, as `sha256sum` prints it.
    pub fn sha256(&self) -> String {
        Sha256::digest(&self.bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderFailure {
    /// Text that the font has no letters for.
    #[error("the font {font} cannot print {}", shown(.characters))]
    MissingGlyphs { font: String, characters: Vec<char> },
    /// A fault of ours: the template, or values that it does not expect.
    #[error("the template failed: {0}")]
    Template(String),
}

/// Characters for people: each in quotes, with its number for those that cannot be seen.
pub fn shown(characters: &[char]) -> String {
    let told = characters.iter().map(|c| format!("“{c}” (U+{:04X})", u32::from(*c)));
    told.collect::<Vec<_>>().join(", ")
}

/// The characters of `text` that [`FONT`] has no letter for, each once: cheap, for telling it beforehand. [`render`] looks at what
/// was really set, and has the last word.
pub fn unprintable(text: &str) -> Vec<char> {
    let missing: BTreeSet<char> = text.chars().filter(|&c| !world::covers(c)).collect();
    missing.into_iter().collect()
}

/// Sets `template` with `values`: a PDF/A-3a (ISO 19005-3) that is PDF/UA-1 (ISO 14289-1) too. It takes milliseconds of the
/// processor's time: see [`rendered`].
///
/// # Errors
/// [`RenderFailure`].
pub fn render(template: Template, values: &impl Serialize) -> Result<Pdf, RenderFailure> {
    let values = serde_json::to_vec(values).map_err(|error| RenderFailure::Template(error.to_string()))?;
    let _forget = Forget;
    let world = World::new(template.source(), values);
    let document: PagedDocument = typst::compile(&world).output.map_err(|errors| told(&errors))?;
    let mut missing = Missing::default();
    document.pages().iter().for_each(|page| missing.look(&page.frame));
    missing.none()?;
    let standards = PdfStandards::new(&[PdfStandard::A_3a, PdfStandard::Ua_1])
        .map_err(|error| RenderFailure::Template(error.message().to_string()))?;
    let options =
        PdfOptions { creator: typst::foundations::Smart::Custom(Some("Lectern".to_owned())), standards, ..PdfOptions::default() };
    let bytes = typst_pdf::pdf(&document, &options).map_err(|errors| told(&errors))?;
    Ok(Pdf { bytes, pages: document.pages().len() })
}

/// As [`render`], on a thread for such work; never inside a write transaction.
///
/// # Errors
/// [`RenderFailure`].
pub async fn rendered(template: Template, values: impl Serialize + Send + 'static) -> Result<Pdf, RenderFailure> {
    let ours = |error: &dyn std::error::Error| RenderFailure::Template(error.to_string());
    let _turn = SETTING.acquire().await.map_err(|error| ours(&error))?;
    tokio::task::spawn_blocking(move || render(template, &values)).await.map_err(|error| ours(&error))?
}

/// Lets Typst forget, however the rendering ends.
struct Forget;

impl Drop for Forget {
    fn drop(&mut self) {
        comemo::evict(REMEMBERED);
    }
}

fn told(errors: &[SourceDiagnostic]) -> RenderFailure {
    RenderFailure::Template(errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; "))
}

/// What was set without a letter for it.
#[derive(Default)]
struct Missing {
    font: Option<String>,
    characters: BTreeSet<char>,
}

impl Missing {
    fn look(&mut self, frame: &Frame) {
        for (_, item) in frame.items() {
            match item {
                FrameItem::Group(group) => self.look(&group.frame),
                FrameItem::Text(text) => {
                    // Glyph 0 is the one that stands for what a font does not have (OpenType, "Recommendations for fonts").
                    for glyph in text.glyphs.iter().filter(|glyph| glyph.id == 0) {
                        self.characters.extend(text.text[glyph.range()].chars());
                        self.font.get_or_insert_with(|| text.font.font().info().family.to_string());
                    }
                }
                _ => {}
            }
        }
    }

    fn none(self) -> Result<(), RenderFailure> {
        match self.font {
            Some(font) => Err(RenderFailure::MissingGlyphs { font, characters: self.characters.into_iter().collect() }),
            None => Ok(()),
        }
    }
}
