//! `tau permissions check`: many calls, each by rules of its own.

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tau_core::EffectClass;
use tau_core::ToolArguments;
use tau_tools::permission::{Judged, PermissionPolicy, Surroundings, SystemPaths};

use super::question::Question;
use crate::args::CheckCallsArgs;
use crate::environment;
use crate::exit::Exit;

/// What is answered to a line.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// It was judged.
    Judged {
        /// Its number, from 1.
        line: usize,
        /// What the line called it, if it did.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<Value>,
        verdict: Judgement,
        /// The rule that decided, as it was given; null where none did.
        rule: Option<String>,
        /// Why, in words.
        reason: String,
    },
    /// It was not understood.
    Failed {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        error: String,
    },
}

/// What is to be done with a call.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Judgement {
    Allow,
    Ask,
    Deny,
}

/// Answers each line of standard input.
pub(crate) fn check(args: &CheckCallsArgs) -> miette::Result<Exit> {
    let cwd = environment::working_dir(args.cwd.as_deref())?;
    let home = environment::home_dir().unwrap_or_else(|| Path::new("~").to_owned());
    let mut exit = Exit::Done;
    let mut output = io::BufWriter::new(io::stdout().lock());
    let mut input = io::stdin().lock();
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let length = input.read_until(b'\n', &mut bytes);
        match length {
            Ok(0) => break,
            Ok(_) if bytes.iter().all(u8::is_ascii_whitespace) => continue,
            Ok(_) => {}
            Err(error) => return Err(miette::miette!("standard input cannot be read: {error}")),
        }
        let answer = judge(line, &bytes, &cwd, &home).unwrap_or_else(|error| {
            exit = Exit::Failed;
            Answer::Failed { line, error }
        });
        let text = serde_json::to_string(&answer).unwrap_or_default();
        if writeln!(output, "{text}").is_err() {
            break;
        }
    }
    // Output that nobody reads is no error of ours.
    let _ = output.flush();
    Ok(exit)
}

fn judge(line: usize, bytes: &[u8], cwd: &Path, home: &Path) -> Result<Answer, String> {
    let question = Question::read(bytes)?;
    let home = question.home.map_or_else(|| home.to_owned(), |given| cwd.join(given));
    // A tilde is home here as it is in rules; what is relative is so to the folder of the command.
    let absolute = |given: Option<PathBuf>, usual: &Path| match given {
        None => usual.to_owned(),
        Some(path) => path.strip_prefix("~").map_or_else(|_| cwd.join(&path), |rest| home.join(rest)),
    };
    let cwd = absolute(question.cwd, cwd);
    let root = absolute(question.root, &cwd);
    let paths = SystemPaths::default();
    let around = Surroundings::new(&cwd, &home, &paths).with_root(&root);
    let (text, json) = match &question.argument {
        Value::Null => (Some(""), None),
        Value::String(text) => (Some(text.as_str()), None),
        object => (None, Some(ToolArguments::parse(object.to_string()))),
    };
    let call = match (&text, &json) {
        (_, Some(arguments)) => Judged::new(&question.tool, arguments, EffectClass::AtMostOnce),
        (text, None) => Judged::of_text(&question.tool, text.unwrap_or_default()),
    };
    let verdict = PermissionPolicy::new(&question.rules).verdict(&call, &around);
    let judgement = match verdict.decision.as_str() {
        "allow" => Judgement::Allow,
        "deny" => Judgement::Deny,
        _ => Judgement::Ask,
    };
    Ok(Answer::Judged {
        line,
        id: question.id,
        verdict: judgement,
        rule: verdict.rule,
        reason: verdict.reason,
    })
}
