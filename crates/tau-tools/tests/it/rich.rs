//! What read shows that is no plain text: pictures, documents, notebooks.

use std::io::Cursor;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use tau_core::{Image, ImageSource, ToolResultBlock};
use tau_tools::environment::Environment;

use crate::support::{failure, finish, local, memory, text};

/// Something that does not compress to nothing.
fn noise(width: u32, height: u32) -> DynamicImage {
    let mut state = 1_u32;
    RgbImage::from_fn(width, height, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(state >> 24) as u8, (x % 256) as u8, (y % 256) as u8])
    })
    .into()
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The media type and the bytes of a picture.
fn shown(block: &ToolResultBlock) -> (String, Vec<u8>) {
    match block {
        ToolResultBlock::Image(Image { source: ImageSource::Base64 { media_type, data }, .. }) => {
            (media_type.clone(), STANDARD.decode(data).unwrap())
        }
        other => panic!("no picture: {other:?}"),
    }
}

#[tokio::test]
async fn small_pictures_are_shown_as_they_are() {
    let formats = [
        ("a.png", ImageFormat::Png, "image/png"),
        ("b.jpg", ImageFormat::Jpeg, "image/jpeg"),
        ("c.gif", ImageFormat::Gif, "image/gif"),
        ("d.webp", ImageFormat::WebP, "image/webp"),
        ("named.txt", ImageFormat::Png, "image/png"),
    ];
    for (name, format, media_type) in formats {
        let bytes = encoded(&noise(30, 20), format);
        let finished = finish(memory([(name, bytes.as_slice())]), "read", json!({ "path": name })).await;
        let [about, picture] = &finished.result.content[..] else { panic!("{:?}", finished.result) };
        let words = format!("`{name}`: a picture of 30 x 20 pixels");
        assert_eq!(about, &ToolResultBlock::text(words));
        assert_eq!(shown(picture), (media_type.to_owned(), bytes), "{name}");
    }
}

#[tokio::test]
async fn large_pictures_are_made_smaller() {
    for (width, height, fits) in [(2_000, 250, (1_568, 196)), (250, 2_000, (196, 1_568))] {
        let bytes = encoded(&noise(width, height), ImageFormat::Png);
        let finished = finish(memory([("a.png", bytes.as_slice())]), "read", json!({"path": "a.png"})).await;
        let [about, picture] = &finished.result.content[..] else { panic!("{:?}", finished.outcome) };
        let words =
            format!("`a.png`: a picture of {width} x {height} pixels, shown as {} x {}", fits.0, fits.1);
        assert_eq!(about, &ToolResultBlock::text(words));
        let (_, small) = shown(picture);
        let small = image::load_from_memory(&small).unwrap();
        assert_eq!((small.width(), small.height()), fits);
    }
}

#[tokio::test]
async fn broken_and_monstrous_pictures_are_refused_in_words() {
    let mut broken = encoded(&noise(50, 50), ImageFormat::Png);
    broken.truncate(200);
    // A header that claims 60,000 x 60,000 pixels.
    let mut monstrous = encoded(&noise(8, 8), ImageFormat::Png);
    monstrous[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let sum = crc(&monstrous[12..29]);
    monstrous[29..33].copy_from_slice(&sum.to_be_bytes());
    for (name, bytes) in [("broken.png", broken), ("monstrous.png", monstrous)] {
        let said = failure(memory([(name, bytes.as_slice())]), "read", json!({ "path": name })).await;
        assert!(
            said.starts_with(&format!(
                "`{name}` is a PNG image of {} bytes, but cannot be shown: ",
                bytes.len()
            )),
            "{said}"
        );
    }
}

/// CRC-32 as PNG has it.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[tokio::test]
async fn notebooks_are_shown_by_cells() {
    let picture = STANDARD.encode(encoded(&noise(4, 4), ImageFormat::Png));
    let notebook = json!({
        "nbformat": 4,
        "cells": [
            {"cell_type": "markdown", "source": ["# Title\n", "words"]},
            {"cell_type": "code", "source": "print(1)\n", "outputs": [
                {"output_type": "stream", "text": ["1\n"]},
                {"output_type": "execute_result", "data": {"text/plain": "2"}},
                {"output_type": "display_data", "data": {"image/png": picture, "text/plain": "<Figure>"}},
                {"output_type": "display_data", "data": {"image/jpeg": ["AAAA", "\n"]}},
                {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["\u{1b}[0m long"]}
            ]}
        ]
    });
    let content = notebook.to_string();
    let finished =
        finish(memory([("n.ipynb", content.as_bytes())]), "read", json!({"path": "n.ipynb"})).await;
    let [words, picture] = &finished.result.content[..] else { panic!("{:?}", finished.result) };
    let expected = "`n.ipynb` is a notebook of 2 cells. To change it, edit its JSON text: grep shows lines of it.\n\
                    \n## Cell 0 (markdown)\n# Title\nwords\n\n## Cell 1 (code)\nprint(1)\nOutput:\n1\nOutput:\n2\n\
                    Output:\n[picture 1 below]\nOutput:\n[a picture that cannot be shown]\nOutput:\nValueError: no\n";
    assert_eq!(words, &ToolResultBlock::text(expected));
    assert_eq!(shown(picture).0, "image/png");
    let like_a_picture = memory([("a.txt", b"GIF89a is a format\n")]);
    assert_eq!(text(like_a_picture, "read", json!({"path": "a.txt"})).await, "1\tGIF89a is a format\n");
    let broken = memory([("n.ipynb", b"{\"cells\": 1}\n")]);
    assert_eq!(text(broken, "read", json!({"path": "n.ipynb"})).await, "1\t{\"cells\": 1}\n");
}

/// A document with a line of text on each page; an empty line makes a page without text.
fn pdf(pages: &[&str]) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        String::new(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut kids = Vec::new();
    for page in pages {
        let words = if page.is_empty() {
            "0 0 100 100 re f".to_owned()
        } else {
            format!("BT /F1 12 Tf 20 100 Td ({page}) Tj ET")
        };
        objects.push(format!("<< /Length {} >>\nstream\n{words}\nendstream", words.len()));
        let content = objects.len();
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents {content} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        ));
        kids.push(format!("{} 0 R", objects.len()));
    }
    objects[1] = format!("<< /Type /Pages /Count {} /Kids [{}] >>", pages.len(), kids.join(" "));
    let mut file = "%PDF-1.4\n".to_owned();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let start = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    places.iter().for_each(|place| file.push_str(&format!("{place:010} 00000 n \n")));
    file.push_str(&format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    ));
    file.into_bytes()
}

