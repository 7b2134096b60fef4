//! Deviations of the stream around the JSON.

use serde_json::json;
use tau_core::event::ModelFailureKind::{Interrupted, Protocol};

use super::{Case, check_all, decode, delta, events, finish, open_events, words};

fn hello() -> Vec<serde_json::Value> {
    vec![delta(&json!({ "content": "Hel" })), delta(&json!({ "content": "lo" })), finish("stop")]
}

const HELLO: [&str; 2] = ["text Hel", "text lo"];

#[tokio::test]
async fn streams_as_servers_frame_them() {
    let plain = events(&hello());
    let bare = open_events(&hello());
    check_all([
        Case::reply("as it should be", plain.clone(), &HELLO, words("Hello")),
        Case::reply("CR LF line ends", plain.replace('\n', "\r\n"), &HELLO, words("Hello")),
        Case::reply("CR line ends", plain.replace('\n', "\r"), &HELLO, words("Hello")),
        Case::reply("a byte order mark", format!("\u{FEFF}{plain}"), &HELLO, words("Hello")),
        Case::reply("no blank after the colon", plain.replace("data: ", "data:"), &HELLO, words("Hello")),
        Case::reply(
            "comments and empty lines between events",
            plain.replace("data: {", ": keep-alive\n\n\n\n: OPENROUTER PROCESSING\n\ndata: {"),
            &HELLO,
            words("Hello"),
        ),
        Case::reply(
            "ids, names and retry times of events",
            plain.replace("data: {", "id: 7\nevent: message\nretry: 10\ndata: {"),
            &HELLO,
            words("Hello"),
        ),
        Case::reply(
            "events without data",
            plain.replace("data: {", "data:\n\nevent: ping\ndata: \n\ndata: {"),
            &HELLO,
            words("Hello"),
        ),
        Case::reply(
            "a sign of life in JSON",
            plain.replace("data: {\"ch", "event: ping\ndata: {\"type\":\"ping\"}\n\ndata: {\"ch"),
            &HELLO,
            words("Hello"),
        ),
        Case::reply(
            "one event over several data lines",
            plain.replace(",\"index\"", ",\ndata: \"index\""),
            &HELLO,
            words("Hello"),
        ),
        Case::reply("no final blank line", plain.trim_end().to_owned(), &HELLO, words("Hello")),
        Case::reply("no end marker, no final blank line", bare.trim_end().to_owned(), &HELLO, words("Hello")),
        Case::reply("no end marker, no final line end, CR", bare.replace('\n', "\r"), &HELLO, words("Hello")),
        Case::error(
            "JSON that is none",
            format!("{}data: {{\"choices\": oops}}\n\n", open_events(&hello()[..2])),
            &HELLO,
            Protocol,
            "in `{\"choices\": oops}`",
        ),
        Case::error(
            "cut within an event",
            format!("{}data: {{\"choices\":[{{\"del", open_events(&hello()[..1])),
            &HELLO[..1],
            Interrupted,
            "ended its answer before it was complete",
        ),
        Case::error(
            "cut within the first event",
            "data: {\"choi",
            &[],
            Interrupted,
            "before it was complete",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_character_may_be_cut_at_every_byte() {
    let text = "né€😀";
    let body = events(&[delta(&json!({ "content": text })), finish("stop")]).into_bytes();
    let expected = decode(&[&body]).await;
    assert_eq!(expected.end.unwrap(), words(text));
    for cut in 0..body.len() {
        let outcome = decode(&[&body[..cut], &body[cut..]]).await;
        assert_eq!(outcome.events, [format!("text {text}")], "cut at {cut}");
        assert_eq!(outcome.end.unwrap(), words(text), "cut at {cut}");
    }
    let single: Vec<&[u8]> = body.chunks(1).collect();
    assert_eq!(decode(&single).await.end.unwrap(), words(text));
}

#[tokio::test]
async fn bytes_that_are_no_text_are_replaced_and_lose_no_more() {
    let body = events(&[delta(&json!({ "content": "a#b" })), finish("stop")]).into_bytes();
    for bad in [&b"\xFF"[..], b"\xC3", b"\xE4\xBD"] {
        let at = body.iter().position(|byte| *byte == b'#').unwrap();
        let broken = [&body[..at], bad, &body[at + 1..]].concat();
        for cut in [at, at + 1, broken.len()] {
            let outcome = decode(&[&broken[..cut], &broken[cut..]]).await;
            assert_eq!(outcome.end.unwrap(), words("a\u{FFFD}b"), "{bad:?}");
        }
    }
}

#[tokio::test]
async fn a_line_of_eight_megabytes_takes_time_in_proportion() {
    let text = "0123456789abcdef".repeat(512 * 1024);
    let body = events(&[delta(&json!({ "content": text })), finish("stop")]).into_bytes();
    let chunks: Vec<&[u8]> = body.chunks(1400).collect();
    assert!(chunks.len() > 5_000);
    // Were each chunk to walk the line so far again, this would be 25 GB of walking.
    let outcome = decode(&chunks).await;
    assert_eq!(outcome.end.unwrap(), words(&text));
}
