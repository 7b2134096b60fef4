//! Transcription of OpenAI and of all that follow it.

use std::time::Duration;

use serde_json::Value;
use tau_core::{Model, TokenUsage, Transcription, TranscriptionSegment};
use url::Url;

use crate::format::FormatError;
use crate::format::embeddings::parse;
use crate::format::transcription::TranscriptionFormat;
use crate::format::url::below;
use crate::request::{TranscriptionRequest, digest};

/// `POST /audio/transcriptions`, a form with the audio as its file.
#[derive(Debug)]
pub(super) struct Transcriptions;

impl TranscriptionFormat for Transcriptions {
    fn url(&self, base: &Url, _model: &str) -> Url {
        below(base, "audio/transcriptions")
    }

    fn encode(&self, model: &Model, request: &TranscriptionRequest<'_>) -> (String, Vec<u8>) {
        // Made of the audio, so that it is the same every time; twice as many bits as needed to not be in it.
        let boundary = format!("tau-{:016x}-{:x}", digest(request.audio), request.audio.len());
        let format = if request.with_times { "verbose_json" } else { "json" };
        let mut fields = vec![("model", model.name.as_str()), ("response_format", format)];
        fields.extend(request.language.map(|language| ("language", language)));
        let mut body = Vec::with_capacity(request.audio.len() + 1024);
        for (name, value) in fields {
            let part =
                format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let media_type = request.media_type;
        // Servers tell the format by the ending.
        let ending = ending(media_type);
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"audio.{ending}\"\r\n\
             Content-Type: {media_type}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(request.audio);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={boundary}"), body)
    }

    fn decode(&self, body: &[u8]) -> Result<Transcription, FormatError> {
        let answer = parse(body)?;
        let Some(text) = answer["text"].as_str() else {
            return Err(FormatError::Malformed("the answer has no `text`".to_owned()));
        };
        let mut transcription = Transcription::new(text);
        transcription.language = answer["language"].as_str().map(str::to_owned);
        let segments = answer["segments"].as_array().into_iter().flatten();
        transcription.segments = segments.filter_map(segment).collect();
        let usage = &answer["usage"];
        transcription.usage = usage["input_tokens"].as_u64().map(|input| TokenUsage {
            input,
            output: usage["output_tokens"].as_u64().unwrap_or(0),
            ..TokenUsage::default()
        });
        Ok(transcription)
    }
}

fn segment(segment: &Value) -> Option<TranscriptionSegment> {
    let time = |value: &Value| Duration::try_from_secs_f64(value.as_f64()?).ok();
    let text = segment["text"].as_str()?.trim();
    Some(TranscriptionSegment::new(time(&segment["start"])?, time(&segment["end"])?, text))
}

/// The ending of files of a media type, whose parameters (`; codecs=opus`) do not count.
fn ending(media_type: &str) -> &str {
    let kind = media_type.split(';').next().unwrap_or_default().trim_end();
    match kind.rsplit('/').next().unwrap_or_default() {
        "mpeg" => "mp3",
        "x-wav" | "wave" | "vnd.wave" => "wav",
        "mp4" | "x-m4a" => "m4a",
        other => other,
    }
}
