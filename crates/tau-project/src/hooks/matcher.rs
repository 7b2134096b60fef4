//! Which calls, starts or notifications a hook is asked about.

use fancy_regex::Regex;

/// What a hook is asked about, by a name: of a tool, of what began a session, of a kind of subagent.
///
/// Nothing and `*` mean everything. Of letters, digits, blanks and `_ - , |` alone, it is a list of names; anything else
/// is a regular expression that is found anywhere in a name.
#[derive(Debug, Clone)]
pub struct Matcher {
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Everything,
    Names(Vec<String>),
    Expression(Box<Regex>),
    /// Nobody knows what it means. A guard must not be lost by it.
    Unclear,
}

impl Matcher {
    /// Reads a matcher. Every text is one.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ',' | '|' | ' ');
        let kind = match text.trim() {
            "" | "*" => Kind::Everything,
            names if names.chars().all(is_name) => {
                let names = names.split(['|', ',']).map(str::trim).filter(|name| !name.is_empty());
                Kind::Names(names.map(str::to_owned).collect())
            }
            expression => Regex::new(expression)
                .map_or(Kind::Unclear, |expression| Kind::Expression(Box::new(expression))),
        };
        Self { text: text.to_owned(), kind }
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first of several names of one thing that it matches. One that is not understood matches the first.
    #[must_use]
    pub fn find<'a>(&self, names: &[&'a str]) -> Option<&'a str> {
        names.iter().copied().find(|name| match &self.kind {
            Kind::Everything | Kind::Unclear => true,
            Kind::Names(known) => known.iter().any(|known| known == name),
            // One that takes too long to tell is asked.
            Kind::Expression(expression) => expression.is_match(name).unwrap_or(true),
        })
    }

    /// Whether it is no regular expression, though it should be one.
    #[must_use]
    pub const fn is_unclear(&self) -> bool {
        matches!(self.kind, Kind::Unclear)
    }

    /// Names in it that no tool can have: those of servers alone.
    pub(super) fn servers(&self) -> impl Iterator<Item = &str> {
        let names: &[String] = if let Kind::Names(names) = &self.kind { names } else { &[] };
        let is_server =
            |name: &&String| name.strip_prefix("mcp__").is_some_and(|server| !server.contains("__"));
        names.iter().filter(is_server).map(String::as_str)
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Matcher {}

#[cfg(test)]
mod tests {
    use super::Matcher;

    #[test]
    fn a_matcher_is_a_list_or_an_expression() {
        let task = ["Agent", "Task", "task"];
        for (matcher, names, expected) in [
            ("", &["Bash"][..], Some("Bash")),
            ("*", &["Bash"], Some("Bash")),
            ("Bash", &["Bash", "bash"], Some("Bash")),
            ("bash", &["Bash", "bash"], Some("bash")),
            ("Bas", &["Bash"], None),
            ("Edit|Write", &["Write"], Some("Write")),
            ("Edit, Write", &["Write"], Some("Write")),
            ("Task", &task, Some("Task")),
            ("^(Edit|Write)$", &["Write"], Some("Write")),
            ("Notebook.*", &["NotebookEdit"], Some("NotebookEdit")),
            ("ash.?", &["Bash"], Some("Bash")),
            ("mcp__memory__.*", &["mcp__memory__read"], Some("mcp__memory__read")),
            ("mcp__memory", &["mcp__memory__read"], None),
            ("^(?!mcp__).*", &["mcp__memory__read"], None),
            ("^(?!mcp__).*", &["Bash"], Some("Bash")),
            ("Bash(", &["Read"], Some("Read")),
        ] {
            assert_eq!(Matcher::parse(matcher).find(names), expected, "{matcher} {names:?}");
        }
        assert!(Matcher::parse("Bash(").is_unclear());
    }

    #[test]
    fn an_expression_that_explodes_is_asked() {
        let name = "a".repeat(64) + "!";
        assert!(Matcher::parse(r"^((a|aa)+)+\2!!$").find(&[&name]).is_some());
    }
}
