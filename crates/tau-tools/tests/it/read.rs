//! The read tool.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;
use tau_tools::environment::Environment;

use crate::support::{failure, local, memory, text};

#[tokio::test]
async fn lines_have_numbers() {
    let files = memory([("a.txt", b"one\n\n\ttwo")]);
    assert_eq!(text(files, "read", json!({"path": "a.txt"})).await, "1\tone\n2\t\n3\t\ttwo\n");
}

#[tokio::test]
async fn absolute_paths_below_the_root_are_the_same() {
    let files = memory([("d/a.txt", b"one\n")]);
    assert_eq!(text(files.clone(), "read", json!({"path": "/workspace/d/../d/./a.txt"})).await, "1\tone\n");
    for path in ["/etc/passwd", "../a.txt", "d/../../a.txt"] {
        let refused = failure(files.clone(), "read", json!({ "path": path })).await;
        assert_eq!(
            refused,
            format!("`{path}` is outside the working folder /workspace; only paths below it can be used")
        );
    }
    assert_eq!(failure(files.clone(), "read", json!({"path": " "})).await, "the path is empty");
    assert_eq!(failure(files, "read", json!({"path": "a\0b"})).await, "the path holds a NUL byte");
}

#[tokio::test]
async fn a_range_says_how_to_go_on() {
    let content: String = (1..=10).map(|number| format!("line {number}\n")).collect();
    let files = memory([("a.txt", content.as_bytes())]);
    let read = |arguments| text(files.clone(), "read", arguments);
    let middle = read(json!({"path": "a.txt", "offset": 4, "limit": 2})).await;
    assert_eq!(middle, "4\tline 4\n5\tline 5\n[lines 4 to 5 of 10; continue with offset 6]\n");
    assert_eq!(read(json!({"path": "a.txt", "offset": 10, "limit": 2})).await, "10\tline 10\n");
    assert_eq!(read(json!({"path": "a.txt", "offset": 0, "limit": 10})).await.lines().count(), 10);
    let past = failure(files, "read", json!({"path": "a.txt", "offset": 11})).await;
    assert_eq!(past, "offset 11 is past the end: `a.txt` has 10 lines");
}

#[tokio::test]
async fn long_files_come_in_pieces_that_fit_together() {
    let content: String =
        (1..=5_000).map(|number| format!("{number} {}\n", "x".repeat(number % 90))).collect();
    let files = memory([("a.txt", content.as_bytes())]);
    let (mut offset, mut whole, mut pieces) = (1, String::new(), 0);
    loop {
        let piece = text(files.clone(), "read", json!({"path": "a.txt", "offset": offset})).await;
        assert!(piece.len() <= 30_000 && !piece.contains("left out"));
        pieces += 1;
        for line in piece.lines().filter(|line| !line.starts_with('[')) {
            whole.push_str(line.split_once('\t').unwrap().1);
            whole.push('\n');
        }
        match piece.split_once("continue with offset ") {
            Some((_, next)) => offset = next.trim_end_matches("]\n").parse().unwrap(),
            None => break,
        }
    }
    assert!(pieces > 5, "{pieces}");
    assert_eq!(whole, content);
}

#[tokio::test]
async fn short_lines_stop_at_two_thousand() {
    let files = memory([("a.txt", "x\n".repeat(2_001).as_bytes())]);
    let piece = text(files, "read", json!({"path": "a.txt"})).await;
    assert!(piece.ends_with("2000\tx\n[lines 1 to 2000 of 2001; continue with offset 2001]\n"));
}

#[tokio::test]
async fn a_long_line_is_cut() {
    let files = memory([("a.txt", format!("{}\nnext\n", "é".repeat(2_500)).as_bytes())]);
    let expected = format!("1\t{}... [500 more characters]\n2\tnext\n", "é".repeat(2_000));
    assert_eq!(text(files, "read", json!({"path": "a.txt"})).await, expected);
}

#[tokio::test]
async fn encodings_and_line_ends_are_said() {
    let files = memory([
        ("bom", b"\xef\xbb\xbftext\n"),
        ("only-bom", b"\xef\xbb\xbf"),
        ("crlf", b"a\r\nb\r\n"),
        ("mixed", b"a\r\nb\nc"),
        ("latin1", b"caf\xe9\n"),
        ("broken", b"caf\xc3\xa9 \xff\n"),
        ("utf16", b"\xff\xfeh\0\xe9\0\r\0\n\0l\0l\0o\0\r\0\n\0"),
        ("utf16be", b"\xfe\xff\0h\0i\0\n"),
        ("empty", b""),
        ("blank", b"\n"),
    ]);
    let rows = [
        ("bom", "1\ttext\n"),
        ("only-bom", "`only-bom` is empty."),
        ("crlf", "1\ta\n2\tb\n[lines end in CRLF; edit keeps that]\n"),
        ("mixed", "1\ta\n2\tb\n3\tc\n[1 of 2 lines end in CRLF, the others in LF; edit keeps that]\n"),
        ("latin1", "1\tcaf\u{e9}\n[encoded as windows-1252; edit keeps that]\n"),
        ("broken", "1\tcaf\u{e9} \u{fffd}\n[not valid UTF-8; bytes that are none are shown as \u{fffd}]\n"),
        (
            "utf16",
            "1\th\u{e9}\n2\tllo\n[encoded as UTF-16LE; edit keeps that]\n[lines end in CRLF; edit keeps that]\n",
        ),
        ("utf16be", "1\thi\n[encoded as UTF-16BE; edit keeps that]\n"),
        ("empty", "`empty` is empty."),
        ("blank", "1\t\n"),
    ];
    for (path, expected) in rows {
        assert_eq!(text(files.clone(), "read", json!({ "path": path })).await, expected, "{path}");
    }
}

