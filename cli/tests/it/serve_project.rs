//! Projects in the folders of a server: where each begins, and what it has again when a session is taken up.

use serde_json::{Value, json};
use tau_testkit::{ModelServer, Reply};

use crate::mcp;
use crate::serve::Server;
use crate::support::{Place, tool_result};

async fn created(server: &Server, folder: &std::path::Path) -> Value {
    let environment = json!({ "workingDir": folder });
    let asked = json!({ "config": { "environment": environment } });
    server.ok("RuntimeService/CreateSession", asked).await["session"].clone()
}

fn denied(session: &Value) -> Vec<&str> {
    let rules = session["config"]["permissions"]["deny"].as_array().into_iter().flatten();
    rules.filter_map(Value::as_str).collect()
}

#[tokio::test]
async fn a_folder_below_a_project_has_its_rules() {
    let model = ModelServer::with_replies([]).await.unwrap();
    let place = Place::with_server(&model);
    let settings = |rule: &str| format!("{{\"permissions\": {{\"deny\": [\"{rule}\"]}}}}");
    let served = place.home().join("work");
    for (folder, rule) in
        [("work", "Bash(above *)"), ("work/repo", "Bash(repo *)"), ("work/repo/in/er", "Bash(inner *)")]
    {
        place.write_home(&format!("{folder}/.claude/settings.json"), &settings(rule));
    }
    for repository in ["work/repo/.git/HEAD", "work/repo/in/er/.git/HEAD", "work/plain/x/y", ".git/HEAD"] {
        place.write_home(repository, "");
    }
    let server = Server::start_with(&place, &["--root", served.to_str().unwrap()]).await;
    for (folder, expected) in [
        ("repo", vec!["Bash(repo *)"]),
        // It was its own project, whose rules nobody had read.
        ("repo/in", vec!["Bash(repo *)"]),
        ("repo/in/er", vec!["Bash(inner *)"]),
        // What lies above what is served is not looked at, project or not.
        ("plain/x", vec!["Bash(above *)"]),
    ] {
        let session = created(&server, &served.join(folder)).await;
        assert_eq!(denied(&session), expected, "{folder}");
    }
}

#[tokio::test]
async fn a_session_that_is_taken_up_has_tools_of_its_servers() {
    let call = || [Reply::tool_calls([("c1", "mcp__sh__shout", "{}")]), Reply::text("Well.")];
    let model = ModelServer::with_replies(call()).await.unwrap();
    let place = Place::with_server_and(&model, "client.max_retries = 0\npermissions.allow = [\"mcp__sh\"]");
    mcp::configure_server(&place);
    place.tau(&["trust", "--yes"]).await.assert_code(0);
    let mut server = Server::start_with(&place, &[]).await;
    let id = created(&server, &place.project()).await["sessionId"].as_str().unwrap().to_owned();
    server.child.kill().await.unwrap();
    let server = Server::start_with(&place, &[]).await;
    let url = format!("http://{}", server.address);
    let ran = place.tau_with_env(&[("TAU_SERVER", &url)], &["resume", &id, "go"]).await;
    ran.assert_code(0);
    assert_eq!(tool_result(&model, 1, "c1"), "HELLO C.UTF-8");
}

