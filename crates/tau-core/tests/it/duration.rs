use std::time::Duration;

use proptest::prelude::*;
use tau_core::HumanDuration;

fn parse(text: &str) -> Result<Duration, String> {
    text.parse::<HumanDuration>().map(HumanDuration::get).map_err(|error| error.to_string())
}

#[test]
fn durations_read_as_people_write_them() {
    let table = [
        ("24s", Duration::from_secs(24)),
        ("1m30s", Duration::from_secs(90)),
        ("1m 30s", Duration::from_secs(90)),
        (" 250ms\n", Duration::from_millis(250)),
        ("2 hours", Duration::from_secs(7_200)),
        ("1.5s", Duration::from_millis(1_500)),
        ("10us", Duration::from_micros(10)),
        ("1d", Duration::from_secs(86_400)),
        ("1M", Duration::from_secs(2_630_016)),
        ("1y", Duration::from_secs(31_557_600)),
        ("0s", Duration::ZERO),
        ("0", Duration::ZERO),
    ];
    for (text, duration) in table {
        assert_eq!(parse(text), Ok(duration), "{text:?}");
    }
}

#[test]
fn what_is_not_a_duration_says_what_to_write() {
    let table = [
        ("24", "time unit needed, for example 24sec or 24ms"),
        ("abc", "expected number at 0"),
        ("", "value was empty"),
        ("-1s", "expected number at 0"),
        (
            "5 parsecs",
            "unknown time unit \"parsecs\", supported units: ns, us/µs, ms, sec, min, hours, days, weeks, months, \
             years (and few variations)",
        ),
        (
            "99999999999999999999s",
            "number is too large or cannot be represented without a lack of precision \
          (values below 1ns are not supported)",
        ),
    ];
    for (text, reason) in table {
        assert_eq!(
            parse(text).unwrap_err(),
            format!(
                "`{text}` is not a duration ({reason}); write numbers with units, such as \"24s\", \"1m30s\" or \
                 \"250ms\""
            ),
        );
    }
}

#[test]
fn a_duration_prints_joined_and_exact() {
    let table = [
        (Duration::ZERO, "0s"),
        (Duration::from_secs(24), "24s"),
        (Duration::from_secs(90), "1m30s"),
        (Duration::from_millis(250), "250ms"),
        (Duration::from_nanos(1_000_001_001), "1s1us1ns"),
        (Duration::from_secs(31_557_600 + 2 * 2_630_016 + 86_400 + 3_600), "1year2months1day1h"),
    ];
    for (duration, text) in table {
        assert_eq!(HumanDuration::from(duration).to_string(), text);
        assert_eq!(serde_json::to_value(HumanDuration::from(duration)).unwrap(), text);
    }
    assert_eq!(HumanDuration::from_secs(90), HumanDuration::from(Duration::from_secs(90)));
}

#[test]
fn a_bare_number_in_a_file_is_told_to_have_a_unit() {
    assert_eq!(
        serde_json::from_str::<HumanDuration>("24").unwrap_err().to_string(),
        "invalid type: integer `24`, expected a duration with its unit, such as \"24s\" or \"1m30s\" at line 1 column 2",
    );
}

proptest! {
    #[test]
    fn any_duration_reads_back(seconds in any::<u64>(), nanos in 0u32..1_000_000_000) {
        let duration = HumanDuration::from(Duration::new(seconds, nanos));
        prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        let json = serde_json::to_string(&duration).unwrap();
        prop_assert_eq!(serde_json::from_str::<HumanDuration>(&json).unwrap(), duration);
    }

    #[test]
    fn any_text_reads_or_is_refused_but_never_crashes(text in "[0-9a-zµ. ]{0,24}") {
        if let Ok(duration) = text.parse::<HumanDuration>() {
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }
    }
}