fn is_there(program: &str) -> bool {
    Command::new("sh").args(["-c", &format!("command -v {program}")]).output().unwrap().status.success()
}

#[tokio::test]
async fn documents_are_shown_by_pages() {
    if !is_there("pdftotext") || !is_there("pdftoppm") || !is_there("pdfinfo") {
        eprintln!("skipped: poppler is not there");
        return;
    }
    let (_folder, environment) = local();
    let name = "a 'quoted' $(name).pdf";
    std::fs::write(environment.root().join(name), pdf(&["Hello", "", "World"])).unwrap();
    let finished = finish(environment.clone(), "read", json!({ "path": name })).await;
    let [words, picture] = &finished.result.content[..] else { panic!("{:?}", finished.result) };
    let ToolResultBlock::Text { text: words } = words else { panic!("{words:?}") };
    assert!(words.starts_with(&format!("`{name}` is a PDF document of 3 pages\n\n## Page 1\n")), "{words}");
    assert!(
        words.contains("Hello") && words.contains("## Page 2\n[no text; picture 1 below]\n\n## Page 3\n"),
        "{words}"
    );
    let (media_type, bytes) = shown(picture);
    assert_eq!(media_type, "image/png");
    assert!(image::load_from_memory(&bytes).unwrap().width() > 100);
    let third = text(environment.clone(), "read", json!({"path": name, "pages": "3"})).await;
    assert!(third.contains("## Page 3\n") && third.contains("World") && !third.contains("Hello"), "{third}");
    for pages in ["0", "3-2", "x", ""] {
        let said = failure(environment.clone(), "read", json!({"path": name, "pages": pages})).await;
        assert_eq!(said, format!("`pages` must be as 3 or 2-5, not {pages:?}; nothing was read."));
    }
    std::fs::write(environment.root().join("bad.pdf"), "%PDF-1.4\nnothing\n").unwrap();
    let said = failure(environment, "read", json!({"path": "bad.pdf"})).await;
    assert!(said.starts_with("`bad.pdf` is a PDF document that was not read: the program"), "{said}");
}

#[tokio::test]
async fn documents_need_a_program() {
    let files = memory([("a.pdf", pdf(&["Hello"]).as_slice()), ("a.txt", b"a\n")]);
    let said = failure(files.clone(), "read", json!({"path": "a.pdf"})).await;
    assert!(said.contains("it takes pdftotext (poppler-utils) or ImageMagick"), "{said}");
    let said = failure(files, "read", json!({"path": "a.txt", "pages": "1"})).await;
    assert!(said.starts_with("`a.txt` is no PDF"), "{said}");
}

/// ImageMagick alone, where poppler is not found.
#[tokio::test]
async fn imagemagick_draws_pages_where_poppler_is_not() {
    if !is_there("convert") && !is_there("magick") {
        eprintln!("skipped: ImageMagick is not there");
        return;
    }
    let (_folder, environment) = local();
    // Without a way to run Ghostscript, ImageMagick draws no pages; then it is said.
    std::fs::write(environment.root().join("a.pdf"), pdf(&["Hello"])).unwrap();
    let path = [("PATH".to_owned(), "/usr/local/bin".to_owned())].into();
    let finished = finish(environment.with_env(path), "read", json!({"path": "a.pdf"})).await;
    let said: Value = json!(finished.result.text());
    match &finished.result.content[..] {
        [_, picture] => assert_eq!(shown(picture).0, "image/png"),
        _ => assert!(said.as_str().unwrap().contains("was not read"), "{said}"),
    }
}
