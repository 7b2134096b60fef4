//! How long 6,000 skills take to be found: `cargo bench -p tau-skills`.
//!
//! Cold is a first discovery with nothing in the page cache of the system, which only root can empty; where that is not
//! permitted, the line says so. First is one with the files in the page cache. Warm is one with a [`Cache`] and nothing
//! changed. Each figure is the median of some rounds, against the floor of only opening and reading every file.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tau_skills::{Cache, Discovery, Scope};

const COUNT: usize = 6_000;
const ROUNDS: usize = 7;

fn main() -> std::io::Result<()> {
    let folder = tempfile::tempdir()?;
    let skills = tau_testkit::skills::generate(1, COUNT);
    tau_testkit::skills::write(&skills, folder.path())?;
    let files: Vec<PathBuf> =
        skills.iter().map(|skill| folder.path().join(&skill.folder).join("SKILL.md")).collect();
    let search = Discovery::new().root(folder.path(), Scope::Project);
    let catalogue = search.discover();
    println!(
        "{} skills of {COUNT}, {} skipped",
        catalogue.skills.len() + catalogue.shadowed.len(),
        catalogue.skipped.len()
    );
    // What has just been written is not remembered.
    std::thread::sleep(Duration::from_millis(2_100));
    let cold = (0..ROUNDS).map_while(|_| empty_page_cache().then(|| time(|| search.discover())));
    report("cold", cold.collect(), 300);
    report("first", (0..ROUNDS).map(|_| time(|| search.discover())).collect(), 300);
    let mut cache = Cache::default();
    let _ = search.discover_again(&mut cache);
    report("warm", (0..ROUNDS).map(|_| time(|| search.discover_again(&mut cache))).collect(), 30);
    report("floor", (0..ROUNDS).map(|_| time(|| read(&files))).collect(), 300);
    let listing = catalogue.render(8_000);
    println!(
        "list for the model: {} bytes, {} shortened, {} left out",
        listing.text.len(),
        listing.shortened,
        listing.omitted
    );
    Ok(())
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let result = work();
    let elapsed = start.elapsed();
    drop(result);
    elapsed
}

fn report(what: &str, mut times: Vec<Duration>, limit_ms: u128) {
    times.sort();
    match times.get(times.len() / 2) {
        None => println!("{what:6} not measured: the page cache cannot be emptied here"),
        Some(median) => {
            let verdict = if median.as_millis() <= limit_ms { "within" } else { "over" };
            println!("{what:6} {:7.1} ms, {verdict} {limit_ms} ms", median.as_secs_f64() * 1_000.0);
        }
    }
}

fn empty_page_cache() -> bool {
    std::fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}

fn read(files: &[PathBuf]) -> usize {
    files
        .iter()
        .filter_map(|file: &PathBuf| std::fs::read(Path::new(file)).ok())
        .map(|bytes| bytes.len())
        .sum()
}
