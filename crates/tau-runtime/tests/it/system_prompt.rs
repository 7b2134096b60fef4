//! What the model is told first: its text, its order and its size.

use std::path::Path;

use tau_memory::bootstrap::{Bootstrap, SystemContext};
use tau_runtime::SystemPrompt;
use tau_skills::{Catalogue, Discovery, Scope};

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn skills(folder: &Path, count: usize, description: &str) -> Catalogue {
    for number in 0..count {
        let name = format!("skill-{number:03}");
        let text = format!("---\nname: {name}\ndescription: {description}\n---\nSteps\n");
        write(&folder.join(&name).join("SKILL.md"), &text);
    }
    Discovery::new().root(folder, Scope::Project).discover()
}

fn platform() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}

#[test]
fn the_built_in_instructions_and_where_it_works() {
    let text = SystemPrompt::new("/srv/app").render();
    let environment =
        format!("\n\n<environment>\nWorking folder: /srv/app\nPlatform: {}\n</environment>", platform());
    let instructions = text.strip_suffix(&environment).expect("the environment stands last");
    assert!(instructions.starts_with("You are tau, an agent that does work for a user by calling tools"));
    assert!(instructions.ends_with("If something could not be done, say so."), "{instructions}");
    assert!(instructions.len() < 2_000, "paid on every turn: {} bytes", instructions.len());
}

#[test]
fn everything_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(&root.join("AGENTS.md"), "Use tabs.\n");
    write(&root.join("sub/AGENTS.md"), "Use blanks.\n");
    let skills = skills(&root.join("skills"), 2, "Does things.");
    let memory = Bootstrap::new(root.join("sub")).boundary(root).load();
    let text =
        SystemPrompt::new("/srv/app").instructions("Be brief.\n\n").memory(memory).skills(skills).render();
    let expected = format!(
        "Be brief.\n\n\
         <environment>\nWorking folder: /srv/app\nPlatform: {}\n</environment>\n\n\
         The user and the project give these instructions. Where they differ, the later ones hold.\n\n\
         <instructions scope=\"project\" path=\"AGENTS.md\">\nUse tabs.\n</instructions>\n\
         <instructions scope=\"project\" path=\"sub/AGENTS.md\">\nUse blanks.\n</instructions>\n\n\
         These skills are available. When one fits the task, use it first with the tool `skill`, or read its file where there is no such tool, and follow it.\n\n\
         - skill-000: Does things. ({skills}/skill-000/SKILL.md)\n\
         - skill-001: Does things. ({skills}/skill-001/SKILL.md)",
        platform(),
        skills = root.join("skills").display(),
    );
    assert_eq!(text, expected);
}

#[test]
fn what_is_not_there_is_not_spoken_of() {
    let text = SystemPrompt::new("/srv/app")
        .instructions("Be brief.")
        .memory(SystemContext::default())
        .skills(Catalogue::default())
        .render();
    assert!(text.ends_with("</environment>"), "{text}");
}

#[test]
fn the_same_parts_give_the_same_text() {
    let folder = tempfile::tempdir().unwrap();
    let skills = skills(folder.path(), 5, "Does things.");
    let prompt = SystemPrompt::new("/srv/app").skills(skills.clone());
    assert_eq!(prompt.render(), prompt.clone().render());
    assert_eq!(prompt.render(), SystemPrompt::new("/srv/app").skills(skills).render());
}

#[test]
fn it_is_bounded_however_many_skills_and_instructions_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let bare = SystemPrompt::new("/srv/app").render().len();
    let skills = skills(&root.join("skills"), 400, &"word ".repeat(150));
    let with_skills = SystemPrompt::new("/srv/app").skills(skills.clone()).render();
    assert!(with_skills.len() <= bare + 8_000 + 200, "{} bytes", with_skills.len());
    assert!(with_skills.contains("skill-000"));

    write(&root.join("AGENTS.md"), &"Do this.\n".repeat(100_000));
    let memory = Bootstrap::new(root).load();
    let text = SystemPrompt::new("/srv/app").skills(skills).memory(memory).render();
    assert!(text.len() <= with_skills.len() + 65 * 1024, "{} bytes", text.len());
}
