//! `tau doctor`: what works here, and what is missing.

use std::collections::BTreeSet;

use anstyle::{AnsiColor, Style};
use tau_agent::Agent;
use tau_project::FindingKind;
use tau_project::trust::Trust;
use tau_sandbox::{Accounting, Backend};
use tau_tools::permission::tool_name;

use crate::args::{CommonArgs, DoctorArgs};
use crate::config::{self, Loaded};
use crate::exit::Exit;
use crate::output::printable;
use crate::project::Project;
use crate::{environment, knowledge, mcp, sandbox, session};

/// What a check came to.
enum Finding {
    Good,
    /// Works, but someone should know.
    Note,
    Bad,
}

/// Says it, a line for each check, and counts what is bad.
#[derive(Default)]
struct Report {
    bad: usize,
}

impl Report {
    fn say(&mut self, finding: &Finding, what: &str, detail: &str) {
        let (style, mark): (Style, &str) = match finding {
            Finding::Good => (AnsiColor::Green.on_default(), "✓"),
            Finding::Note => (AnsiColor::Yellow.on_default(), "!"),
            Finding::Bad => (AnsiColor::Red.on_default(), "✗"),
        };
        self.bad += usize::from(matches!(finding, Finding::Bad));
        anstream::println!(
            "{style}{mark}{style:#} {what:14} {}",
            // Much of it is the text of a repository.
            printable(detail).replace('\n', "\n                 ")
        );
    }
}

/// Checks everything a run needs.
pub(crate) async fn doctor(args: DoctorArgs) -> miette::Result<Exit> {
    let mut report = Report::default();
    report.say(&Finding::Good, "tau", concat!("version ", env!("CARGO_PKG_VERSION")));
    match config::load(&args.common, None) {
        Ok(loaded) => {
            check_config(&mut report, &loaded, &args.common);
            check_model(&mut report, &loaded).await;
            check_project(&mut report, &loaded);
            check_sandbox(&mut report, &loaded);
        }
        Err(error) => {
            let help = error.help().map(|help| format!("\n{help}")).unwrap_or_default();
            report.say(&Finding::Bad, "configuration", &format!("{error}{help}"));
        }
    }
    check_machine(&mut report);
    Ok(if report.bad == 0 { Exit::Done } else { Exit::Failed })
}

fn check_config(report: &mut Report, loaded: &Loaded, common: &CommonArgs) {
    for file in &loaded.files {
        report.say(&Finding::Good, "configuration", &format!("read {}", file.display()));
    }
    if loaded.files.is_empty() && common.config.is_none() {
        let folder = environment::config_dir();
        let place = folder.map_or_else(
            || "config.toml".to_owned(),
            |folder| folder.join("config.toml").display().to_string(),
        );
        report.say(&Finding::Note, "configuration", &format!("no file; yours would be {place}"));
    }
    if let Some(note) = loaded.distrust_note() {
        report.say(&Finding::Note, "trust", &note);
    } else if loaded.project.trust == Trust::Trusted && !loaded.project.exhibit.is_empty() {
        report.say(&Finding::Good, "trust", "the project is trusted with all that it wants");
    }
}

async fn check_model(report: &mut Report, loaded: &Loaded) {
    match session::choose_model(loaded).await {
        Err(error) => {
            let help = error.help().map(|help| format!("\n{help}")).unwrap_or_default();
            report.say(&Finding::Bad, "model", &format!("{error}{help}"));
        }
        Ok(chosen) if chosen.name.starts_with("replay:") => {
            report.say(&Finding::Good, "model", &format!("{} (a recording)", chosen.name));
        }
        Ok(chosen) => check_answers(report, &chosen.name, &chosen.agent).await,
    }
}

async fn check_answers(report: &mut Report, name: &str, agent: &Agent) {
    match agent.list_models().await {
        Ok(models) if models.is_empty() || models.contains(&agent.model().name) => {
            report.say(&Finding::Good, "model", &format!("{name}; its server answers"));
        }
        Ok(models) => {
            let shown: Vec<&str> = models.iter().take(8).map(String::as_str).collect();
            let detail = format!(
                "{name}: the server answers, but does not list this model; it has {}",
                shown.join(", ")
            );
            report.say(&Finding::Note, "model", &detail);
        }
        Err(error) => report.say(&Finding::Bad, "model", &format!("{name}: {error}")),
    }
}

fn check_project(report: &mut Report, loaded: &Loaded) {
    report.say(&Finding::Good, "folder", &loaded.working_dir.display().to_string());
    let memory = knowledge::instructions(loaded).load();
    for section in &memory.sections {
        report.say(
            &Finding::Good,
            "instructions",
            &format!("{}, {} bytes", section.path.display(), section.text.len()),
        );
    }
    for skipped in &memory.skipped {
        report.say(&Finding::Note, "instructions", &skipped.to_string());
    }
    for rule in &memory.conditional {
        let detail = format!("{}, for {}", rule.path.display(), rule.globs.join(", "));
        report.say(&Finding::Good, "instructions", &detail);
    }
    let skills = knowledge::skills(loaded);
    if !skills.skills.is_empty() {
        let names: Vec<&str> = skills.skills.values().map(|skill| skill.name.as_str()).collect();
        report.say(&Finding::Good, "skills", &names.join(", "));
    }
    let notes = skills.skipped.iter().map(ToString::to_string);
    let notes = notes.chain(skills.shadowed.iter().map(ToString::to_string));
    for note in notes.chain(skills.warnings.iter().map(ToString::to_string)) {
        report.say(&Finding::Note, "skills", &note);
    }
    for skill in skills.skills.values().filter(|skill| skill.front_matter.execution.hooks.is_some()) {
        let detail = format!("{}: `hooks` does not count: skills have none here", skill.path.display());
        report.say(&Finding::Note, "skills", &detail);
    }
    for problem in knowledge::plugins(loaded).1 {
        report.say(&Finding::Bad, "plugins", &problem.to_string());
    }
    check_settings(report, &loaded.project);
    check_servers(report, loaded);
    check_agents(report, &loaded.project, |skill| skills.skills.contains_key(skill));
}

