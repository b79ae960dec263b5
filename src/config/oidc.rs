//! `[oidc]`: the county's single sign-on, by OpenID Connect.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::Settings;
use super::check::Checker;

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OidcSettings {
    /// The address of the provider, as its tokens name it; empty: there is none.
    pub issuer: String,
    pub client_id: String,
    /// Names the variable that holds the client's secret.
    pub client_secret_env: String,
    /// What stands on the button.
    pub name: String,
    /// The claim of its tokens by which accounts are known: `sub`, `email` ...
    pub claim: String,
}

impl Default for OidcSettings {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret_env: String::new(),
            name: "统一登录".into(),
            claim: "sub".into(),
        }
    }
}

/// With its secret, checked.
#[derive(Debug, Clone)]
pub struct Oidc {
    pub settings: OidcSettings,
    pub secret: SecretString,
}

impl Checker<'_> {
    pub(super) fn oidc(&mut self, settings: &Settings) -> Option<Oidc> {
        let oidc = &settings.oidc;
        if oidc.issuer.is_empty() {
            return None;
        }
        let mut fine = true;
        let mut wrong = |checker: &mut Self, key: &str, what: &str, mend: &str| {
            fine = false;
            checker.say(checker.place("oidc", key), what, mend);
        };
        let local = ["http://127.0.0.1", "http://localhost"];
        if !oidc.issuer.starts_with("https://")
            && !local.iter().any(|at| oidc.issuer.starts_with(at))
        {
            let what =
                format!("oidc.issuer = \"{}\" 不是 https 网址 (not an https URL)", oidc.issuer);
            wrong(self, "issuer", &what, "请写统一登录系统的地址。Give the provider's address.");
        }
        if oidc.client_id.is_empty() {
            let what = "缺 oidc.client_id：在统一登录系统里登记的编号 (as registered there)";
            wrong(
                self,
                "client_id",
                what,
                "请写上，或把 issuer 留空。Either give it or empty issuer.",
            );
        }
        if oidc.claim.is_empty() {
            let what = "oidc.claim 是空的 (empty)";
            wrong(self, "claim", what, "请写 sub 或 email。Give sub or email.");
        }
        if settings.server.public_url.is_empty() {
            let what = "用统一登录要写 server.public_url (single sign-on needs server.public_url)";
            wrong(self, "issuer", what, "请写办事台的网址。Give the desk's address.");
        }
        let secret = self.named("oidc", "client_secret_env", &oidc.client_secret_env)?;
        fine.then(|| Oidc { settings: oidc.clone(), secret: secret.into() })
    }
}
