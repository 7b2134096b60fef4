//! Scripts of `sed` and `awk` that do nothing but print and replace, and the commands that code of any language may hold.

/// The most places in a piece of code that are looked at, and the most bytes of one.
const MOST: usize = 2_000;
const LONGEST: usize = 400;

/// Whether a program of awk neither runs others nor names other files than its operands.
pub(crate) fn is_plain_awk(words: &[String]) -> bool {
    const BEYOND: [&str; 6] = ["|", ">", "@", "system", "getline", "ARGV"];
    !words[1..].iter().any(|word| {
        let is_option = word.len() > 1 && word.starts_with('-');
        (is_option && !word.starts_with("-F") && !word.starts_with("-v"))
            || BEYOND.iter().any(|text| word.contains(text))
    })
}

/// Whether all scripts of a `sed` are plain: `None` where one or an option is not.
pub(crate) fn is_plain_sed(words: &[String]) -> bool {
    sed_scripts(words).is_some_and(|scripts| !scripts.is_empty() && scripts.into_iter().all(is_plain_script))
}

/// The scripts in the arguments of `sed`; `None` where an option is not known, or takes one from a file.
fn sed_scripts(words: &[String]) -> Option<Vec<&str>> {
    const FLAGS: [&str; 8] = [
        "--quiet",
        "--silent",
        "--regexp-extended",
        "--null-data",
        "--unbuffered",
        "--separate",
        "--posix",
        "--in-place",
    ];
    let (mut scripts, mut operand) = (Vec::new(), None);
    let mut rest = words[1..].iter().map(String::as_str);
    while let Some(word) = rest.next() {
        if let Some(script) = word.strip_prefix("--expression=") {
            scripts.push(script);
        } else if FLAGS.contains(&word) || word.starts_with("--in-place=") {
        } else if word.len() > 1 && word.starts_with('-') {
            let flags = word[1..].trim_start_matches(['n', 'E', 'r', 's', 'u', 'z']);
            match (flags.chars().next(), flags.get(1..)) {
                // What follows an `i` is the name of a copy.
                (None | Some('i'), _) => {}
                (Some('e'), Some("")) => scripts.push(rest.next()?),
                (Some('e'), Some(script)) => scripts.push(script),
                _ => return None,
            }
        } else {
            operand = operand.or(Some(word));
        }
    }
    if scripts.is_empty() {
        scripts.extend(operand);
    }
    Some(scripts)
}

/// Printing lines, deleting them, and substitutions without the flags that run or write.
fn is_plain_script(script: &str) -> bool {
    let is_address = script
        .trim_end_matches(['p', 'd', 'q'])
        .chars()
        .all(|each| each.is_ascii_digit() || matches!(each, ',' | '$'));
    let pieces: Vec<&str> = script.split('/').collect();
    let is_substitution = pieces.len() == 4
        && pieces[0] == "s"
        && !script.contains(['\n', ';', '{'])
        && pieces[3].chars().all(|flag| matches!(flag, 'g' | 'i' | 'I' | 'p' | '0'..='9'));
    is_address || is_substitution
}

/// What could be a command line in code: texts between quotes, and what follows the beginning of any word. It says so where
/// there are more of them than it gives.
pub(crate) fn snippets(code: &str) -> (Vec<&str>, bool) {
    let mut found = quoted(code);
    let is_word = |each: char| each.is_alphanumeric() || matches!(each, '_' | '/' | '.' | '-');
    let mut before = ' ';
    for (at, each) in code.char_indices() {
        if found.len() > MOST {
            break;
        }
        if is_word(each) && (!is_word(before) || before == '/') {
            let rest = &code[at..];
            let end = rest.find(['"', '\'', '`', '\n', ')', ']', '}', ';', ',', '/']).unwrap_or(rest.len());
            found.push(start_of(&rest[..end]));
        }
        before = each;
    }
    let is_cut = found.len() > MOST;
    found.truncate(MOST);
    (found, is_cut)
}

/// The texts between quotes in code of any language: up to one more than are looked at.
fn quoted(code: &str) -> Vec<&str> {
    let quotes = ['"', '\'', '`', '|', '!'];
    let found = quotes.iter().flat_map(|quote| {
        code.split(*quote)
            .skip(1)
            .flat_map(move |text| [text, text.split(['"', '\'']).next().unwrap_or(text)])
    });
    found.map(start_of).take(MOST + 1).collect()
}

/// As much of a text as can begin a command: its other words begin others.
fn start_of(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}
