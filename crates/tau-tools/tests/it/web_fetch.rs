//! The web_fetch tool, over a web that is made up.

use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::json;
use tau_core::event::ToolOutcome;
use tau_tools::environment::{Environment, Fetch, FetchError, FetchErrorKind, Fetched, WithFetch};

use crate::support::{failure, finish, memory};

/// Answers by address, and remembers what was asked for.
#[derive(Debug, Default)]
struct MadeUp {
    pages: Vec<(&'static str, Fetched)>,
    asked: Mutex<Vec<String>>,
}

impl Fetch for MadeUp {
    fn get<'a>(&'a self, url: &'a str, _: usize) -> BoxFuture<'a, Result<Fetched, FetchError>> {
        self.asked.lock().unwrap().push(url.to_owned());
        let page = self.pages.iter().find(|(known, _)| *known == url).map(|(_, page)| page.clone());
        let denied = || FetchError::new(FetchErrorKind::Denied, "the network policy does not allow it");
        futures::future::ready(page.ok_or_else(denied)).boxed()
    }
}

fn html(body: &str) -> Fetched {
    Fetched::new(200, body).with_content_type("text/html; charset=utf-8")
}

/// What the tool says, and what was asked for.
async fn fetched(url: &str, pages: Vec<(&'static str, Fetched)>) -> (bool, String, Vec<String>) {
    let web = Arc::new(MadeUp { pages, asked: Mutex::default() });
    let environment = WithFetch::new(Arc::new(memory([])), Arc::clone(&web) as Arc<dyn Fetch>);
    let done = finish(environment, "web_fetch", json!({ "url": url })).await;
    let asked = web.asked.lock().unwrap().clone();
    (done.outcome != ToolOutcome::Succeeded, done.result.text(), asked)
}

#[tokio::test]
async fn html_comes_as_markdown() {
    let page = "<html><head><title>T</title><style>x{}</style></head><body><nav>menu</nav><h1>Title</h1>\
                <p>Some <b>bold</b> <a href='/x'>link</a></p><script>evil()</script><ul><li>one</li></ul></body></html>";
    let (failed, said, asked) =
        fetched("https://example.com/a#part", vec![("https://example.com/a", html(page))]).await;
    assert!(!failed, "{said}");
    assert!(said.starts_with("https://example.com/a: 200, text/html; charset=utf-8\n\n"), "{said}");
    assert!(
        said.contains("# Title") && said.contains("**bold** [link](/x)") && said.contains("one"),
        "{said}"
    );
    assert!(!said.contains("evil") && !said.contains("menu") && !said.contains("x{}"), "{said}");
    assert_eq!(asked, ["https://example.com/a"], "a fragment stays here");
}

#[tokio::test]
async fn what_is_no_html_comes_as_it_is() {
    let json = Fetched::new(200, r#"{"a": "<b>"}"#).with_content_type("application/json");
    let (failed, said, _) = fetched("https://a.example/j", vec![("https://a.example/j", json)]).await;
    assert_eq!(
        (failed, said.as_str()),
        (false, "https://a.example/j: 200, application/json\n\n{\"a\": \"<b>\"}")
    );
    let latin1 =
        Fetched::new(200, b"caf\xe9".as_slice()).with_content_type("text/plain; charset=\"ISO-8859-1\"");
    let (_, said, _) = fetched("https://a.example/", vec![("https://a.example/", latin1)]).await;
    assert!(said.ends_with("\n\ncafé"), "{said}");
    let binary = Fetched::new(200, b"PK\x03\x04\0\0".as_slice());
    let (failed, said, _) = fetched("https://a.example/", vec![("https://a.example/", binary)]).await;
    assert_eq!(
        (failed, said.as_str()),
        (true, "https://a.example/: 200: not text but a ZIP archive of 6 bytes")
    );
    let missing = Fetched::new(404, "gone").with_content_type("text/plain");
    let (failed, said, _) = fetched("https://a.example/", vec![("https://a.example/", missing)]).await;
    assert_eq!((failed, said.as_str()), (true, "https://a.example/: 404, text/plain\n\ngone"));
}

#[tokio::test]
async fn only_plain_https_addresses_are_asked_for() {
    for url in [
        "http://example.com/",
        "file:///etc/passwd",
        "ftp://example.com/",
        "https://user@example.com/",
        "https://:secret@example.com/",
        "example.com",
        "javascript:alert(1)",
        "",
    ] {
        let (failed, said, asked) = fetched(url, vec![]).await;
        assert!(failed && said.ends_with("; nothing was fetched."), "{url}: {said}");
        assert_eq!(asked, [""; 0], "{url}");
    }
}

#[tokio::test]
async fn redirects_stay_with_their_host() {
    let to = |location: &str| Fetched::new(302, "").with_location(location);
    let within = vec![("https://a.example/", to("/b")), ("https://a.example/b", html("<p>there</p>"))];
    let (failed, said, asked) = fetched("https://a.example/", within).await;
    assert!(!failed && said.ends_with("there"), "{said}");
    assert_eq!(asked, ["https://a.example/", "https://a.example/b"]);
    for elsewhere in ["https://b.example/x", "http://a.example/", "https://a.example:8443/", "//b.example/"] {
        let (failed, said, asked) =
            fetched("https://a.example/", vec![("https://a.example/", to(elsewhere))]).await;
        assert!(
            failed && said.contains(" leads to ") && said.ends_with("Fetch that, if it is what you want."),
            "{said}"
        );
        assert_eq!(asked.len(), 1, "{elsewhere}");
    }
    let (failed, said, asked) = fetched("https://a.example/", vec![("https://a.example/", to("/"))]).await;
    assert!(failed && said.contains("leads on and on"), "{said}");
    assert_eq!(asked.len(), 6);
}

#[tokio::test]
async fn without_a_way_to_the_web_it_fails_closed() {
    let said = failure(memory([]), "web_fetch", json!({"url": "https://example.com/"})).await;
    assert_eq!(said, "This session has no way to the web; nothing was fetched.");
    assert!(memory([]).fetch().is_none());
    let (failed, said, _) = fetched("https://example.com/", vec![]).await;
    let expected = "https://example.com/ was not fetched: the network policy does not allow it";
    assert_eq!((failed, said.as_str()), (true, expected));
}

#[tokio::test]
async fn a_page_nested_without_end_is_refused() {
    // By its tags, and by what the parser makes of them.
    for deep in ["<div>".repeat(200_000), "<b></x>".repeat(1_000), "<i>".repeat(700)] {
        let (failed, said, _) =
            fetched("https://a.example/", vec![("https://a.example/", html(&deep))]).await;
        assert!(failed && said.contains("nested too deeply"), "{}", &said[..200.min(said.len())]);
    }
    let flat = "<p>words <b>bold</b>".repeat(20_000);
    let (failed, said, _) = fetched("https://a.example/", vec![("https://a.example/", html(&flat))]).await;
    assert!(!failed && said.contains("words **bold**"), "{}", &said[..200.min(said.len())]);
}
