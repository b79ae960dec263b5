//! Signing in by the county's own identity provider: OpenID Connect, code flow with PKCE. It says
//! who somebody is; what she may do says the account that the security administrator made for
//! her, and without one she does not come in. A token is believed when its signature (RS256), its
//! issuer, audience, times and nonce are right; everything else about it is ignored.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::Value;
use sha2::Digest;

use crate::config::{Config, Oidc};
use crate::store::records::Staff;
use crate::store::{keys, list_by_index};

use super::sessions::Browser;
use super::views::SignInError;
use super::{Office, outward, random};

const CONNECT_WITHIN: Duration = Duration::from_secs(3);
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Of any answer.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Clocks may differ.
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// So long what the provider says of itself, and its keys, are not asked for again.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(1);
/// A key that is not known is asked for at once, but not by every forged token.
const KEYS_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(10);
const KEYS_MAX: usize = 20;
const SUBJECT_BYTES_MAX: usize = 200;

/// What the browser keeps between leaving for the provider and coming back, as text for a cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcAsked {
    state: String,
    nonce: String,
    verifier: String,
}

impl OidcAsked {
    pub fn new() -> Self {
        Self {
            state: random::hex::<16>(),
            nonce: random::hex::<16>(),
            verifier: random::hex::<32>(),
        }
    }

    pub fn to_cookie(&self) -> String {
        format!("{}-{}-{}", self.state, self.nonce, self.verifier)
    }

    pub fn from_cookie(text: &str) -> Option<Self> {
        let mut parts = text.split('-').map(str::to_owned);
        let (state, nonce, verifier) = (parts.next()?, parts.next()?, parts.next()?);
        let whole = !state.is_empty() && !nonce.is_empty() && !verifier.is_empty();
        (whole && parts.next().is_none()).then_some(Self { state, nonce, verifier })
    }
}

impl Default for OidcAsked {
    fn default() -> Self {
        Self::new()
    }
}

/// What the provider sends the browser back with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OidcBack {
    pub code: String,
    pub state: String,
    pub error: String,
}

/// Of the provider's description of itself.
#[derive(Debug, Clone, Deserialize)]
struct Provider {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Jwk {
    #[serde(default)]
    kty: String,
    #[serde(default)]
    kid: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: String,
}

#[derive(Default)]
struct Known {
    provider: Option<(Provider, Timestamp)>,
    keys: Option<(Vec<Jwk>, Timestamp)>,
}

pub(super) struct SingleSignOn {
    oidc: Oidc,
    http: reqwest::Client,
    known: Mutex<Known>,
}

/// What was wrong, for the person; the log has more.
type Refused = &'static str;
const AWAY: Refused = "统一登录系统没有回音。";
const DOUBTFUL: Refused = "统一登录系统的回答对不上。";
const STALE: Refused = "这次登录放得太久了，或不是在这里开始的。";
const DENIED: Refused = "统一登录系统没有同意。";

impl SingleSignOn {
    pub fn of(config: &Config) -> Result<Option<Self>, String> {
        let Some(oidc) = config.oidc.clone() else { return Ok(None) };
        let http = outward::client(outward::Addresses::All, CONNECT_WITHIN, ANSWER_WITHIN);
        let http = http.map_err(|error| error.to_string())?;
        Ok(Some(Self { oidc, http, known: Mutex::default() }))
    }

    async fn ask<T: for<'t> Deserialize<'t>>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<T, Refused> {
        let away = |error: reqwest::Error| {
            tracing::warn!(why = outward::why(&error), "the identity provider can not be asked");
            AWAY
        };
        let mut answer = request.send().await.map_err(away)?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(away)? {
            if body.len() + part.len() > ANSWER_BYTES_MAX {
                tracing::warn!("the identity provider's answer is too long");
                return Err(DOUBTFUL);
            }
            body.extend_from_slice(&part);
        }
        if !status.is_success() {
            tracing::warn!(status = status.as_u16(), "the identity provider refuses");
            return Err(DENIED);
        }
        serde_json::from_slice(&body).map_err(|error| {
            tracing::warn!(%error, "the identity provider's answer does not read");
            DOUBTFUL
        })
    }

