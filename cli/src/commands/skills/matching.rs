//! `tau skills match`.

use crate::args::MatchSkillsArgs;
use crate::config;
use crate::exit::Exit;
use crate::knowledge;
use crate::output::printable;

const MOST: usize = 10;

pub(super) fn show(args: &MatchSkillsArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let catalogue = knowledge::skills(&loaded);
    let matches = catalogue.matches(&args.prompt, MOST);
    for found in &matches {
        let words = found.words.iter().map(|(word, points)| format!("{word} {points}"));
        let words = words.collect::<Vec<_>>().join(", ");
        anstream::println!("{}", printable(&format!("{}  {}  ({words})", found.points, found.skill.name)));
    }
    if matches.is_empty() {
        anstream::eprintln!("no skill seems to be meant");
    }
    Ok(if matches.is_empty() { Exit::Failed } else { Exit::Done })
}
