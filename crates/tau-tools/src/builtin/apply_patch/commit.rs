//! All changes, or none.

use crate::builtin::support::{FILE_BYTES, failure};
use crate::environment::{Environment, EnvironmentError, EnvironmentErrorKind, WorkspacePath};
use crate::executor::ToolOutput;

/// One file to change, and what it held.
#[derive(Debug)]
pub(super) enum Step {
    Write { path: WorkspacePath, before: Option<Vec<u8>>, after: Vec<u8> },
    Remove { path: WorkspacePath, before: Vec<u8> },
}

impl Step {
    const fn path(&self) -> &WorkspacePath {
        match self {
            Self::Write { path, .. } | Self::Remove { path, .. } => path,
        }
    }

    fn before(&self) -> Option<&[u8]> {
        match self {
            Self::Write { before, .. } => before.as_deref(),
            Self::Remove { before, .. } => Some(before),
        }
    }
}

/// Takes all steps. Where one fails, those before it are taken back.
pub(super) async fn commit(environment: &dyn Environment, steps: &[Step]) -> Result<(), ToolOutput> {
    for step in steps {
        still_as_it_was(environment, step).await?;
    }
    // What is removed cannot come back as it was in every respect, so that is last.
    let (writes, removals): (Vec<&Step>, Vec<&Step>) =
        steps.iter().partition(|step| matches!(step, Step::Write { .. }));
    let mut taken: Vec<&Step> = Vec::new();
    for step in writes.into_iter().chain(removals) {
        let result = match step {
            Step::Write { path, after, .. } => environment.write(path, after).await,
            Step::Remove { path, .. } => environment.remove(path).await,
        };
        if let Err(error) = result {
            return Err(take_back(environment, &taken, &error).await);
        }
        taken.push(step);
    }
    Ok(())
}

async fn still_as_it_was(environment: &dyn Environment, step: &Step) -> Result<(), ToolOutput> {
    let now = match environment.read(step.path(), FILE_BYTES).await {
        Ok(content) => Some(content),
        Err(error) if error.kind() == EnvironmentErrorKind::NotFound => None,
        Err(error) => return Err(failure(&error)),
    };
    if now.as_deref() == step.before() {
        return Ok(());
    }
    Err(ToolOutput::error(format!(
        "{}: was changed by somebody else meanwhile; the patch was not applied. Read it again.",
        step.path()
    )))
}

async fn take_back(environment: &dyn Environment, taken: &[&Step], error: &EnvironmentError) -> ToolOutput {
    let mut left = Vec::new();
    for step in taken.iter().rev() {
        let result = match step.before() {
            Some(before) => environment.write(step.path(), before).await,
            None => environment.remove(step.path()).await,
        };
        if result.is_err() {
            left.push(step.path().to_string());
        }
    }
    if left.is_empty() {
        return ToolOutput::error(format!("The patch was not applied, no file was changed: {error}"));
    }
    ToolOutput::error(format!(
        "{error}. The patch was applied in part and could not be taken back in: {}",
        left.join(", ")
    ))
}