    fn known<T>(&self, with: impl FnOnce(&mut Known) -> T) -> T {
        with(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn provider(&self, now: Timestamp) -> Result<Provider, Refused> {
        let fresh = |known: &mut Known| known.provider.clone();
        if let Some((provider, at)) = self.known(fresh)
            && now < at + KNOWN_FOR
        {
            return Ok(provider);
        }
        let issuer = &self.oidc.settings.issuer;
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let provider: Provider = self.ask(self.http.get(url)).await?;
        if provider.issuer != *issuer {
            tracing::warn!(says = provider.issuer, "the identity provider is another one");
            return Err(DOUBTFUL);
        }
        self.known(|known| known.provider = Some((provider.clone(), now)));
        Ok(provider)
    }

    /// Asked for again when it is not among those that are known: keys are changed.
    async fn key(&self, provider: &Provider, kid: &str, now: Timestamp) -> Result<Jwk, Refused> {
        let find =
            |keys: &[Jwk]| keys.iter().find(|key| key.kty == "RSA" && key.kid == kid).cloned();
        if let Some((keys, at)) = self.known(|known| known.keys.clone()) {
            let found = find(&keys);
            if let Some(key) = found.clone().filter(|_| now < at + KNOWN_FOR) {
                return Ok(key);
            }
            if found.is_none() && now < at + KEYS_AGAIN_AFTER {
                tracing::warn!("a token is signed with a key that the provider does not have");
                return Err(DOUBTFUL);
            }
        }
        let Jwks { keys } = self.ask(self.http.get(&provider.jwks_uri)).await?;
        // Keys of other kinds are there too, and are of no use here.
        let keys = keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        let keys: Vec<Jwk> = keys.take(KEYS_MAX).collect();
        let found = find(&keys);
        self.known(|known| known.keys = Some((keys, now)));
        found.ok_or_else(|| {
            tracing::warn!("a token is signed with a key that the provider does not have");
            DOUBTFUL
        })
    }

    /// Who the token says that somebody is, when all of it is right.
    async fn subject(
        &self,
        provider: &Provider,
        token: &str,
        nonce: &str,
        now: Timestamp,
    ) -> Result<String, Refused> {
        let doubtful = |why: &'static str| {
            tracing::warn!(why, "a token of the identity provider is not believed");
            DOUBTFUL
        };
        let mut parts = token.split('.');
        let (Some(head), Some(body), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(doubtful("it has not three parts"));
        };
        let header: Header = decoded(head).ok_or_else(|| doubtful("its header does not read"))?;
        if header.alg != "RS256" {
            return Err(doubtful("it is not signed with RS256"));
        }
        let key = self.key(provider, &header.kid, now).await?;
        let bytes = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let (Some(n), Some(e), Some(signature)) = (bytes(&key.n), bytes(&key.e), bytes(signature))
        else {
            return Err(doubtful("key or signature do not read"));
        };
        let signed = &token[..head.len() + 1 + body.len()];
        RsaPublicKeyComponents { n, e }
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
            .map_err(|_| doubtful("its signature is wrong"))?;
        let claims: Value = decoded(body).ok_or_else(|| doubtful("its claims do not read"))?;
        check_claims(&claims, &self.oidc, nonce, now).map_err(doubtful)?;
        let subject = claims[self.oidc.settings.claim.as_str()].as_str().unwrap_or_default();
        // An address that nobody has checked is anybody's.
        let unchecked = self.oidc.settings.claim == "email" && claims["email_verified"] != true;
        match subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX || unchecked {
            true => Err(doubtful("it does not say who somebody is")),
            false => Ok(subject.to_owned()),
        }
    }
}

fn decoded<T: for<'t> Deserialize<'t>>(part: &str) -> Option<T> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// OpenID Connect Core, 3.1.3.7.
fn check_claims(
    claims: &Value,
    oidc: &Oidc,
    nonce: &str,
    now: Timestamp,
) -> Result<(), &'static str> {
    let id = oidc.settings.client_id.as_str();
    let time =
        |name: &str| claims[name].as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let audience = match &claims["aud"] {
        Value::String(one) => one == id,
        Value::Array(all) => {
            all.iter().any(|one| one == id) && (all.len() == 1 || claims["azp"] == id)
        }
        _ => false,
    };
    let is_ours = bool::from(subtle::ConstantTimeEq::ct_eq(
        claims["nonce"].as_str().unwrap_or_default().as_bytes(),
        nonce.as_bytes(),
    ));
    if claims["iss"] != oidc.settings.issuer.as_str() {
        Err("it is of another issuer")
    } else if !audience {
        Err("it is for somebody else")
    } else if time("exp").is_none_or(|end| end + SKEW <= now) {
        Err("its time is over")
    } else if time("iat").is_none_or(|made| made - SKEW > now) {
        Err("it is of the future")
    } else if !is_ours {
        Err("its nonce is not ours")
    } else {
        Ok(())
    }
}

impl Office {
    /// The words on the button; `None`: there is no single sign-on.
    pub fn oidc_name(&self) -> Option<&str> {
        self.single_sign_on.as_ref().map(|sso| sso.oidc.settings.name.as_str())
    }

