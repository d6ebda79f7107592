//! The logo: an uploaded image made into a PNG of our own, so that nothing of the uploaded bytes is ever served.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The most bytes that are taken, and that are kept.
pub const MAX_UPLOAD: usize = 512 * 1024;
const MAX_KEPT: usize = 1024 * 1024;
/// The longest side in pixels.
pub const MAX_SIDE: u32 = 2_000;
/// What decoding may take: an image of the longest sides has 16 MB, and decoders need some room beside it.
const MAX_MEMORY: u64 = 64 * 1024 * 1024;

/// A PNG as we wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    pub facts: LogoFacts,
    pub png: Vec<u8>,
}

/// What a page needs to know of the logo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoFacts {
    /// SHA-256 of the bytes, as hexadecimal.
    pub hash: String,
    /// In pixels.
    pub width: u32,
    pub height: u32,
}

impl std::fmt::Debug for Logo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.facts.fmt(f)
    }
}

/// Why bytes make no logo. Shown beside the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoRefusal {
    #[error("Choose an image file")]
    Empty,
    #[error("Choose a file of at most 512 KiB")]
    TooLong,
    #[error("Choose a PNG or JPEG file: this is neither, whatever its name says")]
    NotAnImage,
    #[error("Choose an image of at most {MAX_SIDE} pixels a side")]
    TooLarge,
    #[error("This image file is damaged: save it again and choose the new file")]
    Damaged,
    #[error("Choose a simpler image, or a smaller one: as a PNG this one is too large for a logo")]
    TooDetailed,
}

impl Logo {
    /// Decodes a PNG or JPEG and writes it anew. Takes up to some hundred milliseconds of a processor: not in a transaction.
    ///
    /// # Errors
    /// [`LogoRefusal`]. The size is known, and refused, before any pixel is decoded.
    pub fn from_upload(bytes: &[u8]) -> Result<Self, LogoRefusal> {
        match bytes.len() {
            0 => return Err(LogoRefusal::Empty),
            length if length > MAX_UPLOAD => return Err(LogoRefusal::TooLong),
            _ => {}
        }
        let image = decoded(bytes)?.into_rgba8();
        let (width, height) = image.dimensions();
        let mut png = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::Adaptive);
        image.write_with_encoder(encoder).map_err(|_| LogoRefusal::Damaged)?;
        if png.len() > MAX_KEPT {
            return Err(LogoRefusal::TooDetailed);
        }
        let hash = Sha256::digest(&png).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { facts: LogoFacts { hash, width, height }, png })
    }
}

/// By what the bytes are, not by a name or a type that somebody gave them.
fn decoded(bytes: &[u8]) -> Result<DynamicImage, LogoRefusal> {
    let format = image::guess_format(bytes).map_err(|_| LogoRefusal::NotAnImage)?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg) {
        return Err(LogoRefusal::NotAnImage);
    }
    let limits = || {
        let mut limits = Limits::default();
        (limits.max_image_width, limits.max_image_height) = (Some(MAX_SIDE), Some(MAX_SIDE));
        limits.max_alloc = Some(MAX_MEMORY);
        limits
    };
    let reader = || {
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        reader.limits(limits());
        reader
    };
    let refused = |error: image::ImageError| match error {
        image::ImageError::Limits(_) => LogoRefusal::TooLarge,
        _ => LogoRefusal::Damaged,
    };
    let (width, height) = reader().into_dimensions().map_err(refused)?;
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(LogoRefusal::TooLarge);
    }
    reader().decode().map_err(refused)
}

#[cfg(test)]
mod tests {
    use image::RgbaImage;

    use super::*;

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let image = RgbaImage::from_fn(width, height, |x, y| image::Rgba([u8::from(x > y) * 200, 40, 90, 255]));
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::from(image).into_rgb8().write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// A PNG's first chunk, with a size of one's own and its checksum made to fit.
    fn sized(mut png: Vec<u8>, width: u32, height: u32) -> Vec<u8> {
        png[16..20].copy_from_slice(&width.to_be_bytes());
        png[20..24].copy_from_slice(&height.to_be_bytes());
        let crc = !png[12..29].iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
        });
        png[29..33].copy_from_slice(&crc.to_be_bytes());
        png
    }

    #[test]
    fn an_image_is_written_anew_and_nothing_else_of_the_upload_stays() {
        let upload = encoded(120, 40, ImageFormat::Png);
        let mut taint = upload.clone();
        taint.extend_from_slice(b"<script>alert(1)</script>");
        let logo = Logo::from_upload(&taint).unwrap();
        assert_eq!((logo.facts.width, logo.facts.height, logo.facts.hash.len()), (120, 40, 64));
        assert!(logo.png.starts_with(b"\x89PNG\r\n\x1a\n") && !logo.png.windows(8).any(|part| part == b"<script>"));
        assert_eq!(Logo::from_upload(&upload).unwrap(), logo);
        let photo = Logo::from_upload(&encoded(64, 64, ImageFormat::Jpeg)).unwrap();
        assert!(photo.png.starts_with(b"\x89PNG"));
        assert_eq!(Logo::from_upload(&photo.png).unwrap(), photo);
    }

    #[test]
    fn what_is_no_image_is_refused_whatever_it_calls_itself() {
        for text in [
            "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            "<?xml version='1.0'?><svg/>",
            "<!doctype html><script>alert(1)</script>",
            "GIF89a\x01\0\x01\0\0\0\0;",
            "%PDF-1.7",
            "RIFF\0\0\0\0WEBPVP8 ",
        ] {
            assert_eq!(Logo::from_upload(text.as_bytes()), Err(LogoRefusal::NotAnImage), "{text:?}");
        }
        assert_eq!(Logo::from_upload(b""), Err(LogoRefusal::Empty));
        assert_eq!(Logo::from_upload(&vec![0; MAX_UPLOAD + 1]), Err(LogoRefusal::TooLong));
    }

    #[test]
    fn a_damaged_image_is_refused_wherever_it_ends() {
        let (png, jpeg) = (encoded(60, 60, ImageFormat::Png), encoded(60, 60, ImageFormat::Jpeg));
        for length in [8, 16, 33, 40, png.len() / 2] {
            assert_eq!(Logo::from_upload(&png[..length]), Err(LogoRefusal::Damaged), "{length}");
        }
        for length in [4, 20, 100] {
            assert_eq!(Logo::from_upload(&jpeg[..length]), Err(LogoRefusal::Damaged), "{length}");
        }
        let mut html = png[..33].to_vec();
        html.extend_from_slice(b"<html><script>alert(1)</script>");
        assert_eq!(Logo::from_upload(&html), Err(LogoRefusal::Damaged));
    }

    #[test]
    fn a_size_beyond_the_limits_is_refused_before_it_takes_memory() {
        let small = encoded(8, 8, ImageFormat::Png);
        for (width, height) in [(2_001, 8), (8, 2_001), (60_000, 60_000), (u32::MAX / 2, u32::MAX / 2)] {
            let refusal = Logo::from_upload(&sized(small.clone(), width, height)).unwrap_err();
            assert!(matches!(refusal, LogoRefusal::TooLarge | LogoRefusal::Damaged), "{width}: {refusal:?}");
        }
        assert_eq!(Logo::from_upload(&sized(small.clone(), 2_001, 8)), Err(LogoRefusal::TooLarge));
        assert_eq!(Logo::from_upload(&sized(small, 2_000, 2_000)), Err(LogoRefusal::Damaged));
        assert!(Logo::from_upload(&encoded(2_000, 1, ImageFormat::Png)).is_ok());
    }
}
