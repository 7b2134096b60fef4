//! Makes a graph of its description.

use std::num::NonZeroU32;

use serde_json::{Map, Value, json};
use tau_orchestrate::graph::{
    Answer, BoxError, Context, GraphBuilder, Predicate, Question, Reply, Route, StateGraph,
};
use tau_orchestrate::state::{KeySpec, ReducerKind, State, Update};

/// `root` has the graphs that nodes may be.
pub(super) fn build(name: &str, spec: &Value, root: &Value) -> StateGraph {
    let keys =
        spec["keys"].as_object().unwrap().iter().map(|(name, reducer)| KeySpec::json(name, kind(reducer)));
    let limit = spec["limit"].as_u64().and_then(|limit| u32::try_from(limit).ok()).unwrap_or(50);
    let mut builder = StateGraph::builder(name).keys(keys).max_steps(NonZeroU32::new(limit).unwrap());
    for (name, operations) in spec["nodes"].as_object().unwrap() {
        builder = node(builder, name, operations.as_array().unwrap(), root);
    }
    for described in spec["edges"].as_array().unwrap() {
        builder = edge(builder, described);
    }
    builder.build().unwrap()
}

fn kind(reducer: &Value) -> ReducerKind {
    match text(reducer) {
        "append" => ReducerKind::Append,
        "merge" => ReducerKind::Merge,
        "sum" => ReducerKind::Custom,
        _ => ReducerKind::Replace,
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn node(builder: GraphBuilder, name: &str, operations: &[Value], root: &Value) -> GraphBuilder {
    let ((kind, value), all) = (only(&operations[0]), operations.to_vec());
    match kind {
        "ask" => {
            let (payload, to) = (value["payload"].clone(), text(&value["to"]).to_owned());
            builder.ask(
                name,
                move |_| std::future::ready(Ok::<_, BoxError>(Question::new(payload.clone()))),
                move |_, answer: Answer| {
                    std::future::ready(Ok::<_, BoxError>(Update::new().and_json(to.clone(), answer.value)))
                },
            )
        }
        "ask_input" => builder.ask(
            name,
            async |context: Context| Ok(Question::new(json!({"item": context.input::<Value>()?}))),
            async |_, answer: Answer| Ok(Update::new().and_json("log", json!([answer.value]))),
        ),
        "graph" => {
            let inner = build(text(&value["name"]), &root["graphs"][text(&value["name"])], root);
            let (enter, out) = (value["in"].as_str().map(str::to_owned), text(&value["out"]).to_owned());
            let pass = |name: &str, state: &State| {
                let value = state.json(name)?;
                Ok(value.map_or_else(Update::new, |value| Update::new().and_json(name, value)))
            };
            builder.subgraph(
                name,
                &inner,
                move |state| enter.as_deref().map_or_else(|| Ok(Update::new()), |name| pass(name, state)),
                move |state| pass(&out, state),
            )
        }
        _ => builder.node(name, move |context: Context| std::future::ready(operate(&context, &all))),
    }
}

fn only(operation: &Value) -> (&str, &Value) {
    let (kind, value) = operation.as_object().unwrap().iter().next().unwrap();
    (kind, value)
}

fn operate(context: &Context, operations: &[Value]) -> Result<Reply, BoxError> {
    let mut update = Update::new();
    let log = |line: Value| Update::new().and_json("log", json!([line]));
    for (kind, value) in operations.iter().map(only) {
        let more = match kind {
            "log" => log(json!(context.node())),
            "seen" => {
                let seen =
                    context.state().json("log")?.and_then(|log| log.as_array().map(Vec::len)).unwrap_or(0);
                log(json!(format!("{} saw {seen}", context.node())))
            }
            "set" => {
                let values: &Map<String, Value> = value.as_object().unwrap();
                values
                    .iter()
                    .fold(Update::new(), |update, (name, value)| update.and_json(name, value.clone()))
            }
            "count" => {
                let count = context.state().json(text(value))?.and_then(|count| count.as_i64()).unwrap_or(0);
                Update::new().and_json(text(value), json!(count + 1))
            }
            "input" => Update::new().and_json(text(value), json!([context.input::<Value>()?])),
            "fail" => return Err(text(value).into()),
            other => unreachable!("operation {other}"),
        };
        update = update.and_all(more);
    }
    Ok(update.into())
}

fn predicate(described: &Value) -> Predicate {
    if described == "always" {
        return Predicate::always();
    }
    let (kind, value) = only(described);
    let all = || value.as_array().unwrap().iter().map(predicate);
    match kind {
        "exists" => Predicate::exists_named(text(value)),
        "equals" => Predicate::equals_json(text(&value[0]), value[1].clone()),
        "less" => {
            let (name, than) = (text(&value[0]).to_owned(), value[1].as_i64().unwrap());
            Predicate::custom(format!("{name} < {than}"), move |state| {
                state.json(&name).ok().flatten().and_then(|value| value.as_i64()).unwrap_or(0) < than
            })
        }
        "not" => !predicate(value),
        "and" => all().reduce(|one, two| one & two).unwrap(),
        "or" => all().reduce(|one, two| one | two).unwrap(),
        other => unreachable!("predicate {other}"),
    }
}

fn edge(builder: GraphBuilder, described: &Value) -> GraphBuilder {
    if let Some([from, to]) = described.as_array().map(Vec::as_slice) {
        return match from.as_array() {
            Some(sources) => builder.join(sources.iter().map(text), text(to)),
            None => builder.edge(text(from), text(to)),
        };
    }
    let from = text(&described["from"]);
    if let Some(items) = described["map"].as_str().map(str::to_owned) {
        // As in LangGraph, where nothing follows a map of nothing.
        let worker = text(&described["worker"]).to_owned();
        return builder.route(from, [worker.clone()], move |state| {
            let items = state.json(&items).ok().flatten().unwrap_or_default();
            let items = items.as_array().cloned().unwrap_or_default();
            items.into_iter().map(|item| Route::with_input(worker.clone(), item)).collect()
        });
    }
    let cases =
        described["cases"].as_array().unwrap().iter().map(|case| (predicate(&case[0]), text(&case[1])));
    let otherwise = text(&described["otherwise"]);
    if described["first"] == true || described["cases"].as_array().unwrap().len() == 1 {
        return builder.branch(from, cases, otherwise);
    }
    let builder = cases.fold(builder, |builder, (predicate, to)| builder.edge_when(from, to, predicate));
    builder.edge_otherwise(from, otherwise)
}
