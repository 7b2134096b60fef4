//! `tau permissions explain`: one call, by the rules in force here.

use std::io::{self, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use tau_core::EffectClass;
use tau_tools::builtin;
use tau_tools::permission::{Decision, Judged, PermissionPolicy, Surroundings, SystemPaths, tool_name};

use crate::args::{ExplainArgs, Form};
use crate::exit::{Exit, UsageError};
use crate::{config, environment};

/// What is said of a call.
#[derive(Debug, Serialize)]
struct Explained {
    verdict: &'static str,
    rule: Option<String>,
    reason: String,
    /// The rules that "always allow" would add.
    grants: Vec<String>,
}

/// Says what would be done with a call.
pub(crate) fn explain(args: &ExplainArgs) -> miette::Result<Exit> {
    let (tool, argument) = call(&args.call)?;
    let loaded = config::load(&args.common, None)?;
    let mut rules = loaded.config.permissions.clone();
    rules.allow.extend(args.allow.iter().cloned());
    rules.deny.extend(args.deny.iter().cloned());
    let policy = PermissionPolicy::new(&rules);
    let home = environment::home_dir().unwrap_or_else(|| Path::new("~").to_owned());
    let paths = SystemPaths::default();
    let around = Surroundings::new(&loaded.working_dir, &home, &paths);
    let effect = builtin::all().get(tool_name(tool)).map_or(EffectClass::AtMostOnce, |tool| tool.effect());
    let call = Judged::of_text(tool, argument).with_effect(effect);
    let verdict = policy.verdict(&call, &around);
    let grants = if verdict.decision == Decision::Ask { policy.grants(&call, &around) } else { Vec::new() };
    let explained =
        Explained { verdict: verdict.decision.as_str(), rule: verdict.rule, reason: verdict.reason, grants };
    print(&explained, args.output);
    Ok(Exit::Done)
}

/// The tool and the argument of `Tool(argument)`.
fn call(text: &str) -> Result<(&str, &str), UsageError> {
    let whole = text.trim();
    match whole.split_once('(') {
        None if !whole.is_empty() => Ok((whole, "")),
        Some((tool, rest)) if !tool.is_empty() && rest.ends_with(')') => Ok((tool, &rest[..rest.len() - 1])),
        _ => Err(UsageError::new(
            format!("`{text}` is no call"),
            "write a tool with its argument in parentheses, such as 'Bash(git status)'",
        )),
    }
}

fn print(explained: &Explained, form: Form) {
    // Output that nobody reads is no error of ours.
    if let Form::Json = form {
        let _ = writeln!(io::stdout(), "{}", serde_json::to_string(explained).unwrap_or_default());
        return;
    }
    let style: Style = match explained.verdict {
        "allow" => AnsiColor::Green.on_default(),
        "ask" => AnsiColor::Yellow.on_default(),
        _ => AnsiColor::Red.on_default(),
    };
    anstream::println!(
        "{style}{}{style:#}: {}",
        explained.verdict,
        crate::output::printable(&explained.reason)
    );
    if let Some(rule) = &explained.rule {
        anstream::println!("  by the rule {}", crate::output::printable(rule));
    }
    for rule in &explained.grants {
        anstream::println!("  to always allow it: {}", crate::output::printable(rule));
    }
}
