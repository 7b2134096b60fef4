//! What a file is that is no text.

/// What a file is, by its first bytes.
pub(in crate::builtin) fn binary_kind(content: &[u8]) -> &'static str {
    const KINDS: [(&[u8], &str); 11] = [
        (b"\x89PNG\r\n", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"RIFF", "a WebP image or another RIFF file"),
        (b"%PDF-", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "gzip data"),
        (b"\x28\xb5\x2f\xfd", "Zstandard data"),
        (b"\x7fELF", "an ELF program or library"),
        (b"SQLite format 3\0", "a SQLite database"),
        (b"\xff\xfe\0\0", "UTF-32 text (iconv converts it)"),
    ];
    KINDS.iter().find(|(start, _)| content.starts_with(start)).map_or("binary data", |(_, kind)| kind)
}
