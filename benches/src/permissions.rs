//! Verdicts on commands: what permission costs before each call.

use std::path::Path;
use std::time::Instant;

use tau_core::config::PermissionConfig;
use tau_tools::permission::{Decision, Judged, PermissionPolicy, Resolved, Surroundings};

/// The time that a verdict on a typical command may take, in microseconds.
const GOAL: f64 = 40.0;

/// What agents run most, from short to long.
const COMMANDS: [&str; 10] = [
    "git status",
    "ls -la src",
    "cargo test -p tau-core --locked",
    "git add -A && git commit -m 'fix: the parser takes an empty list'",
    "grep -rn 'fn main' src --include='*.rs' | head -20",
    "cd crates/tau-core && cargo check --all-targets 2>&1 | tail -5",
    "find . -name '*.rs' -newer Cargo.toml -type f | xargs wc -l",
    "sed -n 1,120p src/main.rs",
    "npm run build && npm test -- --watch=false > /dev/null 2>&1",
    "python3 -m pytest tests/unit -q -x --maxfail=1",
];

/// Rules as people have them.
fn policy() -> PermissionPolicy {
    let mut config = PermissionConfig::default();
    let allow = [
        "Bash(git status *)",
        "Bash(git add *)",
        "Bash(git commit *)",
        "Bash(git diff *)",
        "Bash(git log *)",
        "Bash(ls *)",
        "Bash(cat *)",
        "Bash(grep *)",
        "Bash(head *)",
        "Bash(tail *)",
        "Bash(wc *)",
        "Bash(find *)",
        "Bash(sed *)",
        "Bash(cd *)",
        "Bash(cargo *)",
        "Bash(npm run build *)",
        "Bash(npm test *)",
        "Bash(python3 -m pytest *)",
        "Edit(src/**)",
        "WebFetch(domain:docs.rs)",
    ];
    let deny = ["Bash(rm *)", "Bash(curl *)", "Bash(git push --force *)", "Read(.env)", "Read(~/.ssh/**)"];
    config.allow = allow.map(str::to_owned).to_vec();
    config.ask = vec!["Bash(git push *)".to_owned()];
    config.deny = deny.map(str::to_owned).to_vec();
    PermissionPolicy::new(&config)
}

pub(crate) fn bench(pairs: usize) -> anyhow::Result<()> {
    let policy = policy();
    let paths = |path: &Path| Resolved::plain(path);
    let around = Surroundings::new(Path::new("/people/me/project"), Path::new("/people/me"), &paths);
    println!("permissions: verdicts on commands, 26 rules (goal: {GOAL} µs for a typical one)");
    let mut medians = Vec::new();
    for command in COMMANDS {
        let call = Judged::of_text("Bash", command);
        let decision = policy.verdict(&call, &around).decision;
        let mut times: Vec<f64> =
            (0..pairs.max(3)).map(|_| time(|| policy.verdict(&call, &around).decision, decision)).collect();
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        println!("  {median:7.1} µs  {:5}  {command}", decision.as_str());
        medians.push(median);
    }
    medians.sort_by(f64::total_cmp);
    let (middle, worst) = (medians[medians.len() / 2], medians[medians.len() - 1]);
    let met = if middle <= GOAL { "met" } else { "MISSED" };
    println!("  median {middle:.1} µs, longest {worst:.1} µs: goal {met}");
    Ok(())
}

/// Microseconds of one verdict, over many.
fn time(verdict: impl Fn() -> Decision, expected: Decision) -> f64 {
    const ROUNDS: u32 = 2_000;
    let started = Instant::now();
    let same = (0..ROUNDS).filter(|_| std::hint::black_box(verdict()) == expected).count();
    let took = started.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS);
    if same == ROUNDS as usize { took } else { f64::INFINITY }
}
