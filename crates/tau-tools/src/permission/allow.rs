//! Whether rules let a command line run: every simple command in it, word by word.

use std::path::Path;

use super::call::Surroundings;
use super::danger::{danger, names_what_runs};
use super::files::Operand;
use super::place::{Access, Place};
use super::rule::{CommandPattern, Rule, Spec};
use super::shell::{
    Argument, Command, Nested, Outline, Runs, Word, assignment, basename, doubt, has_dangerous_options,
    inner, is_never_by_prefix, is_open_builtin, is_read_only, is_safe_variable, is_transparent, runs, scan,
    starts,
};

/// How deep command lines may stand in one another, as strings of `-c`.
const DEEPEST: usize = 3;

/// Says whether a file may be written, or why not.
pub(super) type MayWrite<'a> = dyn Fn(&Place) -> Result<(), String> + 'a;

/// The rules that allow commands, and what they are held against.
pub(super) struct Allowing<'a> {
    pub(super) rules: Vec<(&'a Rule, &'a CommandPattern)>,
    /// A rule that allows every command.
    pub(super) every: Option<&'a Rule>,
    /// Whether rules forbid files, so that unseen operands matter.
    pub(super) guards_files: bool,
    /// The files that the line names.
    pub(super) operands: &'a [Operand],
    /// Whether it may go to another folder.
    pub(super) goes: bool,
    /// Whether it may run git.
    pub(super) runs_git: bool,
    pub(super) around: &'a Surroundings<'a>,
    pub(super) may_write: &'a MayWrite<'a>,
}

/// Why a command line may not run unasked, or the rules that let it run.
pub(super) type Allowed = Result<Vec<String>, String>;

