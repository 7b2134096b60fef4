//! `tau models test`: a model is asked a few small things.

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use tau_agent::Agent;
use tau_agent::probe::{Ability, Report, Verdict, probe};

use super::table;
use crate::args::{Form, TestModelArgs};
use crate::config;
use crate::exit::Exit;
use crate::output::{milliseconds, printable};
use crate::session::{self, ChosenModel};

/// What was found, for programs.
#[derive(Debug, Serialize)]
struct Found {
    model: String,
    abilities: Vec<FoundAbility>,
    reasoning: bool,
    usage: bool,
    first_words_ms: Option<u64>,
    /// What to put into the configuration, as TOML.
    config: String,
}

#[derive(Debug, Serialize)]
struct FoundAbility {
    ability: &'static str,
    /// `works`, `missed`, `failed` or `skipped`.
    verdict: &'static str,
    detail: String,
}

/// Asks a model for everything it may be able to do.
pub(crate) async fn test(args: TestModelArgs) -> miette::Result<Exit> {
    let mut loaded = config::load(&args.common, None)?;
    if args.name.is_some() {
        loaded.config.model.clone_from(&args.name);
    }
    let chosen = session::choose_model(&loaded).await?;
    if let Some(note) = &chosen.note {
        anstream::eprintln!("{note}");
    }
    if args.output == Form::Text {
        anstream::eprintln!("asking {} a few small things ...", chosen.name);
    }
    let report = probe(&chosen.agent, |_, _| {}).await;
    let config = advice(&chosen, &report);
    match args.output {
        Form::Json => {
            let found = Found {
                model: chosen.name.clone(),
                abilities: report.verdicts.iter().map(found).collect(),
                reasoning: report.reasons,
                usage: report.tells_usage,
                first_words_ms: report.first_words.map(milliseconds),
                config,
            };
            anstream::println!("{}", serde_json::to_string_pretty(&found).unwrap_or_default());
        }
        Form::Text => show(&report, &config),
    }
    Ok(if report.has(Ability::Chat) { Exit::Done } else { Exit::Failed })
}

fn found((ability, verdict): &(Ability, Verdict)) -> FoundAbility {
    let (verdict, detail) = words(verdict);
    FoundAbility { ability: ability.as_str(), verdict, detail }
}

fn words(verdict: &Verdict) -> (&'static str, String) {
    match verdict {
        Verdict::Works { detail } => ("works", detail.clone()),
        Verdict::Missed { detail } => ("missed", detail.clone()),
        Verdict::Failed { error } => ("failed", error.to_string()),
        Verdict::Skipped { detail } => ("skipped", detail.clone()),
        _ => ("unknown", String::new()),
    }
}

fn show(report: &Report, config: &str) {
    let mut rows: Vec<[String; 4]> = report.verdicts.iter().map(row).collect();
    let mark = |is_there: bool| if is_there { "✓" } else { "-" }.to_owned();
    let reasons = if report.reasons { "it shows its reasoning" } else { "no answer held any" };
    rows.push([mark(report.reasons), "reasoning".to_owned(), String::new(), reasons.to_owned()]);
    let usage = if report.tells_usage {
        "the server counts tokens"
    } else {
        "the server counts none: no cost is known"
    };
    rows.push([mark(report.tells_usage), "usage".to_owned(), String::new(), usage.to_owned()]);
    for line in table::lines(&rows) {
        let style: Style = match line.chars().next() {
            Some('✓') => AnsiColor::Green.on_default(),
            Some('✗') => AnsiColor::Red.on_default(),
            _ => AnsiColor::Yellow.on_default(),
        };
        let (mark, rest) = line.split_at(line.chars().next().map_or(0, char::len_utf8));
        anstream::println!("{style}{mark}{style:#}{rest}");
    }
    if let Some(wait) = report.first_words {
        anstream::println!("first words after {} ms", milliseconds(wait));
    }
    anstream::println!("\nPut this into the configuration (`tau doctor` names the file):\n\n{config}");
}

fn row(found: &(Ability, Verdict)) -> [String; 4] {
    let (ability, verdict) = found;
    let (word, detail) = words(verdict);
    let mark = match verdict {
        Verdict::Works { .. } => "✓",
        Verdict::Skipped { .. } => "-",
        _ => "✗",
    };
    [
        mark.to_owned(),
        ability.as_str().replace('_', " "),
        word.to_owned(),
        printable(&detail.replace('\n', " ")),
    ]
}

/// The model with what was found, as TOML.
fn advice(chosen: &ChosenModel, report: &Report) -> String {
    let agent: &Agent = &chosen.agent;
    let (provider, name) = (agent.provider(), &agent.model().name);
    // The name it is configured under stays; one at a provider gets its own.
    let key = if chosen.name == format!("{provider}/{name}") { name } else { &chosen.name };
    let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut capabilities = vec![
        format!("tools = {}", report.has(Ability::Tools)),
        format!("parallel_tools = {}", report.has(Ability::ParallelTools)),
        format!("reasoning = {}", report.reasons),
        format!("vision = {}", report.has(Ability::Vision)),
    ];
    let held = &agent.model().capabilities;
    let window = held.context_window.map(|window| format!("context_window = {window}"));
    capabilities.extend(window);
    capabilities.extend(held.max_output.map(|most| format!("max_output = {most}")));
    let mut lines = vec![
        format!("[models.{}]", text(key)),
        format!("provider = {}", text(provider)),
        format!("name = {}", text(name)),
        format!("capabilities = {{ {} }}", capabilities.join(", ")),
    ];
    if held.context_window.is_none() {
        lines.push(
            "# Say how much it holds, so that long conversations are shortened: add context_window = TOKENS."
                .to_owned(),
        );
    }
    lines.join("\n")
}
