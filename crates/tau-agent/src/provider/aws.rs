//! Requests signed with credentials of AWS (Signature Version 4).

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use serde_json::Value;
use tau_core::Secret;
use tau_core::event::ModelFailureKind;
use url::Url;

use crate::transport::{TransportError, WireRequest};

/// The service that requests are signed for.
const SERVICE: &str = "bedrock";

/// Credentials of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AwsKeys {
    id: Secret,
    secret: Secret,
    session: Option<Secret>,
}

impl AwsKeys {
    /// Reads what programs for `credential_process` print; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let text = |key: &str| value[key].as_str().filter(|text| !text.is_empty()).map(Secret::new);
        Some(Self {
            id: text("AccessKeyId")?,
            secret: text("SecretAccessKey")?,
            session: text("SessionToken"),
        })
    }

    /// What of them must not show.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [&self.id, &self.secret].into_iter().chain(&self.session)
    }

    /// Adds the headers of a signature to a request.
    ///
    /// # Errors
    /// When the region is not in the address, or the request is none that can be signed.
    pub(super) fn sign(&self, request: &mut WireRequest, now: SystemTime) -> Result<(), TransportError> {
        let region = region(&request.url).ok_or_else(|| {
            failed("the address names no region, as `https://bedrock-runtime.REGION.amazonaws.com` does")
        })?;
        let method = request.method.as_str();
        let headers = self.headers(&(method, &request.url, &region, SERVICE), &request.body.to_vec(), now)?;
        request.headers.extend(headers);
        Ok(())
    }

    fn headers(
        &self,
        (method, url, region, service): &(&str, &Url, &str, &str),
        body: &[u8],
        now: SystemTime,
    ) -> Result<Vec<(String, Secret)>, TransportError> {
        let session = self.session.as_ref().map(|token| token.expose().to_owned());
        let identity = Credentials::new(self.id.expose(), self.secret.expose(), session, None, "tau").into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(service)
            .time(now)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| failed(&error.to_string()))?
            .into();
        let request =
            SignableRequest::new(method, url.as_str(), std::iter::empty(), SignableBody::Bytes(body))
                .map_err(|error| failed(&error.to_string()))?;
        let (signed, _) = sign(request, &params).map_err(|error| failed(&error.to_string()))?.into_parts();
        Ok(signed.headers().map(|(name, value)| (name.to_owned(), Secret::new(value))).collect())
    }
}

fn failed(problem: &str) -> TransportError {
    TransportError::new(
        ModelFailureKind::InvalidRequest,
        format!("the request could not be signed: {problem}"),
    )
}

/// The region that an address of Bedrock is in: `bedrock-runtime[-fips].REGION.amazonaws.com`, also behind the name of an
/// endpoint in a private network.
fn region(url: &Url) -> Option<String> {
    let labels: Vec<&str> = url.host_str()?.split('.').collect();
    let service =
        labels.iter().position(|label| matches!(*label, "bedrock-runtime" | "bedrock-runtime-fips"))?;
    labels.get(service + 1).filter(|region| region.contains('-')).map(|region| (*region).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// What AWS publishes as its test suite of Signature Version 4: key, time, region and service.
    fn example() -> (AwsKeys, SystemTime) {
        let keys = AwsKeys {
            id: Secret::new("AKIDEXAMPLE"),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session: None,
        };
        // 2015-08-30T12:36:00Z
        (keys, SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160))
    }

    #[test]
    fn signatures_of_the_published_suite() {
        let (keys, now) = example();
        let cases = [
            (
                "GET",
                "https://example.amazonaws.com/",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "POST",
                "https://example.amazonaws.com/",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "GET",
                "https://example.amazonaws.com/?Param2=value2&Param1=value1",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
        ];
        for (method, url, signature) in cases {
            let url: Url = url.parse().unwrap();
            let headers = keys.headers(&(method, &url, "us-east-1", "service"), b"", now).unwrap();
            let value =
                |name: &str| headers.iter().find(|(held, _)| held == name).unwrap().1.expose().to_owned();
            assert_eq!(value("x-amz-date"), "20150830T123600Z");
            let expected = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature={signature}"
            );
            assert_eq!(value("authorization"), expected, "{method} {url}");
        }
    }

    #[test]
    fn a_session_and_the_body_are_signed_too() {
        let (mut keys, now) = example();
        let url: Url =
            "https://bedrock-runtime.eu-west-1.amazonaws.com/model/a%3A0/converse-stream".parse().unwrap();
        let mut signed = |body: &[u8], session: Option<&str>| {
            keys.session = session.map(Secret::new);
            let headers = keys.headers(&("POST", &url, "eu-west-1", SERVICE), body, now).unwrap();
            let authorization = headers.iter().find(|(name, _)| name == "authorization").unwrap().1.clone();
            (authorization, headers.len())
        };
        let plain = signed(b"{}", None);
        assert_ne!(plain, signed(b"{ }", None));
        let with_session = signed(b"{}", Some("session-token"));
        assert_eq!(with_session.1, plain.1 + 1);
        assert!(with_session.0.expose().contains("x-amz-security-token"));
    }

    #[test]
    fn keys_and_regions() {
        let text =
            r#"{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"s","SessionToken":"t","Expiration":"x"}"#;
        let keys = AwsKeys::parse(text).unwrap();
        assert_eq!(keys.secrets().map(Secret::expose).collect::<Vec<_>>(), ["AKID", "s", "t"]);
        assert!(!format!("{keys:?}").contains("AKID"));
        for text in ["bedrock-api-key-x", "{}", r#"{"AccessKeyId":"a"}"#, r#"{"accessToken":"t"}"#] {
            assert_eq!(AwsKeys::parse(text), None, "{text}");
        }
        let cases = [
            ("https://bedrock-runtime.us-east-1.amazonaws.com/x", Some("us-east-1")),
            ("https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com", Some("us-gov-west-1")),
            ("https://vpce-1.bedrock-runtime.eu-west-3.vpce.amazonaws.com", Some("eu-west-3")),
            ("https://bedrock-runtime.example.com", None),
            ("http://127.0.0.1:1", None),
        ];
        for (url, expected) in cases {
            assert_eq!(region(&url.parse().unwrap()).as_deref(), expected, "{url}");
        }
    }
}
