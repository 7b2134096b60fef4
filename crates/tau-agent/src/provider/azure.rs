//! Azure OpenAI and Azure AI Foundry, whose addresses are made otherwise.
//!
//! | format | `api_version` | address |
//! |---|---|---|
//! | OpenAI's | set | `/openai/deployments/MODEL/...?api-version=VERSION`; Responses: `/openai/responses?...` |
//! | OpenAI's | not set | `/openai/v1/...` |
//! | Anthropic's | | `/anthropic/v1/messages` |
//!
//! People copy addresses of many forms out of the portal; all that end in one of these are understood.
//!
//! Source: the public references of Azure OpenAI ("API version lifecycle") and of Claude in Microsoft Foundry.

use std::borrow::Cow;

use tau_core::config::{MaxTokensField, Quirks};
use url::Url;

use super::{AuthScheme, Place, Provider, Purpose};

/// Azure OpenAI and Azure AI Foundry.
#[derive(Debug)]
pub(super) struct Azure;

impl Provider for Azure {
    fn name(&self) -> &'static str {
        "azure"
    }

    /// Every resource has its own.
    fn base_url(&self) -> Option<&'static str> {
        None
    }

    fn format(&self) -> &'static str {
        "openai-chat"
    }

    fn key_variable(&self) -> Option<&'static str> {
        Some("AZURE_OPENAI_API_KEY")
    }

    /// Keys; tokens go as bearers wherever they go.
    fn auth(&self) -> Option<AuthScheme> {
        Some(AuthScheme::Header("api-key"))
    }

    fn quirks(&self) -> Quirks {
        let mut quirks = Quirks::default();
        quirks.max_tokens_field = Some(MaxTokensField::MaxCompletionTokens);
        quirks
    }

    fn address(&self, place: &Place<'_>) -> Url {
        let mut url = place.base.clone();
        let in_query = url.query_pairs().find(|(name, _)| name == "api-version");
        let version: Option<Cow<'_, str>> = place
            .api_version
            .map(|version| version.to_owned().into())
            .or_else(|| in_query.map(|(_, version)| version.into_owned().into()));
        let root = root(place.base.path()).to_owned();
        if place.format == "anthropic-messages" {
            url.set_path(&format!("{root}/anthropic"));
            return url;
        }
        let Some(version) = version else {
            url.set_path(&format!("{root}/openai/v1"));
            return url;
        };
        url.query_pairs_mut().clear().append_pair("api-version", &version);
        let has_deployments = match place.purpose {
            Purpose::Model => place.format == "openai-chat",
            Purpose::Auxiliary => true,
            Purpose::Models => false,
        };
        if has_deployments {
            url.set_path(&format!("{root}/openai/deployments/{}", place.model));
        } else {
            url.set_path(&format!("{root}/openai"));
        }
        url
    }
}

/// What comes before the parts of the path that are made here.
fn root(path: &str) -> &str {
    let own = ["/openai/", "/anthropic/", "/models/"];
    let path = path.trim_end_matches('/');
    let cut = own.iter().filter_map(|part| path.find(part)).min();
    let path = cut.map_or(path, |cut| &path[..cut]);
    let last = own.iter().find_map(|part| path.strip_suffix(part.trim_end_matches('/')));
    last.unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, api_version: Option<&str>, format: &str, purpose: Purpose, expected: &str) {
        let base = base.parse().unwrap();
        let place = Place { base: &base, api_version, format, model: "gpt-5", purpose };
        assert_eq!(Azure.address(&place).as_str(), expected, "{place:?}");
    }

    #[test]
    fn addresses_of_every_form() {
        let (chat, version) = ("openai-chat", Some("2024-10-21"));
        let deployed = "https://r.openai.azure.com/openai/deployments/gpt-5?api-version=2024-10-21";
        for base in [
            "https://r.openai.azure.com",
            "https://r.openai.azure.com/",
            "https://r.openai.azure.com/openai",
            "https://r.openai.azure.com/openai/v1/",
            "https://r.openai.azure.com/openai/deployments/other/chat/completions?api-version=2023-05-15",
        ] {
            check(base, version, chat, Purpose::Model, deployed);
        }
        let of_query =
            "https://r.openai.azure.com/openai/deployments/x/chat/completions?api-version=2024-10-21";
        check(of_query, None, chat, Purpose::Model, deployed);
        let v1 = "https://r.openai.azure.com/openai/v1";
        check("https://r.openai.azure.com", None, chat, Purpose::Model, v1);
        check("https://r.openai.azure.com/openai/v1", None, "openai-responses", Purpose::Model, v1);
        let plain = "https://r.openai.azure.com/openai?api-version=2024-10-21";
        check("https://r.openai.azure.com", version, "openai-responses", Purpose::Model, plain);
        check("https://r.openai.azure.com", version, chat, Purpose::Models, plain);
        let responses = "openai-responses";
        check("https://r.openai.azure.com", version, responses, Purpose::Auxiliary, deployed);
        check("https://r.openai.azure.com", None, responses, Purpose::Auxiliary, v1);
        let foundry = "https://r.services.ai.azure.com/anthropic";
        for base in
            ["https://r.services.ai.azure.com", "https://r.services.ai.azure.com/anthropic/v1/messages"]
        {
            check(base, None, "anthropic-messages", Purpose::Model, foundry);
        }
    }
}
