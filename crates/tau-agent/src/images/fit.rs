//! Pictures made smaller, or of another kind.

use std::io::Cursor;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, GenericImageView, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use tau_core::Image;

use super::limits::ImageLimits;

/// What is larger than this, in dots either way, is left alone: it is a bomb, or somebody's map.
const LARGEST_EDGE: u32 = 30_000;

/// Memory that a decoder may take, which is that of about 60 million dots.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;

/// How good a JPEG is, one after the other until it is small enough.
const QUALITIES: [u8; 2] = [85, 60];

/// How much smaller the edges are made where that was not enough, and how often.
const STEP: f64 = 0.75;
const MOST_STEPS: u32 = 8;

/// The picture as the provider takes it; `None` when it is so already, or cannot be read.
pub(super) fn shrunk(media_type: &str, data: &str, limits: &ImageLimits) -> Option<Image> {
    let bytes = BASE64_STANDARD.decode(data).ok()?;
    let mut reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format().ok()?;
    let mut allowed = Limits::default();
    allowed.max_image_width = Some(LARGEST_EDGE);
    allowed.max_image_height = Some(LARGEST_EDGE);
    allowed.max_alloc = Some(MOST_MEMORY);
    reader.limits(allowed);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let is_small = limits.most_base64.is_none_or(|most| data.len() <= most);
    if is_small && limits.takes(media_type) && scale(width, height, limits) >= 1.0 {
        return None;
    }
    // What a camera notes beside the dots is lost with the kind of the file, so it is done.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    picture.apply_orientation(orientation);
    encoded(&picture, media_type != "image/jpeg", limits)
}

/// By how much the edges have to shrink; 1 when they need not.
fn scale(width: u32, height: u32, limits: &ImageLimits) -> f64 {
    let edge = limits.longest_edge.map(|most| f64::from(most) / f64::from(width.max(height).max(1)));
    let pixels = u64::from(width).saturating_mul(height.into()).max(1);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let pixels = limits.most_pixels.map(|most| (most as f64 / pixels as f64).sqrt());
    edge.unwrap_or(1.0).min(pixels.unwrap_or(1.0)).min(1.0)
}

/// The largest of the picture's smaller versions that may be sent. Drawings and screens lose nothing, as long as that does.
fn encoded(picture: &DynamicImage, is_lossless: bool, limits: &ImageLimits) -> Option<Image> {
    let (width, height) = picture.dimensions();
    let mut factor = scale(width, height, limits);
    for _ in 0..MOST_STEPS {
        let smaller = if factor < 1.0 {
            let (width, height) = (scaled(width, factor), scaled(height, factor));
            &picture.resize_exact(width, height, FilterType::CatmullRom)
        } else {
            picture
        };
        let lossless = is_lossless.then(|| png(smaller)).flatten().map(|bytes| ("image/png", bytes));
        let lossy =
            || QUALITIES.into_iter().filter_map(|quality| Some(("image/jpeg", jpeg(smaller, quality)?)));
        let mut tries = lossless.into_iter().chain(std::iter::once_with(lossy).flatten());
        let found = tries.find_map(|(kind, bytes)| {
            let data = BASE64_STANDARD.encode(bytes);
            limits.most_base64.is_none_or(|most| data.len() <= most).then(|| Image::base64(kind, data))
        });
        if found.is_some() {
            return found;
        }
        factor *= STEP;
    }
    None
}

/// Down, so that no limit is passed, and never to nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a factor below 1 makes a smaller number that is no less than 0"
)]
fn scaled(edge: u32, factor: f64) -> u32 {
    ((f64::from(edge) * factor) as u32).max(1)
}

fn png(picture: &DynamicImage) -> Option<Vec<u8>> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, ImageFormat::Png).ok()?;
    Some(out.into_inner())
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut out, quality);
    let opaque = if picture.color().has_alpha() { on_white(picture) } else { picture.to_rgb8() };
    opaque.write_with_encoder(encoder).ok()?;
    Some(out)
}

/// What can be seen through lies on white: most of what is drawn so is drawn in black.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let picture = picture.to_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0;
        let over = |part: u8| {
            let mixed = u16::from(part) * u16::from(alpha) + 255 * (255 - u16::from(alpha));
            u8::try_from(mixed / 255).unwrap_or(u8::MAX)
        };
        Rgb([over(red), over(green), over(blue)])
    })
}
