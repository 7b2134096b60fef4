//! Generated commands, run for real: what is allowed may run nothing but what a rule names.
//!
//! Every program on the search path is a stub that writes down that it ran, and with what; those that run their arguments do
//! that too. So a command that was allowed and ran something else, or made a file, is a mistake of the rules.
//! `PROPTEST_CASES` says how many commands; `cargo xtask fuzz permissions` runs as many as wanted, in live sandboxes: there what
//! is left in the background ends with its command, and nothing but the stubs and a shell is to be found.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::ProptestConfig;
use tau_core::config::PermissionConfig;
use tau_tools::permission::{Decision, Judged, PermissionPolicy, Surroundings, SystemPaths};

use super::runner::Runner;

/// Programs that do nothing but say that they ran.
const LEAVES: [&str; 12] =
    ["git", "ls", "cat", "rm", "grep", "wc", "make", "curl", "cp", "tee", "evil", "npm"];
/// Programs that run their arguments, where the machine has them.
const RUNNERS: [&str; 10] =
    ["env", "timeout", "nice", "nohup", "stdbuf", "xargs", "find", "bash", "sh", "setsid"];
/// Rules, and the programs that each lets run.
const RULES: [(&str, &[&str]); 14] = [
    ("Bash(git *)", &["git"]),
    ("Bash(ls *)", &["ls"]),
    ("Bash(cat *)", &["cat"]),
    ("Bash(grep *)", &["grep"]),
    ("Bash(echo *)", &[]),
    ("Bash(wc -l)", &["wc"]),
    ("Bash(find *)", &["find"]),
    ("Bash(xargs *)", &["xargs"]),
    ("Bash(bash *)", &["bash"]),
    ("Bash(sh -c *)", &["sh"]),
    ("Bash(env *)", &["env"]),
    ("Bash(printf *)", &[]),
    ("Bash(test *)", &[]),
    ("Bash(cd *)", &[]),
];
/// Wrappers that a rule about the rest is enough for.
const TRANSPARENT: [&str; 4] = ["timeout", "nice", "nohup", "stdbuf"];

