//! Paths as models write them and as they are shown.

use tau_core::ToolResultBlock;

use crate::environment::{Environment, EnvironmentError, EnvironmentErrorKind, FileKind, WorkspacePath};
use crate::executor::{ToolContext, ToolOutput};

/// How alike a name must be to be suggested.
const ALIKE: f64 = 0.75;
/// The most names suggested.
const SUGGESTIONS: usize = 3;

/// The path an argument names.
pub(in crate::builtin) fn workspace_path(
    context: &ToolContext,
    text: &str,
) -> Result<WorkspacePath, ToolOutput> {
    WorkspacePath::parse(context.environment.root(), text)
        .map_err(|error| ToolOutput::error(error.to_string()))
}

/// Something a tool may read: a path below the root, or among the kept results.
#[derive(Debug)]
pub(in crate::builtin) struct Place<'a> {
    /// The environment the path belongs to; for kept results one that changes nothing.
    pub(in crate::builtin) environment: &'a dyn Environment,
    pub(in crate::builtin) path: WorkspacePath,
    is_result: bool,
}

impl<'a> Place<'a> {
    /// A path below the root.
    pub(in crate::builtin) fn at(context: &'a ToolContext, path: WorkspacePath) -> Self {
        Self { environment: context.environment.as_ref(), path, is_result: false }
    }

    /// The folder or file that a search is about: the root, unless an argument names another place.
    pub(in crate::builtin) fn of_search(
        context: &'a ToolContext,
        text: Option<&str>,
    ) -> Result<Self, ToolOutput> {
        match text {
            Some(text) => Self::parse(context, text),
            None => Ok(Self::at(context, WorkspacePath::root())),
        }
    }

    /// The place an argument names. Kept results are named by their absolute path, as the model was told it.
    pub(in crate::builtin) fn parse(context: &'a ToolContext, text: &str) -> Result<Self, ToolOutput> {
        if let Some(store) = context.environment.results()
            && std::path::Path::new(text).starts_with(store.files().root())
            && let Ok(path) = WorkspacePath::parse(store.files().root(), text)
        {
            return Ok(Self { environment: store.files(), path, is_result: true });
        }
        Ok(Self::at(context, workspace_path(context, text)?))
    }

    /// A path of this environment on one line, as the model may give it back.
    pub(in crate::builtin) fn shown(&self, path: &WorkspacePath) -> String {
        match self.is_result {
            true => shown(&self.environment.root().join(path.as_path()).display().to_string()),
            false => shown(&path.to_string()),
        }
    }

    /// An error of the environment; when nothing stands at the path, with what might have been meant.
    pub(in crate::builtin) async fn failure(&self, error: &EnvironmentError) -> ToolOutput {
        let mut output = failure(error);
        if error.kind() == EnvironmentErrorKind::NotFound
            && let Some(hint) = self.suggestions().await
            && let Some(ToolResultBlock::Text { text }) = output.content.first_mut()
        {
            text.push_str(". ");
            text.push_str(&hint);
        }
        output
    }

    async fn suggestions(&self) -> Option<String> {
        if self.is_result {
            return Some("Kept results go when newer ones need their room; run the tool again".to_owned());
        }
        let name = self.path.as_path().file_name()?.to_string_lossy().to_lowercase();
        let folder = self.path.parent()?;
        let Ok(entries) = self.environment.list(&folder).await else {
            return Some(format!("There is no folder `{}` either", shown(&folder.to_string())));
        };
        let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
        let mut near: Vec<(f64, String)> = entries
            .into_iter()
            .filter(|entry| entry.kind != FileKind::Other)
            .map(|entry| {
                let other = entry.name.to_lowercase();
                let score =
                    if stem(&other) == stem(&name) { 1.0 } else { strsim::jaro_winkler(&name, &other) };
                (score, entry.name)
            })
            .filter(|(score, _)| *score >= ALIKE)
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        near.truncate(SUGGESTIONS);
        if near.is_empty() {
            return None;
        }
        let near: Vec<String> =
            near.iter().map(|(_, name)| format!("`{}`", shown(&folder.join(name).to_string()))).collect();
        Some(format!("Near it: {}", near.join(", ")))
    }
}

/// A path on one line, whatever its name holds.
pub(in crate::builtin) fn shown(path: &str) -> String {
    if path.chars().any(char::is_control) { format!("{path:?}") } else { path.to_owned() }
}

/// A text as one word of a POSIX shell.
pub(in crate::builtin) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// An error of the environment as a model reads it.
pub(in crate::builtin) fn failure(error: &EnvironmentError) -> ToolOutput {
    ToolOutput::error(error.to_string())
}
