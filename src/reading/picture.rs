//! Pictures: decoded, made upright and small, and encoded anew, so that nothing of their metadata (where they were taken, with what) is left.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::error::ImageError;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::outcome::{MediaType, Read, Unreadable};

/// The longest edge that models look at; what is larger they make smaller themselves (Anthropic's vision guide, read 2026-11).
pub(super) const LONGEST_EDGE: u32 = 1_568;

/// The most pixels that are decoded, a little over the 50 megapixels of telephones: three bytes for each, and the scaler's copy beside
/// them, fit into the child's memory.
const MOST_PIXELS: u64 = 52_000_000;

/// What the decoder may allocate. It stays below the child's memory, so that it says so instead of dying of it.
const MOST_DECODED_BYTES: u64 = 320 << 20;

const JPEG_QUALITY: u8 = 85;

/// Decodes a picture and makes of it what is handed on.
///
/// # Errors
/// `TooLarge` for too many pixels, before any is decoded; `TooMuchMemory` where they take too much; `Broken` otherwise.
pub(super) fn read(format: ImageFormat, bytes: &[u8]) -> Result<Read, Unreadable> {
    let (image, orientation) = decoded(format, bytes)?;
    let mut image = made_small(image);
    image.apply_orientation(orientation);
    encoded(image)
}

fn decoded(format: ImageFormat, bytes: &[u8]) -> Result<(DynamicImage, Orientation), Unreadable> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_DECODED_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| why(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(Unreadable::TooLarge);
    }
    // An orientation that cannot be read is none: the picture still can.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(|error| why(&error))?;
    Ok((image, orientation))
}

fn why(error: &ImageError) -> Unreadable {
    match error {
        ImageError::Limits(_) => Unreadable::TooMuchMemory,
        ImageError::Unsupported(_) => Unreadable::Unsupported,
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::IoError(_) => Unreadable::Broken,
    }
}

fn made_small(image: DynamicImage) -> DynamicImage {
    if image.width().max(image.height()) <= LONGEST_EDGE {
        return image;
    }
    image.resize(LONGEST_EDGE, LONGEST_EDGE, FilterType::Triangle)
}

/// Encodes: with a pixel that shows what is behind as PNG, and otherwise as JPEG, which is a fraction of it.
fn encoded(image: DynamicImage) -> Result<Read, Unreadable> {
    let (width, height) = (image.width(), image.height());
    let mut bytes = Vec::new();
    let media_type = if is_opaque(&image) {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
        image
            .into_rgb8()
            .write_with_encoder(encoder)
            .map_err(|error| why(&error))?;
        MediaType::Jpeg
    } else {
        let pixels = image.into_rgba8();
        pixels
            .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
            .map_err(|error| why(&error))?;
        MediaType::Png
    };
    Ok(Read::Image {
        media_type,
        bytes,
        width,
        height,
    })
}

fn is_opaque(image: &DynamicImage) -> bool {
    !image.color().has_alpha() || image.to_rgba8().pixels().all(|pixel| pixel.0[3] == u8::MAX)
}
