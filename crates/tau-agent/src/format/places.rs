//! Where the parts of a reply stand, by what the server calls them.

use std::collections::BTreeMap;

/// Where the parts of a reply stand in it, by the number and the id that the server gives them. Finding one takes no longer
/// for a reply of many parts; of several with the same name it is the last.
#[derive(Debug, Default)]
pub(super) struct Places {
    by_index: BTreeMap<u64, usize>,
    by_id: BTreeMap<String, usize>,
    by_both: BTreeMap<(u64, String), usize>,
}

impl Places {
    /// Takes in where a part stands. An id that is empty is none.
    pub(super) fn put(&mut self, index: Option<u64>, id: &str, at: usize) {
        if let Some(index) = index {
            self.by_index.insert(index, at);
        }
        if !id.is_empty() {
            self.by_id.insert(id.to_owned(), at);
        }
        if let Some(index) = index.filter(|_| !id.is_empty()) {
            self.by_both.insert((index, id.to_owned()), at);
        }
    }

    /// The part of a number.
    pub(super) fn of_index(&self, index: u64) -> Option<usize> {
        self.by_index.get(&index).copied()
    }

    /// The part of an id, and of a number where one is given.
    pub(super) fn of_id(&self, id: &str, index: Option<u64>) -> Option<usize> {
        match index {
            Some(index) => self.by_both.get(&(index, id.to_owned())).copied(),
            None => self.by_id.get(id).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_name_is_found() {
        let mut places = Places::default();
        for (at, (index, id)) in
            [(Some(0), "a"), (Some(1), "a"), (Some(1), "b"), (None, "c")].into_iter().enumerate()
        {
            places.put(index, id, at);
        }
        assert_eq!((places.of_index(0), places.of_index(1), places.of_index(2)), (Some(0), Some(2), None));
        assert_eq!(
            (places.of_id("a", None), places.of_id("c", None), places.of_id("", None)),
            (Some(1), Some(3), None)
        );
        assert_eq!(
            (places.of_id("a", Some(0)), places.of_id("a", Some(1)), places.of_id("c", Some(0))),
            (Some(0), Some(1), None)
        );
    }
}