/// A small generator of numbers: the same seed, the same commands.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or_default() % most
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    fn word(&mut self) -> String {
        let plain = self.of(&[
            "a.txt",
            "b.txt",
            "-l",
            "-n",
            "x",
            ".",
            "--",
            "-c",
            "-exec",
            "{}",
            "\\;",
            "+",
            "evil",
            "rm",
            "-I{}",
            "status",
            "log",
            "''",
            "'a b'",
            "\"a b\"",
            "'; evil'",
            "\"; evil\"",
            "'$(evil)'",
            "\"$(evil)\"",
            "$(evil)",
            "`evil`",
            "$HOME",
            "*",
            "a*",
            "~",
            "{a,b}",
            "\\;evil",
            "a\\ b",
            "$'\\x65vil'",
            "-exec=evil",
            "--pre",
            "--pre=evil",
            "-v",
            "PATH",
            "'a[$(evil)]'",
            "-f",
            "&1",
            "a#b",
            "#",
            "!",
            "\\",
            "\\\n",
            "$x",
            "${x}",
            "$((1))",
            "-oL",
            "5",
            "-delete",
            "-print",
            "-execdir",
            "evil;",
            "=evil",
            "A=1",
            "[",
            "]",
            "é",
        ]);
        if self.below(12) == 0 {
            format!("{plain}{}", self.of(&["", "'q'", "\"q\"", "\\q", "$x", "*"]))
        } else {
            plain.to_owned()
        }
    }

    fn program(&mut self) -> String {
        let name = self.of(&[
            "git",
            "ls",
            "cat",
            "grep",
            "echo",
            "wc",
            "rm",
            "evil",
            "printf",
            "test",
            "cd",
            "make",
            "env",
            "timeout 5",
            "nice",
            "nohup",
            "stdbuf -oL",
            "xargs",
            "find .",
            "bash",
            "sh",
            "command",
            "builtin",
            "exec",
            "eval",
            "trap",
            "time",
            "setsid",
            "bash -c",
            "sh -c",
            "export",
            "alias",
            "hash",
            "read",
            "source",
            ".",
            "unset",
            "git",
            "ls",
            "cat",
            "grep",
            "echo",
            "git",
            "ls",
        ]);
        match self.below(14) {
            0 => format!("\\{name}"),
            1 => format!("'{}'{}", &name[..1], &name[1..]),
            2 => format!("$'{}'{}", &name[..1], &name[1..]),
            3 => format!("{}''{}", &name[..1], &name[1..]),
            _ => name.to_owned(),
        }
    }

    fn simple(&mut self) -> String {
        let mut made = String::new();
        if self.below(12) == 0 {
            made.push_str(self.of(&[
                "A=1 ",
                "PATH=. ",
                "LC_ALL=C ",
                "CI=$(evil) ",
                "BASH_ENV=a.txt ",
                "x=evil ",
            ]));
        }
        made.push_str(&self.program());
        for _ in 0..self.below(4) {
            made.push_str(self.of(&[" ", "  ", " ", " ", "\t"]));
            made.push_str(&self.word());
        }
        if self.below(6) == 0 {
            made.push_str(self.of(&[
                " > out",
                " 2>&1",
                " >/dev/null",
                " >> a.txt",
                " < a.txt",
                " <<< evil",
                " 2>/dev/null",
                " &> out",
                " >|out",
                " <> out",
                " <<E\nevil\nE\n",
                " <<'E'\n$(evil)\nE\n",
                " <<E\n$(evil)\nE\n",
                " >&2",
                " >& out",
                " <(evil)",
                " 3>out",
            ]));
        }
        made
    }

    fn line(&mut self, depth: usize) -> String {
        if depth == 0 || self.below(3) == 0 {
            return self.simple();
        }
        let inner = self.line(depth - 1);
        let quoted = format!("'{}'", inner.replace('\'', "'\\''"));
        match self.below(18) {
            0 | 1 => format!("{inner} && {}", self.simple()),
            2 | 3 => format!("{inner}; {}", self.simple()),
            4 | 5 => format!("{inner} | {}", self.simple()),
            6 => format!("{inner} & {}", self.simple()),
            7 => format!("{inner}\n{}", self.simple()),
            8 => format!("({inner})"),
            9 => format!("{{ {inner}; }}"),
            10 => format!("if {inner}; then {}; fi", self.simple()),
            11 => format!("for x in a evil; do {inner}; done"),
            12 => format!("bash -c {quoted}"),
            13 => format!("timeout 5 sh -c {quoted}"),
            14 => format!("{inner} # {}", self.simple()),
            15 => format!("! {inner}"),
            16 => format!("case a in a) {inner};; esac"),
            _ => format!("{inner} || {}", self.simple()),
        }
    }
}

/// A folder with programs that write down what ran.
struct Place {
    folder: tempfile::TempDir,
    runner: Runner,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["bin", "work", "logs"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let place = Self { runner: Runner::new(folder.path()), folder };
        for file in ["a.txt", "b.txt"] {
            fs::write(place.work().join(file), "text\n").unwrap();
        }
        let log = place.log();
        let log = log.display();
        for name in LEAVES {
            place.program(name, &format!("#!/bin/sh\necho {name} >>{log}\n"));
        }
        for name in RUNNERS {
            let real = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(name));
            if let Some(real) = real.iter().find(|real| real.exists()) {
                place.program(
                    name,
                    &format!("#!/bin/sh\necho {name} >>{log}\nexec {} \"$@\"\n", real.display()),
                );
            }
        }
        place
    }

    fn program(&self, name: &str, script: &str) {
        let file = self.programs().join(name);
        fs::write(&file, script).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn programs(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("logs/log")
    }

    /// Runs a command line, and says which programs ran.
    fn run(&self, line: &str) -> BTreeSet<String> {
        let _ = fs::remove_file(self.log());
        self.runner.run(line, &self.programs(), &self.work());
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// What stands in the working folder, and how long it is.
    fn files(&self) -> BTreeSet<(String, u64)> {
        let entries = fs::read_dir(self.work()).unwrap().map(Result::unwrap);
        entries
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.metadata().unwrap().len()))
            .collect()
    }
}

