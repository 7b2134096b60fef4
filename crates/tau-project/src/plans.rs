//! Files of plans: what the model proposed, and what became of it, for people to read and keep.
//!
//! [`PlanFiles`] follows a session and writes each plan into a folder when it is proposed, and again when somebody has decided.
//! The file says which: `draft`, `approved`, `edited` (it holds the plan as changed) or `rejected`. Of one plan there is one
//! file, so a session that is taken up writes none anew. What the model goes by is the journal and not these files.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

use futures::future::BoxFuture;
use sha2::{Digest, Sha256};
use tau_core::event::{EventBody, PlanAnswer};
use tau_core::{SessionId, ToolCallId};
use tau_runtime::{Observer, Subscription, Update};

/// Characters of a plan's first line that name its file.
const NAME: usize = 48;

/// Writes the plans of a session into a folder.
#[derive(Debug, Clone)]
pub struct PlanFiles {
    folder: PathBuf,
    boundary: PathBuf,
}

/// What has become of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Draft,
    Approved,
    Edited,
    Rejected,
}

impl PlanFiles {
    /// Into a folder, which is made when there is a plan. One that leads out of `boundary` is not written to.
    pub fn new(folder: impl Into<PathBuf>, boundary: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), boundary: boundary.into() }
    }

    /// Writes a plan, unless its file says all of it already.
    fn write(
        &self,
        session: SessionId,
        call: &ToolCallId,
        plan: &str,
        status: Status,
        said: &str,
    ) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        if !self.folder.canonicalize()?.starts_with(self.boundary.canonicalize()?) {
            let problem = "the folder of plans leads out of the project";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, problem));
        }
        let text = text_of(session, plan, status, said);
        let path = self.folder.join(self.name(session, call, plan)?);
        if std::fs::read(&path).is_ok_and(|known| known == text.as_bytes()) {
            return Ok(());
        }
        // In the place of whatever stands there: a link is not followed.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(path).map(drop).map_err(|error| error.error)
    }

    /// The name of a plan's file: that of the one which is there, or else by how the plan begins.
    fn name(&self, session: SessionId, call: &ToolCallId, plan: &str) -> io::Result<String> {
        let digest = Sha256::digest(format!("{session}\n{call}"));
        let end: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let end = format!("-{end}.md");
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(&end) {
                return Ok(name);
            }
        }
        Ok(format!("{}{end}", slug(plan)))
    }
}

impl Observer for PlanFiles {
    fn follow(&self, session: SessionId, mut updates: Subscription) -> BoxFuture<'static, ()> {
        let files = self.clone();
        Box::pin(async move {
            let mut proposed: BTreeMap<ToolCallId, String> = BTreeMap::new();
            while let Some(update) = updates.next().await {
                let Update::Event(event) = update else { continue };
                let written = match &event.body {
                    EventBody::PlanProposed { call_id, plan } => {
                        proposed.insert(call_id.clone(), plan.clone());
                        Some((call_id, plan.clone(), Status::Draft, String::new()))
                    }
                    EventBody::PlanAnswered { call_id, answer } => {
                        let plan = proposed.remove(call_id);
                        plan.and_then(|plan| decided(plan, answer))
                            .map(|(plan, status, said)| (call_id, plan, status, said))
                    }
                    _ => None,
                };
                let Some((call, plan, status, said)) = written else { continue };
                let (files, call) = (files.clone(), call.clone());
                let write = move || files.write(session, &call, &plan, status, &said);
                match tokio::task::spawn_blocking(write).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => {
                        tracing::warn!(%session, %error, "a plan cannot be written to its file")
                    }
                    Err(_) => return,
                }
            }
        })
    }
}

/// The plan as it stands once somebody decided; `None` where nobody did.
fn decided(plan: String, answer: &PlanAnswer) -> Option<(String, Status, String)> {
    match answer {
        PlanAnswer::Approve => Some((plan, Status::Approved, String::new())),
        PlanAnswer::Edit { plan } => Some((plan.clone(), Status::Edited, String::new())),
        PlanAnswer::Reject { message } => Some((plan, Status::Rejected, message.clone())),
        _ => None,
    }
}

fn text_of(session: SessionId, plan: &str, status: Status, said: &str) -> String {
    let status = match status {
        Status::Draft => "draft",
        Status::Approved => "approved",
        Status::Edited => "edited",
        Status::Rejected => "rejected",
    };
    let mut text = format!("---\nstatus: {status}\nsession: {session}\n");
    if !said.is_empty() {
        // JSON is YAML. Writing to a string cannot fail.
        let _ = writeln!(text, "said: {}", serde_json::Value::from(said));
    }
    let _ = write!(text, "---\n\n{}\n", plan.trim());
    text
}

/// How a plan begins, as the name of a file.
fn slug(plan: &str) -> String {
    let first = plan.lines().find(|line| line.chars().any(char::is_alphanumeric)).unwrap_or_default();
    let mut name = String::new();
    for c in first.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
        if name.chars().count() == NAME {
            break;
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { "plan".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_file_is_named_by_how_its_plan_begins() {
        for (plan, expected) in [
            ("# Mend the parser!\n\nFirst", "mend-the-parser"),
            ("\n---\n- über Größe / ../x\n", "über-größe-x"),
            ("...", "plan"),
            ("", "plan"),
        ] {
            assert_eq!(slug(plan), expected, "{plan}");
        }
        assert_eq!(slug(&"ab ".repeat(100)).chars().count(), 47);
    }
}
