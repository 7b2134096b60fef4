//! Draws a graph as a picture that needs nothing else.

use std::fmt::Write as _;

use super::layout::layout;
use super::{Lead, leads};
use crate::graph::compiled::StateGraph;
use crate::graph::edge::Target;
use crate::graph::node::NodeKind;

/// Width of a character of the font, about, and height of a box.
const CHARACTER: f64 = 7.6;
const HEIGHT: f64 = 34.0;
/// Characters of a label beside a line.
const LABEL: usize = 40;

const STYLE: &str = "text{font:13px ui-monospace,monospace;text-anchor:middle;dominant-baseline:central;fill:#1f2328}\
    .label{font-size:11px;fill:#57606a;paint-order:stroke;stroke:#fff;stroke-width:3px}\
    .box{fill:#f6f8fa;stroke:#57606a}.end{fill:#eef4ff;stroke:#0969da}.asks{fill:#fff8e5;stroke:#9a6700}\
    .line{fill:none;stroke:#57606a}.sometimes{stroke-dasharray:4 4}";

/// What a box stands for.
enum Shape {
    End,
    Node(NodeKind),
    Join,
}

/// A box and what stands in it.
type Labelled = (String, Shape);

impl StateGraph {
    /// The graph as a picture in SVG, with the same meaning as [`to_mermaid`](Self::to_mermaid). The same graph gives the same bytes.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let (boxes, lines) = self.parts();
        let widths: Vec<f64> = boxes.iter().map(|(label, _)| width(label)).collect();
        let ends: Vec<(usize, usize)> = lines.iter().map(|(from, to, _)| (*from, *to)).collect();
        let drawn = layout(&widths, &ends);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0} {1:.0}\" width=\"{0:.0}\" height=\"{1:.0}\">\n\
             <title>{2}</title>\n<style>{STYLE}</style>\n\
             <marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
             orient=\"auto-start-reverse\"><path d=\"M0 0L8 4L0 8z\" fill=\"#57606a\"/></marker>\n",
            drawn.width,
            drawn.height,
            escaped(self.name())
        );
        for ((from, to, lead), way) in lines.iter().zip(&drawn.lines) {
            draw_line(&mut svg, way, from == to, widths[*from], lead.as_deref());
        }
        for (((label, shape), place), width) in boxes.iter().zip(&drawn.boxes).zip(&widths) {
            draw_box(&mut svg, label, shape, *place, *width);
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// The boxes, and the lines between them with what is said beside each.
    fn parts(&self) -> (Vec<Labelled>, Vec<(usize, usize, Lead)>) {
        let graph = &self.inner;
        let mut boxes = vec![("start".to_owned(), Shape::End)];
        boxes
            .extend(graph.nodes.iter().map(|entry| (entry.name.to_string(), Shape::Node(entry.node.kind()))));
        let end = boxes.len();
        boxes.push(("end".to_owned(), Shape::End));
        let place = |target: Target| match target {
            Target::Node(node) => node + 1,
            Target::End => end,
        };
        let from_nodes = graph.nodes.iter().enumerate().map(|(at, entry)| (at + 1, &entry.outgoing));
        let mut lines = Vec::new();
        for (from, outgoing) in [(0, &graph.start)].into_iter().chain(from_nodes) {
            lines.extend(leads(outgoing).into_iter().map(|(lead, target)| (from, place(target), lead)));
        }
        for join in &graph.joins {
            let at = boxes.len();
            boxes.push(("all".to_owned(), Shape::Join));
            lines.extend(join.sources.iter().map(|source| (source + 1, at, None)));
            lines.push((at, place(join.target), None));
        }
        (boxes, lines)
    }
}

fn draw_box(svg: &mut String, label: &str, shape: &Shape, (x, y): (f64, f64), width: f64) {
    let (left, top) = (x - width / 2.0, y - HEIGHT / 2.0);
    let (class, radius) = match shape {
        Shape::End => ("end", HEIGHT / 2.0),
        Shape::Node(NodeKind::Question) => ("asks", 12.0),
        Shape::Join => ("box", HEIGHT / 2.0),
        Shape::Node(_) => ("box", 4.0),
    };
    let _ = writeln!(
        svg,
        "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{HEIGHT}\" rx=\"{radius}\"/>"
    );
    if matches!(shape, Shape::Node(NodeKind::Subgraph)) {
        let _ = writeln!(
            svg,
            "<rect class=\"box\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{}\" rx=\"2\"/>",
            left + 4.0,
            top + 4.0,
            width - 8.0,
            HEIGHT - 8.0
        );
    }
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(label));
}

fn draw_line(svg: &mut String, way: &[(f64, f64)], is_loop: bool, width: f64, lead: Option<&str>) {
    let (Some(first), Some(last)) = (way.first().copied(), way.last().copied()) else { return };
    let class = if lead.is_some() { "line sometimes" } else { "line" };
    let (path, at) = if is_loop {
        let (x, y) = (first.0 + width / 2.0, first.1);
        let path = format!("M{x:.1} {:.1}c28 -14 28 28 0 14", y - 7.0);
        (path, (x + 24.0, y - 20.0))
    } else {
        // From one edge of a box to the edge of another, whichever way it leads.
        let side = if first.1 < last.1 { HEIGHT / 2.0 } else { -HEIGHT / 2.0 };
        let mut points = way.to_vec();
        if let Some(first) = points.first_mut() {
            first.1 += side;
        }
        if let Some(last) = points.last_mut() {
            last.1 -= side;
        }
        let mut path = format!("M{:.1} {:.1}", points[0].0, points[0].1);
        for pair in points.windows(2) {
            let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
            let middle = f64::midpoint(y, to_y);
            let _ = write!(path, "C{x:.1} {middle:.1} {to_x:.1} {middle:.1} {to_x:.1} {to_y:.1}");
        }
        let (one, two) = (points[0], points[1]);
        (path, (f64::midpoint(one.0, two.0), f64::midpoint(one.1, two.1)))
    };
    let _ = writeln!(svg, "<path class=\"{class}\" d=\"{path}\" marker-end=\"url(#tip)\"/>");
    if let Some(lead) = lead {
        let shown: String = lead.chars().take(LABEL).collect();
        let more = if shown.len() < lead.len() { "…" } else { "" };
        let _ = writeln!(
            svg,
            "<text class=\"label\" x=\"{:.1}\" y=\"{:.1}\">{}{more}</text>",
            at.0,
            at.1,
            escaped(&shown)
        );
    }
}

fn width(label: &str) -> f64 {
    let characters = u32::try_from(label.chars().count()).unwrap_or(u32::MAX);
    f64::from(characters).mul_add(CHARACTER, 28.0)
}

/// A text as XML takes any: characters that it cannot hold at all are shown as unknown.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(' '),
            character if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('\u{fffd}');
            }
            character => escaped.push(character),
        }
    }
    escaped
}