impl Allowing<'_> {
    /// Whether a command line may run.
    pub(super) fn line(&self, source: &str, outline: &Outline, depth: usize) -> Allowed {
        if let Some(reason) = doubt(source, outline) {
            return Err(reason.to_owned());
        }
        if let Some(rule) = self.every {
            self.written()?;
            return Ok(vec![rule.text.clone()]);
        }
        if outline.functions {
            return Err("it defines functions, which can stand for any program".to_owned());
        }
        self.redirects(outline)?;
        if !outline.substitutions.is_empty() {
            return Err("it runs commands in substitutions, whose output nobody has seen".to_owned());
        }
        if outline
            .nested
            .iter()
            .any(|nested| matches!(nested, Nested::Text(text) if text.contains(['$', '`', '\\'])))
        {
            return Err("its heredoc is expanded by the shell".to_owned());
        }
        if outline.loose.iter().chain(outline.loops.iter().flatten()).any(|word| word.literal().is_none()) {
            return Err("it has words that only the shell knows".to_owned());
        }
        if self.goes && self.runs_git {
            return Err(
                "it goes to a folder and runs git, whose configuration there may run anything".to_owned()
            );
        }
        let mut rules = Vec::new();
        for command in &outline.commands {
            rules.extend(self.command(command, depth)?);
        }
        rules.dedup();
        Ok(rules)
    }

    /// Whether every file that the shell opens to write, wherever in the line, may be written.
    fn written(&self) -> Result<(), String> {
        let is_written = |operand: &&Operand| operand.is_redirect && operand.access == Some(Access::Writes);
        for operand in self.operands.iter().filter(is_written) {
            let Some(place) = &operand.place else {
                return Err("it redirects to a file that only the shell knows".to_owned());
            };
            if place.lexical != Path::new("/dev/null") {
                (self.may_write)(place)?;
            }
        }
        Ok(())
    }

    /// Whether every file it writes by redirection may be written, and every other that it redirects is known.
    fn redirects(&self, outline: &Outline) -> Result<(), String> {
        for redirect in outline.commands.iter().flat_map(|command| &command.redirects) {
            let target = redirect.target.literal();
            let is_descriptor = target.as_deref().is_some_and(|text| is_descriptor(redirect.operator, text));
            match redirect.operator {
                "<<" | "<<-" => continue,
                "<<<" | "<" if target.is_some() => continue,
                _ if is_descriptor => continue,
                _ => {}
            }
            let Some(target) = target.filter(|target| !target.is_empty()) else {
                return Err("it redirects to a file that only the shell knows".to_owned());
            };
            if target == "/dev/null" {
                continue;
            }
            if self.goes && !target.starts_with('/') {
                return Err(format!("it goes to another folder first, and `{target}` is relative to that"));
            }
            // A tilde in quotes is a name like any other.
            let target = if target.starts_with('~') { format!("./{target}") } else { target };
            (self.may_write)(&Place::of(&target, self.around.cwd, self.around))?;
        }
        Ok(())
    }

    fn command(&self, command: &Command, depth: usize) -> Allowed {
        let literal = |words: &[Word]| words.iter().map(Word::literal).collect::<Option<Vec<String>>>();
        let unseen = || format!("`{}` has words that only the shell knows", shown(command));
        let words = literal(&command.words).ok_or_else(unseen)?;
        let assigned = literal(&command.assignments).ok_or_else(unseen)?;
        if !assigned.is_empty() {
            let whole: Vec<String> = assigned.iter().chain(&words).cloned().collect();
            let matching = self.rules.iter().filter(|(_, pattern)| pattern.assigns());
            let matching = matching.filter(|(_, pattern)| pattern.matches_words(&whole)).collect::<Vec<_>>();
            if !matching.is_empty() {
                return self.matched(&words, matching, assigned.len(), depth);
            }
        }
        for word in &command.assignments {
            let name = assignment(&word.parts).map_or("", |(name, _)| name);
            if !is_safe_variable(name) {
                return Err(format!("setting `{name}` may change what runs"));
            }
        }
        if words.is_empty() { Ok(Vec::new()) } else { self.words(&words, depth) }
    }

    /// Whether a program may run with these very words.
    fn words(&self, words: &[String], depth: usize) -> Allowed {
        let matching =
            self.rules.iter().filter(|(_, pattern)| !pattern.assigns() && self.names(pattern, words));
        self.matched(words, matching.collect(), 0, depth)
    }

    /// The same by the rules that match, behind so many assignments.
    fn matched(
        &self,
        words: &[String],
        matching: Vec<&(&Rule, &CommandPattern)>,
        assigned: usize,
        depth: usize,
    ) -> Allowed {
        let text = || quoted(words);
        let (exact, wide): (Vec<_>, Vec<_>) =
            matching.into_iter().partition(|(_, pattern)| pattern.is_exact());
        if let Some((rule, _)) = exact.first() {
            return Ok(vec![rule.text.clone()]);
        }
        let Some(first) = words.first() else { return Ok(Vec::new()) };
        let program = system_name(first).unwrap_or(first.as_str());
        let arguments: Vec<Argument> = words.iter().map(|word| Argument::literal(word)).collect();
        if is_transparent(program)
            && let Some(start) = transparent_start(program, &arguments)
        {
            return self.words(&words[start..], depth);
        }
        if program == "xargs" && words.len() > 1 {
            return self.xargs(&words[1..]);
        }
        // What a program can do, it can in any folder.
        let name = first.rsplit('/').next().unwrap_or(first);
        let program = if is_open_builtin(name) { program } else { name };
        let mut refused = None;
        for (rule, pattern) in wide {
            let literal = pattern.literal_words().saturating_sub(assigned);
            match self.open(program, words, &arguments, literal) {
                Some(reason) => refused = refused.or(Some(reason)),
                None => {
                    let mut rules = vec![rule.text.clone()];
                    rules.extend(self.inner(program, words, &arguments, depth)?);
                    return Ok(rules);
                }
            }
        }
        Err(refused.unwrap_or_else(|| format!("no rule allows `{}`", text())))
    }

    /// Why a rule with a star, which spells out so many words, leaves too much open.
    fn open(
        &self,
        program: &str,
        words: &[String],
        arguments: &[Argument],
        literal: usize,
    ) -> Option<String> {
        if let Some(reason) = danger(program, words, literal) {
            return Some(format!("`{}`: {reason}", quoted(words)));
        }
        if is_never_by_prefix(program) {
            return Some(format!("`{program}` is allowed by no rule with a star, only word by word"));
        }
        if !names_what_runs(program, words, literal) {
            return Some(format!("`{program}` runs other programs, and the rule does not say which"));
        }
        // A shell runs any file: the rule has to name it.
        let runs_file = runs(program) == Some(Runs::Shell) && inner(arguments).scripts.is_empty();
        let names_file = !words.get(1).is_some_and(|word| word.starts_with(['-', '+'])) && literal > 1;
        (runs_file && !names_file).then(|| format!("`{program}` runs a file that no rule names"))
    }

    /// Whether what a wrapper runs may run.
    fn inner(&self, program: &str, words: &[String], arguments: &[Argument], depth: usize) -> Allowed {
        let found = inner(arguments);
        if found.runs_input {
            return Err(format!("`{program}` runs what it reads, which nobody has seen"));
        }
        let is_wrapper =
            matches!(runs(program), Some(Runs::Rest { .. } | Runs::Joined { .. } | Runs::Lines | Runs::Find));
        let mut rules = Vec::new();
        if is_wrapper {
            let mut inner_rules = Vec::new();
            for (start, end) in &found.commands {
                inner_rules.extend(self.words(&words[*start..*end], depth)?);
            }
            rules.extend(inner_rules);
        }
        if is_wrapper || runs(program) == Some(Runs::Shell) {
            for script in &found.scripts {
                if depth >= DEEPEST {
                    return Err("command lines stand too deep in one another".to_owned());
                }
                rules.extend(self.line(script, &scan(script), depth + 1)?);
            }
        }
        Ok(rules)
    }

    /// `xargs` adds words nobody has seen: only a rule that allows any further words covers them.
    fn xargs(&self, words: &[String]) -> Allowed {
        let program = words[0].rsplit('/').next().unwrap_or(&words[0]);
        let may_run_more =
            runs(program).is_some() || has_dangerous_options(program) || is_never_by_prefix(program);
        let covering =
            self.rules.iter().find(|(_, pattern)| pattern.has_tail() && self.names(pattern, words));
        match covering {
            _ if program.starts_with('-') => Err("options of xargs are not judged".to_owned()),
            Some((rule, _)) if !may_run_more && !self.guards_files => Ok(vec![rule.text.clone()]),
            Some(_) => Err(format!("xargs gives `{program}` words that nobody has seen")),
            None => Err(format!("no rule allows `{}` with whatever xargs adds", quoted(words))),
        }
    }

    /// Whether a rule names these words; a program in a folder of the system is known by its name alone.
    fn names(&self, pattern: &CommandPattern, words: &[String]) -> bool {
        if pattern.matches_words(words) {
            return true;
        }
        let is_bare = pattern.program().is_none_or(|program| !program.contains('/'));
        system_name(&words[0]).filter(|_| is_bare).is_some_and(|name| {
            let mut words = words.to_vec();
            name.clone_into(&mut words[0]);
            pattern.matches_words(&words)
        })
    }
}

