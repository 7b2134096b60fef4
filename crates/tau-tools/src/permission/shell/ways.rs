//! The ways in which the variables of a command may have their values.

/// The most ways that the variables of one command are tried with.
pub(super) const WAYS: usize = 16;

/// The ways that the values of variables may be chosen in: all of them where they are few.
#[derive(Debug, Default)]
pub(super) struct Ways {
    /// The names that are chosen for, and of how many values.
    names: Vec<(String, usize)>,
}

impl Ways {
    /// Adds a name, and says whether it is new.
    pub(super) fn add(&mut self, name: &str, values: usize) -> bool {
        let is_new = self.names.iter().all(|(known, _)| known != name);
        if is_new {
            self.names.push((name.to_owned(), values));
        }
        is_new
    }

    /// All ways, if they are not too many.
    fn all(&self) -> Option<usize> {
        let all = self.names.iter().try_fold(1_usize, |ways, (_, values)| ways.checked_mul(*values));
        all.filter(|ways| *ways <= WAYS)
    }

    /// How many ways are tried. Where that is not all, the last leaves everything open.
    pub(super) fn count(&self) -> usize {
        let most = || self.names.iter().map(|(_, values)| *values).max().unwrap_or(1);
        self.all().unwrap_or_else(|| most() + 1)
    }

    /// Which of the values of a name is chosen in one way; `None` where that is left open.
    pub(super) fn choice(&self, name: &str, values: usize, way: usize) -> Option<usize> {
        if values == 1 {
            return Some(0);
        }
        let at = self.names.iter().position(|(known, _)| known == name)?;
        let step: usize = match self.all() {
            Some(_) => self.names[..at].iter().map(|(_, values)| *values).product(),
            None if way + 1 == self.count() => return None,
            None => 1,
        };
        Some((way / step) % values)
    }
}
