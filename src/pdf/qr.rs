//! QR codes (ISO/IEC 18004), as pictures for a document or a page.

use fast_qr::convert::Builder;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRBuilder;

use super::RenderFailure;

/// The code of `text` as an SVG without a margin: its reader needs four modules of white around it.
///
/// # Errors
/// [`RenderFailure::Template`] if the text is longer than a code holds.
pub fn qr_svg(text: &str) -> Result<String, RenderFailure> {
    drawn(text, 0)
}

/// The code of `text` as an SVG with the margin of four modules that its reader needs, on white: a picture for any page.
///
/// # Errors
/// [`RenderFailure::Template`] if the text is longer than a code holds.
pub fn qr_picture(text: &str) -> Result<String, RenderFailure> {
    drawn(text, 4)
}

fn drawn(text: &str, margin: usize) -> Result<String, RenderFailure> {
    let code = QRBuilder::new(text).build().map_err(|error| RenderFailure::Template(error.to_string()))?;
    Ok(SvgBuilder::default().margin(margin).to_str(&code))
}
