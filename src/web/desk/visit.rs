//! Somebody signed in, at a page: who she is, and how the page looks for her.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;

use super::page::{self, Frame};
use super::session::SignedIn;
use crate::office::{CommandError, Office, Session};

/// Parts of the menu, by how the addresses of their pages begin.
const PARTS: [(&str, &str); 2] = [("/desk/shop", "shop"), ("/desk/dialogs", "dialogs")];
const CASES: &str = "cases";

pub struct Visit {
    pub office: Arc<Office>,
    signed: SignedIn,
    headers: HeaderMap,
    uri: Uri,
}

impl FromRequestParts<Arc<Office>> for Visit {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        office: &Arc<Office>,
    ) -> Result<Self, Self::Rejection> {
        let signed = SignedIn::from_request_parts(parts, office).await?;
        Ok(Self {
            office: office.clone(),
            signed,
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
        })
    }
}

impl AsRef<SignedIn> for Visit {
    fn as_ref(&self) -> &SignedIn {
        &self.signed
    }
}

impl Visit {
    pub fn session(&self) -> &Session {
        &self.signed.session
    }

    pub fn frame(&self) -> Frame {
        let path = self.uri.path();
        let here = PARTS.iter().find(|(beginning, _)| path.starts_with(beginning));
        let here = here.map_or(CASES, |(_, here)| here);
        Frame::new(&self.office, self.session(), here, &self.headers)
    }

    pub async fn paper_frame(&self) -> Frame {
        self.frame().on_paper(&self.office, self.session(), &self.uri).await
    }

    /// After a form: on to `path`, which says so. `Err`: why not, for the page to say again;
    /// what is not hers has no page.
    pub fn after(
        &self,
        done: Result<(), CommandError>,
        code: &'static str,
        path: &str,
    ) -> Result<Response, CommandError> {
        match done {
            Ok(()) => Ok(page::after(code, path, self.office.secure_cookies())),
            Err(CommandError::NotFound) => Ok(page::failed(&CommandError::NotFound)),
            Err(error) => Err(error),
        }
    }
}
