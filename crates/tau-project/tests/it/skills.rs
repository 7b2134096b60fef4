//! Skills at work: given to the model, and put in the place of prompts.

use std::sync::Arc;

use serde_json::{Value, json};
use tau_core::event::{HookChange, HookDecision, HookPoint, HookSubject, HookVerdict, SkillProfile};
use tau_core::{ContentBlock, RunId, SessionId};
use tau_project::skills::{SkillHost, SkillPrompts, SkillReader, SkillTool, profiles};
use tau_runtime::hooks::{HookAsk, Hooks};
use tau_skills::{Discovery, Scope};
use tau_tools::environment::LocalEnvironment;
use tau_tools::{ToolContext, ToolExecutor};

use crate::tree::Tree;

const REVIEW: &str =
    "---\nname: review\ndescription: Reviews\narguments: [path]\n---\nReview $path ($ARGUMENTS).\n";

struct Skills {
    reader: SkillReader,
    host: SkillHost,
}

impl Skills {
    fn of(tree: &Tree, change: impl FnOnce(&mut SkillHost)) -> Self {
        let catalogue = Discovery::new().root(tree.at(".claude/skills"), Scope::Project).discover();
        let environment = Arc::new(LocalEnvironment::new(&tree.root).unwrap());
        let mut host = SkillHost::new(environment, &tree.root);
        change(&mut host);
        Self { reader: SkillReader::new(catalogue, host.clone()), host }
    }

    /// What the model is given.
    async fn call(&self, arguments: Value) -> Result<String, String> {
        let tool = SkillTool::new(self.reader.clone());
        let context = ToolContext::new(Arc::clone(&self.host.environment));
        let output = tool.execute(&context, &arguments).await;
        let text = output.content[0].as_text().unwrap().to_owned();
        if output.is_error { Err(text) } else { Ok(text) }
    }

    /// What becomes of a prompt.
    async fn prompt(&self, text: &str) -> HookDecision {
        let hooks = SkillPrompts::new(self.reader.clone());
        let about = HookSubject::Run { run: RunId::from_u128(1) };
        let mut ask = HookAsk::new(HookPoint::BeforePrompt, SessionId::from_u128(7), about);
        ask.content = vec![ContentBlock::text(text), ContentBlock::text("and a picture")];
        hooks.at(HookPoint::BeforePrompt)[0].hook.ask(&ask).await.unwrap()
    }
}

fn with_command(command: &str, fields: &str) -> Tree {
    let skill = format!("---\nname: look\ndescription: Looks\n{fields}---\nNow: !`{command}`\n");
    Tree::new(&[(".claude/skills/look/SKILL.md", &skill), ("notes.txt", "a note\n")])
}

#[tokio::test]
async fn the_model_is_given_what_a_skill_says_and_where_its_files_are() {
    let tree = Tree::new(&[
        (".claude/skills/review/SKILL.md", REVIEW),
        (".claude/skills/review/scripts/run.py", ""),
    ]);
    let skills = Skills::of(&tree, |_| {});
    let folder = tree.at(".claude/skills/review").display().to_string();
    assert_eq!(
        skills.call(json!({"name": "review", "arguments": "'my file' quickly"})).await.unwrap(),
        format!(
            "<skill_content name=\"review\">\nReview my file ('my file' quickly).\n\n</skill_content>\n\
             <skill_resources folder=\"{folder}\">\n- scripts/run.py\n</skill_resources>\n"
        )
    );
    let told = skills.call(json!({"name": "revue"})).await.unwrap_err();
    assert_eq!(told, "There is no skill `revue` to use. There are: review.");
}

#[tokio::test]
async fn a_skill_that_is_for_people_alone_is_not_given_to_the_model() {
    let hidden = "---\nname: ship\ndescription: Ships\ndisable-model-invocation: true\n---\nShip it.\n";
    let inner = "---\nname: inner\ndescription: Helps\nuser-invocable: false\n---\nHelp.\n";
    let tree =
        Tree::new(&[(".claude/skills/ship/SKILL.md", hidden), (".claude/skills/inner/SKILL.md", inner)]);
    let skills = Skills::of(&tree, |_| {});
    let told = skills.call(json!({"name": "ship"})).await.unwrap_err();
    assert_eq!(told, "There is no skill `ship` to use. There are: inner.");
    assert_eq!(
        skills.prompt("/inner").await,
        HookDecision::default(),
        "and the other is for the model alone"
    );
    assert!(skills.prompt("/ship now").await.change.is_some());
}

#[tokio::test]
async fn a_prompt_that_names_a_skill_becomes_what_it_says() {
    let tree = Tree::new(&[(".claude/skills/review/SKILL.md", REVIEW)]);
    let skills = Skills::of(&tree, |_| {});
    let Some(HookChange::Prompt { content, skill }) = skills.prompt("/review src").await.change else {
        panic!()
    };
    let text = "<skill_content name=\"review\">\nReview src (src).\n\n</skill_content>\n";
    assert_eq!(content, [ContentBlock::text(text), ContentBlock::text("and a picture")]);
    assert_eq!(skill.as_deref(), Some("review"));
    for other in ["/etc/hosts is wrong", "review src", "/", "Look at /review", "/reviews src"] {
        assert_eq!(skills.prompt(other).await, HookDecision::default(), "{other}");
    }
}

#[tokio::test]
async fn a_rule_that_denies_a_skill_binds_people_too() {
    let tree = Tree::new(&[(".claude/skills/review/SKILL.md", REVIEW)]);
    let skills = Skills::of(&tree, |host| host.permissions.deny = vec!["Skill(review *)".to_owned()]);
    let decision = skills.prompt("/review src").await;
    assert_eq!(decision.verdict, HookVerdict::Deny);
    assert!(decision.message.contains("the rule `Skill(review *)` denies it"), "{}", decision.message);
}

