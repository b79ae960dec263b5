//! Who is at the desk: the session cookie, and the check that a form was sent from our own
//! page (its token, and the browser's word on where it came from).

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::page;
use crate::office::{Browser, Office, Owes, Session};
use crate::web::origin::{caller, from_our_page};

pub const COOKIE: &str = "desk";
/// A pasted letter fits; a form is never larger.
pub const FORM_BYTES_MAX: usize = 64 * 1024;

/// Somebody who has signed in and whose password is her own.
pub struct SignedIn {
    pub session: Session,
    pub token: String,
}

/// Signed in, and perhaps with something to do before anything else is open: see [`Owes`].
pub struct Newcomer(pub SignedIn);

/// Signed in with password and number, perhaps still with a one-time password.
pub struct Known(pub SignedIn);

impl FromRequestParts<Arc<Office>> for Newcomer {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        office: &Arc<Office>,
    ) -> Result<Self, Self::Rejection> {
        let sign_in = || Redirect::to("/desk/sign-in").into_response();
        let token = cookie(&parts.headers, COOKIE).ok_or_else(sign_in)?.to_owned();
        let found = match is_by_itself(parts) {
            true => office.session_left_alone(&token).await,
            false => office.session(&token).await,
        };
        match found {
            Ok(Some(session)) => Ok(Newcomer(SignedIn { session, token })),
            Ok(None) => Err(sign_in()),
            Err(error) => Err(page::failed(&error)),
        }
    }
}

/// A page that was left open looks for news: nobody need be sitting there.
fn is_by_itself(parts: &Parts) -> bool {
    parts.headers.contains_key("x-by-itself") || parts.uri.path() == super::live::PATH
}

impl FromRequestParts<Arc<Office>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        office: &Arc<Office>,
    ) -> Result<Self, Self::Rejection> {
        let Newcomer(signed) = Newcomer::from_request_parts(parts, office).await?;
        match owed_page(signed.session.owes) {
            Some(page) => Err(Redirect::to(page).into_response()),
            None => Ok(signed),
        }
    }
}

impl FromRequestParts<Arc<Office>> for Known {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        office: &Arc<Office>,
    ) -> Result<Self, Self::Rejection> {
        let Newcomer(signed) = Newcomer::from_request_parts(parts, office).await?;
        match signed.session.owes {
            Owes::Code => Err(Redirect::to("/desk/code").into_response()),
            _ => Ok(Known(signed)),
        }
    }
}

/// Where it is done.
pub fn owed_page(owes: Owes) -> Option<&'static str> {
    match owes {
        Owes::Nothing => None,
        Owes::Code => Some("/desk/code"),
        Owes::Password => Some("/desk/password"),
        Owes::SecondStep => Some("/desk/second"),
    }
}

/// From where somebody comes who signs in.
pub struct Visitor(pub Browser);

impl FromRequestParts<Arc<Office>> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        office: &Arc<Office>,
    ) -> Result<Self, Self::Rejection> {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Visitor(Browser {
            agent: agent.unwrap_or_default().to_owned(),
            address: caller(&parts.extensions, &parts.headers, office),
            old: cookie(&parts.headers, COOKIE).map(str::to_owned),
        }))
    }
}

/// The fields of a form, without white space at the ends and with `\n` as line break.
#[derive(Default)]
pub struct Fields(HashMap<String, String>);

impl Fields {
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    pub fn set(&mut self, name: &str, text: String) {
        self.0.insert(name.to_owned(), text);
    }

