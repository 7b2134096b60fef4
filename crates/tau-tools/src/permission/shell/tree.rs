//! The shape of a command line as tree-sitter-bash sees it.

use std::borrow::Cow;
use std::cell::RefCell;

use tree_sitter::{Node, Parser, TreeCursor};

use super::outline::Shape;
use super::scan::scan;

thread_local! {
    // A parser is costly to make and keeps nothing of what it parsed.
    static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
}

/// The shape of a command line; `None` where any of it is not understood.
pub(super) fn shape(source: &str) -> Option<Shape> {
    let tree = PARSER.with_borrow_mut(|kept| {
        if kept.is_none() {
            let mut parser = Parser::new();
            parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
            *kept = Some(parser);
        }
        let parser = kept.as_mut()?;
        parser.reset();
        parser.parse(&*readable(source), None)
    })?;
    let root = tree.root_node();
    if root.has_error() {
        return None;
    }
    let mut walk = Walk { source, shape: Shape::default() };
    walk.all(&mut root.walk())?;
    walk.shape.commands.retain(|words| !words.is_empty());
    Some(walk.shape)
}

/// The source with a letter for each byte that the grammar cannot read, so that places stay the same.
///
/// The scanner of the grammar, which is C, looks characters up in a table of 256 (`isalpha` and its like), and reads past its
/// end for others than ASCII: generated texts made it crash. A dash alone in front of a heredoc, as in `python3 - <<E`, it takes
/// for no word. To a shell both are letters of words.
fn readable(source: &str) -> Cow<'_, str> {
    if source.is_ascii() && !source.contains(DASH) {
        return Cow::Borrowed(source);
    }
    let bytes = source.bytes().map(|byte| if byte.is_ascii() { char::from(byte) } else { 'x' });
    bytes.collect::<String>().replace(DASH, " x <<").into()
}

/// A word that is a dash, in front of a heredoc or a here-string.
const DASH: &str = " - <<";

struct Walk<'a> {
    source: &'a str,
    shape: Shape,
}

/// Whether the children of a node are looked at.
enum Next {
    Into,
    Past,
}

impl Walk<'_> {
    /// Visits every node, without recursion: a long list is a deep tree.
    fn all(&mut self, cursor: &mut TreeCursor<'_>) -> Option<()> {
        loop {
            if matches!(self.node(cursor.node())?, Next::Into) && cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return Some(());
                }
            }
        }
    }

    fn node(&mut self, node: Node<'_>) -> Option<Next> {
        match node.kind() {
            "command" => self.command(node)?,
            "variable_assignment" => self.shape.commands.push(vec![self.text(node)?]),
            "variable_assignments" => {
                let mut cursor = node.walk();
                let words = node.named_children(&mut cursor).map(|child| self.text(child));
                let words = words.collect::<Option<Vec<String>>>()?;
                self.shape.commands.push(words);
            }
            "declaration_command" | "unset_command" => self.by_scan(node)?,
            "test_command" if self.text(node)?.starts_with("[[") => {}
            "test_command" => self.by_scan(node)?,
            "file_redirect" | "herestring_redirect" => self.redirect(node)?,
            "heredoc_start" => {
                let strips = node.prev_sibling().is_some_and(|before| before.kind() == "<<-");
                let operator = if strips { "<<-" } else { "<<" };
                self.shape.redirects.push((operator.to_owned(), self.text(node)?));
            }
            "heredoc_redirect" => {
                let mut cursor = node.walk();
                for argument in node.children_by_field_name("argument", &mut cursor) {
                    let text = self.text(argument)?;
                    self.shape.commands.last_mut()?.push(text);
                }
                return Some(Next::Into);
            }
            "program"
            | "list"
            | "pipeline"
            | "subshell"
            | "compound_statement"
            | "negated_command"
            | "redirected_statement"
            | "if_statement"
            | "elif_clause"
            | "else_clause"
            | "while_statement"
            | "for_statement"
            | "c_style_for_statement"
            | "do_group"
            | "case_statement"
            | "case_item"
            | "function_definition" => return Some(Next::Into),
            _ => {}
        }
        Some(Next::Past)
    }

    fn text(&self, node: Node<'_>) -> Option<String> {
        self.source.get(node.byte_range()).map(str::to_owned)
    }

    fn command(&mut self, node: Node<'_>) -> Option<()> {
        let at = self.shape.commands.len();
        self.shape.commands.push(Vec::new());
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "file_redirect" | "herestring_redirect" => self.redirect(child)?,
                "subshell" => return None,
                _ => {
                    let text = self.text(child)?;
                    self.shape.commands.get_mut(at)?.push(text);
                }
            }
        }
        Some(())
    }

    /// Declarations and tests have a grammar of their own there; what their words are is the same as elsewhere.
    fn by_scan(&mut self, node: Node<'_>) -> Option<()> {
        let shape = scan(&self.text(node)?).shape();
        let [words] = &shape.commands[..] else { return None };
        self.shape.commands.push(words.clone());
        self.shape.redirects.extend(shape.redirects);
        Some(())
    }

    fn redirect(&mut self, node: Node<'_>) -> Option<()> {
        let mut operator = None;
        let mut targets = Vec::new();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "file_descriptor" => {}
                // Closing a descriptor: its dash is a word elsewhere.
                kind @ ("<&-" | ">&-") => {
                    operator = Some(kind[..2].to_owned());
                    targets.push("-".to_owned());
                }
                kind if operator.is_none() && !child.is_named() => operator = Some(kind.to_owned()),
                _ => targets.push(self.text(child)?),
            }
        }
        let mut targets = targets.into_iter();
        self.shape.redirects.push((operator?, targets.next()?));
        // It takes the words behind the target for targets too; they are the command's.
        let rest: Vec<String> = targets.collect();
        if !rest.is_empty() {
            self.shape.commands.last_mut()?.extend(rest);
        }
        Some(())
    }
}
