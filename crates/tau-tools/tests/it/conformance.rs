//! What every environment does. Each implementation runs the same checks; those of other crates take this file in, so it
//! uses nothing but the public interface.

use tau_tools::environment::{
    CaseSensitivity, Environment, EnvironmentErrorKind, FileKind, GlobQuery, GrepQuery, WorkspacePath,
};

fn path(environment: &dyn Environment, text: &str) -> WorkspacePath {
    WorkspacePath::parse(environment.root(), text).unwrap()
}

async fn put(environment: &dyn Environment, name: &str, content: &str) {
    environment.write(&path(environment, name), content.as_bytes()).await.unwrap();
}

async fn globbed(environment: &dyn Environment, pattern: &str, below: &str, hidden: bool) -> Vec<String> {
    let mut query = GlobQuery::new(pattern);
    query.below = path(environment, below);
    query.hidden = hidden;
    let found = environment.glob(&query).await.unwrap();
    assert_eq!(found.total, found.paths.len());
    // Files are written within one tick of some clocks; age has a test of its own.
    let mut names: Vec<String> = found.paths.iter().map(WorkspacePath::to_string).collect();
    names.sort_unstable();
    names
}

async fn grepped(environment: &dyn Environment, query: &GrepQuery) -> Vec<String> {
    let found = environment.grep(query).await.unwrap();
    found
        .lines
        .iter()
        .map(|line| {
            format!("{}{}{}:{}", line.path, if line.is_match { ':' } else { '-' }, line.number, line.text)
        })
        .collect()
}

pub(crate) async fn files(environment: &dyn Environment) {
    let file = path(environment, "a/b/file.txt");
    let kind = |result: Result<Vec<u8>, tau_tools::environment::EnvironmentError>| result.unwrap_err().kind();
    assert_eq!(kind(environment.read(&file, 10).await), EnvironmentErrorKind::NotFound);
    assert_eq!(environment.metadata(&file).await.unwrap_err().kind(), EnvironmentErrorKind::NotFound);

    environment.write(&file, b"0123456789").await.unwrap();
    assert_eq!(environment.read(&file, 10).await.unwrap(), b"0123456789");
    let too_large = environment.read(&file, 9).await.unwrap_err();
    assert_eq!(too_large.kind(), EnvironmentErrorKind::TooLarge);
    assert!(too_large.to_string().contains("10 bytes"), "{too_large}");
    let found = environment.metadata(&file).await.unwrap();
    assert_eq!((found.kind, found.len), (FileKind::File, 10));

    environment.write(&file, b"").await.unwrap();
    assert_eq!(environment.read(&file, 0).await.unwrap(), b"");
    environment.write(&file, b"\0\xff\r\n").await.unwrap();
    assert_eq!(environment.read(&file, 4).await.unwrap(), b"\0\xff\r\n");

    let folder = path(environment, "a");
    assert_eq!(environment.metadata(&folder).await.unwrap().kind, FileKind::Directory);
    assert_eq!(kind(environment.read(&folder, 10).await), EnvironmentErrorKind::IsDirectory);
    assert_eq!(environment.write(&folder, b"").await.unwrap_err().kind(), EnvironmentErrorKind::IsDirectory);
    let root = WorkspacePath::root();
    assert_eq!(environment.metadata(&root).await.unwrap().kind, FileKind::Directory);
    assert_eq!(environment.write(&root, b"").await.unwrap_err().kind(), EnvironmentErrorKind::IsDirectory);

    let below_file = path(environment, "a/b/file.txt/x");
    assert_eq!(kind(environment.read(&below_file, 10).await), EnvironmentErrorKind::NotAFile);
    assert_eq!(environment.write(&below_file, b"").await.unwrap_err().kind(), EnvironmentErrorKind::NotAFile);
    assert_eq!(environment.list(&file).await.unwrap_err().kind(), EnvironmentErrorKind::NotAFile);
}

