//! The words that braces make of one: `{a,b}` and `{1..3}`.

use super::outline::Part;

/// The most words that braces make of one word.
const BRACES: usize = 64;

/// The words that braces make of one, in order; the word itself where they make nothing of it.
pub(super) fn braces(parts: &[Part]) -> Vec<Vec<Part>> {
    let mut done = Vec::new();
    let mut open = vec![parts.to_vec()];
    while let Some(parts) = open.pop() {
        let Some((start, end, choices)) = first_braces(&parts) else {
            done.push(parts);
            continue;
        };
        if done.len() + open.len() + choices.len() > BRACES {
            done.push(vec![Part::Unknown { quoted: false }]);
            continue;
        }
        for choice in choices.into_iter().rev() {
            let mut made = parts[..start].to_vec();
            made.extend(choice);
            made.extend_from_slice(&parts[end + 1..]);
            open.push(made);
        }
    }
    done
}

/// The first pair of braces that the shell makes several words of: where it opens, where it closes, and what it is each time.
fn first_braces(parts: &[Part]) -> Option<(usize, usize, Vec<Vec<Part>>)> {
    let mut stack: Vec<(usize, Vec<usize>)> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Special('{') => stack.push((at, Vec::new())),
            Part::Special(',') => {
                if let Some((_, commas)) = stack.last_mut() {
                    commas.push(at);
                }
            }
            Part::Special('}') => {
                let Some((start, commas)) = stack.pop() else { continue };
                if let [Part::Text(range)] = &parts[start + 1..at]
                    && let Some(made) = sequence(range)
                {
                    return Some((start, at, made));
                }
                if !commas.is_empty() {
                    let edges: Vec<usize> = std::iter::once(start).chain(commas).chain([at]).collect();
                    let pieces = edges.windows(2).map(|pair| parts[pair[0] + 1..pair[1]].to_vec());
                    return Some((start, at, pieces.collect()));
                }
            }
            _ => {}
        }
    }
    None
}

/// What a range in braces stands for, `1..3` or `a..c`; something unknown where that is too much.
fn sequence(range: &str) -> Option<Vec<Vec<Part>>> {
    let mut ends = range.splitn(3, "..");
    let (first, last) = (ends.next()?, ends.next()?);
    let step = ends.next().map_or(Some(1), |step| step.parse::<i64>().ok())?.unsigned_abs().max(1);
    let letter = |text: &str| {
        text.parse::<char>().ok().filter(char::is_ascii_alphabetic).map(|each| i64::from(u32::from(each)))
    };
    let numbers = first.parse::<i64>().ok().zip(last.parse::<i64>().ok());
    let (from, to) = numbers.or_else(|| letter(first).zip(letter(last)))?;
    let count = from.abs_diff(to) / step;
    if count >= BRACES as u64 {
        return Some(vec![vec![Part::Unknown { quoted: false }]]);
    }
    let is_padded =
        |text: &str| text.trim_start_matches('-').len() > 1 && text.trim_start_matches('-').starts_with('0');
    let width = if is_padded(first) || is_padded(last) { first.len().max(last.len()) } else { 0 };
    let sign = if from > to { -1 } else { 1 };
    let made = (0..=count).map(|at| {
        let value = from + sign * i64::try_from(at * step).unwrap_or_default();
        let letter = u32::try_from(value).ok().and_then(char::from_u32).filter(|_| numbers.is_none());
        let text = letter.map_or_else(|| format!("{value:0width$}"), String::from);
        vec![Part::Text(text)]
    });
    Some(made.collect())
}
