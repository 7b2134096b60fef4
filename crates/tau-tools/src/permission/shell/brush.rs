//! The shape of a command line as brush-parser sees it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use brush_parser::ast::{
    AndOr, AndOrList, Command, CommandPrefixOrSuffixItem, CompoundCommand, CompoundList, IoFileRedirectKind,
    IoFileRedirectTarget, IoRedirect, Pipeline, PipelineTimed, RedirectList, SimpleCommand,
};
use brush_parser::{ParserOptions, TokenizerOptions, parse_tokens, uncached_tokenize_str};

use super::outline::Shape;

/// The shape of a command line; `None` where any of it is not understood.
pub(super) fn shape(source: &str) -> Option<Shape> {
    // A parser that gives up on an input by panicking has not understood it.
    let program = catch_unwind(AssertUnwindSafe(|| {
        let options = ParserOptions { enable_extended_globbing: false, ..ParserOptions::default() };
        let tokenizer: TokenizerOptions = options.tokenizer_options();
        parse_tokens(&uncached_tokenize_str(source, &tokenizer).ok()?, &options).ok()
    }));
    let mut walk = Walk(Shape::default());
    program.ok().flatten()?.complete_commands.iter().try_for_each(|list| walk.list(list))?;
    Some(walk.0)
}

struct Walk(Shape);

impl Walk {
    fn list(&mut self, list: &CompoundList) -> Option<()> {
        list.0.iter().try_for_each(|item| self.and_or(&item.0))
    }

    fn and_or(&mut self, list: &AndOrList) -> Option<()> {
        self.pipeline(&list.first)?;
        list.additional.iter().try_for_each(|more| match more {
            AndOr::And(pipeline) | AndOr::Or(pipeline) => self.pipeline(pipeline),
        })
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Option<()> {
        let prefix: &[&str] = match pipeline.timed {
            None => &[],
            Some(PipelineTimed::Timed(_)) => &["time"],
            Some(PipelineTimed::TimedWithPosixOutput(_)) => &["time", "-p"],
        };
        let mut commands = pipeline.seq.iter();
        if !prefix.is_empty() {
            // The word is part of the command for the other reader; before anything else they differ.
            let Some(Command::Simple(first)) = commands.next() else { return None };
            self.simple(first, prefix)?;
        }
        commands.try_for_each(|command| self.command(command))
    }

    fn command(&mut self, command: &Command) -> Option<()> {
        match command {
            Command::Simple(simple) => self.simple(simple, &[]),
            Command::Compound(compound, redirects) => {
                self.compound(compound)?;
                self.redirects(redirects.as_ref())
            }
            Command::Function(function) => {
                self.compound(&function.body.0)?;
                self.redirects(function.body.1.as_ref())
            }
            Command::ExtendedTest(_, redirects) => self.redirects(redirects.as_ref()),
        }
    }

    fn compound(&mut self, compound: &CompoundCommand) -> Option<()> {
        match compound {
            CompoundCommand::Arithmetic(_) => Some(()),
            CompoundCommand::ArithmeticForClause(clause) => self.list(&clause.body.list),
            CompoundCommand::BraceGroup(group) => self.list(&group.list),
            CompoundCommand::Subshell(subshell) => self.list(&subshell.list),
            CompoundCommand::ForClause(clause) => self.list(&clause.body.list),
            CompoundCommand::CaseClause(clause) => {
                clause.cases.iter().filter_map(|case| case.cmd.as_ref()).try_for_each(|list| self.list(list))
            }
            CompoundCommand::IfClause(clause) => {
                self.list(&clause.condition)?;
                self.list(&clause.then)?;
                clause.elses.iter().flatten().try_for_each(|other| {
                    other.condition.iter().try_for_each(|list| self.list(list))?;
                    self.list(&other.body)
                })
            }
            CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
                self.list(&clause.0)?;
                self.list(&clause.1.list)
            }
            // The other parser does not know it.
            CompoundCommand::Coprocess(_) => None,
        }
    }

    fn simple(&mut self, simple: &SimpleCommand, prefix: &[&str]) -> Option<()> {
        let mut words: Vec<String> = prefix.iter().map(|word| (*word).to_owned()).collect();
        for item in simple.prefix.iter().flat_map(|prefix| &prefix.0) {
            self.item(item, &mut words)?;
        }
        words.extend(simple.word_or_name.iter().map(|word| word.value.clone()));
        for item in simple.suffix.iter().flat_map(|suffix| &suffix.0) {
            self.item(item, &mut words)?;
        }
        self.0.push(words);
        Some(())
    }

    fn item(&mut self, item: &CommandPrefixOrSuffixItem, words: &mut Vec<String>) -> Option<()> {
        match item {
            CommandPrefixOrSuffixItem::Word(word) | CommandPrefixOrSuffixItem::AssignmentWord(_, word) => {
                words.push(word.value.clone())
            }
            CommandPrefixOrSuffixItem::IoRedirect(redirect) => self.redirect(redirect)?,
            CommandPrefixOrSuffixItem::ProcessSubstitution(..) => return None,
        }
        Some(())
    }

    fn redirects(&mut self, redirects: Option<&RedirectList>) -> Option<()> {
        redirects.iter().flat_map(|list| &list.0).try_for_each(|redirect| self.redirect(redirect))
    }

    fn redirect(&mut self, redirect: &IoRedirect) -> Option<()> {
        let (operator, target) = match redirect {
            IoRedirect::File(_, kind, target) => {
                let operator = match kind {
                    IoFileRedirectKind::Read => "<",
                    IoFileRedirectKind::Write => ">",
                    IoFileRedirectKind::Append => ">>",
                    IoFileRedirectKind::ReadAndWrite => "<>",
                    IoFileRedirectKind::Clobber => ">|",
                    IoFileRedirectKind::DuplicateInput => "<&",
                    IoFileRedirectKind::DuplicateOutput => ">&",
                };
                match target {
                    IoFileRedirectTarget::Filename(word) | IoFileRedirectTarget::Duplicate(word) => {
                        (operator, word.value.clone())
                    }
                    // What `|&` stands for: no target is written.
                    IoFileRedirectTarget::Fd(_) => return Some(()),
                    IoFileRedirectTarget::ProcessSubstitution(..) => return None,
                }
            }
            IoRedirect::HereDocument(_, document) => {
                let operator = if document.remove_tabs { "<<-" } else { "<<" };
                (operator, document.here_end.value.clone())
            }
            IoRedirect::HereString(_, word) => ("<<<", word.value.clone()),
            IoRedirect::OutputAndError(word, true) => ("&>>", word.value.clone()),
            IoRedirect::OutputAndError(word, false) => ("&>", word.value.clone()),
        };
        self.0.redirects.push((operator.to_owned(), target));
        Some(())
    }
}
