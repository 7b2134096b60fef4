//! Where the boxes and lines of a drawing stand: in layers, so that lines lead down, with few crossings.

use std::collections::BTreeSet;

/// Space between two boxes of a layer, and between two layers.
const GAP: f64 = 28.0;
const LAYER: f64 = 84.0;
/// How often the layers are gone through to find an order with fewer crossings.
const SWEEPS: usize = 8;
/// What a line takes that passes through a layer.
const PASSING: f64 = 14.0;

/// Places of boxes, and ways of lines. All are middles.
pub(super) struct Layout {
    pub(super) boxes: Vec<(f64, f64)>,
    /// The points of each line in the order it is drawn, its ends among them.
    pub(super) lines: Vec<Vec<(f64, f64)>>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Boxes, and beside them the places at which lines pass through layers.
struct Layered {
    layers: Vec<Vec<usize>>,
    widths: Vec<f64>,
    layer: Vec<usize>,
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
}

/// Lays out boxes of these widths, of which the first stands at the top, and lines between them.
pub(super) fn layout(widths: &[f64], lines: &[(usize, usize)]) -> Layout {
    let back = back_lines(widths.len(), lines);
    let down: Vec<(usize, usize)> = lines
        .iter()
        .enumerate()
        .map(|(at, (from, to))| if back.contains(&at) { (*to, *from) } else { (*from, *to) })
        .collect();
    let (mut layered, ways) = Layered::new(widths, &down);
    layered.order();
    let (places, width) = layered.places();
    let point = |vertex: &usize| places[*vertex];
    let drawn = ways.iter().enumerate().map(|(at, way)| {
        let points = way.iter().map(point);
        if back.contains(&at) { points.rev().collect() } else { points.collect() }
    });
    let lines = drawn.collect();
    let height = to_float(layered.layers.len()) * LAYER;
    Layout { boxes: places[..widths.len()].to_vec(), lines, width, height }
}

/// The lines that lead back to a box from which they can be reached.
fn back_lines(count: usize, lines: &[(usize, usize)]) -> BTreeSet<usize> {
    let mut back = BTreeSet::new();
    let (mut seen, mut open) = (vec![false; count], vec![false; count]);
    for first in 0..count {
        if seen[first] {
            continue;
        }
        (seen[first], open[first]) = (true, true);
        // Boxes that are open, each with the line to look at next.
        let mut stack = vec![(first, 0)];
        while let Some((vertex, at)) = stack.pop() {
            let Some((found, (_, to))) =
                lines.iter().enumerate().skip(at).find(|(_, (from, _))| *from == vertex)
            else {
                open[vertex] = false;
                continue;
            };
            stack.push((vertex, found + 1));
            if open[*to] {
                back.insert(found);
            } else if !seen[*to] {
                (seen[*to], open[*to]) = (true, true);
                stack.push((*to, 0));
            }
        }
    }
    back
}

impl Layered {
    /// Puts every box below all that lead to it, and gives every line a place in each layer that it passes.
    fn new(widths: &[f64], down: &[(usize, usize)]) -> (Self, Vec<Vec<usize>>) {
        let mut layer = vec![0; widths.len()];
        // Without lines that lead back this ends after as many rounds as there are layers.
        for _ in 0..widths.len() {
            for (from, to) in down.iter().filter(|(from, to)| from != to) {
                layer[*to] = layer[*to].max(layer[*from] + 1);
            }
        }
        let mut layered = Self {
            layers: Vec::new(),
            widths: widths.to_vec(),
            layer,
            above: vec![Vec::new(); widths.len()],
            below: vec![Vec::new(); widths.len()],
        };
        let ways = down.iter().map(|(from, to)| layered.way(*from, *to)).collect();
        let depth = layered.layer.iter().max().map_or(0, |last| last + 1);
        layered.layers = vec![Vec::new(); depth];
        for (vertex, layer) in layered.layer.iter().enumerate() {
            layered.layers[*layer].push(vertex);
        }
        (layered, ways)
    }

