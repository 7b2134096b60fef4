//! buf curl, which learns the interface from the server's reflection.

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};

use super::node::Node;
use super::report::Report;
use super::tool::{Ran, command, run, succeed};
use crate::served::Served;

const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

pub(super) async fn check(served: &Served, report: &mut Report, node: Option<&Node>) {
    let Some(node) = node else {
        return report.skip("buf curl", "it is a package of npm, which cannot be had here");
    };
    for protocol in ["connect", "grpc", "grpcweb"] {
        let buf = Buf { served, node, protocol };
        let name = format!("buf curl, {protocol} h2, reflection");
        report.add(&name, "methods", buf.methods().await);
        report.add(&name, "unary", buf.unary().await);
        report.add(&name, "server stream", buf.stream().await);
        report.add(&name, "errors", buf.errors().await);
    }
}

struct Buf<'a> {
    served: &'a Served,
    node: &'a Node,
    protocol: &'static str,
}

impl Buf<'_> {
    fn curl(&self, arguments: &[&str], path: &str) -> tokio::process::Command {
        let mut curl = command(self.node.folder.join("node_modules/.bin/buf"), &self.node.folder);
        let token = format!("authorization: Bearer {}", self.served.token);
        curl.args(["curl", "--http2-prior-knowledge", "--protocol", self.protocol]);
        curl.args(["--header", &token, "--reflect-header", &token]).args(arguments);
        curl.arg(format!("{}{path}", self.served.url()));
        curl
    }

    async fn call(&self, method: &str, message: &Value) -> anyhow::Result<Ran> {
        run(self.curl(&["--data", &message.to_string()], &format!("/tau.runtime.v1.{method}"))).await
    }

    async fn methods(&self) -> anyhow::Result<()> {
        let listed = succeed(self.curl(&["--list-methods"], "")).await?.text();
        let has = |name: &str| listed.lines().any(|line| line == format!("tau.runtime.v1.{name}"));
        let wanted = ["RuntimeService/Run", "ExtensionService/Attach", "AdminService/GetInfo"];
        ensure!(wanted.into_iter().all(has), "{listed}");
        Ok(())
    }

    async fn unary(&self) -> anyhow::Result<()> {
        let ran = self.call("AdminService/GetInfo", &json!({})).await?;
        let told: Value = serde_json::from_slice(&ran.stdout).with_context(|| ran.stderr.clone())?;
        ensure!(told["serverName"] == "tau", "{told}");
        Ok(())
    }

    async fn stream(&self) -> anyhow::Result<()> {
        let config = json!({ "config": { "permissions": { "allow": ["bash"] } } });
        let created = self.call("RuntimeService/CreateSession", &config).await?;
        let created: Value =
            serde_json::from_slice(&created.stdout).with_context(|| created.stderr.clone())?;
        let asked =
            json!({ "sessionId": created["session"]["sessionId"], "prompt": [{ "text": "make it" }] });
        let ran = self.call("RuntimeService/Run", &asked).await?;
        let messages: Vec<Value> =
            serde_json::Deserializer::from_slice(&ran.stdout).into_iter().collect::<Result<_, _>>()?;
        let last = messages.last().with_context(|| ran.stderr.clone())?;
        ensure!(messages[0]["accepted"].is_object() && last["result"]["text"] == "It is made.", "{last}");
        Ok(())
    }

    async fn errors(&self) -> anyhow::Result<()> {
        let ran = self.call("RuntimeService/GetSession", &json!({ "sessionId": NOBODY })).await?;
        let told: Value = serde_json::from_str(&ran.stderr).with_context(|| ran.stderr.clone())?;
        let detail = told["details"][0]["value"].as_str().unwrap_or_default();
        let detail = STANDARD_NO_PAD.decode(detail)?;
        let names_it = String::from_utf8_lossy(&detail).contains("session_not_found");
        ensure!(told["code"] == "not_found" && names_it, "{told}");
        Ok(())
    }
}