#[tokio::test]
async fn binary_files_are_refused_by_name_and_size() {
    let late = [b"line\n".repeat(2_000), vec![0]].concat();
    let files = memory([
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("a.bin", b"abc\0def"),
        ("utf32", b"\xff\xfe\0\0a\0\0\0"),
        ("late", late.as_slice()),
    ]);
    let refused = |path| failure(files.clone(), "read", json!({ "path": path }));
    assert!(refused("a.png").await.starts_with("`a.png` is a PNG image of 16 bytes, but cannot be shown: "));
    assert_eq!(refused("a.bin").await, "`a.bin` is not text but binary data of 7 bytes; it was not read");
    assert!(refused("utf32").await.contains("UTF-32 text"));
    assert!(text(files.clone(), "read", json!({"path": "late", "offset": 2_001})).await == "2001\t\0\n");
}

#[tokio::test]
async fn folders_are_listed() {
    let (_folder, environment) = local();
    let root = environment.root().to_owned();
    assert_eq!(
        text(environment.clone(), "read", json!({"path": "."})).await,
        "`.` is a folder with 0 entries."
    );
    fs::create_dir(root.join("sub")).unwrap();
    fs::write(root.join("file"), "").unwrap();
    fs::write(root.join("line\nbreak"), "").unwrap();
    symlink("/", root.join("out")).unwrap();
    let expected = "`.` is a folder with 4 entries:\nfile\n\"line\\nbreak\"\n\
                    out (neither file nor folder, or a link that leads nowhere)\nsub/";
    assert_eq!(text(environment.clone(), "read", json!({"path": "."})).await, expected);
    for index in 0..1_200 {
        fs::write(root.join("sub").join(format!("{index:04}")), "").unwrap();
    }
    let listed = text(environment, "read", json!({"path": "sub"})).await;
    assert!(listed.ends_with("\n0999\n[200 more entries]"), "{}", &listed[listed.len() - 60..]);
}

#[tokio::test]
async fn a_missing_file_suggests_names_near_it() {
    let files = memory([
        ("src/main.rs", b""),
        ("src/maim.rs", b""),
        ("src/other.txt", b""),
        ("src/config.yaml", b""),
    ]);
    let missing = |path| failure(files.clone(), "read", json!({ "path": path }));
    let typo = missing("src/mian.rs").await;
    assert_eq!(typo, "src/mian.rs: no such file or folder. Near it: `src/main.rs`, `src/maim.rs`");
    assert!(missing("src/config.yml").await.ends_with("Near it: `src/config.yaml`"));
    assert!(missing("src/Main.rs").await.contains("`src/main.rs`"));
    assert_eq!(missing("src/zzz").await, "src/zzz: no such file or folder");
    assert_eq!(
        missing("lib/a.rs").await,
        "lib/a.rs: no such file or folder. There is no folder `lib` either"
    );
}

#[tokio::test]
async fn links_out_of_the_root_are_refused() {
    let (_folder, environment) = local();
    symlink("/etc/passwd", environment.root().join("link")).unwrap();
    let refused = failure(environment, "read", json!({"path": "link"})).await;
    assert_eq!(refused, "link: a link leads out of the working folder");
}

#[tokio::test]
async fn wrong_arguments_are_named() {
    let files = memory([]);
    let wrong = |arguments| failure(files.clone(), "read", arguments);
    let unknown = "Invalid arguments for `read`; nothing was done:\n- `pth` is no argument; did you mean `path`?\n\
                   - `path` is missing: Absolute, or relative to the working folder.";
    assert_eq!(wrong(json!({"pth": "a"})).await, unknown);
    assert!(
        wrong(json!({"path": "a", "limit": "9"}))
            .await
            .contains("`limit` must be an integer, not the string \"9\"")
    );
    assert!(wrong(json!({"path": "a", "offset": -1})).await.contains("invalid value: integer `-1`"));
    let null = wrong(json!({"path": "none", "offset": null})).await;
    assert!(null.contains("no such file"), "null is as good as nothing: {null}");
}
