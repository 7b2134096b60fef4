//! Headless Chromium with Connect-ES for browsers: a page of another origin streams a run.

use super::node::Node;
use super::report::Report;
use super::tool::{command, is_there, run};
use crate::served::Served;

/// The names under which systems have it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

pub(super) async fn check(served: &Served, report: &mut Report, node: Option<&Node>, port: u16) {
    let Some(node) = node else {
        return report.skip("Chromium", "its page is built with npm, which cannot be had here");
    };
    let mut found = None;
    for name in NAMES {
        if found.is_none() && is_there(name).await {
            found = Some(name);
        }
    }
    let Some(chromium) = found else {
        return report.skip("Chromium", "there is none; on Debian: apt-get install chromium");
    };
    let mut proof = command("node", &node.folder);
    proof.args(["dist/browser-proof.js", &port.to_string(), &served.url()]);
    proof.arg(&served.token_file).arg(chromium);
    match run(proof).await {
        Ok(ran) => {
            let count = report.lines("Chromium, across origins", &ran.text());
            if count == 0 {
                report.add("Chromium, across origins", "page", Err(anyhow::anyhow!(ran.stderr)));
            }
        }
        Err(error) => report.add("Chromium, across origins", "page", Err(error)),
    }
}
