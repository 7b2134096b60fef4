//! What the headers of an answer say about waiting.
//!
//! Sources: RFC 9110, 10.2.3 (`Retry-After`, in both forms); OpenAI's guide to rate limits (`x-ratelimit-reset-*`, a
//! length of time such as `6m0s`), which Groq, Azure and others follow; OpenAI's and Azure's `retry-after-ms`; Anthropic's
//! reference (`anthropic-ratelimit-*-reset`, a time of RFC 3339); OpenRouter's reference (`x-ratelimit-reset`, milliseconds
//! since 1970).

use std::time::{Duration, SystemTime};

/// A header of an answer: its name in lower case, and its value.
pub(crate) type Header = (String, String);

/// Whether a header says something about limits, retries, or which request this was.
pub(crate) fn is_kept(name: &str) -> bool {
    const NAMES: [&str; 6] =
        ["retry-after", "retry-after-ms", "x-should-retry", "x-request-id", "request-id", "apim-request-id"];
    const PREFIXES: [&str; 3] = ["x-ratelimit-", "anthropic-ratelimit-", "ratelimit-"];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The value of a header.
pub(crate) fn value<'h>(headers: &'h [Header], name: &str) -> Option<&'h str> {
    headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.trim())
}

/// How long the server asks to wait, in whatever way it says so. No time at all is no wish: to come back at once is what a
/// busy server wants least.
pub(crate) fn asked_wait(headers: &[Header], now: SystemTime) -> Option<Duration> {
    let milliseconds = value(headers, "retry-after-ms").and_then(|text| text.parse::<f64>().ok());
    let exact = milliseconds.and_then(|ms| Duration::try_from_secs_f64(ms / 1_000.0).ok());
    let is_wish = |wait: &Duration| !wait.is_zero();
    exact
        .filter(is_wish)
        .or_else(|| value(headers, "retry-after").and_then(|text| retry_after(text, now)).filter(is_wish))
        .or_else(|| until_reset(headers, now).filter(is_wish))
}

/// Reads `Retry-After`: seconds, or a date.
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

/// When all that is used up is there again: the longest wait of the limits of which nothing remains.
fn until_reset(headers: &[Header], now: SystemTime) -> Option<Duration> {
    let resets = headers.iter().filter_map(|(name, text)| {
        let remaining = remaining_name(name)?;
        let is_used_up = value(headers, &remaining)?.parse::<f64>().ok()? <= 0.0;
        is_used_up.then(|| reset(text.trim(), now)).flatten()
    });
    resets.max()
}

/// The header beside a `reset` that says how much remains: Anthropic names the limit before the word, others after.
fn remaining_name(reset: &str) -> Option<String> {
    if let Some(limit) = reset.strip_prefix("anthropic-ratelimit-") {
        return limit.strip_suffix("-reset").map(|limit| format!("anthropic-ratelimit-{limit}-remaining"));
    }
    let (prefix, limit) = reset.split_once("ratelimit-reset")?;
    Some(format!("{prefix}ratelimit-remaining{limit}"))
}

/// Reads when a limit is reset: a length of time, a date, or a number.
fn reset(text: &str, now: SystemTime) -> Option<Duration> {
    /// Numbers above are times, not lengths of time.
    const LONGEST: f64 = 1e9;
    if let Ok(number) = text.parse::<f64>() {
        let milliseconds = if number > LONGEST * 100.0 { number } else { number * 1_000.0 };
        let length = Duration::try_from_secs_f64(milliseconds / 1_000.0).ok()?;
        if number < LONGEST {
            return Some(length);
        }
        let time = SystemTime::UNIX_EPOCH.checked_add(length)?;
        return Some(time.duration_since(now).unwrap_or(Duration::ZERO));
    }
    go_duration(text).or_else(|| {
        let date = humantime::parse_rfc3339_weak(text).ok()?;
        Some(date.duration_since(now).unwrap_or(Duration::ZERO))
    })
}

/// Reads a length of time as Go prints it: `1m30s`, `7.66s`, `250ms`.
fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        // Longer units first: `ms` begins as `m` does.
        let units =
            [("ms", 0.001), ("us", 1e-6), ("µs", 1e-6), ("ns", 1e-9), ("d", 86_400.0), ("h", 3_600.0)];
        let (unit, seconds) =
            units.into_iter().chain([("m", 60.0), ("s", 1.0)]).find(|(unit, _)| rest.starts_with(unit))?;
        total = total.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = &rest[unit.len()..];
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2001-09-09T01:46:40Z.
    const NOW: Duration = Duration::from_secs(1_000_000_000);

    #[track_caller]
    fn check(headers: &[(&str, &str)], expected: Option<Duration>) {
        let headers: Vec<Header> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(asked_wait(&headers, SystemTime::UNIX_EPOCH + NOW), expected, "{headers:?}");
    }

    const fn seconds(n: u64) -> Option<Duration> {
        Some(Duration::from_secs(n))
    }

    #[test]
    fn retry_after_in_both_forms() {
        let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + NOW + Duration::from_secs(30));
        let cases = [
            ("7", seconds(7)),
            (" 0.5 ", Some(Duration::from_millis(500))),
            (date.as_str(), seconds(30)),
            ("0", None),
            ("Thu, 01 Jan 1970 00:00:00 GMT", None),
            ("-3", None),
            ("soon", None),
            ("1e400", None),
        ];
        for (value, expected) in cases {
            check(&[("retry-after", value)], expected);
        }
        check(&[("retry-after", "3"), ("retry-after-ms", "2500")], Some(Duration::from_millis(2_500)));
    }

    #[test]
    fn resets_of_what_is_used_up() {
        let openai = |remaining: &'static str| {
            [
                ("x-ratelimit-remaining-requests", "12"),
                ("x-ratelimit-reset-requests", "1h"),
                ("x-ratelimit-remaining-tokens", remaining),
                ("x-ratelimit-reset-tokens", "1m7.5s"),
            ]
        };
        check(&openai("0"), Some(Duration::from_millis(67_500)));
        check(&openai("9"), None);
        check(
            &[
                ("anthropic-ratelimit-input-tokens-remaining", "0"),
                ("anthropic-ratelimit-input-tokens-reset", "2001-09-09T01:47:10Z"),
            ],
            seconds(30),
        );
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1000000020000")], seconds(20));
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1000000020")], seconds(20));
        check(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "15")], seconds(15));
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "tomorrow")], None);
        check(&[("x-ratelimit-reset", "15")], None);
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1e22")], None);
        check(
            &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "15"), ("retry-after", "0")],
            seconds(15),
        );
        check(
            &[
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-tokens", "250ms"),
                ("retry-after", "2"),
            ],
            seconds(2),
        );
    }
}
