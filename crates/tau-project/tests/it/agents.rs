//! Files of subagents.

use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::json;
use tau_core::config::PermissionMode;
use tau_core::event::{AgentProfile, ModelChoice};
use tau_project::FindingKind;
use tau_project::agents::{AgentFolders, AgentHost, AgentMemory, AgentScope, Agents};

use tau_skills::Catalogue;

use crate::tree::Tree;

fn read(tree: &Tree) -> Agents {
    AgentFolders::of_project(&tree.root, &tree.at("app"))
        .folder(tree.at("home/.claude/agents"), AgentScope::User)
        .folder(tree.at("plugin/agents"), AgentScope::Plugin)
        .read()
}

fn agent(name: &str) -> String {
    format!("---\nname: {name}\ndescription: d\n---\nWork.\n")
}

/// Names, and the files that they are defined in.
fn names(tree: &Tree, agents: &Agents) -> Vec<String> {
    agents.agents.values().map(|agent| format!("{} {}", agent.name, tree.relative(&agent.path))).collect()
}

#[test]
fn all_fields_are_read_in_both_spellings() {
    let claude = "---\nname: a\ndescription: What it does\ntools: Read, Bash(git *), mcp__git\ndisallowedTools: [Write]\n\
        model: opus\npermissionMode: plan\nmaxTurns: 7\nskills: pdf, docs\nmcpServers:\n  - git\n  - db: {command: x}\n\
        memory: project\nbackground: yes\neffort: high\nisolation: worktree\ncolor: blue\nhooks:\n  Stop:\n    - hooks:\n        \
        - type: command\n          command: ./check.sh\n---\n\nDo it.\n";
    let kebab = claude
        .replace("tools: Read", "allowed-tools: Read")
        .replace("disallowedTools", "disallowed-tools")
        .replace("permissionMode", "permission-mode")
        .replace("maxTurns", "max_turns")
        .replace("mcpServers", "mcp-servers");
    let mut read = Vec::new();
    for text in [claude.to_owned(), kebab, claude.replace('\n', "\r\n")] {
        let tree = Tree::new(&[(".claude/agents/x.md", &text)]);
        let agents = self::read(&tree);
        let told = tree.told(&agents.findings);
        let ignored = told.iter().filter_map(|text| text.split('`').nth(1)).collect::<Vec<_>>();
        assert_eq!(
            ignored,
            ["mcpServers", "memory", "isolation", "effort"],
            "what does not count is told of"
        );
        let mut agent = agents.agents.into_values().next().unwrap();
        agent.path = PathBuf::from("x.md");
        agent.hooks.iter_mut().for_each(|hook| hook.source = PathBuf::from("x.md"));
        read.push(agent);
    }
    assert_eq!((&read[0], &read[0]), (&read[1], &read[2]));
    let agent = &read[0];
    assert_eq!(
        (agent.name.as_str(), agent.description.as_str(), agent.prompt.as_str()),
        ("a", "What it does", "Do it.")
    );
    assert_eq!(agent.tools.as_deref().unwrap(), ["Read", "Bash(git *)", "mcp__git"]);
    assert_eq!(agent.disallowed_tools, ["Write"]);
    assert_eq!(
        (agent.model.as_deref(), agent.effort.as_deref(), agent.color.as_deref()),
        (Some("opus"), Some("high"), Some("blue"))
    );
    assert_eq!((agent.permission_mode, agent.max_turns), (Some(PermissionMode::Plan), Some(7)));
    assert_eq!(agent.skills, ["pdf", "docs"]);
    assert_eq!(agent.mcp_servers, [json!("git"), json!({"db": {"command": "x"}})]);
    assert_eq!((agent.memory, agent.background, agent.is_isolated), (Some(AgentMemory::Project), true, true));
    assert_eq!(agent.hooks.len(), 1);
    assert_eq!(agent.scope, AgentScope::Project);
    for (tool, expected) in [
        ("read", true),
        ("bash", true),
        ("mcp__git__log", true),
        ("mcp__gitlab__log", false),
        ("write", false),
        ("grep", false),
    ] {
        assert_eq!(agent.may_use(tool), expected, "{tool}");
    }
}

