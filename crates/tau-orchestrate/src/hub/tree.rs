//! Who wants a subject, found token by token: the time it takes grows with the subject and not with the subscriptions.

use std::collections::HashMap;

use super::subject::{Pattern, Subject};

/// Values filed under patterns.
#[derive(Debug)]
pub(super) struct SubjectTree<T> {
    root: Node<T>,
}

#[derive(Debug)]
struct Node<T> {
    // Only looked up, never walked.
    tokens: HashMap<Box<str>, Node<T>>,
    /// What stands behind `*`.
    any: Option<Box<Node<T>>>,
    /// Under patterns that end with `>` here.
    rest: Vec<T>,
    /// Under patterns that end here.
    here: Vec<T>,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { tokens: HashMap::new(), any: None, rest: Vec::new(), here: Vec::new() }
    }
}

impl<T> Default for SubjectTree<T> {
    fn default() -> Self {
        Self { root: Node::default() }
    }
}

impl<T> SubjectTree<T> {
    /// Files `value` under `pattern`, behind those already there.
    pub(super) fn insert(&mut self, pattern: &Pattern, value: T) {
        let mut node = &mut self.root;
        for token in pattern.tokens() {
            node = match token {
                ">" => return node.rest.push(value),
                "*" => node.any.get_or_insert_default(),
                token => node.tokens.entry(token.into()).or_default(),
            };
        }
        node.here.push(value);
    }

    /// Takes out what is filed under `pattern` and not to be kept, and the branches that lead nowhere then.
    pub(super) fn remove(&mut self, pattern: &Pattern, is_gone: impl Fn(&T) -> bool) {
        let tokens: Vec<&str> = pattern.tokens().collect();
        self.root.remove(&tokens, &is_gone);
    }

    /// Calls `found` with every value whose pattern matches, each as often as it was filed under such a pattern.
    pub(super) fn find<'a>(&'a self, subject: &Subject, mut found: impl FnMut(&'a T)) {
        let tokens: Vec<&str> = subject.tokens().collect();
        self.root.find(&tokens, &mut found);
    }

    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.root.is_empty()
    }
}

impl<T> Node<T> {
    fn find<'a>(&'a self, tokens: &[&str], found: &mut impl FnMut(&'a T)) {
        let Some((first, later)) = tokens.split_first() else {
            return self.here.iter().for_each(found);
        };
        self.rest.iter().for_each(&mut *found);
        if let Some(node) = self.tokens.get(*first) {
            node.find(later, found);
        }
        if let Some(node) = &self.any {
            node.find(later, found);
        }
    }

    fn remove(&mut self, tokens: &[&str], is_gone: &impl Fn(&T) -> bool) {
        match tokens.split_first() {
            None => self.here.retain(|value| !is_gone(value)),
            Some((&">", _)) => self.rest.retain(|value| !is_gone(value)),
            Some((&"*", later)) => {
                if let Some(node) = &mut self.any {
                    node.remove(later, is_gone);
                    self.any.take_if(|node| node.is_empty());
                }
            }
            Some((token, later)) => {
                if let Some(node) = self.tokens.get_mut(*token) {
                    node.remove(later, is_gone);
                    if node.is_empty() {
                        self.tokens.remove(*token);
                    }
                }
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.any.is_none() && self.rest.is_empty() && self.here.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Pattern, Subject, SubjectTree};

    fn text(tokens: &'static [&'static str], end: &'static [&'static str]) -> impl Strategy<Value = String> {
        let tokens = prop::collection::vec(prop::sample::select(tokens), 1..5);
        (tokens, prop::sample::select(end)).prop_map(|(tokens, end)| tokens.join(".") + end)
    }

    proptest! {
        /// The tree finds what the definition of a pattern says, and is empty once all is taken out.
        #[test]
        fn finds_what_matches(
            patterns in prop::collection::vec(text(&["a", "b", "*"], &["", ".>"]), 0..12),
            subjects in prop::collection::vec(text(&["a", "b"], &["", ".c"]), 1..8),
        ) {
            let patterns: Vec<Pattern> = patterns.into_iter().map(|text| Pattern::try_from(text).unwrap()).collect();
            let mut tree = SubjectTree::default();
            for (index, pattern) in patterns.iter().enumerate() {
                tree.insert(pattern, index);
            }
            for subject in subjects {
                let subject = Subject::try_from(subject).unwrap();
                let mut found = Vec::new();
                tree.find(&subject, |index| found.push(*index));
                found.sort_unstable();
                let wanted: Vec<usize> =
                    (0..patterns.len()).filter(|index| patterns[*index].matches(&subject)).collect();
                prop_assert_eq!(found, wanted);
            }
            for (index, pattern) in patterns.iter().enumerate() {
                tree.remove(pattern, |value| *value == index);
            }
            prop_assert!(tree.is_empty());
        }
    }
}
