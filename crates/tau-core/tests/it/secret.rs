use proptest::prelude::*;
use tau_core::config::{Config, ProviderConfig};
use tau_core::{Secret, redact_url};
use url::Url;

fn redacted(url: &str) -> String {
    redact_url(&Url::parse(url).unwrap())
}

#[test]
fn a_secret_shows_itself_to_nobody_who_does_not_ask() {
    let secret: Secret = serde_json::from_str("\"sk-live-1\"").unwrap();
    assert_eq!(secret.expose(), "sk-live-1");
    assert_eq!(secret, Secret::new("sk-live-1"));
    assert_eq!(
        format!("{secret} {secret:?} {secret:#?} {secret:>20}"),
        "[redacted] [redacted] [redacted] [redacted]"
    );
    assert_eq!(serde_json::to_string(&secret).unwrap(), "\"[redacted]\"");
}

#[test]
fn no_form_of_a_configuration_shows_its_keys() {
    let mut provider = ProviderConfig::new("https://user:p4ss@example.com/v1?token=t0ken");
    provider.api_key = Some(Secret::new("sk-live-1"));
    provider.headers.insert("x-key".to_owned(), Secret::new("h3ader"));
    let mut config = Config::default();
    config.providers.insert("p".to_owned(), provider);

    let debug = format!("{config:?} {config:#?}");
    for secret in ["sk-live-1", "h3ader", "p4ss", "t0ken"] {
        assert!(!debug.contains(secret), "{secret} in {debug}");
    }
    let written = serde_json::to_string(&config).unwrap();
    for secret in ["sk-live-1", "h3ader"] {
        assert!(!written.contains(secret), "{secret} in {written}");
    }
}

#[test]
fn an_address_that_does_not_parse_is_not_shown() {
    let debug = format!("{:?}", ProviderConfig::new("sk-live-1 pasted here"));
    assert!(debug.contains("base_url: Some(\"[not an address]\")"), "{debug}");
    assert!(!debug.contains("sk-live-1"), "{debug}");
}

#[test]
fn addresses_lose_credentials_and_keep_the_rest() {
    let table = [
        ("https://api.example.com/v1/chat", "https://api.example.com/v1/chat"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("https://user:pass@example.com/", "https://redacted:redacted@example.com/"),
        ("https://t0ken@example.com/", "https://redacted@example.com/"),
        ("https://:pass@example.com/", "https://:redacted@example.com/"),
        ("https://example.com/?key=s3cret&alt=sse", "https://example.com/?key=redacted&alt=redacted"),
        (
            "https://example.com/?api-key=a%20b&api-key=c",
            "https://example.com/?api-key=redacted&api-key=redacted",
        ),
        ("https://example.com/?a=b=c", "https://example.com/?a=redacted"),
        ("https://example.com/?s3cret", "https://example.com/?redacted"),
        ("https://example.com/?", "https://example.com/?"),
        ("https://example.com/?a=1&&b=2", "https://example.com/?a=redacted&&b=redacted"),
        ("https://example.com/#access_token=s3cret", "https://example.com/#redacted"),
        ("mailto:someone@example.com", "mailto:someone@example.com"),
    ];
    for (url, shown) in table {
        assert_eq!(redacted(url), shown);
    }
}

proptest! {
    #[test]
    fn no_credential_survives(secret in "S3CRET[a-zA-Z0-9]{0,12}", name in "[a-z]{1,8}") {
        for url in [
            format!("https://{secret}@example.com/"),
            format!("https://{name}:{secret}@example.com/v1"),
            format!("https://example.com/?{name}={secret}&b={secret}"),
            format!("https://example.com/?{secret}"),
            format!("https://example.com/#{name}={secret}"),
        ] {
            let shown = redacted(&url);
            prop_assert!(!shown.contains("S3CRET"), "{}", shown);
            prop_assert!(Url::parse(&shown).is_ok());
        }
    }
}
