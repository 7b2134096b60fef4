use super::outline::Shape;
use super::{brush, doubt, scan, tree};

fn shape(commands: &[&[&str]], redirects: &[(&str, &str)]) -> Shape {
    Shape {
        commands: commands.iter().map(|words| words.iter().map(|&word| word.to_owned()).collect()).collect(),
        redirects: redirects.iter().map(|&(operator, target)| (operator.into(), target.into())).collect(),
    }
}

#[test]
fn three_readers_see_the_same() {
    type Row<'a> = (&'a str, &'a [&'a [&'a str]], &'a [(&'a str, &'a str)]);
    let rows: &[Row<'_>] = &[
        ("", &[], &[]),
        ("ls", &[&["ls"]], &[]),
        ("ls -la 'a b' \"c d\" e\\ f", &[&["ls", "-la", "'a b'", "\"c d\"", "e\\ f"]], &[]),
        ("a && b || c; d & e | f |& g", &[&["a"], &["b"], &["c"], &["d"], &["e"], &["f"], &["g"]], &[]),
        ("a\nb\n\nc", &[&["a"], &["b"], &["c"]], &[]),
        ("A=1 B='x y' run z", &[&["A=1", "B='x y'", "run", "z"]], &[]),
        ("A=1", &[&["A=1"]], &[]),
        ("(a; b) && { c; d; }", &[&["a"], &["b"], &["c"], &["d"]], &[]),
        ("! a", &[&["a"]], &[]),
        ("a > f 2>&1 < g >> h", &[&["a"]], &[(">", "f"), (">&", "1"), ("<", "g"), (">>", "h")]),
        ("a &> f", &[&["a"]], &[("&>", "f")]),
        ("> f a b", &[&["a", "b"]], &[(">", "f")]),
        ("a > f b", &[&["a", "b"]], &[(">", "f")]),
        ("a <<< x", &[&["a"]], &[("<<<", "x")]),
        ("cat <<'E'\nrm x\nE\n", &[&["cat"]], &[("<<", "'E'")]),
        ("python3 - <<'E'\nx\nE\n", &[&["python3", "-"]], &[("<<", "'E'")]),
        (
            "git commit -F - <<-E && ls\nx - <<E\n\tE\n",
            &[&["git", "commit", "-F", "-"], &["ls"]],
            &[("<<-", "E")],
        ),
        ("cat - <<< ' - <<E'", &[&["cat", "-"]], &[("<<<", "' - <<E'")]),
        ("cat <<E | wc\nx\nE\nls", &[&["cat"], &["wc"], &["ls"]], &[("<<", "E")]),
        ("if a; then b; elif c; then d; else e; fi", &[&["a"], &["b"], &["c"], &["d"], &["e"]], &[]),
        ("for i in 1 2; do a $i; done", &[&["a", "$i"]], &[]),
        ("while a; do b; done", &[&["a"], &["b"]], &[]),
        ("case x in a|b) c;; *) d;; esac", &[&["c"], &["d"]], &[]),
        ("echo $(rm x) \"`ls`\"", &[&["echo", "$(rm x)", "\"`ls`\""]], &[]),
        ("[ -f x ] && test -d y", &[&["[", "-f", "x", "]"], &["test", "-d", "y"]], &[]),
        ("[[ -f x && a < b ]] && c", &[&["c"]], &[]),
        ("export A=1 B; unset C", &[&["export", "A=1", "B"], &["unset", "C"]], &[]),
        ("time ls -l", &[&["time", "ls", "-l"]], &[]),
        ("echo a # b; c", &[&["echo", "a"]], &[]),
        ("echo a#b {} HEAD~1 a=b --c='d'", &[&["echo", "a#b", "{}", "HEAD~1", "a=b", "--c='d'"]], &[]),
        (
            "find . -name '*.rs' -exec rm {} \\;",
            &[&["find", ".", "-name", "'*.rs'", "-exec", "rm", "{}", "\\;"]],
            &[],
        ),
        (
            "git log --format=%H -n 1 -- src/*.rs",
            &[&["git", "log", "--format=%H", "-n", "1", "--", "src/*.rs"]],
            &[],
        ),
        ("echo $((1 + 2)) ${x:-y}", &[&["echo", "$((1 + 2))", "${x:-y}"]], &[]),
        ("f() { a; }; f", &[&["a"], &["f"]], &[]),
        ("function f { a; }", &[&["a"]], &[]),
        ("a \\\n  b", &[&["a", "b"]], &[]),
    ];
    let mut wrong = Vec::new();
    for (source, commands, redirects) in rows {
        let expected = Some(shape(commands, redirects));
        for (reader, seen) in [
            ("scan", Some(scan(source).shape())),
            ("brush", brush::shape(source)),
            ("tree", tree::shape(source)),
        ] {
            if seen != expected {
                wrong.push(format!("{reader} of {source:?}: {seen:?}"));
            }
        }
        if let Some(doubt) = doubt(source, &scan(source)) {
            wrong.push(format!("{source:?}: {doubt}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_no_command_line_is_doubted() {
    let rows = [
        "a &&",
        "a | ",
        "'a",
        "\"a",
        "a $(",
        "a `b",
        "(a",
        "a)",
        "if a; then b",
        "case x in",
        "a <<E\nb",
        "&& a",
        "a;;b",
        "x=(a b)",
        "coproc a",
        "select i in a; do b; done",
        "a <(b)",
        "${x",
        "a >",
        "99999999999>f a",
    ];
    for source in rows {
        assert!(doubt(source, &scan(source)).is_some(), "{source:?}");
    }
}