#[tokio::test]
async fn a_command_in_a_skill_runs_when_rules_allow_it_and_asks_nobody() {
    let trusted = |host: &mut SkillHost| host.trusts_project = true;
    let look = json!({"name": "look"});
    let tree = with_command("cat notes.txt", "allowed-tools: Bash(cat *)\n");
    assert!(Skills::of(&tree, trusted).call(look.clone()).await.unwrap().contains("Now: a note\n"));

    let told = Skills::of(&tree, |_| {}).call(look.clone()).await.unwrap_err();
    assert!(told.contains("may not run: the project is not trusted"), "{told}");

    let tree = with_command("touch made.txt", "");
    let told = Skills::of(&tree, trusted).call(look.clone()).await.unwrap_err();
    assert!(told.contains("`touch made.txt` may not run: "), "{told}");
    assert!(!tree.at("made.txt").exists());

    let tree = with_command("cat nothing.txt", "allowed-tools: Bash(cat *)\n");
    let told = Skills::of(&tree, trusted).call(look.clone()).await.unwrap_err();
    assert!(told.contains("ended with code 1:\ncat: nothing.txt"), "{told}");
    let decision = Skills::of(&tree, trusted).prompt("/look").await;
    assert_eq!(decision.verdict, HookVerdict::Deny, "a person is told why");

    let denied = |host: &mut SkillHost| {
        host.trusts_project = true;
        host.permissions.deny = vec!["Read(./notes.txt)".to_owned()];
    };
    let tree = with_command("cat notes.txt", "allowed-tools: Bash(cat *)\n");
    assert!(Skills::of(&tree, denied).call(look).await.is_err(), "what is denied, no skill allows");
}

#[tokio::test]
async fn arguments_bring_no_command_of_their_own() {
    let tree = with_command("cat $0", "allowed-tools: Bash(cat *)\n");
    let skills = Skills::of(&tree, |host| host.trusts_project = true);
    let told = skills.call(json!({"name": "look", "arguments": "'notes.txt; touch made.txt'"})).await;
    assert!(told.unwrap_err().contains("may not run"));
    assert!(!tree.at("made.txt").exists());
}

#[tokio::test]
async fn files_that_a_skill_names_are_attached() {
    let skill = "---\nname: read\ndescription: Reads\n---\nSee @notes.txt and @table.md and @nobody.\n";
    let tree = Tree::new(&[
        (".claude/skills/read/SKILL.md", skill),
        (".claude/skills/read/table.md", "a table\n"),
        ("notes.txt", "a note\n"),
    ]);
    let text = Skills::of(&tree, |_| {}).call(json!({"name": "read"})).await.unwrap();
    assert!(text.contains("<file path=\"notes.txt\">\na note\n</file>"), "{text}");
    assert!(text.contains("<file path=\"table.md\">\na table\n</file>"), "{text}");
    assert_eq!(text.matches("<file ").count(), 2, "{text}");
}

#[tokio::test]
async fn a_skill_for_a_subagent_says_so() {
    let skill = "---\nname: dig\ndescription: Digs\ncontext: fork\nagent: Explore\n---\nDig.\n";
    let tree = Tree::new(&[(".claude/skills/dig/SKILL.md", skill)]);
    let text = Skills::of(&tree, |_| {}).call(json!({"name": "dig"})).await.unwrap();
    assert!(text.starts_with("This skill is for a subagent of the kind `Explore`."), "{text}");
}

#[test]
fn skills_of_a_project_that_is_not_trusted_allow_nothing() {
    let skill = "---\nname: mend\ndescription: Mends\nallowed-tools: Bash(make *), Edit\n---\nMend.\n";
    let tree =
        Tree::new(&[(".claude/skills/mend/SKILL.md", skill), (".claude/skills/review/SKILL.md", REVIEW)]);
    let found = |scope| Discovery::new().root(tree.at(".claude/skills"), scope).discover();
    let mend = |of: &str| {
        let names = ["mend".to_owned(), format!("{of}:mend")];
        names.map(|name| (name, SkillProfile::new(["Bash(make *)", "Edit"]))).into()
    };
    assert_eq!(profiles(&found(Scope::Project), true), mend("project"));
    assert_eq!(profiles(&found(Scope::Project), false), [].into());
    assert_eq!(profiles(&found(Scope::User), false), mend("user"));
}

#[tokio::test]
async fn a_skill_that_lost_its_name_is_not_taken_for_the_one_that_has_it() {
    let skill = |allowed: &str| format!("---\nname: review\ndescription: d\n{allowed}---\nLook.\n");
    let tree = Tree::new(&[
        (".claude/skills/rev/SKILL.md", &skill("allowed-tools: Bash(evil *)\n")),
        ("home/.claude/skills/review/SKILL.md", &skill("")),
    ]);
    let catalogue = Discovery::new().project(&tree.root, &tree.root).home(&tree.at("home")).discover();
    let profiles = profiles(&catalogue, true);
    let names: Vec<&str> = profiles.keys().map(String::as_str).collect();
    assert_eq!(names, ["project:review", "rev", "review"], "by whatever name it is asked for");
    let environment = Arc::new(LocalEnvironment::new(&tree.root).unwrap());
    let host = SkillHost::new(environment, &tree.root);
    let skills = Skills { reader: SkillReader::new(catalogue, host.clone()), host };
    for (prompt, expected) in [
        ("/user:review", "user:review"),
        ("/review", "review"),
        ("/project:review", "review"),
        ("/rev", "review"),
    ] {
        let Some(HookChange::Prompt { skill, .. }) = skills.prompt(prompt).await.change else { panic!() };
        assert_eq!(skill.as_deref(), Some(expected), "{prompt}");
    }
}