#[test]
fn the_nearest_wins_whatever_its_file_is_called() {
    let tree = Tree::new(&[
        (".claude/agents/one/deep/agent.md", &agent("a")),
        ("app/.claude/agents/agent.md", &agent("a")),
        ("app/.agents/agents/b.md", &agent("b")),
        ("app/.claude/agents/b.md", &agent("b")),
        (".tau/agents/c.md", &agent("c")),
        ("home/.claude/agents/c.md", &agent("c")),
        ("home/.claude/agents/d.md", &agent("d")),
        ("plugin/agents/d.md", &agent("d")),
    ]);
    let agents = read(&tree);
    assert_eq!(
        names(&tree, &agents),
        [
            "a app/.claude/agents/agent.md",
            "b app/.agents/agents/b.md",
            "c .tau/agents/c.md",
            "d home/.claude/agents/d.md"
        ]
    );
    assert_eq!(
        tree.told(&agents.findings),
        [
            "app/.claude/agents/b.md: `b` is shadowed by app/.agents/agents/b.md",
            ".claude/agents/one/deep/agent.md: `a` is shadowed by app/.claude/agents/agent.md",
            "home/.claude/agents/c.md: `c` is shadowed by .tau/agents/c.md",
            "plugin/agents/d.md: `d` is shadowed by home/.claude/agents/d.md",
        ]
    );
}

#[test]
fn what_is_skipped_is_told() {
    for (text, expected) in [
        ("# A page", "no definition: it has no front matter"),
        ("---\nname: a\n", "no definition: its front matter has no end"),
        ("---\ndescription: d\n---\n", "no definition: it has no `name`"),
        ("---\nname: a\n---\n", "no definition: it has no `description`"),
        (
            "---\nname: -a\ndescription: d\n---\n",
            "no definition: its `name` begins with a dash, or holds a colon, a slash or a control character",
        ),
        ("---\n- a\n---\n", "its front matter is not a mapping of fields"),
        ("\u{0}", "cannot be read: binary: a NUL byte at 0"),
    ] {
        let tree = Tree::new(&[(".claude/agents/x.md", text)]);
        let agents = read(&tree);
        assert!(agents.agents.is_empty(), "{text:?}");
        assert_eq!(tree.told(&agents.findings), [format!(".claude/agents/x.md: {expected}")]);
    }
    let tree = Tree::new(&[(".claude/agents/x.md", &"a".repeat((1 << 20) + 1))]);
    assert_eq!(tree.told(&read(&tree).findings), [".claude/agents/x.md: longer than 1048576 bytes"]);
}

#[test]
fn fields_that_do_not_count_are_told() {
    let text = "---\nname: a\ndescription: d\ntools: {bash: false, read: true}\nmaxTurns: many\nmemory: here\n\
        isolation: container\ninitialPrompt: go\nflavour: mild\nversion: 1\n---\n";
    let tree = Tree::new(&[(".claude/agents/x.md", text)]);
    let agents = read(&tree);
    assert_eq!(
        tree.told(&agents.findings),
        [
            ".claude/agents/x.md: `maxTurns` must be a number of turns; it does not count",
            ".claude/agents/x.md: `memory` must be user, project or local; it does not count",
            ".claude/agents/x.md: `isolation` must be worktree; it does not count",
            ".claude/agents/x.md: `flavour` is not known and does not count",
            ".claude/agents/x.md: `initialPrompt` does not count: an agent is given its task by whoever starts it",
        ]
    );
    assert!(!agents.agents["a"].may_use("bash") && agents.agents["a"].may_use("read"));
}

#[test]
fn tools_that_are_no_list_are_none() {
    let tree = Tree::new(&[(".claude/agents/x.md", "---\nname: a\ndescription: d\ntools: [[read]]\n---\n")]);
    let agents = read(&tree);
    assert_eq!(agents.agents["a"].tools.as_deref(), Some(&[][..]));
}

#[test]
fn agents_of_plugins_have_no_powers_of_their_own() {
    let text = "---\nname: a\ndescription: d\npermissionMode: bypassPermissions\nmcpServers: [x]\nhooks:\n  Stop:\n    - hooks:\n        \
        - {type: command, command: x}\n---\n";
    let tree = Tree::new(&[("plugin/agents/x.md", text)]);
    let agents = read(&tree);
    let agent = &agents.agents["a"];
    assert_eq!((agent.permission_mode, agent.mcp_servers.len(), agent.hooks.len()), (None, 0, 0));
    assert_eq!(agents.findings.len(), 3);
}

#[test]
fn names_of_what_is_not_there_are_told() {
    let text = "---\nname: a\ndescription: d\ntools: Read, Frobnicate, mcp__x__y\nskills: [pdf, gone]\n---\n";
    let tree = Tree::new(&[(".claude/agents/x.md", text)]);
    let agents = read(&tree);
    let found: Vec<_> = agents.check(|tool| tool == "read", |skill| skill == "pdf").collect();
    assert_eq!(
        tree.told(&found),
        [
            ".claude/agents/x.md: names the tool `Frobnicate`, which is not there",
            ".claude/agents/x.md: names the skill `gone`, which is not there",
        ]
    );
}

