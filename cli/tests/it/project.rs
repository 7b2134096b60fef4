//! A project that was made for another agent, run as it is: instructions, skills, agents and settings, over real tools.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tau_testkit::{ModelServer, Reply, Request};

use crate::support::Place;

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/projects/document-review");
const PAGES: u32 = 10;

/// Whoever renders pages here, if anybody.
#[expect(clippy::print_stderr, reason = "a test that proves less says so")]
fn has_renderer() -> bool {
    let is_there = Command::new("pdftoppm").arg("-v").output().is_ok();
    if !is_there {
        eprintln!("SKIPPED: pdftoppm (poppler-utils) is not installed");
    }
    is_there
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn place(server: &ModelServer) -> Place {
    let place = Place::with_server_and(
        server,
        "client.max_retries = 0\nmodels.haiku = { provider = \"test\", name = \"small\" }",
    );
    copy(Path::new(PROJECT), &place.project());
    place
}

fn call(id: &str, tool: &str, arguments: &Value) -> (String, String, String) {
    (id.to_owned(), tool.to_owned(), arguments.to_string())
}

fn reply(calls: Vec<(String, String, String)>) -> Reply {
    Reply::tool_calls(
        calls.iter().map(|(id, tool, arguments)| (id.as_str(), tool.as_str(), arguments.as_str())),
    )
}

fn page(id: u32, picture: &str) -> (String, String, String) {
    let prompt = format!("Page {id} is in .review/pages/{picture}");
    let arguments = json!({"description": "read a page", "prompt": prompt, "subagent_type": "page-reader"});
    call(&format!("page{id}{picture}"), "Task", &arguments)
}

fn bash(id: &str, command: &str) -> (String, String, String) {
    call(id, "Bash", &json!({"command": command, "description": "as the skill says"}))
}

/// What the model of the session does, by the number of its replies so far.
fn orchestrate(turn: usize) -> Reply {
    let skill =
        |name: &str, args: &str| reply(vec![call(name, "Skill", &json!({"skill": name, "args": args}))]);
    match turn {
        0 => skill("render-pages", "samples/handbook.pdf"),
        1 => reply(vec![
            bash("m1", "mkdir -p .review/pages"),
            bash("m2", "mkdir -p .review/notes"),
            bash("r", "pdftoppm -r 40 -png samples/handbook.pdf .review/pages/page"),
        ]),
        2 => reply((1..=8).map(|id| page(id, &format!("page-{id:02}.png"))).collect()),
        3 => reply((9..=PAGES).map(|id| page(id, &format!("page-{id:02}.png"))).collect()),
        4 => skill("enhance-page", "samples/handbook.pdf 4"),
        5 => reply(vec![bash(
            "e",
            "pdftoppm -r 80 -f 4 -l 4 -png samples/handbook.pdf .review/pages/enhanced",
        )]),
        6 => reply(vec![page(4, "enhanced-04.png")]),
        7 => reply(vec![call(
            "rate",
            "Agent",
            &json!({"prompt": "Rate the document from .review/notes", "subagent_type": "reviewer"}),
        )]),
        8 => reply(vec![call(
            "w",
            "Write",
            &json!({"file_path": ".review/report.md", "content": "# Report\n\nclass: manual, score: 10\n"}),
        )]),
        _ => Reply::text("The report is in .review/report.md."),
    }
}

/// What the model of a subagent that reads one page does.
fn read_page(turn: usize, request: &Value) -> Reply {
    let prompt = request["messages"][1]["content"].as_str().unwrap();
    let id: u32 = prompt.split(' ').nth(1).unwrap().parse().unwrap();
    let picture = prompt.rsplit(' ').next().unwrap();
    let is_faint = id == 4 && !picture.contains("enhanced");
    match turn {
        0 => reply(vec![call("look", "Read", &json!({"file_path": picture}))]),
        1 => {
            let note =
                json!({"page": id, "title": format!("Chapter {id}"), "legible": !is_faint}).to_string();
            let path = format!(".review/notes/page-{id}.json");
            reply(vec![call("note", "Write", &json!({"file_path": path, "content": note}))])
        }
        _ => Reply::text(&format!("page {id}: {}", if is_faint { "faint" } else { "legible" })),
    }
}

fn rate(turn: usize) -> Reply {
    match turn {
        0 => reply(vec![call("all", "Glob", &json!({"pattern": ".review/notes/*.json"}))]),
        _ => Reply::text("class: manual, score: 10"),
    }
}

fn model(_: usize, request: &Request) -> Reply {
    let request = request.json();
    let messages = request["messages"].as_array().unwrap();
    let turn = messages.iter().filter(|message| message["role"] == "assistant").count();
    let system = messages[0]["content"].as_str().unwrap_or_default();
    if system.starts_with("You read one page") {
        assert_eq!(request["model"], "small");
        read_page(turn, &request)
    } else if system.starts_with("You classify and score") {
        rate(turn)
    } else {
        orchestrate(turn)
    }
}

fn check_work(place: &Place) {
    assert_eq!(place.read(".review/report.md"), "# Report\n\nclass: manual, score: 10\n");
    for id in 1..=PAGES {
        let note: Value =
            serde_json::from_str(&place.read(&format!(".review/notes/page-{id}.json"))).unwrap();
        assert_eq!(note, json!({"page": id, "title": format!("Chapter {id}"), "legible": true}));
    }
}

#[tokio::test]
async fn a_project_for_another_agent_runs_as_it_is() {
    if !has_renderer() {
        return;
    }
    let server = ModelServer::start(model).await.unwrap();
    let place = place(&server);
    place.tau(&["trust", "--yes"]).await.assert_code(0);
    let review = "/review-document samples/handbook.pdf strictly";
    let ran = place.tau(&["run", "--record", "../run.tau", review]).await;
    assert_eq!(ran.assert_code(0).stdout, "The report is in .review/report.md.\n", "{ran:?}");
    check_work(&place);

    let first = server.requests()[0].json();
    let (system, prompt) = (&first["messages"][0]["content"], &first["messages"][1]["content"]);
    let (system, prompt) = (system.as_str().unwrap(), prompt.as_str().unwrap());
    assert!(prompt.contains("Review the document `samples/handbook.pdf` (strictly)."), "{prompt}");
    assert!(prompt.contains("Documents that are here: handbook.pdf"), "{prompt}");
    assert!(system.contains("Scores are whole numbers from 0 to 10."), "an import: {system}");
    assert!(!system.contains("for people and not for the agent"), "{system}");
    let listed = place.tau(&["sessions", "list", "--all", "--output", "json"]).await.json();
    // The session, a subagent for each page, one for the page that was faint, and the reviewer.
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1 + 10 + 1 + 1);
    place.tau(&["sessions", "verify"]).await.assert_code(0);
    let rater = server.requests().iter().map(|request| request.json()).find(|request| {
        request["messages"][0]["content"].as_str().unwrap().starts_with("You classify and score")
    });
    let rater = rater.unwrap();
    assert!(rater["messages"][0]["content"].as_str().unwrap().contains("Ten points, less one"), "{rater}");
    let tools: Vec<&str> = rater["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["function"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(tools, ["read", "glob"]);

    // The recording does the same again, over the same tools.
    std::fs::remove_dir_all(place.project().join(".review")).unwrap();
    let ran = place.tau(&["run", "-m", "replay:tolerant:../run.tau", review]).await;
    assert_eq!(ran.assert_code(0).stdout, "The report is in .review/report.md.\n", "{ran:?}");
    check_work(&place);
}

#[tokio::test]
async fn a_project_that_is_not_trusted_runs_no_command_of_its_skills() {
    let asked = AtomicUsize::new(0);
    let server = ModelServer::start(move |_, _| {
        asked.fetch_add(1, Ordering::Relaxed);
        Reply::text("?")
    })
    .await
    .unwrap();
    let place = place(&server);
    let ran = place.tau(&["run", "/review-document samples/handbook.pdf"]).await;
    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("the project is not trusted"), "{ran:?}");
    assert_eq!(server.requests().len(), 0, "the model is not asked about a skill that nobody could read");
}