pub(crate) async fn listing(environment: &dyn Environment) {
    assert_eq!(environment.list(&WorkspacePath::root()).await.unwrap(), []);
    for name in ["b.txt", "a/deep/file", "a.txt", ".hidden", "line\nbreak"] {
        put(environment, name, "").await;
    }
    let entries = environment.list(&WorkspacePath::root()).await.unwrap();
    let entries: Vec<(&str, FileKind)> =
        entries.iter().map(|entry| (entry.name.as_str(), entry.kind)).collect();
    let expected = [
        (".hidden", FileKind::File),
        ("a", FileKind::Directory),
        ("a.txt", FileKind::File),
        ("b.txt", FileKind::File),
        ("line\nbreak", FileKind::File),
    ];
    assert_eq!(entries, expected);
    let missing = environment.list(&path(environment, "none")).await.unwrap_err();
    assert_eq!(missing.kind(), EnvironmentErrorKind::NotFound);
}

async fn hidden_tree(environment: &dyn Environment) {
    let files = [
        (".gitignore", "*.log\n/target/\n"),
        ("src/main.rs", "needle one\n"),
        ("src/lib.rs", "nothing\n"),
        ("src/.gitignore", "!keep.log\n"),
        ("src/keep.log", "needle kept\n"),
        ("src/drop.log", "needle dropped\n"),
        ("target/out.rs", "needle built\n"),
        ("docs/target/page.rs", "needle page\n"),
        (".github/ci.yml", "needle ci\n"),
        (".git/config", "needle git\n"),
        (".ignore", "vendor\n"),
        ("vendor/v.rs", "needle vendor\n"),
    ];
    for (name, content) in files {
        put(environment, name, content).await;
    }
}

pub(crate) async fn globs(environment: &dyn Environment) {
    hidden_tree(environment).await;
    let all = |pattern, below, hidden| globbed(environment, pattern, below, hidden);
    assert_eq!(all("**/*.rs", ".", false).await, ["docs/target/page.rs", "src/lib.rs", "src/main.rs"]);
    assert_eq!(all("*.rs", ".", false).await, [""; 0], "one star stays within a folder");
    assert_eq!(all("*.rs", "src", false).await, ["src/lib.rs", "src/main.rs"]);
    assert_eq!(all("./*.rs", "src", false).await, ["src/lib.rs", "src/main.rs"]);
    assert_eq!(all("{src,docs}/**/{main,page}.rs", ".", false).await, ["docs/target/page.rs", "src/main.rs"]);
    assert_eq!(all("**/*.log", ".", false).await, ["src/keep.log"]);
    assert_eq!(all("**/*.log", ".", true).await, ["src/drop.log", "src/keep.log"]);
    assert_eq!(all("*.log", "src", false).await, ["src/keep.log"], "rules above the start hold");
    assert_eq!(all("**/*.yml", ".", false).await, [""; 0]);
    assert_eq!(all("**/*.yml", ".", true).await, [".github/ci.yml"]);
    assert_eq!(all(".github/*", ".", false).await, [".github/ci.yml"]);
    assert_eq!(
        all("*", "target", false).await,
        ["target/out.rs"],
        "an ignored folder that is named is searched"
    );
    assert_eq!(all("**/config", ".", true).await, [""; 0]);
    assert_eq!(all("config", ".git", false).await, [".git/config"]);

    let invalid = environment.glob(&GlobQuery::new("a[")).await.unwrap_err();
    assert_eq!(invalid.kind(), EnvironmentErrorKind::InvalidPattern);
    let mut missing = GlobQuery::new("*");
    missing.below = path(environment, "none");
    assert_eq!(environment.glob(&missing).await.unwrap_err().kind(), EnvironmentErrorKind::NotFound);
    let mut file = GlobQuery::new("*");
    file.below = path(environment, "src/main.rs");
    assert_eq!(environment.glob(&file).await.unwrap_err().kind(), EnvironmentErrorKind::NotAFile);
    let mut few = GlobQuery::new("**/*.rs");
    few.limit = 1;
    let few = environment.glob(&few).await.unwrap();
    assert_eq!((few.paths.len(), few.total), (1, 3));
}

