//! What a rule with a star does not allow, although it matches: options and arguments that run or write more than it says.

use super::shell::{
    RunPlace, Runs, git_danger, is_dangerous, is_interpreter, is_plain_awk, is_plain_sed, is_safe_variable,
    runs, value_letters,
};

/// Why no rule with a star allows a program these words, of which the rule spells out so many.
pub(super) fn danger(program: &str, words: &[String], literal: usize) -> Option<String> {
    if program == "git" {
        return git_danger(words, literal);
    }
    option(program, words, literal)
        .or_else(|| assignment(program, words, literal))
        .or_else(|| compiler(program, words, literal))
        .or_else(|| shell_builtin(program, words))
        .or_else(|| code(program, words, literal))
        .or_else(|| later(program, words, literal))
}

/// Whether a rule that spells out so many words says what a program that runs others is to run.
pub(super) fn names_what_runs(program: &str, words: &[String], literal: usize) -> bool {
    let spelled_out = &words[1..literal.clamp(1, words.len())];
    match runs(program) {
        Some(Runs::Somewhere) => spelled_out.iter().any(|word| !word.starts_with('-')),
        Some(Runs::After { words: before, place: RunPlace::Here }) => {
            let runs = words[1..].iter().position(|word| before.contains(&word.as_str()));
            runs.is_none_or(|at| at < spelled_out.len())
        }
        _ => true,
    }
}

/// An option that can run or write more than the rule says. One that the rule spells out, with its value, is what it says.
fn option(program: &str, words: &[String], literal: usize) -> Option<String> {
    let is_spelled_out =
        |at: usize, word: &str| program != "find" && at + usize::from(!word.contains('=')) < literal;
    for (at, word) in words.iter().enumerate().skip(1) {
        // What stands behind is for what is built.
        if program == "cargo" && word == "--" {
            return None;
        }
        // Behind a file of code stand arguments of that code.
        let is_operand = !word.starts_with('-') && (at == 1 || !words[at - 1].starts_with('-'));
        if is_interpreter(program) && is_operand && !is_dangerous(program, word) {
            return None;
        }
        let bundle = (at == 1 && matches!(program, "tar" | "bsdtar" | "gtar")).then(|| format!("-{word}"));
        let is_bundle = bundle.is_some_and(|bundle| is_dangerous(program, &bundle));
        if (is_bundle || is_dangerous(program, word)) && !is_spelled_out(at, word) {
            return Some(format!("`{word}` can run or write more than the rule says"));
        }
        let is_set = matches!(program, "make" | "gmake") && !word.starts_with('-');
        if let Some((_, value)) = word.split_once('=').filter(|_| is_set && at >= literal)
            && !is_switch(value)
        {
            return Some(format!("`{word}` may name a program"));
        }
    }
    None
}

/// What compilers read options from, load or run besides.
fn compiler(program: &str, words: &[String], literal: usize) -> Option<String> {
    let is_c = matches!(program, "gcc" | "cc" | "clang" | "g++" | "c++" | "clang++");
    let is_rust = matches!(program, "rustc" | "cargo");
    let is_open = |word: &&String| {
        let passes_on = word.starts_with("-Wl,") || word.starts_with("-Wp,") || word.starts_with("-Wa,");
        (is_c && (word.starts_with('@') || (passes_on && (word.contains("plugin") || word.contains('@')))))
            || (is_rust && word.contains("linker="))
    };
    let open = words.iter().skip(literal.max(1)).find(is_open);
    open.map(|word| format!("`{word}` can run or write more than the rule says"))
}

/// A variable that a wrapper sets for what it runs, and that may change what that is.
fn assignment(program: &str, words: &[String], literal: usize) -> Option<String> {
    if !matches!(program, "env" | "sudo" | "doas") {
        return None;
    }
    let is_set =
        |word: &&str| !word.starts_with('-') && !word.split('=').next().is_some_and(is_safe_variable);
    let mut open = words
        .iter()
        .map(String::as_str)
        .skip(literal.max(1))
        .take_while(|word| word.starts_with('-') || word.contains('='));
    open.find(is_set).map(|word| format!("setting `{word}` may change what runs"))
}

