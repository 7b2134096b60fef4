//! Draws a graph as text.

use std::fmt::Write as _;

use super::compiled::StateGraph;
use super::edge::{Outgoing, Target};
use super::node::NodeKind;

impl StateGraph {
    /// The graph as a [Mermaid](https://mermaid.js.org/syntax/flowchart.html) flowchart. Nodes that ask are hexagons, subgraphs are
    /// framed twice; edges that are not always taken are dotted and say when.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let graph = &self.inner;
        let mut text = String::from("flowchart TD\n    start([start])\n    end_([end])\n");
        for (position, entry) in graph.nodes.iter().enumerate() {
            let name = quoted(&entry.name);
            let _ = match entry.node.kind() {
                NodeKind::Function => writeln!(text, "    n{position}[{name}]"),
                NodeKind::Question => writeln!(text, "    n{position}{{{{{name}}}}}"),
                NodeKind::Subgraph => writeln!(text, "    n{position}[[{name}]]"),
            };
        }
        draw_edges(&mut text, "start", &graph.start);
        for (position, entry) in graph.nodes.iter().enumerate() {
            draw_edges(&mut text, &format!("n{position}"), &entry.outgoing);
        }
        for (position, join) in graph.joins.iter().enumerate() {
            let _ = writeln!(text, "    j{position}{{{{all}}}}");
            for source in &join.sources {
                let _ = writeln!(text, "    n{source} --> j{position}");
            }
            let _ = writeln!(text, "    j{position} --> {}", id(join.target));
        }
        text
    }
}

fn draw_edges(text: &mut String, from: &str, outgoing: &Outgoing) {
    let mut dotted = |label: String, target: Target| {
        let _ = writeln!(text, "    {from} -. {} .-> {}", quoted(&label), id(target));
    };
    match outgoing {
        Outgoing::All { edges, otherwise } => {
            for (predicate, target) in edges.iter().filter(|(predicate, _)| !predicate.is_always()) {
                dotted(predicate.to_string(), *target);
            }
            otherwise.iter().for_each(|target| dotted("otherwise".to_owned(), *target));
            for (_, target) in edges.iter().filter(|(predicate, _)| predicate.is_always()) {
                let _ = writeln!(text, "    {from} --> {}", id(*target));
            }
        }
        Outgoing::First { cases, otherwise } => {
            for (place, (predicate, target)) in cases.iter().enumerate() {
                dotted(format!("{}. {predicate}", place + 1), *target);
            }
            dotted("otherwise".to_owned(), *otherwise);
        }
        Outgoing::Routed { targets, .. } => {
            targets.iter().for_each(|target| dotted("chosen".to_owned(), *target));
        }
    }
}

fn id(target: Target) -> String {
    match target {
        Target::Node(node) => format!("n{node}"),
        Target::End => "end_".to_owned(),
    }
}

/// A text as Mermaid takes any: in quotes, with its own written as entities.
fn quoted(text: &str) -> String {
    format!(
        "\"{}\"",
        text.replace('&', "#amp;").replace('"', "#quot;").replace('<', "#lt;").replace('\n', " ")
    )
}