#[test]
fn a_loop_of_links_ends() {
    let tree = Tree::new(&[(".claude/agents/a.md", &agent("a"))]);
    std::os::unix::fs::symlink(tree.at(".claude/agents"), tree.at(".claude/agents/again")).unwrap();
    assert_eq!(names(&tree, &read(&tree)), ["a .claude/agents/a.md"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_file_is_an_agent_or_is_told_of(text in "(---\n)?(name: [a:-]{1,3}\n|description: .{0,8}\n|tools: [\\[a, {]{0,5}\n|.{0,10}\n){0,5}(---\n)?.{0,5}") {
        let tree = Tree::new(&[(".claude/agents/x.md", &text)]);
        let agents = read(&tree);
        prop_assert!(agents.agents.len() == 1 || !agents.findings.is_empty(), "{text:?}");
    }
}

#[test]
fn agents_become_kinds_of_subagents() {
    let reader = "---\nname: reader\ndescription: Reads\ntools: Read, mcp__git, Fly\nmodel: haiku\nmaxTurns: 3\n\
        permissionMode: plan\nskills: [style, unheard]\nbackground: true\n---\nRead.\n";
    let flyer = "---\nname: flyer\ndescription: Flies\ntools: [Fly]\n---\nFly.\n";
    let any = "---\nname: any\ndescription: Does anything\nmodel: opus\n---\nDo.\n";
    let style = "---\nname: style\ndescription: d\n---\nShort words. !`date`\n";
    let tree = Tree::new(&[
        (".claude/agents/a.md", reader),
        (".claude/agents/b.md", flyer),
        (".claude/agents/c.md", any),
        (".claude/skills/style/SKILL.md", style),
    ]);
    let agents = AgentFolders::of_project(&tree.root, &tree.root).read();
    let skills =
        tau_skills::Discovery::new().root(tree.at(".claude/skills"), tau_skills::Scope::Project).discover();
    let model = |name: &str| (name == "haiku").then(|| ModelChoice::new("local/small"));
    let system = |own: &str| format!("{own}\n\nYou work in /work.");
    let tools = ["read", "write", "bash", "mcp__git__log"].map(str::to_owned);
    let (profiles, findings) = AgentHost::new(tools, &skills, &model, &system).profiles(&agents);

    let mut expected = AgentProfile::new("Reads");
    expected.system = "Read.\n\n<skill_content name=\"style\">\nShort words. [not run]\n</skill_content>\n\nYou work in /work.".to_owned();
    expected.tools = Some(["read", "mcp__git__log"].map(str::to_owned).into());
    expected.model = Some(ModelChoice::new("local/small"));
    expected.mode = Some(PermissionMode::Plan);
    expected.max_turns = Some(3);
    expected.background = true;
    assert_eq!(profiles["reader"], expected);
    assert_eq!(profiles.keys().collect::<Vec<_>>(), ["any", "reader"]);
    assert_eq!((&profiles["any"].tools, &profiles["any"].model), (&None, &None));
    let mut told = tree.told(&findings);
    told.sort();
    assert_eq!(
        told,
        [
            ".claude/agents/a.md: names the skill `unheard`, which is not there",
            ".claude/agents/b.md: no definition: none of its `tools` is there",
            ".claude/agents/c.md: `model: opus` does not count: no model is configured by this name; it asks that of the session",
        ]
    );
}

#[test]
fn a_session_has_no_more_agents_than_one_event_holds() {
    let tree = Tree::new(&[]);
    for number in 0..210 {
        let agent = format!("---\nname: a{number:03}\ndescription: d\n---\nWork.\n");
        tree.write(&format!(".claude/agents/{number}.md"), agent);
    }
    let agents = AgentFolders::of_project(&tree.root, &tree.root).read();
    let skills = Catalogue::default();
    let profiles = |system: &dyn Fn(&str) -> String| {
        let (profiles, findings) = AgentHost::new(Vec::new(), &skills, &|_| None, system).profiles(&agents);
        let bytes: usize = profiles.values().map(|profile| profile.system.len()).sum();
        let left_out = findings.iter().filter(|it| matches!(it.kind, FindingKind::LeftOut { .. })).count();
        (profiles.len(), left_out, bytes)
    };
    assert_eq!(profiles(&|own| own.to_owned()), (200, 10, 1_000));
    let (made, left_out, bytes) = profiles(&|_| "x".repeat(256 << 10));
    assert!(bytes <= 4 << 20 && made + left_out == 210 && made >= 15, "{made} {left_out} {bytes}");
}
