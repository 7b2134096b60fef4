//! `tau skills list`.

use serde::Serialize;
use tau_skills::{Catalogue, Skill};

use super::origin;
use crate::args::{Form, ListSkillsArgs};
use crate::config;
use crate::exit::Exit;
use crate::knowledge;
use crate::output::printable;

/// Characters of a description that are shown.
const SHOWN: usize = 90;

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    origin: &'static str,
    description: &'a str,
    path: String,
    user_invocable: bool,
    model_invocable: bool,
}

#[derive(Serialize)]
struct List<'a> {
    skills: Vec<Row<'a>>,
    shadowed: Vec<String>,
    skipped: Vec<String>,
    warnings: Vec<String>,
}

pub(super) fn list(args: &ListSkillsArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let catalogue = knowledge::skills(&loaded);
    match args.output {
        Form::Json => {
            let list = list_of(&catalogue);
            anstream::println!("{}", serde_json::to_string_pretty(&list).unwrap_or_default());
        }
        Form::Text => show(&catalogue),
    }
    Ok(Exit::Done)
}

fn list_of(catalogue: &Catalogue) -> List<'_> {
    fn row(skill: &Skill) -> Row<'_> {
        let Skill { name, description, path, front_matter, .. } = skill;
        Row {
            name,
            origin: origin(skill),
            description,
            path: path.display().to_string(),
            user_invocable: front_matter.is_user_invocable(),
            model_invocable: front_matter.is_model_invocable(),
        }
    }
    List {
        skills: catalogue.skills.values().map(row).collect(),
        shadowed: catalogue.shadowed.iter().map(ToString::to_string).collect(),
        skipped: catalogue.skipped.iter().map(ToString::to_string).collect(),
        warnings: catalogue.warnings.iter().map(ToString::to_string).collect(),
    }
}

fn show(catalogue: &Catalogue) {
    for skill in catalogue.skills.values() {
        let description: String = skill.description.split_whitespace().collect::<Vec<_>>().join(" ");
        let description: String = description.chars().take(SHOWN).collect();
        let hidden = match (skill.front_matter.is_user_invocable(), skill.front_matter.is_model_invocable()) {
            (true, true) => "",
            (false, true) => ", not for users",
            (true, false) => ", not for models",
            (false, false) => ", for nobody",
        };
        let line = format!("{} ({}{hidden}): {description}", skill.name, origin(skill));
        anstream::println!("{}", printable(&line));
    }
    if catalogue.skills.is_empty() {
        anstream::eprintln!("there are no skills");
    }
    let shadowed = catalogue.shadowed.iter().map(ToString::to_string);
    let skipped = catalogue.skipped.iter().map(ToString::to_string);
    for line in shadowed.chain(skipped) {
        anstream::eprintln!("! {}", printable(&line));
    }
}
