//! Scripts of `sed` and `awk` that do nothing but print and replace, and the commands that code of any language may hold.

/// The most places in a piece of code that are looked at.
const MOST: usize = 64;

/// Whether a program of awk neither runs others nor writes files.
pub(crate) fn is_plain_awk(words: &[String]) -> bool {
    !words[1..].iter().any(|word| {
        word.contains(['|', '>', '@'])
            || word.contains("system")
            || word.contains("getline")
            || word.starts_with("-f")
            || word.starts_with("-i")
            || word.starts_with("-l")
            || word.starts_with("--")
    })
}

/// Printing lines, deleting them, and substitutions without the flags that run or write.
pub(crate) fn is_plain_sed(words: &[String]) -> bool {
    let Some(script) = words[1..].iter().find(|word| !word.starts_with('-')) else { return false };
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

/// What could be a command line in code: texts between quotes, and what follows the beginning of any word.
pub(crate) fn snippets(code: &str) -> Vec<&str> {
    let mut found = quoted(code);
    let is_word = |each: char| each.is_alphanumeric() || matches!(each, '_' | '/' | '.' | '-');
    let mut before = ' ';
    for (at, each) in code.char_indices() {
        if is_word(each) && (!is_word(before) || before == '/') && found.len() < 2 * MOST {
            let rest = &code[at..];
            let end = rest.find(['"', '\'', '`', '\n', ')', ']', '}', ';', ',', '/']).unwrap_or(rest.len());
            found.push(&rest[..end]);
        }
        before = each;
    }
    found
}

/// The texts between quotes in code of any language.
pub(crate) fn quoted(code: &str) -> Vec<&str> {
    let quotes = ['"', '\'', '`', '|', '!'];
    let found = quotes.iter().flat_map(|quote| {
        code.split(*quote)
            .skip(1)
            .flat_map(move |text| [text, text.split(['"', '\'']).next().unwrap_or(text)])
    });
    found.take(MOST).collect()
}