    /// `None` when the field is absent or empty.
    pub fn filled(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The rest of each name that begins so, with its text; empty ones are left out.
    pub fn beginning(&self, start: &str) -> Vec<(&str, &str)> {
        let found = self.0.iter().filter(|(_, text)| !text.is_empty());
        found.filter_map(|(name, text)| Some((name.strip_prefix(start)?, text.as_str()))).collect()
    }

    /// What somebody took the trouble to write, if anything.
    pub fn longest(&self) -> Option<String> {
        let written =
            self.0.iter().filter(|(name, _)| !matches!(name.as_str(), "csrf" | "revision"));
        let texts = written.map(|(_, text)| text).filter(|text| !text.is_empty());
        texts.max_by_key(|text| text.len()).cloned()
    }

    /// Passwords keep each of their characters.
    async fn read(request: Request) -> Result<Self, Response> {
        if !from_our_page(request.headers()) {
            return Err(foreign());
        }
        let Form(raw) = Form::<HashMap<String, String>>::from_request(request, &())
            .await
            .map_err(|_| page::message(StatusCode::BAD_REQUEST, "没有收全，请返回再交一次。"))?;
        let tidy = |(name, text): (String, String)| {
            let kept = name.contains("password");
            (name, if kept { text } else { text.replace("\r\n", "\n").trim().to_owned() })
        };
        Ok(Self(raw.into_iter().map(tidy).collect()))
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Fields {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
    }
}

/// The form of the sign-in page: nobody has a token yet.
pub struct OpenForm(pub Fields);

impl FromRequest<Arc<Office>> for OpenForm {
    type Rejection = Response;

    async fn from_request(request: Request, _: &Arc<Office>) -> Result<Self, Response> {
        Fields::read(request).await.map(OpenForm)
    }
}

/// A form with the right token, sent by somebody signed in as `S`.
pub struct Posted<S> {
    pub signed: S,
    pub fields: Fields,
}

impl<S> FromRequest<Arc<Office>> for Posted<S>
where
    S: FromRequestParts<Arc<Office>, Rejection = Response> + AsRef<SignedIn> + Send,
{
    type Rejection = Response;

    async fn from_request(request: Request, office: &Arc<Office>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let signed = S::from_request_parts(&mut parts, office).await?;
        let fields = Fields::read(Request::from_parts(parts, body)).await?;
        if !same(fields.get("csrf"), &signed.as_ref().session.csrf) {
            return Err(foreign());
        }
        Ok(Self { signed, fields })
    }
}

impl AsRef<SignedIn> for SignedIn {
    fn as_ref(&self) -> &SignedIn {
        self
    }
}

impl AsRef<SignedIn> for Newcomer {
    fn as_ref(&self) -> &SignedIn {
        &self.0
    }
}

impl AsRef<SignedIn> for Known {
    fn as_ref(&self) -> &SignedIn {
        &self.0
    }
}

/// For a form that is not read as [`Fields`]: it came from our page and has its token.
pub fn is_ours(headers: &HeaderMap, given: &str, signed: &SignedIn) -> bool {
    from_our_page(headers) && same(given, &signed.session.csrf)
}

fn same(given: &str, expected: &str) -> bool {
    !expected.is_empty()
        && bool::from(subtle::ConstantTimeEq::ct_eq(given.as_bytes(), expected.as_bytes()))
}

pub fn foreign() -> Response {
    page::message(StatusCode::FORBIDDEN, "这一页放得太久了，没有办成。请打开新的一页，再办一次。")
}

pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

/// An empty value takes the cookie away.
pub fn set_cookie(name: &str, value: &str, secure: bool) -> HeaderValue {
    let end = if value.is_empty() { "; Max-Age=0" } else { "" };
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::try_from(format!(
        "{name}={value}; Path=/desk; HttpOnly; SameSite=Lax{secure}{end}"
    ))
    .expect("tokens and flash codes are ASCII letters and digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let check = |line: &'static str, expect: Option<&str>| {
            assert_eq!(cookie(&headers(&[("cookie", line)]), COOKIE), expect, "{line}");
        };
        check("desk=abc", Some("abc"));
        check("other=1; desk=abc; last=2", Some("abc"));
        check("mydesk=1", None);
        check("desk=", None);
        check("desk", None);
    }

    #[test]
    fn cookies_are_kept_from_scripts_and_other_sites() {
        let line = set_cookie(COOKIE, "abc", true);
        assert_eq!(line, "desk=abc; Path=/desk; HttpOnly; SameSite=Lax; Secure");
        let line = set_cookie(COOKIE, "", false);
        assert_eq!(line, "desk=; Path=/desk; HttpOnly; SameSite=Lax; Max-Age=0");
    }

    #[test]
    fn tokens_must_be_equal_and_there() {
        for (given, expected, same_token) in
            [("abc", "abc", true), ("abd", "abc", false), ("", "abc", false), ("", "", false)]
        {
            assert_eq!(same(given, expected), same_token, "{given:?} {expected:?}");
        }
    }
}
