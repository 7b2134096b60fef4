//! Answers that end in odd ways, and errors inside of them.

use serde_json::json;

use super::error;
use crate::fault::Fault;
use crate::{Reply, chunk};

fn hello() -> Reply {
    Reply::stream().event(&chunk::text("Hello"))
}

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault::new(
            "no end marker behind the finish reason",
            "agentjido/req_llm#462",
            hello().event(&chunk::finish("stop")),
        ),
        Fault::new(
            "end marker without a finish reason",
            "lemonade-sdk/lemonade#3448",
            hello().bytes("data: [DONE]\n\n"),
        ),
        Fault::new(
            "an end marker alone",
            "lemonade-sdk/lemonade#3448",
            Reply::stream().bytes("data: [DONE]\n\n"),
        ),
        Fault::new(
            "an error beside an empty list of choices",
            "diegosouzapw/OmniRoute#8210",
            Reply::stream().event(
                &json!({ "choices": [], "error": { "code": 502, "message": "limit reached (33/32)" } }),
            ),
        ),
        Fault::new(
            "an event named error behind words",
            "envoyproxy/ai-gateway#2698; Pasta-Devs/Marinara-Engine#2659",
            hello().bytes(format!("event: error\ndata: {}\n\n", error("overloaded_error"))),
        ),
        Fault::new(
            "a refusal inside a success",
            "LM Studio and gateways, see open-octo/octo-agent#910",
            Reply::json(200, &json!({ "error": { "message": "no such model", "code": "model_not_found" } })),
        ),
    ]
}