/// Whether a value is a number or one of the words that switch something.
fn is_switch(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit())
        || matches!(value, "y" | "n" | "yes" | "no" | "true" | "false" | "on" | "off" | "debug" | "release")
}

/// Arguments that the shell itself evaluates, and variables that change what runs.
fn shell_builtin(program: &str, words: &[String]) -> Option<String> {
    let declares = matches!(program, "declare" | "typeset" | "local" | "export" | "readonly");
    let evaluates = declares || matches!(program, "test" | "[" | "printf" | "unset" | "read" | "let");
    let is_evaluated = |word: &String| word.contains("$(") || word.contains('`') || word.contains("[$");
    if evaluates && words[1..].iter().any(is_evaluated) {
        return Some("the shell may evaluate its arguments".to_owned());
    }
    let named = words[1..].iter().filter(|word| declares && !word.starts_with('-'));
    let mut names = named.map(|word| word.split(['=', '+']).next().unwrap_or_default());
    names.find(|name| !is_safe_variable(name)).map(|name| format!("setting `{name}` may change what runs"))
}

/// Code that is no plain script, and code that nobody has seen.
fn code(program: &str, words: &[String], literal: usize) -> Option<String> {
    let is_code = matches!(program, "awk" | "gawk" | "mawk" | "nawk") && !is_plain_awk(words);
    if is_code {
        return Some("the program it is given may run others or write files".to_owned());
    }
    if matches!(program, "sed" | "gsed") && !is_plain_sed(words) {
        return Some("its script may run commands or write files".to_owned());
    }
    if is_interpreter(program) {
        // To Python `-v` is to talk more.
        let shows = |word: &String| match word.as_str() {
            "--version" | "-V" | "--help" | "-h" => true,
            "-v" => !program.starts_with("py"),
            _ => false,
        };
        let has_file = file_of_code(program, words).is_some() || words[1..].iter().any(shows);
        return (!has_file).then(|| "it runs the code that it reads, which nobody has seen".to_owned());
    }
    let escapes: &[&str] = match program {
        "sqlite3" => &[
            ".shell",
            ".system",
            ".output",
            ".once",
            ".import",
            ".read",
            ".load",
            "load_extension",
            "writefile",
        ],
        "psql" => &["\\", "program"],
        "mysql" | "mariadb" => &["\\!", "\\.", "\\t", "system ", "source ", "outfile", "dumpfile"],
        _ => &[],
    };
    let is_escape = |word: &str| escapes.iter().any(|escape| word.to_ascii_lowercase().contains(escape));
    let escape = words.iter().enumerate().skip(1).find(|(at, word)| at + 1 >= literal && is_escape(word));
    escape.map(|(_, word)| format!("`{word}` can run programs or write files"))
}

/// The file that an interpreter is given to run, if that is no input.
fn file_of_code<'a>(program: &str, words: &'a [String]) -> Option<&'a str> {
    let letters = value_letters(program).unwrap_or_default();
    let takes_next = |word: &str| {
        word.starts_with('-')
            && word.find(|each| letters.contains(each)).is_some_and(|at| at + 1 == word.len())
    };
    let mut rest = words[1..].iter().map(String::as_str);
    while let Some(word) = rest.next() {
        if word == "-" || !word.starts_with('-') {
            let is_input = word == "-" || word.starts_with("/dev/") || word.starts_with("/proc/");
            return (!is_input).then_some(word);
        }
        if takes_next(word) {
            rest.next();
        }
    }
    None
}

/// What is configured to run later.
fn later(program: &str, words: &[String], literal: usize) -> Option<String> {
    let configures = matches!(program, "npm" | "pnpm" | "yarn" | "pip" | "pip3")
        && matches!(words.get(1).map(String::as_str), Some("config" | "set" | "c"))
        && !matches!(words.get(2).map(String::as_str), Some("get" | "list" | "ls"))
        && literal <= 2;
    configures.then(|| "it decides what runs later".to_owned())
}
