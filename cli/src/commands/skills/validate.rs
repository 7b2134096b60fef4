//! `tau skills validate`.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use tau_skills::validation;

use crate::args::{Form, ValidateSkillsArgs};
use crate::environment;
use crate::exit::Exit;
use crate::output::printable;

#[derive(Serialize)]
struct Verdict {
    path: String,
    valid: bool,
    issues: Vec<String>,
}

pub(super) fn validate(args: &ValidateSkillsArgs) -> miette::Result<Exit> {
    let working_dir = environment::working_dir(None)?;
    let mut out = io::stdout().lock();
    let mut all_valid = true;
    for path in &args.paths {
        let verdict = judge(path, &working_dir);
        all_valid &= verdict.valid;
        let text = match args.output {
            Form::Json => serde_json::to_string(&verdict).unwrap_or_default() + "\n",
            Form::Text => describe(&verdict),
        };
        if out.write_all(text.as_bytes()).is_err() {
            // Whoever read it has gone.
            break;
        }
    }
    Ok(if all_valid { Exit::Done } else { Exit::Failed })
}

fn judge(path: &Path, working_dir: &Path) -> Verdict {
    // The reference has no name for `.`; here it is the folder's own.
    let absolute = working_dir.join(path);
    let named =
        if path.file_name().is_none() { absolute.canonicalize().unwrap_or(absolute) } else { absolute };
    let issues: Vec<String> = validation::validate(&named).iter().map(ToString::to_string).collect();
    Verdict { path: path.display().to_string(), valid: issues.is_empty(), issues }
}

fn describe(verdict: &Verdict) -> String {
    let head = format!("{} {}\n", if verdict.valid { "✓" } else { "✗" }, verdict.path);
    let issues = verdict.issues.iter().map(|issue| format!("  {issue}\n"));
    printable(&std::iter::once(head).chain(issues).collect::<String>())
}
