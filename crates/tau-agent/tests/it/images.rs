//! Pictures as each provider takes them.

use std::io::Cursor;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use serde_json::Value;
use tau_agent::ChatRequest;
use tau_core::event::ModelFailureKind;
use tau_core::{ContentBlock, Image, Message, ToolCallId, ToolResult, ToolResultBlock};

use crate::formats::Sender;
use crate::support::{Scripted, agent_speaking, ask_of};

/// A picture without any order, which no format can press.
fn noise(width: u32, height: u32) -> DynamicImage {
    let mut dice = 1_u32;
    RgbImage::from_fn(width, height, |_, _| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [_, red, green, blue] = dice.to_le_bytes();
        Rgb([red, green, blue])
    })
    .into()
}

fn plain(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_pixel(width, height, Rgb([200, 30, 30])).into()
}

fn written(picture: &DynamicImage, format: ImageFormat) -> String {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    BASE64_STANDARD.encode(out.into_inner())
}

fn message(media_type: &str, data: &str) -> Arc<Message> {
    Arc::new(Message::user([ContentBlock::Image(Image::base64(media_type, data))]))
}

/// The picture that is sent over `anthropic-messages`: its media type, its base64.
fn sent(body: &Value) -> (String, String) {
    let source = &body["messages"][0]["content"][0]["source"];
    let text = |key: &str| source[key].as_str().unwrap().to_owned();
    (text("media_type"), text("data"))
}

fn opened(data: &str) -> DynamicImage {
    image::load_from_memory(&BASE64_STANDARD.decode(data).unwrap()).unwrap()
}

fn send(message: &Arc<Message>) -> (String, String) {
    let messages = [Arc::clone(message)];
    sent(&Sender::new("anthropic-messages").json(ChatRequest::new(&messages)))
}

#[test]
fn what_fits_goes_as_it_is() {
    for (media_type, format) in [
        ("image/png", ImageFormat::Png),
        ("image/jpeg", ImageFormat::Jpeg),
        ("image/webp", ImageFormat::WebP),
    ] {
        let data = written(&plain(40, 30), format);
        assert_eq!(send(&message(media_type, &data)), (media_type.to_owned(), data));
    }
}

#[test]
fn what_is_too_wide_is_made_smaller_and_keeps_its_shape() {
    let data = written(&plain(3_000, 1_000), ImageFormat::Png);
    let (media_type, data) = send(&message("image/png", &data));
    assert_eq!(media_type, "image/png", "nothing is lost where nothing has to be");
    let picture = opened(&data);
    assert_eq!(picture.dimensions(), (2_000, 666));
    assert_eq!(picture.get_pixel(1_000, 300), Rgba([200, 30, 30, 255]));
}

#[test]
fn what_has_too_many_bytes_is_pressed_until_it_has_not() {
    let data = written(&noise(1_500, 1_200), ImageFormat::Png);
    assert!(data.len() > 5_242_880, "{}", data.len());
    let (media_type, data) = send(&message("image/png", &data));
    assert_eq!(media_type, "image/jpeg");
    assert!(data.len() <= 5_242_880, "{}", data.len());
    assert_eq!(opened(&data).dimensions(), (1_500, 1_200));
}

#[test]
fn what_can_be_seen_through_lies_on_white_where_nothing_can() {
    let mut picture: RgbaImage = noise(1_500, 1_200).to_rgba8();
    for x in 0..32 {
        for y in 0..32 {
            picture.put_pixel(x, y, Rgba([0, 0, 0, 0]));
        }
    }
    let data = written(&picture.into(), ImageFormat::Png);
    let (media_type, data) = send(&message("image/png", &data));
    assert_eq!(media_type, "image/jpeg");
    let Rgba([red, green, blue, _]) = opened(&data).get_pixel(12, 12);
    assert!(red > 240 && green > 240 && blue > 240, "{red} {green} {blue}");
}

#[test]
fn a_kind_that_is_not_taken_becomes_one_that_is() {
    let data = written(&plain(20, 10), ImageFormat::Gif);
    let messages = [message("image/gif", &data)];
    let body = Sender::new("gemini").json(ChatRequest::new(&messages));
    let part = &body["contents"][0]["parts"][0]["inlineData"];
    assert_eq!(part["mimeType"], "image/png");
    assert_eq!(opened(part["data"].as_str().unwrap()).dimensions(), (20, 10));
    assert_eq!(send(&messages[0]).1, data, "others take it as it is");
}

