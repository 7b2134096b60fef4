//! `tau permissions check`: many calls, each by rules of its own.

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tau_core::EffectClass;
use tau_core::ToolArguments;
use tau_core::config::{PermissionConfig, PermissionMode};
use tau_tools::permission::{Judged, PermissionPolicy, Surroundings, SystemPaths};

use crate::args::CheckCallsArgs;
use crate::environment;
use crate::exit::Exit;

/// A call with the rules it is judged by.
#[derive(Debug, Deserialize)]
struct Question {
    rules: Rules,
    tool: String,
    #[serde(default)]
    argument: Value,
    cwd: Option<PathBuf>,
    home: Option<PathBuf>,
    root: Option<PathBuf>,
    mode: Option<String>,
}

/// Rules by what they do, or each with it in front.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Rules {
    Lists {
        #[serde(default)]
        allow: Vec<String>,
        #[serde(default)]
        ask: Vec<String>,
        #[serde(default)]
        deny: Vec<String>,
    },
    Lines(Vec<String>),
}

/// What is answered to a line.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// It was judged.
    Judged {
        /// Its number, from 1.
        line: usize,
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
    let question: Question = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let mut config = config(question.rules)?;
    config.mode = question.mode.as_deref().map(mode).transpose()?;
    let absolute = |given: Option<PathBuf>, usual: &Path, name: &str| match given {
        None => Ok(usual.to_owned()),
        Some(path) if path.is_absolute() => Ok(path),
        Some(path) => Err(format!("{name} is no absolute path: {}", path.display())),
    };
    let cwd = absolute(question.cwd, cwd, "cwd")?;
    let home = absolute(question.home, home, "home")?;
    let root = absolute(question.root, &cwd, "root")?;
    let paths = SystemPaths::default();
    let around = Surroundings::new(&cwd, &home, &paths).with_root(&root);
    let (text, json) = match &question.argument {
        Value::Null => (Some(""), None),
        Value::String(text) => (Some(text.as_str()), None),
        object @ Value::Object(_) => (None, Some(ToolArguments::parse(object.to_string()))),
        _ => return Err("argument is neither a text nor an object".to_owned()),
    };
    let call = match (&text, &json) {
        (_, Some(arguments)) => Judged::new(&question.tool, arguments, EffectClass::AtMostOnce),
        (text, None) => Judged::of_text(&question.tool, text.unwrap_or_default()),
    };
    let verdict = PermissionPolicy::new(&config).verdict(&call, &around);
    let judgement = match verdict.decision.as_str() {
        "allow" => Judgement::Allow,
        "deny" => Judgement::Deny,
        _ => Judgement::Ask,
    };
    Ok(Answer::Judged { line, verdict: judgement, rule: verdict.rule, reason: verdict.reason })
}

/// A mode by its name here, or the one that other agents write.
fn mode(name: &str) -> Result<PermissionMode, String> {
    Ok(match name {
        "default" => PermissionMode::Default,
        "accept_edits" | "acceptEdits" => PermissionMode::AcceptEdits,
        "plan" => PermissionMode::Plan,
        "dont_ask" | "dontAsk" => PermissionMode::DontAsk,
        "bypass" | "bypassPermissions" => PermissionMode::Bypass,
        other => return Err(format!("there is no mode `{other}`")),
    })
}

fn config(rules: Rules) -> Result<PermissionConfig, String> {
    let mut config = PermissionConfig::default();
    match rules {
        Rules::Lists { allow, ask, deny } => (config.allow, config.ask, config.deny) = (allow, ask, deny),
        Rules::Lines(lines) => {
            for line in lines {
                let (does, rule) = line.split_once([' ', ':']).unwrap_or_default();
                let list = match does {
                    "allow" => &mut config.allow,
                    "ask" => &mut config.ask,
                    "deny" => &mut config.deny,
                    _ => return Err(format!("the rule `{line}` does not begin with allow, ask or deny")),
                };
                list.push(rule.trim().to_owned());
            }
        }
    }
    Ok(config)
}