/// Files of settings: those that were read, and what of them does not count here.
fn check_settings(report: &mut Report, project: &Project) {
    for layer in &project.layers.layers {
        report.say(&Finding::Good, "settings", &format!("read {}", layer.path.display()));
    }
    let effective = &project.effective;
    if !effective.hooks.is_empty() {
        let events: BTreeSet<&str> = effective.hooks.iter().map(|hook| hook.event.name()).collect();
        let events: Vec<&str> = events.into_iter().collect();
        let detail = format!("{} at {}", effective.hooks.len(), events.join(", "));
        report.say(&Finding::Good, "hooks", &detail);
    }
    for finding in project.findings() {
        let is_bad = matches!(finding.kind, FindingKind::Syntax { .. } | FindingKind::Unreadable(_));
        let level = if is_bad { Finding::Bad } else { Finding::Note };
        report.say(&level, "files", &finding.to_string());
    }
    if !project.layers.unclear.is_empty() {
        let detail = "settings that cannot be read may deny anything, so every call is asked about";
        report.say(&Finding::Note, "permissions", detail);
    }
    let rules = &effective.permissions;
    for rule in [&rules.allow, &rules.ask, &rules.deny].into_iter().flatten() {
        let name = tool_name(rule);
        if !session::is_tool(name) && !name.contains('*') && !name.starts_with("mcp__") {
            report.say(&Finding::Note, "permissions", &format!("the rule `{rule}` names no tool of tau"));
        }
    }
}

/// Files of MCP servers; none is started.
fn check_servers(report: &mut Report, loaded: &Loaded) {
    let configured = mcp::configured(loaded);
    if !configured.servers.is_empty() {
        let names: Vec<&str> = configured.servers.keys().map(String::as_str).collect();
        report.say(&Finding::Good, "servers", &format!("{} (`tau mcp test` starts them)", names.join(", ")));
    }
    for note in &configured.notes {
        report.say(&Finding::Note, "servers", note);
    }
}

fn check_agents(report: &mut Report, project: &Project, has_skill: impl Fn(&str) -> bool) {
    let agents = &project.agents;
    if !agents.agents.is_empty() {
        let names: Vec<&str> = agents.agents.keys().map(String::as_str).collect();
        report.say(&Finding::Good, "agents", &names.join(", "));
    }
    for finding in agents.check(session::is_tool, has_skill) {
        report.say(&Finding::Note, "agents", &finding.to_string());
    }
}

fn check_sandbox(report: &mut Report, loaded: &Loaded) {
    if sandbox::is_container(loaded) {
        let image = loaded.config.sandbox.image.as_deref().unwrap_or("no image");
        return match sandbox::launcher(loaded) {
            Ok(_) => report.say(
                &Finding::Note,
                "sandbox",
                &format!("a container of {image}, started for the first command"),
            ),
            Err(problem) => report.say(&Finding::Bad, "sandbox", &problem.to_string()),
        };
    }
    match sandbox::probe(loaded) {
        Ok(None) => {
            report.say(&Finding::Note, "sandbox", "off: commands do what any program of yours may do")
        }
        Ok(Some(found)) => {
            let counts = match found.accounting {
                Accounting::CgroupV2 => "cgroups v2",
                Accounting::CgroupV1 => "cgroups v1",
                _ => "limits of each process",
            };
            let made = match found.backend {
                Backend::Namespaces => "namespaces",
                Backend::Bubblewrap => "namespaces by bubblewrap",
                _ => "no namespaces",
            };
            let network = loaded.config.sandbox.network.as_deref().unwrap_or_default();
            let network = if network.is_empty() { "no network".to_owned() } else { network.join(", ") };
            let (landlock, rules) = (found.landlock, found.seccomp_rules);
            let landlock =
                if landlock > 0 { format!("landlock {landlock}") } else { "no landlock".to_owned() };
            let detail = format!("{made}, {landlock}, {rules} rules of seccomp, {counts}, {network}");
            report.say(&Finding::Good, "sandbox", &detail);
            found.weaknesses.iter().for_each(|weakness| report.say(&Finding::Note, "sandbox", weakness));
        }
        Err(problem) => report.say(&Finding::Bad, "sandbox", &problem),
    }
}

fn check_machine(report: &mut Report) {
    for program in ["bash", "git"] {
        match environment::find_program(program) {
            Some(path) => report.say(&Finding::Good, program, &path.display().to_string()),
            None if program == "bash" => report.say(&Finding::Note, program, "not found; commands run in sh"),
            None => report.say(&Finding::Note, program, "not found; the agent cannot use version control"),
        }
    }
}