    fn way(&mut self, from: usize, to: usize) -> Vec<usize> {
        let mut way = vec![from];
        for layer in self.layer[from] + 1..self.layer[to].max(self.layer[from] + 1) {
            let vertex = self.widths.len();
            self.widths.push(PASSING);
            self.layer.push(layer);
            self.above.push(Vec::new());
            self.below.push(Vec::new());
            way.push(vertex);
        }
        way.push(to);
        if from != to {
            for pair in way.windows(2) {
                self.below[pair[0]].push(pair[1]);
                self.above[pair[1]].push(pair[0]);
            }
        }
        way
    }

    /// Orders each layer by the middle of what its boxes lead to or come from.
    fn order(&mut self) {
        for sweep in 0..SWEEPS {
            let mut places = vec![0; self.widths.len()];
            let count = self.layers.len();
            let order: Vec<usize> =
                if sweep % 2 == 0 { (0..count).collect() } else { (0..count).rev().collect() };
            for at in order {
                for (place, vertex) in self.layers.iter().flat_map(|layer| layer.iter().enumerate()) {
                    places[*vertex] = place;
                }
                let near = if sweep % 2 == 0 { &self.above } else { &self.below };
                let middle = |vertex: &usize| {
                    let near = &near[*vertex];
                    let sum: usize = near.iter().map(|other| places[*other]).sum();
                    if near.is_empty() {
                        to_float(places[*vertex])
                    } else {
                        to_float(sum) / to_float(near.len())
                    }
                };
                let mut layer: Vec<(f64, usize)> =
                    self.layers[at].iter().map(|vertex| (middle(vertex), *vertex)).collect();
                layer.sort_by(|one, two| one.0.total_cmp(&two.0));
                self.layers[at] = layer.into_iter().map(|(_, vertex)| vertex).collect();
            }
        }
    }

    /// Places of all, with every layer in the middle; and how wide the widest layer is.
    fn places(&self) -> (Vec<(f64, f64)>, f64) {
        let wide = |layer: &Vec<usize>| {
            layer.iter().map(|vertex| self.widths[*vertex]).sum::<f64>() + GAP * to_float(layer.len() + 1)
        };
        let width = self.layers.iter().map(wide).fold(0.0, f64::max);
        let mut places = vec![(0.0, 0.0); self.widths.len()];
        for (at, layer) in self.layers.iter().enumerate() {
            let mut x = (width - wide(layer)) / 2.0 + GAP;
            for vertex in layer {
                places[*vertex] = (x + self.widths[*vertex] / 2.0, (to_float(at) + 0.5) * LAYER);
                x += self.widths[*vertex] + GAP;
            }
        }
        (places, width)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a drawing has fewer boxes than that")]
const fn to_float(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::layout;

    #[test]
    fn lines_lead_down_but_those_that_lead_back() {
        // A start, two beside each other, their join, and a way back.
        let lines = [(0, 1), (0, 2), (1, 3), (2, 3), (3, 1), (0, 3), (2, 2)];
        let drawn = layout(&[40.0; 4], &lines);
        let height = |vertex: usize| drawn.boxes[vertex].1;
        assert!(height(0) < height(1) && height(1) < height(3));
        assert!(height(1).total_cmp(&height(2)).is_eq() && drawn.boxes[1].0 < drawn.boxes[2].0 - 40.0);
        for (line, (from, to)) in drawn.lines.iter().zip(lines) {
            assert_eq!((line.first(), line.last()), (Some(&drawn.boxes[from]), Some(&drawn.boxes[to])));
        }
        // The long way passes a place of its own, beside the boxes.
        assert_eq!(drawn.lines[5].len(), 3);
        assert!(drawn.boxes.iter().all(|(x, y)| (0.0..drawn.width).contains(x) && *y < drawn.height));
    }

    #[test]
    fn nothing_is_too_small_to_be_laid_out() {
        assert_eq!(layout(&[], &[]).boxes, []);
        assert_eq!(layout(&[9.0], &[(0, 0)]).boxes.len(), 1);
    }
}
