//! Whatever a run does, undoing it leaves the tree as it was.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use proptest::prelude::{Just, ProptestConfig, Strategy, prop_oneof, proptest};
use proptest::{prop_assert, prop_assert_eq};
use tau_tools::environment::CommandSpec;

use super::{Desk, at};

const NAMES: [&str; 7] = ["a", "b", "c", "d", "d/a", "d/e/b", "a/c"];

#[derive(Debug, Clone)]
enum Act {
    Write(&'static str, String),
    Command(Vec<String>),
    /// The program starts anew.
    Restart,
}

fn name() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(NAMES.to_vec())
}

fn step() -> impl Strategy<Value = String> {
    let mode = proptest::sample::select(vec!["600", "755", "700", "640"]);
    prop_oneof![
        (name(), 0..100_u8).prop_map(|(path, number)| format!("printf {number} > {path}")),
        (name(), 0..100_u8).prop_map(|(path, number)| format!("printf {number} >> {path}")),
        name().prop_map(|path| format!("rm -rf {path}")),
        name().prop_map(|path| format!("mkdir -p {path}")),
        (name(), mode).prop_map(|(path, mode)| format!("chmod {mode} {path}")),
        (name(), name()).prop_map(|(from, to)| format!("mv -f {from} {to}")),
        (name(), name()).prop_map(|(to, path)| format!("ln -sfn {to} {path}")),
        (name(), name()).prop_map(|(from, to)| format!("cp -rp {from} {to}")),
    ]
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        3 => (name(), "[a-z\n]{0,9}").prop_map(|(path, content)| Act::Write(path, content)),
        3 => proptest::collection::vec(step(), 1..5).prop_map(Act::Command),
        1 => Just(Act::Restart),
    ];
    proptest::collection::vec(act, 1..7)
}

fn run(desk: Desk, run: u128, acts: &[Act]) -> Desk {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut desk = desk;
    for act in acts {
        match act {
            Act::Restart => desk = desk.reopened(),
            // What fails has changed nothing, or what it has changed is undone too.
            Act::Write(path, content) => {
                let _ = runtime.block_on(desk.call(run).write(&at(path), content.as_bytes()));
            }
            Act::Command(steps) => {
                let script = steps.join(" 2>/dev/null; ");
                runtime.block_on(desk.call(run).run(&CommandSpec::new(script), &|_| {})).unwrap();
            }
        }
    }
    desk
}

fn prepared(acts: &[Act]) -> Desk {
    let desk = Desk::new();
    desk.put("a", "first");
    desk.put("d/a", "second");
    desk.put("d/e/b", "third");
    symlink("d/a", desk.path("c")).unwrap();
    fs::set_permissions(desk.path("a"), fs::Permissions::from_mode(0o755)).unwrap();
    // A run of its own, so that what is undone later does not begin at a clean start alone.
    run(desk, 1, acts)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn undoing_a_run_leaves_the_tree_as_it_was(first in acts(), second in acts(), third in acts()) {
        let desk = prepared(&first);
        let before = desk.tree();
        let desk = run(desk, 2, &second);
        let between = desk.tree();
        let desk = run(desk, 3, &third);
        for (number, expected) in [(3, &between), (2, &before)] {
            match desk.undo(number) {
                Ok(restored) => prop_assert_eq!((restored.left, restored.gaps), (vec![], vec![])),
                // It changed nothing.
                Err(error) => {
                    let is_unknown = error.kind() == tau_tools::undo::UndoErrorKind::UnknownRun;
                    prop_assert!(is_unknown, "{}", error);
                }
            }
            prop_assert_eq!(&desk.tree(), expected);
        }
    }
}