#[tokio::test]
async fn a_folder_has_the_servers_that_it_has_now() {
    let model = ModelServer::with_replies([]).await.unwrap();
    let place = Place::with_server(&model);
    mcp::configure_server(&place);
    let (elsewhere, project) = (place.home().join("elsewhere"), place.project());
    std::fs::create_dir(&elsewhere).unwrap();
    let roots = ["--root", elsewhere.to_str().unwrap(), "--root", project.to_str().unwrap()];
    let arguments = [&["--cwd", elsewhere.to_str().unwrap()], &roots[..]].concat();
    let server = Server::start_with(&place, &arguments).await;
    let tools = async || {
        let session = created(&server, &project).await;
        let tools = session["config"]["tools"].as_array().cloned().unwrap_or_default();
        let names = tools.iter().filter_map(|tool| tool["definition"]["name"].as_str().map(str::to_owned));
        names.filter(|name| name.starts_with("mcp__")).collect::<Vec<_>>()
    };
    assert_eq!(tools().await, Vec::<String>::new());
    place.tau(&["trust", "--yes"]).await.assert_code(0);
    assert_eq!(tools().await, ["mcp__sh__shout"]);
    place.write(".mcp.json", &place.read(".mcp.json").replace("\"sh\":", "\"other\":"));
    place.tau(&["trust", "--yes"]).await.assert_code(0);
    assert_eq!(tools().await, ["mcp__other__shout"]);
    place.tau(&["trust", "--revoke"]).await.assert_code(0);
    assert_eq!(tools().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_plan_is_written_to_its_file_and_so_is_what_became_of_it() {
    let plan = |text: &str| json!({ "plan": text }).to_string();
    let propose = |id: &str, text: &str| Reply::tool_calls([(id, "propose_plan", plan(text).as_str())]);
    let replies = [
        propose("p1", "# Paint it\n\nRed."),
        propose("p2", "# Burn it"),
        propose("p3", "# Sell it"),
        Reply::text("Well."),
    ];
    let model = ModelServer::with_replies(replies).await.unwrap();
    let place = Place::with_server(&model);
    let settings = json!({ "permissions": { "defaultMode": "plan" }, "plansDirectory": ".claude/plans" });
    place.write(".claude/settings.json", &settings.to_string());
    place.tau(&["trust", "--yes"]).await.assert_code(0);
    let server = Server::start_with(&place, &[]).await;
    let session = server.ok("RuntimeService/CreateSession", json!({})).await["session"]["sessionId"].clone();
    let url = format!("http://{}", server.address);
    let id = session.as_str().unwrap().to_owned();
    let asked = json!({ "sessionId": id, "prompt": [{ "text": "go" }] }).to_string();
    let running = place.command(&["rpc", "call", "Run", &asked]).env("TAU_SERVER", &url).spawn().unwrap();
    let plans = || {
        let files = std::fs::read_dir(place.project().join(".claude/plans")).into_iter().flatten().flatten();
        let mut texts: Vec<(String, String)> = files
            // Not what is being written.
            .filter(|file| file.path().extension().is_some_and(|extension| extension == "md"))
            .map(|file| {
                (
                    file.file_name().to_string_lossy().into_owned(),
                    std::fs::read_to_string(file.path()).unwrap(),
                )
            })
            .map(|(name, text)| (name[..name.rfind('-').unwrap()].to_owned(), text.replace(&id, "ID")))
            .collect();
        texts.sort();
        texts
    };
    let until = async |expected: &[(&str, &str)]| {
        let expected: Vec<(String, String)> =
            expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        for _ in 0..200 {
            if plans() == expected {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(plans(), expected);
    };
    let answer = async |call: &str, answer: Value| {
        let asked = json!({ "sessionId": session, "callId": call, "answer": { "plan": answer } });
        server.ok("RuntimeService/Respond", asked).await;
    };
    until(&[("paint-it", "---\nstatus: draft\nsession: ID\n---\n\n# Paint it\n\nRed.\n")]).await;
    answer("p1", json!({ "decision": "PLAN_DECISION_EDIT", "plan": "# Paint it\n\nBlue." })).await;
    let painted = ("paint-it", "---\nstatus: edited\nsession: ID\n---\n\n# Paint it\n\nBlue.\n");
    until(&[("burn-it", "---\nstatus: draft\nsession: ID\n---\n\n# Burn it\n"), painted]).await;
    answer("p2", json!({ "decision": "PLAN_DECISION_REJECT", "message": "No: \"never\"." })).await;
    let burnt =
        ("burn-it", "---\nstatus: rejected\nsession: ID\nsaid: \"No: \\\"never\\\".\"\n---\n\n# Burn it\n");
    until(&[burnt, painted, ("sell-it", "---\nstatus: draft\nsession: ID\n---\n\n# Sell it\n")]).await;
    answer("p3", json!({ "decision": "PLAN_DECISION_APPROVE" })).await;
    until(&[burnt, painted, ("sell-it", "---\nstatus: approved\nsession: ID\n---\n\n# Sell it\n")]).await;
    place.finish(running).await.assert_code(0);
}
