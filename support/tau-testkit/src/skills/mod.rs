//! Skills like those that people publish, as many as are wanted, the same for the same seed.
//!
//! The shares are those that were counted in 5,710 public `SKILL.md` files: 23 of 100 keep the strict rules of the
//! specification, nearly all others fail by fields it does not have; tools are listed with commas, blanks or as YAML; a few
//! have a byte order mark, Windows line ends or no front matter. Every twentieth is odd on purpose, down to what only a
//! parser of YAML could mind ([`odd`](self) values), so that two validators have something to disagree about.

mod odd;
mod words;

use std::io;
use std::path::Path;

use crate::random::Random;

/// One skill, not yet written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GeneratedSkill {
    /// The name of its folder, different from that of any other.
    pub folder: String,
    /// The bytes of its `SKILL.md`.
    pub bytes: Vec<u8>,
    /// Files beside it, by path below the folder.
    pub resources: Vec<(String, String)>,
}

/// So many skills.
#[must_use]
pub fn generate(seed: u64, count: usize) -> Vec<GeneratedSkill> {
    let mut random = Random::new(seed);
    (0..count).map(|index| skill(&mut random, index)).collect()
}

/// Writes skills into folders of a folder.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write(skills: &[GeneratedSkill], root: &Path) -> io::Result<()> {
    for skill in skills {
        let folder = root.join(&skill.folder);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("SKILL.md"), &skill.bytes)?;
        for (path, text) in &skill.resources {
            let path = folder.join(path);
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(path, text)?;
        }
    }
    Ok(())
}

fn skill(random: &mut Random, index: usize) -> GeneratedSkill {
    let folder = if random.chance(1, 40) {
        format!("{}-{index}", random.pick(&odd::NAMES))
    } else {
        format!("{}-{}-{index}", random.pick(&words::VERBS), random.pick(&words::NOUNS))
    };
    let is_odd = random.chance(1, 20);
    let head = if is_odd { odd::head(random, &folder) } else { head(random, &folder) };
    let text = text(random, &head);
    let mut bytes = text.into_bytes();
    if random.chance(1, 3_000) {
        bytes.push(0xff);
    }
    GeneratedSkill { folder, bytes, resources: resources(random) }
}

/// Front matter as people write it.
fn head(random: &mut Random, folder: &str) -> String {
    let name = if random.chance(1, 30) { words::title(folder) } else { folder.to_owned() };
    let mut lines = vec![format!("name: {name}"), description(random)];
    // What three quarters have, and the specification does not.
    if random.chance(75, 100) {
        lines.extend(extensions(random));
    }
    if random.chance(49, 100) {
        lines.push(tools(random));
    }
    if random.chance(1, 3) {
        lines.push("license: MIT".to_owned());
    }
    if random.chance(1, 4) {
        lines.push(format!(
            "metadata:\n  author: {}\n  version: \"1.{}\"",
            random.pick(&words::NOUNS),
            random.below(20)
        ));
    }
    if random.chance(1, 20) {
        lines.push(format!("compatibility: Needs {}", "git and jq ".repeat(1 + random.below(60)).trim_end()));
    }
    lines.join("\n")
}

fn description(random: &mut Random) -> String {
    let count = 6 + random.below(30);
    let said: Vec<&str> = (0..count).map(|_| random.pick(&words::PROSE)).collect();
    let said = said.join(" ");
    match random.below(100) {
        0..62 => format!("description: {said}"),
        62..78 => format!("description: \"{said}. Use when: {}.\"", random.pick(&words::NOUNS)),
        78..88 => format!("description: >-\n  {said}\n  and {}", random.pick(&words::PROSE)),
        88..94 => format!("description: |\n  {said}\n\n  - {}", random.pick(&words::PROSE)),
        // Not YAML, and written all the same.
        94..98 => format!("description: {said}. Use when: {}", random.pick(&words::NOUNS)),
        _ => format!("description: {}", said.repeat(1 + 1_100 / said.len())),
    }
}

fn extensions(random: &mut Random) -> Vec<String> {
    let mut lines = Vec::new();
    let mut with = |share: usize, line: &str| {
        if random.chance(share, 5_710) {
            lines.push(line.to_owned());
        }
    };
    with(3_700, "version: 1.0.0");
    with(3_200, "author: somebody");
    with(1_100, "requires:\n  - git");
    with(120, "argument-hint: \"[issue]\"");
    with(100, "user-invocable: false");
    with(41, "disable-model-invocation: true");
    with(4, "context: fork");
    with(2, "hooks:\n  Stop: []");
    if lines.is_empty() {
        lines.push("tags: [one, two]".to_owned());
    }
    lines
}

fn tools(random: &mut Random) -> String {
    match random.below(10) {
        0..7 => "allowed-tools: Read, Grep, Bash(git add:*)".to_owned(),
        7..9 => "allowed-tools: Read Bash(git:*) Write".to_owned(),
        _ => "allowed-tools:\n  - Read\n  - Bash(git log:*)".to_owned(),
    }
}

/// The whole file: mostly the front matter between its fences, and a body.
fn text(random: &mut Random, head: &str) -> String {
    let body = body(random);
    let text = match random.below(6_000) {
        0..6 => body,
        6..9 => format!("\u{feff}---\n{head}\n---\n{body}"),
        9..14 => format!("\n---\n{head}\n---\n{body}"),
        14..18 => format!("---\n{head}\n"),
        18..21 => format!("--- {head}\n---\n{body}"),
        _ => format!("---\n{head}\n---\n{body}"),
    };
    if random.chance(1, 1_000) { text.replace('\n', "\r\n") } else { text }
}

fn body(random: &mut Random) -> String {
    let lines = match random.below(1_000) {
        0..33 => 500 + random.below(400),
        33..34 => 20_000,
        _ => 5 + random.below(120),
    };
    let mut body = String::from("\n# Steps\n\n");
    for line in 0..lines {
        body.push_str(&format!(
            "{line}. {} the {}.\n",
            random.pick(&words::VERBS),
            random.pick(&words::NOUNS)
        ));
    }
    if random.chance(124, 5_710) {
        body.push_str("Work on $ARGUMENTS.\n");
    }
    body
}

fn resources(random: &mut Random) -> Vec<(String, String)> {
    if random.chance(4, 5) {
        return Vec::new();
    }
    let script = ("scripts/run.sh".to_owned(), "#!/bin/sh\necho done\n".to_owned());
    let reference = ("references/more.md".to_owned(), "# More\n".to_owned());
    if random.chance(1, 2) { vec![script] } else { vec![script, reference] }
}
