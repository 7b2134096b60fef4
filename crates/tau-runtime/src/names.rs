//! Names in a text for the model: as many as there is room for.

/// The most bytes of one list, separators included.
const MOST: usize = 2_000;

/// Names in their order, separated by commas; of those that have no room, how many they are.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let (mut text, mut left_out) = (String::new(), 0_usize);
    for name in names {
        let separator = if text.is_empty() { "" } else { ", " };
        // In order: a short name after a long one that had no room would look like all there is.
        if left_out > 0 || text.len() + separator.len() + name.len() > MOST {
            left_out += 1;
            continue;
        }
        text.push_str(separator);
        text.push_str(name);
    }
    match (left_out, text.is_empty()) {
        (0, _) => text,
        (more, true) => format!("{more} with longer names than can be told here"),
        (more, false) => format!("{text} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_as_far_as_there_is_room() {
        let check = |names: &[&str], told: &str| assert_eq!(list(names.iter().copied()), told);
        let (long, longest) = ("n".repeat(MOST - 3), "n".repeat(MOST + 1));
        check(&[], "");
        check(&["a", "b"], "a, b");
        check(&[&long, "b"], &format!("{long}, b"));
        check(&["a", &longest, "b"], "a and 2 more");
        check(&[&longest], "1 with longer names than can be told here");
    }
}
