"""Runs the graphs of graphs.json in LangGraph and prints what happened, for tests/it/langgraph.rs to compare with.

Usage: run.py graphs.json > expected.json
       run.py --bench > numbers.json
"""

import importlib.metadata
import json
import operator
import sys
import time
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphRecursionError, InvalidUpdateError
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send, interrupt

REDUCERS = {
    "append": operator.add,
    "sum": operator.add,
    "merge": lambda old, new: {**old, **new},
}


class Failed(Exception):
    """What a node of the specification fails with."""


def state_type(keys):
    kinds = {"append": list, "sum": int, "merge": dict}
    fields = {"input_": Any}
    for name, reducer in keys.items():
        fields[name] = Annotated[kinds[reducer], REDUCERS[reducer]] if reducer in REDUCERS else Any
    return TypedDict("State", fields, total=False)


def holds(predicate, state):
    if predicate == "always":
        return True
    (kind, value), = predicate.items()
    if kind == "exists":
        # A key with a reducer has an empty value in LangGraph before it is written; the graphs ask for plain keys alone.
        return value in state
    if kind == "equals":
        return value[0] in state and state[value[0]] == value[1]
    if kind == "less":
        return state.get(value[0], 0) < value[1]
    if kind == "not":
        return not holds(value, state)
    if kind == "and":
        return all(holds(part, state) for part in value)
    if kind == "or":
        return any(holds(part, state) for part in value)
    raise ValueError(kind)


def node(name, spec, graphs):
    """A function for a node: its operations in order, each adding to one update."""

    def run(state):
        update = {}
        for operation in spec:
            (kind, value), = operation.items()
            if kind == "log":
                update.setdefault("log", []).append(name)
            elif kind == "seen":
                update.setdefault("log", []).append(f"{name} saw {len(state.get('log', []))}")
            elif kind == "set":
                update.update(value)
            elif kind == "count":
                update[value] = state.get(value, 0) + 1
            elif kind == "input":
                update.setdefault(value, []).append(state["input_"])
            elif kind == "ask":
                update[value["to"]] = [interrupt(value["payload"])] if value.get("list") else interrupt(value["payload"])
            elif kind == "ask_input":
                update.setdefault("log", []).append(interrupt({"item": state["input_"]}))
            elif kind == "fail":
                raise Failed(value)
            elif kind == "graph":
                result = graphs[value["name"]].invoke({value["in"]: state[value["in"]]} if "in" in value else {})
                update[value["out"]] = result[value["out"]]
            else:
                raise ValueError(kind)
        return update

    return run


def targets(names):
    return [END if name == "end" else name for name in names]


def chooser(edge):
    """A function for edges that are not always taken."""
    if "map" in edge:
        return lambda state: [Send(edge["worker"], {"input_": item}) for item in state[edge["map"]]]

    def choose(state):
        chosen = [to for predicate, to in edge["cases"] if holds(predicate, state)]
        if edge.get("first"):
            chosen = chosen[:1]
        return targets(chosen or [edge["otherwise"]])

    return choose


def build(spec, graphs, checkpointer=None):
    builder = StateGraph(state_type(spec["keys"]))
    for name, operations in spec["nodes"].items():
        builder.add_node(name, node(name, operations, graphs))
    for edge in spec["edges"]:
        if isinstance(edge, list):
            source, target = edge
            source = [source] if isinstance(source, str) else source
            if len(source) == 1:
                source = START if source[0] == "start" else source[0]
            builder.add_edge(source, END if target == "end" else target)
        else:
            ends = [edge["worker"]] if "map" in edge else [to for _, to in edge["cases"]] + [edge["otherwise"]]
            source = START if edge["from"] == "start" else edge["from"]
            builder.add_conditional_edges(source, chooser(edge), sorted(set(targets(ends))))
    options = {"interrupt_before": spec["pause_before"]} if "pause_before" in spec else {}
    return builder.compile(checkpointer=checkpointer, **options)


def stable(value):
    return json.dumps(value, sort_keys=True)


def run(spec):
    graphs = {}
    for name, inner in spec.get("graphs", {}).items():
        # Without a saver of its own: it takes the one of the run around it.
        graphs[name] = build(inner, graphs)
    graph = build(spec, graphs, InMemorySaver())
    config = {"configurable": {"thread_id": "1"}, "recursion_limit": spec.get("limit", 50)}
    given, visited, rounds, outcome = dict(spec.get("input", {})), [], [], "completed"
    answers = list(spec.get("answers", []))
    while True:
        try:
            for event in graph.stream(given, config, stream_mode="debug"):
                payload = event["payload"]
                if event["type"] == "task_result" and not payload["error"] and not payload["interrupts"]:
                    visited.append([event["step"], payload["name"]])
        except GraphRecursionError:
            outcome = "limit"
        except InvalidUpdateError:
            outcome = "conflict"
        except Failed:
            outcome = "failed"
        if outcome == "conflict":
            # Asking for the state would join the conflicting writes once more.
            values = graph.checkpointer.get_tuple(config).checkpoint["channel_values"]
            break
        state = graph.get_state(config)
        values = state.values
        asked = sorted((stable(interrupt.value), interrupt.id) for interrupt in state.interrupts)
        if asked:
            rounds.append([json.loads(payload) for payload, _ in asked])
        if outcome != "completed" or not (asked or state.next):
            break
        if asked:
            round_answers = {stable(payload): value for payload, value in answers.pop(0)}
            given = Command(resume={id: round_answers[payload] for payload, id in asked if payload in round_answers})
        else:
            rounds.append({"paused": sorted(state.next)})
            given = None
    values = {name: value for name, value in values.items() if name in spec["keys"]}
    # Empty values of reducers are what LangGraph begins with; a state without them says the same.
    values = {name: value for name, value in values.items() if value not in ([], {}, 0) or spec["keys"][name] not in REDUCERS}
    return {"visited": sorted(visited), "state": values, "rounds": rounds, "outcome": outcome}


def bench():
    """Microseconds on the processor for a step that does nothing, without and with a saver in memory."""
    steps = 1_000
    numbers = {}
    for name, checkpointer in [("noop_step_us", None), ("memory_step_us", InMemorySaver())]:
        builder = StateGraph(state_type({"count": "replace"}))
        builder.add_node("noop", lambda state: {"count": state["count"] + 1})
        builder.add_edge(START, "noop")
        builder.add_conditional_edges("noop", lambda state: "noop" if state["count"] < steps else END, ["noop", END])
        graph = builder.compile(checkpointer=checkpointer)
        times = []
        for attempt in range(5):
            config = {"configurable": {"thread_id": str(attempt)}, "recursion_limit": steps + 5}
            begin = time.process_time()
            graph.invoke({"count": 0}, config)
            times.append((time.process_time() - begin) * 1e6 / steps)
        numbers[name] = sorted(times)[len(times) // 2]
    return numbers


if __name__ == "__main__":
    if sys.argv[1] == "--bench":
        print(json.dumps(bench()))
    else:
        with open(sys.argv[1], encoding="utf-8") as file:
            graphs = json.load(file)
        result = {"langgraph": importlib.metadata.version("langgraph"), "graphs": {}}
        for name, spec in graphs.items():
            try:
                result["graphs"][name] = run(spec)
            except Exception as error:
                raise RuntimeError(f"graph {name}") from error
        print(json.dumps(result, indent=1, sort_keys=True))