/// The name of a program that is written with a folder of the system.
fn system_name(program: &str) -> Option<&str> {
    let (folder, name) = program.rsplit_once('/')?;
    matches!(folder, "/bin" | "/usr/bin" | "/usr/local/bin" | "/sbin" | "/usr/sbin").then_some(name)
}

/// Where the command of a wrapper begins, if its options are all understood.
fn transparent_start(program: &str, arguments: &[Argument]) -> Option<usize> {
    let Some(Runs::Rest { flags, values, operands, assigns }) = runs(program) else { return None };
    let is_known = |text: &str| match text.strip_prefix('-') {
        None | Some("" | "-") => true,
        Some(letters) => {
            let end = letters.find(|each| values.contains(each)).unwrap_or(letters.len());
            letters[..end].chars().all(|letter| flags.contains(letter))
                || (program != "time" && letters.starts_with('-') && letters.contains('='))
        }
    };
    match starts(arguments, flags, values, operands, assigns)[..] {
        [start] => {
            let mut before = arguments[1..start].iter().filter_map(|argument| argument.text.as_deref());
            let is_program = basename(&arguments[start]).is_some_and(|name| !name.starts_with('-'));
            (is_program && before.all(is_known)).then_some(start)
        }
        _ => None,
    }
}

/// Whether every command of a line changes nothing, for plan mode.
pub(super) fn is_read_only_line(outline: &Outline) -> bool {
    let is_plain = |nested: &Nested| matches!(nested, Nested::Text(text) if !text.contains(['$', '`', '\\']));
    outline.nested.iter().all(is_plain) && outline.commands.iter().all(is_read_only_command)
}