pub(crate) async fn greps(environment: &dyn Environment) {
    hidden_tree(environment).await;
    let mut query = GrepQuery::new("needle");
    let expected = [
        ".github/ci.yml:1:needle ci",
        "docs/target/page.rs:1:needle page",
        "src/keep.log:1:needle kept",
        "src/main.rs:1:needle one",
    ];
    assert_eq!(grepped(environment, &query).await, expected);
    query.files = Some("*.rs".to_owned());
    assert_eq!(grepped(environment, &query).await, [expected[1], expected[3]]);
    query.files = Some("src/*.rs".to_owned());
    assert_eq!(grepped(environment, &query).await, [expected[3]]);
    query.files = None;
    query.below = path(environment, "target");
    assert_eq!(grepped(environment, &query).await, ["target/out.rs:1:needle built"]);
    query.below = path(environment, "src/drop.log");
    assert_eq!(
        grepped(environment, &query).await,
        ["src/drop.log:1:needle dropped"],
        "a file that is named is searched"
    );
    query.files = Some("*.log".to_owned());
    assert_eq!(grepped(environment, &query).await.len(), 1);
    query.below = path(environment, "none");
    assert_eq!(environment.grep(&query).await.unwrap_err().kind(), EnvironmentErrorKind::NotFound);
    let invalid = environment.grep(&GrepQuery::new("a(")).await.unwrap_err();
    assert_eq!(invalid.kind(), EnvironmentErrorKind::InvalidPattern);
    assert!(invalid.to_string().contains("unclosed group"), "{invalid}");
}

pub(crate) async fn lines(environment: &dyn Environment) {
    put(environment, "crlf.txt", "one\r\ntwo\r\nTWO").await;
    put(environment, "long.txt", &format!("two{}\n", "é".repeat(600))).await;
    let latin1 = path(environment, "latin1.txt");
    environment.write(&latin1, b"two \xe9\n").await.unwrap();
    let binary = path(environment, "binary");
    environment.write(&binary, b"two\n\0\n").await.unwrap();
    let mut query = GrepQuery::new("^two");
    let long = format!("long.txt:1:two{}…", "é".repeat(497));
    let mut expected = vec!["crlf.txt:2:two", "latin1.txt:1:two \u{fffd}", long.as_str()];
    assert_eq!(grepped(environment, &query).await, expected);
    query.case = CaseSensitivity::Insensitive;
    expected.insert(1, "crlf.txt:3:TWO");
    assert_eq!(grepped(environment, &query).await, expected);
    let end = GrepQuery::new("o$");
    assert_eq!(
        grepped(environment, &end).await,
        ["crlf.txt:2:two"],
        "a carriage return is part of the line end"
    );
}

pub(crate) async fn limits(environment: &dyn Environment) {
    let ten: String = (1..=10).map(|number| format!("line {number}\n")).collect();
    for name in ["a", "b", "c"] {
        put(environment, name, &ten).await;
    }
    let mut query = GrepQuery::new("line (3|4|9)$");
    query.limit = 4;
    query.context = 1;
    let found = environment.grep(&query).await.unwrap();
    assert_eq!((found.total, found.files, found.skipped), (9, 3, 0));
    let expected = [
        "a-2:line 2",
        "a:3:line 3",
        "a:4:line 4",
        "a-5:line 5",
        "a-8:line 8",
        "a:9:line 9",
        "a-10:line 10",
        "b-2:line 2",
        "b:3:line 3",
    ];
    assert_eq!(grepped(environment, &query).await, expected);
    query.limit = 3;
    assert_eq!(grepped(environment, &query).await, expected[..7]);
    query.limit = 0;
    let none = environment.grep(&query).await.unwrap();
    assert_eq!((none.lines.len(), none.total), (0, 9));
}
