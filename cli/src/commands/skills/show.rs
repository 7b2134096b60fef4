//! `tau skills show`.

use tau_skills::Invocation;
use tau_skills::invocation::{Want, plan};

use super::origin;
use crate::args::ShowSkillArgs;
use crate::config;
use crate::exit::{Exit, UsageError};
use crate::knowledge;
use crate::output::printable;

pub(super) fn show(args: &ShowSkillArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let catalogue = knowledge::skills(&loaded);
    let Some(skill) = catalogue.find(&args.name) else {
        let matches = catalogue.matches(&args.name, 3);
        let near: Vec<&str> = matches.iter().map(|found| found.skill.name.as_str()).collect();
        let help = if near.is_empty() {
            "see `tau skills list`".to_owned()
        } else {
            format!("near: {}", near.join(", "))
        };
        return Err(UsageError::new(format!("there is no skill `{}`", args.name), help).into());
    };
    let body = skill.body().map_err(|error| miette::miette!("{error}"))?;
    let plan = plan(&body.text, &skill.front_matter, &Invocation::new(args.arguments.join(" ")).of(skill));
    let head = format!("{} ({}), {}", skill.name, origin(skill), skill.path.display());
    anstream::eprintln!("{}", printable(&head));
    for want in plan.wants() {
        let line = match want {
            Want::Command(command) => format!("runs: {command}"),
            Want::File(path) => format!("reads: {path}"),
            _ => continue,
        };
        anstream::eprintln!("{}", printable(&line));
    }
    let resources = skill.resources().map_err(|error| miette::miette!("{error}"))?;
    for file in &resources.files {
        anstream::eprintln!("{}", printable(&format!("file: {}, {} bytes", file.path.display(), file.bytes)));
    }
    anstream::println!("{}", printable(plan.render(&[]).trim_end()));
    Ok(Exit::Done)
}
