//! What a picture is, by its first bytes. What people and programs say of one is wrong often enough, and providers refuse
//! a picture that is none of the kind it is said to be.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// As many characters of base64 as make all bytes that are looked at.
const CHARACTERS: usize = 16;

/// The media type of a picture in base64; `None` when it is none that is known here.
pub(super) fn of_base64(data: &str) -> Option<&'static str> {
    let head = BASE64_STANDARD.decode(data.get(..CHARACTERS)?).ok()?;
    match head.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_the_first_bytes() {
        let cases: [(&[u8], Option<&str>); 7] = [
            (b"\x89PNG\r\n\x1a\n0123", Some("image/png")),
            (b"\xFF\xD8\xFF\xE0..JFIF..", Some("image/jpeg")),
            (b"GIF89a......", Some("image/gif")),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x10\0\0\0WAVEfmt ", None),
            (b"GIF", None),
            (b"", None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(of_base64(&BASE64_STANDARD.encode(bytes)), expected, "{bytes:?}");
        }
        assert_eq!(of_base64("no base64 at all"), None);
        assert_eq!(of_base64("éééééééé"), None);
    }
}
