//! The declaration of a graph: read, checked, built.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use tau_orchestrate::graph::StateGraph;
use tau_orchestrate::graph::declared::{EdgeSpec, GraphSpec, Sources};

use super::hands::Hands;
use super::kinds;
use crate::args::ValidateGraphArgs;
use crate::exit::{Exit, UsageError};
use crate::output::plural;

const HELP: &str = "`tau schema graph` prints what a graph looks like; docs/guide/graphs.md explains it";

/// The largest file that is taken for a graph.
const LARGEST: u64 = 4 << 20;

/// Reads a graph from a file, or from standard input.
pub(super) fn read(file: &Path) -> Result<GraphSpec, UsageError> {
    let name = file.display();
    let unreadable = |error: std::io::Error| {
        UsageError::new(format!("the graph {name} cannot be read: {error}"), "give a file in YAML or JSON")
    };
    let source: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(file).map_err(unreadable)?)
    };
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(UsageError::new(format!("{name} is no graph: it is larger than 4 MiB"), HELP));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| UsageError::new(format!("{name} is no graph: it is no text"), HELP))?;
    GraphSpec::parse(&text).map_err(|error| UsageError::new(format!("{name}: {error}"), HELP))
}

/// Makes the graph, whose nodes work through `hands`.
pub(super) fn build(
    spec: &GraphSpec,
    hands: Option<&Arc<Hands>>,
    name: &str,
) -> Result<StateGraph, UsageError> {
    let refuse = |problem: String| UsageError::new(format!("{name}: {problem}"), HELP);
    check(spec).map_err(refuse)?;
    spec.build(&kinds::kinds(hands)).map_err(|error| refuse(error.to_string()))
}

/// What nodes want of the state has to be in it, and so does what maps put in front of them.
fn check(spec: &GraphSpec) -> Result<(), String> {
    for (name, node) in &spec.nodes {
        if let Some(graph) = &node.graph {
            check(graph).map_err(|problem| format!("node `{name}`: {problem}"))?;
            continue;
        }
        let is_mapped = spec.edges.iter().any(|edge| edge.map.as_ref() == Some(name));
        for key in kinds::keys(node).map_err(|problem| format!("node `{name}`: {problem}"))? {
            let is_known = spec.keys.contains_key(&key) || (is_mapped && super::template::is_input(&key));
            if !is_known {
                return Err(format!(
                    "node `{name}` wants the key `{key}`, which is not among the keys of `{}`; add it there",
                    spec.name
                ));
            }
        }
    }
    Ok(())
}

/// Checks graphs, and says what is wrong with each.
pub(super) fn validate(args: &ValidateGraphArgs) -> miette::Result<Exit> {
    let mut exit = Exit::Done;
    for file in &args.files {
        let name = file.display().to_string();
        let checked = read(file).and_then(|spec| {
            build(&spec, None, &name)?;
            Ok(format!("{name}: {} is right: {}", spec.name, size(&spec)))
        });
        match checked {
            Ok(line) => anstream::println!("{line}"),
            Err(error) => {
                anstream::eprintln!("{error}");
                exit = Exit::Usage;
            }
        }
    }
    Ok(exit)
}

fn size(spec: &GraphSpec) -> String {
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let of_edge = |edge: &EdgeSpec| match &edge.from {
        Sources::One(_) => 1,
        Sources::All(from) => from.len(),
    };
    let edges = spec.edges.iter().map(of_edge).sum();
    format!("{}, {}", plural(count(spec.nodes.len()), "node"), plural(count(edges), "edge"))
}
