//! Pictures as a model takes them.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use tau_core::{Image, ToolResultBlock};

use crate::environment::blocking;

/// The longest side that providers look at: larger pictures are made smaller there, after they were paid for
/// (Anthropic's documentation of vision).
const SIDE: u32 = 1_568;
/// A picture of fewer bytes is sent as it is.
const BYTES: usize = 1 << 20;
/// What a picture may take in memory: a small file may hold a very large one.
const MEMORY: u64 = 256 << 20;
const QUALITY: u8 = 85;

/// A picture, small enough.
#[derive(Debug)]
pub(in crate::builtin) struct Picture {
    media_type: &'static str,
    bytes: Vec<u8>,
    /// Its size, in words.
    pub(in crate::builtin) about: String,
}

/// Why something cannot be shown.
#[derive(Debug)]
pub(in crate::builtin) enum PictureError {
    /// It is something else.
    NotAPicture,
    /// It is a picture, but not one that can be read.
    Broken(String),
}

impl Picture {
    /// The block that shows it.
    pub(in crate::builtin) fn block(&self) -> ToolResultBlock {
        ToolResultBlock::Image(Image::base64(self.media_type, STANDARD.encode(&self.bytes)))
    }
}

/// The picture that a file holds, made smaller where it is large.
pub(in crate::builtin) async fn picture(content: &[u8]) -> Result<Picture, PictureError> {
    let media_type = match image::guess_format(content) {
        Ok(ImageFormat::Png) => "image/png",
        Ok(ImageFormat::Jpeg) => "image/jpeg",
        Ok(ImageFormat::Gif) => "image/gif",
        Ok(ImageFormat::WebP) => "image/webp",
        _ => return Err(PictureError::NotAPicture),
    };
    let content = content.to_vec();
    let shrunk = blocking(move || shrink(content, media_type)).await;
    match shrunk {
        Ok(Ok(picture)) => Ok(picture),
        Ok(Err(error)) => Err(PictureError::Broken(error.to_string())),
        Err(error) => Err(PictureError::Broken(error.to_string())),
    }
}

fn shrink(content: Vec<u8>, media_type: &'static str) -> image::ImageResult<Picture> {
    let mut reader = ImageReader::new(Cursor::new(&content)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let as_it_is =
        width.max(height) <= SIDE && content.len() <= BYTES && orientation == Orientation::NoTransforms;
    // Decoded in any case: what is broken is better known here than at the provider, who refuses the whole request.
    let mut picture = DynamicImage::from_decoder(decoder)?;
    let size = format!("a picture of {width} x {height} pixels");
    if as_it_is {
        return Ok(Picture { media_type, bytes: content, about: size });
    }
    if width.max(height) > SIDE {
        picture = picture.resize(SIDE, SIDE, FilterType::Triangle);
    }
    picture.apply_orientation(orientation);
    let (media_type, bytes) = encode(&picture)?;
    let about = format!("{size}, shown as {} x {}", picture.width(), picture.height());
    Ok(Picture { media_type, bytes, about })
}

/// As PNG, which keeps text sharp, or as JPEG where that is too long.
fn encode(picture: &DynamicImage) -> image::ImageResult<(&'static str, Vec<u8>)> {
    let mut png = Cursor::new(Vec::new());
    let has_alpha = picture.color().has_alpha();
    let plain = if has_alpha { picture.to_rgba8().into() } else { DynamicImage::from(picture.to_rgb8()) };
    plain.write_to(&mut png, ImageFormat::Png)?;
    let png = png.into_inner();
    if png.len() <= BYTES {
        return Ok(("image/png", png));
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&plain.to_rgb8())?;
    Ok(("image/jpeg", jpeg))
}
