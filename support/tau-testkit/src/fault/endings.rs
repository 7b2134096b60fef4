//! Answers that end in odd ways, and errors inside of them.

use serde_json::json;

use super::Fault;
use crate::{Reply, chunk};

fn hello() -> Reply {
    Reply::stream().event(&chunk::text("Hello"))
}

fn error(code: &str) -> serde_json::Value {
    json!({ "error": { "message": "Overloaded", "type": code, "code": code } })
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
        Fault::new("end without marker or finish reason", "ranxianglei/billion-context-omp#105", hello()),
        Fault::new("no event at all", "lemonade-sdk/lemonade#3448", Reply::stream().bytes("")),
        Fault::new(
            "an end marker alone",
            "lemonade-sdk/lemonade#3448",
            Reply::stream().bytes("data: [DONE]\n\n"),
        ),
        Fault::new("words behind the end marker", "BerriAI/litellm#39748", words_behind()),
        Fault::new(
            "an error as the first event",
            "vercel/ai#1835",
            Reply::stream().event(&error("overloaded_error")),
        ),
        Fault::new(
            "an error beside an empty list of choices",
            "diegosouzapw/OmniRoute#8210",
            Reply::stream().event(
                &json!({ "choices": [], "error": { "code": 502, "message": "limit reached (33/32)" } }),
            ),
        ),
        Fault::new(
            "an error behind words",
            "damianvtran/local-operator#223; open-octo/octo-agent#910",
            hello().event(&error("server_error")).bytes("data: [DONE]\n\n"),
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
        Fault::new(
            "an event that is no JSON behind words",
            "BerriAI/litellm#30527",
            hello().bytes("data: {oops\n\n").hang(),
        ),
        Fault::new(
            "a web page",
            "proxies and captive portals; RFC 9110, 15.3.1",
            Reply::status(200).header("content-type", "text/html").bytes("<html>Sign in</html>"),
        ),
    ]
}

fn words_behind() -> Reply {
    hello().event(&chunk::finish("stop")).bytes("data: [DONE]\n\n").event(&chunk::text("more"))
}
