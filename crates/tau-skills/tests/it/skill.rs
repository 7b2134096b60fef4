use std::io::ErrorKind;

use tau_memory::text::ReadErrorKind;
use tau_skills::skill::{BODY_LIMIT, SkillErrorKind};

use crate::tree::Tree;

#[test]
fn the_body_is_read_on_use_and_bounded() {
    let tree = Tree::new(&[]);
    tree.skill("skills/a", "x");
    let skill = tree.discover().skills.remove("a").unwrap();
    assert_eq!(skill.body().unwrap().text, "");
    assert_eq!(skill.folder(), tree.at("skills/a"));

    let head = "---\nname: a\ndescription: x\n---\n";
    tree.write("skills/a/SKILL.md", format!("{head}Changed since.\n---\nmore\n"));
    let body = skill.body().unwrap();
    assert_eq!((body.text.as_str(), body.truncation), ("Changed since.\n---\nmore\n", None));

    let line = "0123456789abcde\n";
    tree.write("skills/a/SKILL.md", format!("{head}{}", line.repeat(65_536)));
    let body = skill.body().unwrap();
    let truncation = body.truncation.unwrap();
    assert_eq!(truncation.total_bytes, (head.len() + (1 << 20)) as u64);
    assert_eq!(truncation.kept_bytes as usize, head.len() + body.text.len());
    assert!(
        body.text.len() + head.len() <= BODY_LIMIT && body.text.len() + head.len() + line.len() > BODY_LIMIT
    );
    assert_eq!(body.text, line.repeat(body.text.len() / line.len()));

    tree.write("skills/a/SKILL.md", b"\xFF");
    let kind = skill.body().unwrap_err().kind();
    assert_eq!(kind, SkillErrorKind::Body(ReadErrorKind::InvalidUtf8 { offset: 0 }));
    std::fs::remove_dir_all(tree.at("skills/a")).unwrap();
    let error = skill.body().unwrap_err();
    assert_eq!(error.kind(), SkillErrorKind::Body(ReadErrorKind::Io(ErrorKind::NotFound)));
    assert_eq!(error.path(), tree.at("skills/a/SKILL.md"));
    assert_eq!(skill.resources().unwrap_err().kind(), SkillErrorKind::Folder(ErrorKind::NotFound));
}

#[test]
fn resources_are_listed_by_breadth_without_those_of_nested_skills() {
    let tree = Tree::new(&[
        ("skills/a/scripts/b.sh", "four"),
        ("skills/a/scripts/a.sh", ""),
        ("skills/a/references/deep/er.md", "x"),
        ("skills/a/LICENSE", "MIT"),
        ("skills/a/inner/template.md", "x"),
        ("skills/a/.git/config", "x"),
        ("skills/a/references/SKILL.txt", "x"),
    ]);
    tree.skill("skills/a", "x");
    tree.skill("skills/a/inner", "x");
    let catalogue = tree.discover();
    let list = |name: &str| {
        let resources = catalogue.skills[name].resources().unwrap();
        assert!(!resources.is_truncated && resources.skipped.is_empty());
        let line = |file: tau_skills::skill::Resource| {
            let parts: Vec<_> = file.path.iter().map(|part| part.to_str().unwrap()).collect();
            format!("{} {}", parts.join("/"), file.bytes)
        };
        resources.files.into_iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(
        list("a"),
        [
            "LICENSE 3",
            "references/SKILL.txt 1",
            "scripts/a.sh 0",
            "scripts/b.sh 4",
            "references/deep/er.md 1"
        ]
    );
    assert_eq!(list("inner"), ["template.md 1"]);
}

#[test]
fn resources_are_bounded() {
    let tree = Tree::new(&[("skills/deep/1/2/3/4/5/6/in", "x"), ("skills/deep/1/2/3/4/5/6/7/out", "x")]);
    tree.skill("skills/deep", "x");
    tree.skill("skills/many", "x");
    tree.skill("skills/wide", "x");
    for index in 0..500 {
        tree.write(&format!("skills/many/{index:03}"), "");
    }
    for index in 0..200 {
        tree.write(&format!("skills/wide/{index:03}/file"), "");
    }
    let catalogue = tree.discover();
    let list = |name: &str| {
        let resources = catalogue.skills[name].resources().unwrap();
        (resources.files.len(), resources.is_truncated, resources.skipped.len())
    };
    assert_eq!(list("deep"), (1, true, 1));
    assert_eq!(list("many"), (500, false, 0));
    assert_eq!(list("wide"), (199, true, 0));
    tree.write("skills/many/one-more", "");
    assert_eq!(list("many"), (500, true, 0));
}
