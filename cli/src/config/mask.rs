//! Text of a configuration as an error may show it: without keys and header values.

use std::ops::Range;

/// The bytes of `text` that may be secrets: what follows `api_key`, and every value below `headers`.
///
/// It is for text that does not parse, so it goes by the looks and rather hides too much.
pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    // Whether the lines belong to a table or an object of headers.
    let mut in_headers = false;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if trimmed.starts_with('[') {
            in_headers = trimmed
                .split(']')
                .next()
                .is_some_and(|name| name.trim_end_matches(['"', '\'', ' ']).ends_with("headers"));
        } else if in_headers {
            found.extend(value_of(line, 0).map(|value| start + value.start..start + value.end));
            in_headers = !trimmed.starts_with('}');
        } else {
            found.extend(on_line(line).into_iter().map(|value| start + value.start..start + value.end));
            in_headers = opens_headers(line);
        }
        start += line.len();
    }
    found
}

/// The same length, so that line and column stay right.
pub(super) fn masked(text: &str, secrets: &[Range<usize>]) -> String {
    let is_secret = |at: usize| secrets.iter().any(|range| range.contains(&at));
    text.char_indices()
        .flat_map(|(at, c)| {
            let hidden = is_secret(at) && !matches!(c, '\n' | '\r');
            let times = if hidden { c.len_utf8() } else { 1 };
            std::iter::repeat_n(if hidden { '*' } else { c }, times)
        })
        .collect()
}

/// The values of `api_key` and of `headers` on one line.
fn on_line(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, word) in line.match_indices("api_key").chain(line.match_indices("headers")) {
        let after = at + word.len();
        // `api_key_env` and `api_key_file` say where a key is, not what it is.
        if line[after..].starts_with('_') {
            continue;
        }
        let value = value_of(line, after);
        found.extend(if word == "headers" { value.map(|value| value.start..line.len()) } else { value });
    }
    found
}

/// What follows the next `=` or `:`: a string with its quotes, or all up to the end of the line.
fn value_of(line: &str, from: usize) -> Option<Range<usize>> {
    let separator = from + line[from..].find(['=', ':'])?;
    let start = separator + 1 + line[separator + 1..].find(|c: char| !c.is_whitespace())?;
    let quote = line[start..].chars().next().filter(|c| matches!(c, '"' | '\''));
    let end = quote.and_then(|quote| Some(start + 1 + line[start + 1..].find(quote)? + 1));
    Some(start..end.unwrap_or_else(|| line.trim_end().len().max(start)))
}

/// Whether the line ends inside a JSON object of headers.
fn opens_headers(line: &str) -> bool {
    line.rfind("headers").is_some_and(|at| line[at..].contains('{') && !line[at..].contains('}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(masked(text, &secrets(text)), expected);
    }

    #[test]
    fn keys_are_hidden_and_their_places_are_not() {
        check("api_key = \"sk-1\"\n", "api_key = ******\n");
        check("p = { api_key = \"sk-1\", base_url = 5 }", "p = { api_key = ******, base_url = 5 }");
        check("api_key = \"sk-1\nmodel = 1\n", "api_key = *****\nmodel = 1\n");
        check("api_key = 12345\n", "api_key = *****\n");
        check("api_key_env = \"NAME\"\napi_key_file = \"x\"", "api_key_env = \"NAME\"\napi_key_file = \"x\"");
        check("{\"api_key\": \"sk-1\", \"x\": 1}", "{\"api_key\": ******, \"x\": 1}");
        check("api_key = \"schlüssel\"\n", "api_key = ************\n");
    }

    #[test]
    fn headers_are_hidden_in_every_form() {
        check("headers = { a = \"x\" }\nc = 1", "headers = ***********\nc = 1");
        check(
            "[providers.mine.headers]\na = \"x\"\n[agent]\nb = \"y\"",
            "[providers.mine.headers]\na = ***\n[agent]\nb = \"y\"",
        );
        check("providers.x.headers.a = \"y\"\n", "providers.x.headers.a = ***\n");
        check(
            "{ \"headers\": {\n  \"a\": \"x\"\n},\n\"b\": \"y\" }",
            "{ \"headers\": *\n  \"a\": ***\n},\n\"b\": \"y\" }",
        );
    }
}