fn is_read_only_command(command: &Command) -> bool {
    let sets = command.assignments.iter().any(|word| {
        let name = assignment(&word.parts).map_or("", |(name, _)| name);
        !is_safe_variable(name)
    });
    let writes = command.redirects.iter().any(|redirect| {
        let target = redirect.target.literal();
        let target = target.as_deref();
        redirect.operator.contains('>')
            && target != Some("/dev/null")
            && !target.is_some_and(|target| is_descriptor(redirect.operator, target))
    });
    let words: Option<Vec<String>> = command.words.iter().map(Word::literal).collect();
    let reads = words.is_some_and(|mut words| {
        let Some(program) = words.first_mut() else { return true };
        *program = system_name(program).unwrap_or(program).to_owned();
        let program = program.clone();
        is_read_only(&words) && danger(&program, &words, 0).is_none()
    });
    !sets && !writes && reads
}

/// Whether a redirection duplicates or closes a descriptor.
pub(super) fn is_descriptor(operator: &str, target: &str) -> bool {
    let digits = target.strip_suffix('-').unwrap_or(target);
    matches!(operator, ">&" | "<&") && !target.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn shown(command: &Command) -> String {
    command.words.iter().map(|word| word.raw.as_str()).collect::<Vec<_>>().join(" ")
}

/// Words as a person would write them: one that would mean something else is quoted.
pub(super) fn quoted(words: &[String]) -> String {
    const RESERVED: [&str; 21] = [
        "!", "{", "}", "if", "then", "else", "elif", "fi", "do", "done", "while", "until", "for", "select",
        "case", "esac", "in", "function", "[[", "]]", "coproc",
    ];
    let quote = |(at, word): (usize, &String)| {
        let is_plain = |each: char| {
            each.is_ascii_alphanumeric()
                || matches!(each, '-' | '_' | '.' | '/' | ':' | ',' | '@' | '%' | '+' | '^')
                || (each == '=' && at > 0)
        };
        let needs_none =
            !word.is_empty() && word.chars().all(is_plain) && !(at == 0 && RESERVED.contains(&word.as_str()));
        if needs_none { word.clone() } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    words.iter().enumerate().map(quote).collect::<Vec<_>>().join(" ")
}

/// What is done with a file by a tool.
pub(super) const fn access(tool: &str) -> Access {
    match tool.as_bytes() {
        b"write" | b"edit" => Access::Writes,
        _ => Access::Reads,
    }
}

/// Rules of commands among rules.
pub(super) fn commands<'a>(rules: &[&'a Rule]) -> Vec<(&'a Rule, &'a CommandPattern)> {
    let pattern = |rule: &&'a Rule| match &rule.spec {
        Spec::Command(pattern) => Some((*rule, pattern)),
        _ => None,
    };
    rules.iter().filter_map(pattern).collect()
}
