//! Draws a graph, as text and as a picture.

mod layout;
mod svg;

use std::fmt::Write as _;

use super::compiled::StateGraph;
use super::edge::{Outgoing, Target};
use super::node::NodeKind;

/// When an edge is taken, if it is not taken always.
type Lead = Option<String>;

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
    for (lead, target) in leads(outgoing) {
        let _ = match lead {
            Some(lead) => writeln!(text, "    {from} -. {} .-> {}", quoted(&lead), id(target)),
            None => writeln!(text, "    {from} --> {}", id(target)),
        };
    }
}

/// All that leads away from a node, and when.
fn leads(outgoing: &Outgoing) -> Vec<(Lead, Target)> {
    let otherwise = |target: &Target| (Some("otherwise".to_owned()), *target);
    match outgoing {
        Outgoing::All { edges, otherwise: others } => {
            let (always, sometimes): (Vec<_>, Vec<_>) =
                edges.iter().partition(|(predicate, _)| predicate.is_always());
            let sometimes =
                sometimes.into_iter().map(|(predicate, target)| (Some(predicate.to_string()), *target));
            let always = always.into_iter().map(|(_, target)| (None, *target));
            sometimes.chain(others.iter().map(otherwise)).chain(always).collect()
        }
        Outgoing::First { cases, otherwise: other } => {
            let numbered = |(place, (predicate, target)): (usize, &(_, Target))| {
                let predicate: &super::predicate::Predicate = predicate;
                (Some(format!("{}. {predicate}", place + 1)), *target)
            };
            cases.iter().enumerate().map(numbered).chain([otherwise(other)]).collect()
        }
        Outgoing::Routed { targets, .. } => {
            targets.iter().map(|target| (Some("chosen".to_owned()), *target)).collect()
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
