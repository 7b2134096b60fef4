use super::{check, violations, write};

const FILE: &str = "crates/tau-core/src/id.rs";

/// A file of that many lines, `tests` of them in a test module.
fn file(lines: usize, tests: usize) -> String {
    let module = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(tests.saturating_sub(3)));
    format!("{}{}", "//\n".repeat(lines - tests), if tests > 0 { &module } else { "" })
}

fn function(lines: usize) -> String {
    format!("fn walk() {{\n{}}}\n", "\n".repeat(lines - 2))
}

fn members(count: usize, item: &str) -> String {
    (0..count).map(|index| item.replace('#', &index.to_string())).collect()
}

#[test]
fn a_file_fails_over_800_lines() {
    check(
        &[(FILE, &file(801, 0))],
        &["crates/tau-core/src/id.rs:1: file-lines: 801 lines without tests, over 800; split the file by \
           responsibility"],
        &[(FILE, &file(500, 0))],
    );
}

#[test]
fn a_file_warns_over_500_lines() {
    check(
        &[(FILE, &file(501, 0))],
        &[
            "crates/tau-core/src/id.rs:1: file-lines: warning: 501 lines without tests, over 500; split the file by \
           responsibility",
        ],
        &[(FILE, &file(500, 0))],
    );
    check(
        &[(FILE, &file(800, 0))],
        &[
            "crates/tau-core/src/id.rs:1: file-lines: warning: 800 lines without tests, over 500; split the file by \
           responsibility",
        ],
        &[(FILE, &file(500, 0))],
    );
}

#[test]
fn lines_of_tests_and_of_generated_code_are_not_counted() {
    check(
        &[
            (FILE, &format!("{}mod gen;\n#[cfg(test)]\nmod tests;\n", file(640, 150))),
            ("crates/tau-core/src/id/gen/mod.rs", &file(2000, 0)),
            ("crates/tau-core/src/id/tests.rs", &file(2000, 0)),
        ],
        &[],
        &[],
    );
}

#[test]
fn an_inline_test_module_moves_out_over_150_lines() {
    let sibling = "#[cfg(test)]\nmod tests;\n";
    check(
        &[(FILE, &file(161, 151))],
        &[
            "crates/tau-core/src/id.rs:12: inline-tests: `mod tests` has 151 lines, over 150; move it to a sibling \
           tests.rs",
        ],
        &[(FILE, sibling), ("crates/tau-core/src/id/tests.rs", &file(900, 0))],
    );
    check(
        &[(FILE, &file(161, 151).replace("cfg(test)", "cfg(all(unix, test))"))],
        &[
            "crates/tau-core/src/id.rs:12: inline-tests: `mod tests` has 151 lines, over 150; move it to a sibling \
           tests.rs",
        ],
        &[(FILE, &file(160, 150))],
    );
}

#[test]
fn a_function_has_100_lines_wherever_it_stands() {
    for (before, after, line) in [
        ("", "", 1),
        ("/// Docs are not counted.\n#[inline]\n", "", 3),
        ("struct A;\nimpl A {\n", "}\n", 3),
        ("trait A {\n", "}\n", 2),
        ("fn outer() {\n", "}\n", 2),
    ] {
        let mut expected = vec![format!(
            "{FILE}:{line}: function-lines: `walk` has 101 lines, over 100; move its steps into functions of their \
             own"
        )];
        if before.starts_with("fn outer") {
            expected.insert(
                0,
                format!(
                    "{FILE}:1: function-lines: `outer` has 103 lines, over 100; move its steps into functions of \
                     their own"
                ),
            );
        }
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(
            &[(FILE, &format!("{before}{}{after}", function(101)))],
            &expected,
            &[(FILE, &format!("{before}{}{after}", function(98)))],
        );
    }
}

#[test]
fn a_struct_has_12_fields_or_a_reason() {
    let named = |count| format!("struct Wide {{\n{}}}\n", members(count, "f#: u8,\n"));
    let tuple = |count| format!("struct Wide({});\n", members(count, "u8, "));
    let expected = |line| {
        format!(
            "{FILE}:{line}: struct-fields: `Wide` has 13 fields, over 12; group them, or write \
             `// tidy: struct-fields: <reason>` above it"
        )
    };
    let reason = "// tidy: struct-fields: the columns of the table\n";
    check(&[(FILE, &named(13))], &[&expected(1)], &[(FILE, &named(12))]);
    check(&[(FILE, &tuple(13))], &[&expected(1)], &[(FILE, &tuple(12))]);
    check(&[(FILE, &named(13))], &[&expected(1)], &[(FILE, &format!("{reason}{}", named(13)))]);
    let among = format!("/// Docs.\n{reason}#[derive(Debug)]\n{}", named(13));
    check(&[(FILE, &format!("/// Docs.\n{}", named(13)))], &[&expected(2)], &[(FILE, &among)]);
    // A reason counts above its own item, for its own rule, and only if there is one.
    for (comment, line) in [
        (format!("{reason}\n"), 3),
        ("// tidy: enum-variants: the columns of the table\n".to_owned(), 2),
        ("// tidy: struct-fields: \n".to_owned(), 2),
    ] {
        check(&[(FILE, &format!("{comment}{}", named(13)))], &[&expected(line)], &[(FILE, &named(12))]);
    }
}

#[test]
fn an_enum_has_25_variants_or_a_reason() {
    let text = |count| format!("enum Wide {{\n{}}}\n", members(count, "V#,\n"));
    let expected = format!(
        "{FILE}:1: enum-variants: `Wide` has 26 variants, over 25; group them, or write \
         `// tidy: enum-variants: <reason>` above it"
    );
    let reason = "// tidy: enum-variants: one for each status code\n";
    check(&[(FILE, &text(26))], &[&expected], &[(FILE, &text(25))]);
    check(&[(FILE, &text(26))], &[&expected], &[(FILE, &format!("{reason}{}", text(26)))]);
}

#[test]
fn a_warning_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), super::SOUND);
    write(dir.path(), &[(FILE, &file(501, 0))]);
    assert_eq!(violations(dir.path()).len(), 1);
    assert!(crate::tidy::report(dir.path()).unwrap());
    write(dir.path(), &[(FILE, &file(801, 0))]);
    assert!(!crate::tidy::report(dir.path()).unwrap());
}
