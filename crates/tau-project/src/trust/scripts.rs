//! Files of a project that a hook's command names: what they do is what the hook does.

use std::path::{Path, PathBuf};

use super::exhibit::hash;
use crate::hooks::{HandlerKind, HookDeclaration};

/// Bytes of a file that are hashed; a longer one counts with its length.
const LIMIT: u64 = 4 << 20;

/// A file of the project.
#[derive(Debug)]
pub(super) struct Script {
    /// Below the root.
    pub(super) path: PathBuf,
    pub(super) digest: String,
}

/// The files below `root` that the words of a command name. It sees through quotes and the variables that hooks have, and
/// through nothing else: a script that runs another hides it.
pub(super) fn named_in(hook: &HookDeclaration, root: &Path) -> Vec<Script> {
    let HandlerKind::Command(handler) = &hook.handler else { return Vec::new() };
    let words = match &handler.args {
        None => words(&handler.command),
        Some(args) => std::iter::once(&handler.command).chain(args).cloned().collect(),
    };
    let mut scripts: Vec<Script> = Vec::new();
    for word in words {
        if let Some(script) = script(&word, root)
            && !scripts.iter().any(|known| known.path == script.path)
        {
            scripts.push(script);
        }
    }
    scripts
}

fn script(word: &str, root: &Path) -> Option<Script> {
    let mut word = word.to_owned();
    for variable in ["CLAUDE_PROJECT_DIR", "TAU_PROJECT_DIR"] {
        let root = root.to_str()?;
        word = word.replace(&format!("${{{variable}}}"), root).replace(&format!("${variable}"), root);
    }
    let real_root = root.canonicalize().ok()?;
    let real = root.join(&word).canonicalize().ok()?;
    let path = real.strip_prefix(&real_root).ok()?.to_owned();
    let metadata = real.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let content = if metadata.len() > LIMIT { Vec::new() } else { std::fs::read(&real).ok()? };
    Some(Script { path, digest: hash([&metadata.len().to_be_bytes()[..], &content]) })
}

/// The words of a command line, without quotes and what stands between commands.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut characters = command.chars();
    while let Some(c) = characters.next() {
        let is_end = quote.is_none()
            && (c.is_whitespace() || matches!(c, ';' | '|' | '&' | '(' | ')' | '<' | '>' | '='));
        match (c, quote) {
            _ if is_end => words.push(String::new()),
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => {
                words.last_mut().into_iter().for_each(|word| word.extend(characters.next()))
            }
            _ => words.last_mut().into_iter().for_each(|word| word.push(c)),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_without_quotes() {
        let command = r#""$CLAUDE_PROJECT_DIR"/.claude/hooks/a\ b.sh 'c d'|e;X=f>g "#;
        assert_eq!(words(command), ["$CLAUDE_PROJECT_DIR/.claude/hooks/a b.sh", "c d", "e", "X", "f", "g"]);
    }
}
