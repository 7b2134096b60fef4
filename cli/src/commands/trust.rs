//! `tau trust`: what a project wants, and whether it gets it.

use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use tau_project::trust::{Claim, Exhibit, Trust, TrustError, TrustStore};

use crate::args::{CommonArgs, TrustArgs};
use crate::config::{self, Loaded};
use crate::environment;
use crate::exit::{Exit, UsageError};
use crate::project;

/// Shows what a project wants, and trusts it with that once a person has said so.
pub(crate) fn trust(args: &TrustArgs) -> miette::Result<Exit> {
    let store = project::trust_store().ok_or_else(|| {
        UsageError::new("there is no folder to remember trust in", "set TAU_STATE_DIR or HOME")
    })?;
    if args.list {
        return list(&store);
    }
    if args.revoke {
        return revoke(&store, args.path.as_deref());
    }
    let common = CommonArgs { cwd: args.path.clone(), ..CommonArgs::default() };
    let loaded = config::load(&common, None)?;
    let exhibit = &loaded.project.exhibit;
    if exhibit.is_empty() {
        print(&format!("{} wants nothing that needs trust\n", exhibit.root().display()));
        return Ok(Exit::Done);
    }
    let unseen = store.unseen(exhibit).map_err(failed)?;
    print(&shown(&loaded, &unseen));
    if loaded.project.trust == Trust::Trusted {
        print("It is trusted.\n");
        return Ok(Exit::Done);
    }
    if !args.yes && !is_confirmed(exhibit)? {
        print("It is not trusted.\n");
        return Ok(Exit::Failed);
    }
    store.trust(exhibit).map_err(failed)?;
    print("It is trusted now. `tau trust --revoke` takes it back.\n");
    Ok(Exit::Done)
}

fn list(store: &TrustStore) -> miette::Result<Exit> {
    let folders = store.list().map_err(failed)?;
    if folders.is_empty() {
        print("no project is trusted\n");
    }
    for folder in folders {
        print(&format!("{}\n", folder.path.display()));
    }
    Ok(Exit::Done)
}

/// Also for a project that is gone.
fn revoke(store: &TrustStore, path: Option<&Path>) -> miette::Result<Exit> {
    let root = match environment::working_dir(path) {
        Ok(folder) => environment::project_root(&folder),
        Err(error) => path.map(Path::to_owned).ok_or(error)?,
    };
    let was_trusted = store.revoke(&root).map_err(failed)?;
    let words = if was_trusted { "is trusted no more" } else { "was not trusted" };
    print(&format!("{} {words}\n", root.display()));
    Ok(Exit::Done)
}

/// Everything that it wants, by kind; what was not shown before has a mark.
fn shown(loaded: &Loaded, unseen: &[&Claim]) -> String {
    let exhibit = &loaded.project.exhibit;
    let mut text = format!("{} wants:\n", exhibit.root().display());
    let is_first = unseen.len() == exhibit.claims().count();
    let mut kind = None;
    for claim in exhibit.claims() {
        if kind != Some(claim.kind) {
            let _ = writeln!(text, "\n  {}", claim.kind.heading());
            kind = Some(claim.kind);
        }
        let is_new = !is_first && unseen.contains(&claim);
        let mark = if is_new { "+ " } else { "  " };
        let _ = writeln!(text, "  {mark}{}", safe(&claim.to_string()));
    }
    if !is_first && !unseen.is_empty() {
        text.push_str("\n+ is new since it was trusted\n");
    }
    text.push('\n');
    text
}

/// Without what could move the cursor or hide words: the text is the project's.
fn safe(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let escape = |c: char| if is_hidden(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escape).collect()
}

fn is_confirmed(exhibit: &Exhibit) -> Result<bool, UsageError> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let message = "nobody is there to say whether the project is trusted";
        return Err(UsageError::new(message, "read what it wants, and give --yes"));
    }
    print(&format!("Trust {} with all of this? [y/N] ", exhibit.root().display()));
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn failed(error: TrustError) -> miette::Report {
    miette::miette!("{error}")
}

fn print(text: &str) {
    // Output that nobody reads is no error of ours.
    let mut out = io::stdout();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
