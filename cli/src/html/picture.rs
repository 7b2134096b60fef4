//! Pictures inside of the page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::markup::Html;

/// A kind of picture that a browser shows without running anything. SVG is none.
struct Kind {
    media_type: &'static str,
    /// What a file of that kind begins with.
    magic: &'static [u8],
}

const KINDS: [Kind; 4] = [
    Kind { media_type: "image/png", magic: b"\x89PNG\r\n\x1a\n" },
    Kind { media_type: "image/jpeg", magic: b"\xff\xd8\xff" },
    Kind { media_type: "image/gif", magic: b"GIF8" },
    Kind { media_type: "image/webp", magic: b"RIFF" },
];

/// Adds a picture if it is one, else says that there was something.
pub(super) fn picture(page: Html, media_type: &str, data: &str) -> Html {
    let bytes = STANDARD.decode(data).ok();
    let kind = KINDS.iter().find(|kind| kind.media_type == media_type);
    match (bytes, kind) {
        (Some(bytes), Some(kind)) if bytes.starts_with(kind.magic) => page
            .markup("<p><img alt=\"\" src=\"data:")
            .text(kind.media_type)
            .markup(";base64,")
            .text(data)
            .markup("\"></p>\n"),
        _ => page
            .markup("<p class=\"note\">[not shown: ")
            .text(media_type)
            .markup(", ")
            .number(data.len() as u64)
            .markup(" bytes in base64]</p>\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Html, picture};

    fn check(media_type: &str, data: &str, expected: &str) {
        assert_eq!(picture(Html::default(), media_type, data).finish(), expected);
    }

    #[test]
    fn only_what_is_a_picture_is_shown_as_one() {
        let shown = "<p><img alt=\"\" src=\"data:image/png;base64,iVBORw0KGgo=\"></p>\n";
        check("image/png", "iVBORw0KGgo=", shown);
        for (media_type, data) in [
            ("image/svg+xml", "PHN2Zz4="),
            ("image/png", "PHN2Zz4="),
            ("image/png", "iVBORw0KGgo"),
            ("image/png", "iVBORw0KGgo=\" onerror=\"x"),
            ("text/html", "iVBORw0KGgo="),
        ] {
            let length = data.len();
            let said = Html::default().text(media_type).finish();
            check(
                media_type,
                data,
                &format!("<p class=\"note\">[not shown: {said}, {length} bytes in base64]</p>\n"),
            );
        }
    }
}
