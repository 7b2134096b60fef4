use tau_skills::Discovery;
use tau_skills::plugin::{Marketplace, Origin, Plugin, PluginErrorKind, PluginLibrary, PluginPart, Source};

use crate::tree::{Tree, names};

fn tree() -> Tree {
    let tree = Tree::new(&[
        (
            "market/.claude-plugin/marketplace.json",
            r#"{"name": "tools", "owner": {"name": "x"}, "metadata": {"pluginRoot": "./plugins"}, "plugins": [
                {"name": "ship", "source": "./plugins/ship", "description": "Ships."},
                {"name": "bare", "source": "bare"},
                {"name": "far", "source": {"source": "github", "repo": "a/b", "ref": "v1", "sha": "abc"}},
                {"name": "deep", "source": {"source": "git-subdir", "url": "https://h/x.git", "path": "p"}},
                {"name": "npm", "source": {"source": "npm", "package": "x"}}]}"#,
        ),
        (
            "market/plugins/ship/.claude-plugin/plugin.json",
            r#"{"name": "ship", "version": "1.2", "skills": ["./extra"], "commands": "./cmds", "unknown": 1}"#,
        ),
        ("market/plugins/ship/cmds/go.md", "Go.\n"),
        ("market/plugins/ship/commands/not.md", "Not.\n"),
        ("market/plugins/ship/agents/a.md", "x"),
        ("market/plugins/ship/hooks/hooks.json", "{}"),
        ("market/plugins/ship/.git/config", "x"),
        ("market/shared/words.md", "shared"),
        ("secret", "key"),
    ]);
    tree.skill("market/plugins/ship/skills/deploy", "x");
    tree.skill("market/plugins/ship/extra/check", "x");
    tree.write("market/plugins/bare/SKILL.md", "---\nname: bare\ndescription: x\n---\n");
    tree
}

fn library(tree: &Tree) -> PluginLibrary {
    PluginLibrary::new(tree.at("library"))
}

