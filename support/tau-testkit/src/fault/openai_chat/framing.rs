//! Server-sent events, framed in odd ways.

use super::DIALECT;
use crate::Reply;
use crate::fault::Fault;

pub(super) fn faults() -> Vec<Fault> {
    let plain = DIALECT.written(&DIALECT.answer("Hel", "lo"), "\n");
    let stream = |body: String| DIALECT.stream().bytes(body);
    vec![
        Fault::new("empty data", "WHATWG HTML 9.2.6", stream(format!("data:\n\ndata: \n\n{plain}"))),
        Fault::new(
            "one event in several data lines",
            "WHATWG HTML 9.2.6; FellouAI/eko#287",
            stream(plain.replace("\"choices\":", "\ndata: \"choices\":")),
        ),
        Fault::new(
            "unknown fields of an event",
            "WHATWG HTML 9.2.6",
            stream(plain.replace("data: {", "id: 7\nretry: 3000\nx-custom: 1\ndata: {")),
        ),
        Fault::new(
            "a stream named JSON",
            "vercel/ai#2720",
            Reply::status(200).header("content-type", "application/json").bytes(plain),
        ),
    ]
}