/// What all threads together did.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    commands: u32,
    allowed: u32,
    judged_again: u32,
    denied: u32,
}

/// Every how many commands a rule that denies is tried beside.
const SAMPLE: u32 = 8;

/// Tries so many commands of a seed.
fn try_commands(seed: u64, commands: u32) -> Count {
    let place = Place::new();
    let work = place.work();
    let paths = SystemPaths::default();
    let around = Surroundings::new(&work, &work, &paths);
    let before = place.files();
    // The proof can fail: a program that is not allowed is seen.
    assert_eq!(place.run("timeout 5 evil; ls"), ["evil", "ls", "timeout"].map(str::to_owned).into());

    let mut dice = Dice(seed);
    let mut count = Count::default();
    for number in 0..commands {
        count.commands += 1;
        let rules: Vec<_> = RULES.iter().filter(|_| dice.below(3) > 0).collect();
        let mut config = PermissionConfig::default();
        config.allow = rules.iter().map(|(rule, _)| (*rule).to_owned()).collect();
        let line = dice.line(2);
        let verdict = PermissionPolicy::new(&config).verdict(&Judged::of_text("Bash", &line), &around);
        let allowed = verdict.decision == Decision::Allow;
        // What a rule denies and runs all the same is a mistake of the other kind.
        config.deny = vec!["Bash(evil *)".to_owned()];
        let is_denied = (allowed || number % SAMPLE == 0)
            && PermissionPolicy::new(&config).verdict(&Judged::of_text("Bash", &line), &around).decision
                == Decision::Deny;
        count.judged_again += u32::from(allowed || number % SAMPLE == 0);
        count.denied += u32::from(is_denied);
        if !allowed {
            continue;
        }
        count.allowed += 1;
        let may: BTreeSet<&str> =
            rules.iter().flat_map(|(_, programs)| programs.iter().copied()).chain(TRANSPARENT).collect();
        let run = || -> Vec<String> {
            place.run(&line).into_iter().filter(|name| !may.contains(name.as_str())).collect()
        };
        let mut beyond = run();
        if !beyond.is_empty() {
            // It may be a job that the command before left in the background: what is a mistake happens again.
            std::thread::sleep(Duration::from_millis(500));
            beyond = run();
        }
        assert!(
            beyond.is_empty(),
            "command {number} of {seed:#x} ran {beyond:?}: {line:?}\nallowed by {:?}",
            config.allow
        );
        assert_eq!(place.files(), before, "command {number} of {seed:#x} changed files: {line:?}");
    }
    count
}

#[test]
fn what_is_allowed_runs_nothing_else() {
    let commands = ProptestConfig::default().cases;
    // One that runs waits for programs most of the time.
    let threads = if commands < 2_000 { 1 } else { 4 };
    let seeds = (0..threads).map(|thread| 0x9e37_79b9_7f4a_7c15_u64.rotate_left(thread * 13));
    let counts: Vec<Count> = std::thread::scope(|scope| {
        let tried: Vec<_> =
            seeds.map(|seed| scope.spawn(move || try_commands(seed, commands / threads))).collect();
        tried.into_iter().map(|tried| tried.join().unwrap()).collect()
    });
    let sum = |of: fn(&Count) -> u32| counts.iter().map(of).sum::<u32>();
    let (all, allowed) = (sum(|count| count.commands), sum(|count| count.allowed));
    println!(
        "{all} commands: {allowed} allowed and run, no mistake; of {} a rule about `evil` denied {}",
        sum(|count| count.judged_again),
        sum(|count| count.denied),
    );
    assert!(all < 200 || allowed * 50 > all, "{allowed} of {all} were allowed: too few to prove anything");
}