    fn oidc_redirect(&self) -> String {
        format!("{}/desk/oidc/back", self.public_url())
    }

    /// Where the browser is sent.
    pub async fn oidc_begin(&self, asked: &OidcAsked) -> Result<String, SignInError> {
        let sso = self.single_sign_on.as_ref().ok_or(SignInError::Outside(DENIED))?;
        let provider = sso.provider(self.clock.now()).await.map_err(SignInError::Outside)?;
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(&asked.verifier));
        let redirect = self.oidc_redirect();
        let scope =
            if sso.oidc.settings.claim == "sub" { "openid" } else { "openid email profile" };
        let pairs = [
            ("response_type", "code"),
            ("client_id", &sso.oidc.settings.client_id),
            ("redirect_uri", &redirect),
            ("scope", scope),
            ("state", &asked.state),
            ("nonce", &asked.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let url = reqwest::Url::parse_with_params(&provider.authorization_endpoint, pairs);
        url.map(String::from).map_err(|_| SignInError::Outside(DOUBTFUL))
    }

    /// The browser is back. Gives the token for the cookie.
    pub async fn oidc_finish(
        &self,
        asked: Option<OidcAsked>,
        back: &OidcBack,
        browser: &Browser,
    ) -> Result<String, SignInError> {
        let sso = self.single_sign_on.as_ref().ok_or(SignInError::Outside(DENIED))?;
        let asked = asked.filter(|asked| {
            bool::from(subtle::ConstantTimeEq::ct_eq(asked.state.as_bytes(), back.state.as_bytes()))
        });
        let asked = asked.ok_or(SignInError::Outside(STALE))?;
        if !back.error.is_empty() || back.code.is_empty() {
            tracing::warn!(error = back.error, "the identity provider sent somebody back");
            return Err(SignInError::Outside(DENIED));
        }
        let now = self.clock.now();
        let provider = sso.provider(now).await.map_err(SignInError::Outside)?;
        let redirect = self.oidc_redirect();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &back.code),
            ("redirect_uri", &redirect),
            ("client_id", &sso.oidc.settings.client_id),
            ("client_secret", sso.oidc.secret.expose_secret()),
            ("code_verifier", &asked.verifier),
        ];
        let body = reqwest::Url::parse_with_params("http://form/", form).ok();
        let body = body.and_then(|url| url.query().map(str::to_owned)).unwrap_or_default();
        let request = sso
            .http
            .post(&provider.token_endpoint)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(body);
        let tokens: Tokens = sso.ask(request).await.map_err(SignInError::Outside)?;
        let subject = sso.subject(&provider, &tokens.id_token, &asked.nonce, now).await;
        let subject = subject.map_err(SignInError::Outside)?;
        let found =
            list_by_index::<Staff>(&*self.store, keys::staff_with_subject(&subject), 2).await;
        let found = found.map_err(|_| SignInError::Busy)?;
        // Two accounts with one identity: neither is surely hers.
        let [(_, staff)] = &found[..] else { return Err(SignInError::Unknown) };
        self.check_lock(&staff.record, now)?;
        self.open_session(staff, now, browser, true).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_browser_keeps_comes_back_as_it_was() {
        let asked = OidcAsked::new();
        assert_eq!(OidcAsked::from_cookie(&asked.to_cookie()), Some(asked));
        for wrong in ["", "a", "a-b", "a-b-", "a-b-c-d", "--"] {
            assert_eq!(OidcAsked::from_cookie(wrong), None, "{wrong}");
        }
    }
}