#[test]
fn what_is_said_of_its_kind_is_put_right() {
    let data = written(&plain(20, 10), ImageFormat::Jpeg);
    assert_eq!(send(&message("image/png", &data)), ("image/jpeg".to_owned(), data));
}

#[test]
fn what_cannot_be_read_is_left_to_the_provider() {
    let cut = &written(&noise(3_000, 1_000), ImageFormat::Png)[..4_000];
    for (media_type, data) in
        [("image/png", cut), ("image/heic", "AAAAGGZ0eXBoZWlj"), ("image/png", "not base64")]
    {
        assert_eq!(send(&message(media_type, data)), (media_type.to_owned(), data.to_owned()));
    }
    // Documents travel as pictures, whatever their first bytes are.
    let png = written(&plain(3_000, 10), ImageFormat::Png);
    let messages = [message("application/pdf", &png)];
    let body = Sender::new("anthropic-messages").json(ChatRequest::new(&messages));
    assert_eq!(sent(&body), ("application/pdf".to_owned(), png));
}

#[test]
fn pictures_of_tools_are_made_to_fit_too() {
    let data = written(&plain(100, 4_000), ImageFormat::Png);
    let shown = ToolResultBlock::Image(Image::base64("image/png", data));
    let messages = [
        Arc::new(Message::user([ContentBlock::text("Look")])),
        Arc::new(Message::tool([ToolResult::success(
            ToolCallId::new("a"),
            [ToolResultBlock::text("seen"), shown],
        )])),
    ];
    let body = Sender::new("anthropic-messages").json(ChatRequest::new(&messages));
    let result = &body["messages"][0]["content"][1]["content"];
    assert_eq!(result[0]["text"], "seen");
    assert_eq!(opened(result[1]["source"]["data"].as_str().unwrap()).dimensions(), (50, 2_000));
}

#[test]
fn a_request_with_pictures_is_only_added_to() {
    let mut messages = vec![message("image/png", &written(&plain(3_000, 1_000), ImageFormat::Png))];
    let mut sender = Sender::with("anthropic-messages", |model| {
        model.provider.quirks.cache_markers = Some(false);
    });
    let first = sender.send(ChatRequest::new(&messages));
    messages.push(Arc::new(Message::assistant([ContentBlock::text("Red.")])));
    messages.push(Arc::new(Message::user([ContentBlock::text("Sure?")])));
    let second = sender.send(ChatRequest::new(&messages));
    let end = b"]}]}".len();
    assert!(second.starts_with(&first[..first.len() - end]));
}

#[tokio::test]
async fn an_address_that_nobody_would_fetch_is_an_error_before_anything_is_sent() {
    let transport = Arc::new(Scripted::new(Vec::new()));
    let agent = agent_speaking("ollama-chat", Arc::<Scripted>::clone(&transport));
    let address = "https://me:pass-word@x.example/a.jpg?key=secret";
    let messages = [Arc::new(Message::user([ContentBlock::Image(Image::url(address))]))];
    let error = ask_of(&agent, &messages).await.end.unwrap_err();
    assert_eq!(error.kind(), ModelFailureKind::InvalidRequest);
    let shown = error.to_string();
    let expected = "takes no pictures by their address (https://redacted:redacted@x.example/a.jpg?key=redacted); give the \
                    picture itself, from a file";
    assert!(shown.contains(expected), "{shown}");
    assert!(transport.sent.lock().unwrap().is_empty());
}

#[test]
fn an_older_address_and_one_of_a_tool_are_told_in_words() {
    let shown = ToolResultBlock::Image(Image::url("https://x.example/b.png"));
    let messages = [
        Arc::new(Message::user([ContentBlock::Image(Image::url("https://x.example/a.png"))])),
        Arc::new(Message::assistant([ContentBlock::text("Nice.")])),
        Arc::new(Message::tool([ToolResult::success(ToolCallId::new("a"), [shown])])),
    ];
    let body = Sender::new("ollama-chat").json(ChatRequest::new(&messages));
    let text = body.to_string();
    for address in ["https://x.example/a.png", "https://x.example/b.png"] {
        assert!(text.contains(&format!("[image at {address}, not shown]")), "{text}");
    }
}

#[test]
fn addresses_go_as_they_are_to_who_fetches_them() {
    let messages = [Arc::new(Message::user([ContentBlock::Image(Image::url("https://x.example/a.png"))]))];
    for format in ["openai-chat", "openai-responses", "anthropic-messages", "gemini"] {
        let body = Sender::new(format).json(ChatRequest::new(&messages)).to_string();
        assert!(body.contains("\"https://x.example/a.png\""), "{format}: {body}");
    }
}