#[test]
fn manifests_say_where_things_are_and_may_be_missing() {
    let tree = tree();
    let ship = Plugin::read(&tree.at("market/plugins/ship")).unwrap();
    assert_eq!((ship.name.as_str(), ship.version.as_deref()), ("ship", Some("1.2")));
    assert_eq!(ship.skills, [tree.at("market/plugins/ship/skills"), tree.at("market/plugins/ship/extra")]);
    assert_eq!(
        ship.parts(),
        [PluginPart::Skills, PluginPart::Commands, PluginPart::Agents, PluginPart::Hooks]
    );
    let bare = Plugin::read(&tree.at("market/plugins/bare")).unwrap();
    let catalogue = Discovery::new().plugins([&ship, &bare]).discover();
    assert_eq!(names(&catalogue), ["bare:bare", "ship:check", "ship:deploy", "ship:go"]);
    for (manifest, is_kind) in [
        (r#"{"name": "a b"}"#, "`a b` cannot be a name"),
        (r#"{"name": "x", "skills": ["../out"]}"#, "`../out` leads out of the plugin"),
        (r#"{"name": "x", "skills": "/etc"}"#, "`/etc` leads out of the plugin"),
        (r#"{"name": 5}"#, "not as it should be, at line 1"),
        ("{", "not as it should be, at line 1"),
    ] {
        tree.write("bad/.codex-plugin/plugin.json", manifest);
        let error = Plugin::read(&tree.at("bad")).unwrap_err();
        assert!(error.kind().to_string().starts_with(is_kind), "{manifest}: {error}");
    }
    assert_eq!(*Plugin::read(&tree.at("market/shared")).unwrap_err().kind(), PluginErrorKind::NoPlugin);
}

#[test]
fn marketplaces_list_sources_of_every_kind() {
    let tree = tree();
    let market = Marketplace::read(&tree.at("market")).unwrap();
    let sources: Vec<_> =
        market.plugins.iter().map(|entry| (entry.name.as_str(), entry.source.to_string())).collect();
    let at = |path: &str| tree.at(path).display().to_string();
    assert_eq!(
        sources,
        [
            ("ship", at("market/plugins/ship")),
            ("bare", at("market/plugins/bare")),
            ("far", "https://github.com/a/b.git#abc".to_owned()),
            ("deep", "https://h/x.git (p)".to_owned()),
            ("npm", "a source of the kind `npm`".to_owned()),
        ]
    );
    assert_eq!(
        *Marketplace::read(&tree.at("market/plugins")).unwrap_err().kind(),
        PluginErrorKind::NoMarketplace
    );
    assert_eq!(Source::parse("o/r#v2", &tree.at("")).to_string(), "https://github.com/o/r.git#v2");
    assert_eq!(Source::parse("market", &tree.at("")), Source::Folder(tree.at("market")));
    for password in ["password", "p@ss"] {
        let secret = Source::parse(&format!("https://me:{password}@h/x.git"), &tree.at(""));
        assert_eq!(secret.to_string(), "https://h/x.git");
        assert_eq!(format!("{secret:?}"), "Source(\"https://h/x.git\")");
    }
}

#[test]
fn plugins_are_installed_enabled_disabled_and_removed() {
    let (tree, market) = (tree(), "market");
    let library = library(&tree);
    assert!(library.installed().unwrap().is_empty());
    library.add_marketplace(&tree.at(market), Source::Folder(tree.at(market))).unwrap();
    let (entry, marketplace) = library.find("ship").unwrap();
    let Source::Folder(folder) = &entry.source else { panic!("{}", entry.source) };
    let (name, plugin) =
        library.install(folder, entry.source.clone(), Origin::Marketplace(&marketplace)).unwrap();
    assert_eq!((name.as_str(), plugin.root.clone()), ("ship@tools", tree.at("library/plugins/tools/ship")));
    assert!(!plugin.root.join(".git").exists());
    // It is a copy: what happens to the source does not reach it.
    std::fs::remove_dir_all(folder).unwrap();
    let skills = |library: &PluginLibrary| {
        let (plugins, problems) = library.enabled().unwrap();
        assert!(problems.is_empty());
        Discovery::new().plugins(&plugins).discover().skills.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(skills(&library), ["ship:check", "ship:deploy", "ship:go"]);
    assert_eq!(library.disable("ship").unwrap(), "ship@tools");
    assert_eq!(skills(&library), [""; 0]);
    assert!(!library.installed().unwrap()["ship@tools"].enabled);
    library.enable("ship@tools").unwrap();
    assert_eq!(skills(&library).len(), 3);
    library.remove("ship").unwrap();
    assert!(library.installed().unwrap().is_empty() && !plugin.root.exists());
    for error in
        [library.remove("ship"), library.enable("other"), library.find("none").map(|_| String::new())]
    {
        assert!(matches!(error.unwrap_err().kind(), PluginErrorKind::Unknown { .. }));
    }
}

#[cfg(unix)]
#[test]
fn a_plugin_brings_nothing_from_outside_of_its_marketplace() {
    use std::os::unix::fs::symlink;
    let tree = tree();
    let ship = tree.at("market/plugins/ship");
    symlink("../../shared/words.md", ship.join("words.md")).unwrap();
    symlink(tree.at("secret"), ship.join("secret")).unwrap();
    symlink(tree.at(""), ship.join("skills/everything")).unwrap();
    let library = library(&tree);
    let marketplace = Marketplace::read(&tree.at("market")).unwrap();
    let (name, plugin) =
        library.install(&ship, Source::Folder(ship.clone()), Origin::Marketplace(&marketplace)).unwrap();
    assert_eq!(std::fs::read_to_string(plugin.root.join("words.md")).unwrap(), "shared");
    assert!(!plugin.root.join("secret").exists());
    let mut left_out = library.installed().unwrap()[&name].left_out.clone();
    left_out.sort();
    assert_eq!(left_out, [ship.join("secret"), ship.join("skills/everything")]);
    // Without the marketplace, what lies beside the plugin is outside too.
    let (_, plugin) = library.install(&ship, Source::Folder(ship.clone()), Origin::Direct).unwrap();
    assert!(!plugin.root.join("words.md").exists());
    // A circle ends.
    std::fs::remove_file(ship.join("skills/everything")).unwrap();
    symlink("..", ship.join("skills/up")).unwrap();
    let (name, _) = library.install(&ship, Source::Folder(ship.clone()), Origin::Direct).unwrap();
    assert!(library.installed().unwrap()[&name].left_out.contains(&ship.join("skills/up")));
}
