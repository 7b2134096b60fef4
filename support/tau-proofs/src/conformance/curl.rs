//! curl: the interface is plain HTTP with JSON.

use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::report::Report;
use super::tool::{Ran, command, is_there, run};
use crate::served::Served;

const RUNTIME: &str = "tau.runtime.v1.RuntimeService";
const ADMIN: &str = "tau.runtime.v1.AdminService";
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

pub(super) async fn check(served: &Served, report: &mut Report) {
    if !is_there("curl").await {
        return report.skip("curl", "there is no curl; it is a package of every system");
    }
    for (name, version) in [("curl, HTTP/1.1", "--http1.1"), ("curl, HTTP/2", "--http2-prior-knowledge")] {
        let curl = Curl { served, version };
        report.add(name, "unary", curl.unary().await);
        report.add(name, "GET", curl.get().await);
        report.add(name, "server stream", curl.stream().await);
        report.add(name, "errors", curl.errors().await);
        report.add(name, "health", curl.health().await);
    }
}

struct Curl<'a> {
    served: &'a Served,
    version: &'static str,
}

impl Curl<'_> {
    async fn curl(&self, path: &str, arguments: &[&str]) -> anyhow::Result<Ran> {
        let token = format!("authorization: Bearer {}", self.served.token);
        self.curl_without_token(path, &[arguments, &["--header", &token]].concat()).await
    }

    async fn curl_without_token(&self, path: &str, arguments: &[&str]) -> anyhow::Result<Ran> {
        let mut curl = command("curl", Path::new("."));
        curl.args(["--silent", "--max-time", "30", self.version]).args(arguments);
        curl.arg(format!("{}/{path}", self.served.url()));
        run(curl).await
    }

    async fn call(&self, path: &str, message: &Value) -> anyhow::Result<Value> {
        let body = message.to_string();
        let ran = self.curl(path, &["--header", "content-type: application/json", "--data", &body]).await?;
        serde_json::from_slice(&ran.stdout).with_context(|| format!("no JSON: {}", ran.text()))
    }

    async fn new_session(&self) -> anyhow::Result<String> {
        let config = json!({ "config": { "permissions": { "allow": ["bash"] } } });
        let created = self.call(&format!("{RUNTIME}/CreateSession"), &config).await?;
        let id = created["session"]["sessionId"].as_str();
        Ok(id.with_context(|| format!("no session: {created}"))?.to_owned())
    }

    async fn unary(&self) -> anyhow::Result<()> {
        let told = self.call(&format!("{ADMIN}/GetInfo"), &json!({})).await?;
        ensure!(told["serverName"] == "tau" && told["protocolVersion"] == 1, "{told}");
        Ok(())
    }

    async fn get(&self) -> anyhow::Result<()> {
        let id = self.new_session().await?;
        let message = format!("message={}", json!({ "sessionId": id }));
        let query = ["--data-urlencode", &message, "--data", "connect=v1", "--data", "encoding=json"];
        let ran = self.curl(&format!("{RUNTIME}/GetSession"), &[&["--get"], &query[..]].concat()).await?;
        let told: Value = serde_json::from_slice(&ran.stdout)?;
        ensure!(told["session"]["sessionId"] == id.as_str(), "{told}");
        Ok(())
    }

    /// A run: from `accepted` over events to its result, and then an end without an error.
    async fn stream(&self) -> anyhow::Result<()> {
        let id = self.new_session().await?;
        let message = json!({ "sessionId": id, "prompt": [{ "text": "make it" }] }).to_string();
        let body = self.served.project.join("run.bin");
        tokio::fs::write(&body, envelope(message.as_bytes())?).await?;
        let body = format!("@{}", body.display());
        let sent = ["--header", "content-type: application/connect+json", "--data-binary", &body];
        let ran = self.curl(&format!("{RUNTIME}/Run"), &sent).await?;
        let messages = messages(&ran.stdout)?;
        let [first, between @ .., result, (2, end)] = &messages[..] else { anyhow::bail!("{messages:?}") };
        ensure!(first.1["accepted"].is_object() && end.get("error").is_none(), "{first:?} {end}");
        ensure!(result.1["result"]["text"] == "It is made.", "{result:?}");
        ensure!(between.iter().any(|(_, message)| message["event"].is_object()), "no event");
        ensure!(between.iter().any(|(_, message)| message["delta"].is_object()), "no delta");
        Ok(())
    }

    async fn errors(&self) -> anyhow::Result<()> {
        let missing = self.call(&format!("{RUNTIME}/GetSession"), &json!({ "sessionId": NOBODY })).await?;
        let types: Vec<&Value> =
            missing["details"].as_array().into_iter().flatten().map(|d| &d["type"]).collect();
        ensure!(missing["code"] == "not_found", "{missing}");
        ensure!(types.iter().any(|name| *name == "tau.runtime.v1.ErrorDetail"), "{missing}");
        let misspelt = self.call(&format!("{RUNTIME}/GetSession"), &json!({ "session": NOBODY })).await?;
        ensure!(misspelt["code"] == "invalid_argument", "{misspelt}");
        let status = ["--data", "{}", "--header", "content-type: application/json", "--output", "/dev/null"];
        let status = [&status[..], &["--write-out", "%{http_code}"]].concat();
        let refused = self.curl_without_token(&format!("{ADMIN}/GetInfo"), &status).await?;
        ensure!(refused.text() == "401", "without a token: {}", refused.text());
        Ok(())
    }

    async fn health(&self) -> anyhow::Result<()> {
        let told = self.call("grpc.health.v1.Health/Check", &json!({ "service": RUNTIME })).await?;
        ensure!(told["status"] == "SERVING", "{told}");
        Ok(())
    }
}

/// A message of a stream: a byte of flags, its length, and itself.
fn envelope(message: &[u8]) -> anyhow::Result<Vec<u8>> {
    let size = u32::try_from(message.len())?;
    Ok([&[0], &size.to_be_bytes()[..], message].concat())
}

/// The messages of a stream, with their flags.
fn messages(mut rest: &[u8]) -> anyhow::Result<Vec<(u8, Value)>> {
    let mut messages = Vec::new();
    while let Some((&[flags, a, b, c, d], tail)) = rest.split_first_chunk::<5>() {
        let size = u32::from_be_bytes([a, b, c, d]) as usize;
        let (message, tail) = tail.split_at_checked(size).context("a message is cut")?;
        messages.push((flags, serde_json::from_slice(message)?));
        rest = tail;
    }
    ensure!(rest.is_empty(), "something follows the last message");
    Ok(messages)
}
