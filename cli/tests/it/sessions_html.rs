use tau_core::event::{EventBody, ToolOutcome};
use tau_core::{ContentBlock, Image, ToolCallId, ToolResult, ToolResultBlock};

use crate::sessions_show::conversation;
use crate::sessions_support::{
    call, created, exchange, finished, id, keep, prompt, replied, requested, run_id, started,
};
use crate::support::Place;

async fn page(place: &Place, number: u64) -> String {
    place.tau(&["sessions", "export", "--format", "html", &id(number)]).await.assert_code(0).stdout.clone()
}

#[tokio::test]
async fn a_page_is_complete() {
    let place = Place::new();
    keep(&place, 1, conversation(&place));
    insta::assert_snapshot!(page(&place, 1).await);
}

/// What an attacker would write wherever a text may stand.
const EVIL: [&str; 6] = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' autofocus onfocus='alert(1)",
    "</style></pre></details></article><h1>",
    "\u{202e}gnp.exe\u{0}\u{1b}[2J\u{2066}&lt;b&gt;-->",
];

fn hostile() -> Vec<EventBody> {
    let evil = EVIL.join("\n");
    let tool = call("c\"1", &evil, &evil);
    let picture = |data: &str| ContentBlock::Image(Image::base64("image/png", data));
    let result = ToolResult::success(
        ToolCallId::new("c\"1"),
        [
            ToolResultBlock::text(&evil),
            ToolResultBlock::Image(Image::base64("image/svg+xml", "PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+")),
            ToolResultBlock::Image(Image::url("javascript:alert(1)")),
        ],
    );
    let finished =
        EventBody::ToolFinished { outcome: ToolOutcome::Succeeded, result, elapsed: Default::default() };
    let mut config = tau_core::event::SessionConfig::new(&evil);
    config.metadata.insert("working_dir".to_owned(), evil.clone());
    vec![
        EventBody::SessionCreated(Box::new(config)),
        EventBody::PromptSubmitted {
            run: run_id(1),
            content: vec![
                ContentBlock::text(&evil),
                picture("iVBORw0KGgo="),
                picture("iVBORw0KGgo=\" onerror=\"alert(1)"),
                ContentBlock::Image(Image::url(&evil)),
            ],
        },
        started(1),
        replied(1, [ContentBlock::text(&evil), ContentBlock::ToolCall(tool.clone())]),
        requested(tool),
        EventBody::PermissionRequested { call_id: ToolCallId::new("c\"1"), reason: evil.clone() },
        finished,
        EventBody::QuestionAsked {
            call_id: ToolCallId::new("q"),
            text: evil.clone(),
            choices: vec![evil.clone()],
        },
        EventBody::PlanProposed { call_id: ToolCallId::new("p"), plan: evil.clone() },
        prompt(2, &evil),
    ]
}

/// The tags of a page with their attributes, as a browser sees them, and the text between them.
fn tags(page: &str) -> Vec<&str> {
    let mut rest = page;
    let mut tags = Vec::new();
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("a tag ends");
        tags.push(&rest[start + 1..end]);
        rest = &rest[end + 1..];
    }
    tags
}

#[tokio::test]
async fn hostile_text_stays_text() {
    let place = Place::new();
    keep(&place, 1, hostile());
    let page = page(&place, 1).await;
    let names: std::collections::BTreeSet<&str> =
        tags(&page).iter().map(|tag| tag.trim_start_matches('/').split(' ').next().unwrap()).collect();
    let ours = [
        "!doctype", "a", "article", "b", "bdi", "body", "code", "dd", "details", "div", "dl", "dt", "h1",
        "head", "header", "html", "img", "li", "main", "meta", "nav", "ol", "p", "pre", "span", "style",
        "summary", "time", "title",
    ];
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ours);
    // An attribute is one that the page is written with; its value has no quote in it.
    let known = [
        "alt",
        "aria-label",
        "charset",
        "class",
        "content",
        "dir",
        "href",
        "http-equiv",
        "id",
        "lang",
        "name",
        "src",
    ];
    for tag in tags(&page) {
        for (index, part) in tag.split('"').enumerate().filter(|(index, _)| index % 2 == 0) {
            let name = part.rsplit(' ').next().unwrap().trim_end_matches('=');
            let is_last = index + 1 == tag.split('"').count();
            assert!(is_last || known.contains(&name), "{name:?} in <{tag}>");
        }
    }
    assert_eq!(page.matches("src=\"data:image/png;base64,iVBORw0KGgo=\"").count(), 1, "{page}");
    assert_eq!(page.matches(" src=\"").count(), 1, "{page}");
    let acts = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert_eq!(page.chars().find(|c| acts(*c)), None);
    // And it is all there: title, heading, model, folder, two lines of contents, prompt, address of a picture, reply, a call's
    // name, gist, arguments, permission and result, question, choice, plan, second prompt.
    let places = page.matches("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;").count();
    assert_eq!(places, 18, "{page}");
}

#[tokio::test]
async fn a_page_needs_nothing_and_forbids_everything() {
    let place = Place::new();
    keep(&place, 1, conversation(&place));
    let page = page(&place, 1).await;
    for outside in ["http:", "https:", "//", "url(", "@import", "<link", "<script", "<iframe"] {
        assert!(!page.contains(outside), "{outside}: {page}");
    }
    let policy =
        page.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    let parts: Vec<&str> =
        policy.split("; ").map(|part| part.split(" &#39;sha256-").next().unwrap()).collect();
    let expected = [
        "default-src &#39;none&#39;",
        "style-src",
        "img-src data:",
        "base-uri &#39;none&#39;",
        "form-action &#39;none&#39;",
    ];
    assert_eq!(parts, expected);
    // It stands before anything that it is about.
    assert!(page.find("Content-Security-Policy").unwrap() < page.find("<style").unwrap());
}

#[tokio::test]
async fn a_page_of_many_prompts_has_a_table_of_contents() {
    let place = Place::new();
    let mut events = vec![created(&place.project())];
    events.extend(exchange(1, "First thing", "One."));
    events.extend(exchange(2, "Second thing", "Two."));
    events.push(finished("unknown-call", ToolOutcome::Succeeded, "of no call"));
    keep(&place, 1, events);
    let page = page(&place, 1).await;
    for (link, target, heading) in [("#e2", "id=\"e2\"", "First thing"), ("#e7", "id=\"e7\"", "Second thing")]
    {
        let entry = format!("<li><a href=\"{link}\"><bdi>{heading}</bdi></a></li>");
        assert!(page.contains(&entry) && page.contains(target), "{page}");
    }
}
