//! What a media type is to a model.

/// What a media type is to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// Text.
    Text,
    /// A picture.
    Image,
    /// Anything else.
    Other,
}

/// Types outside `text/` that are text (<https://www.iana.org/assignments/media-types>, and what tools write).
const TEXT: [&str; 15] = [
    "application/ecmascript",
    "application/graphql",
    "application/javascript",
    "application/json",
    "application/json5",
    "application/jsonl",
    "application/sql",
    "application/toml",
    "application/typescript",
    "application/x-httpd-php",
    "application/x-ndjson",
    "application/x-sh",
    "application/x-yaml",
    "application/xml",
    "application/yaml",
];

/// Endings by which a type says that it is text of another form, `image/svg+xml` among them, which no model sees as a
/// picture (RFC 6839, RFC 9512).
const TEXT_SUFFIXES: [&str; 3] = ["+json", "+xml", "+yaml"];

impl Media {
    pub(super) fn of(media_type: &str) -> Self {
        let media_type = media_type.to_ascii_lowercase();
        let is_text = media_type.starts_with("text/")
            || TEXT.contains(&media_type.as_str())
            || TEXT_SUFFIXES.iter().any(|suffix| media_type.ends_with(suffix));
        match is_text {
            true => Self::Text,
            false if media_type.starts_with("image/") => Self::Image,
            false => Self::Other,
        }
    }
}
