//! What people send: a form of ours, sent from the page itself and by whoever it was shown to.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts};
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use http_body_util::{BodyExt, Limited};
use url::form_urlencoded;

use super::layout::Told;
use super::router::House;
use super::visitor::Visitor;
use crate::ports::timeout;
use crate::text::{Language, PageWord};

/// Bytes of a form, at most.
pub(super) const MAX_FORM_BYTES: usize = 16 * 1024;

/// How long one may take to arrive.
const FORM_TIMEOUT: Duration = Duration::from_secs(10);

/// The field that holds what shows that a form is ours.
pub(super) const TOKEN_FIELD: &str = "token";

/// The fields of a form from the page, of whoever it may be.
pub(super) struct OpenForm(pub(super) Fields);

/// The fields of a form that was shown to whoever sends it.
pub(super) struct Form {
    pub(super) visitor: Visitor,
    pub(super) fields: Fields,
}

/// The same of a form by which something is changed or looked at that is not for everybody: whoever sends it administers the server now.
pub(super) struct Deed {
    pub(super) visitor: Visitor,
    pub(super) fields: Fields,
}

/// The fields of a form; of several of a name, the last.
pub(super) struct Fields(HashMap<String, String>);

impl Fields {
    /// Returns what a field holds, empty where there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

impl FromRequest<Arc<House>> for OpenForm {
    type Rejection = Response;

    async fn from_request(request: Request<Body>, house: &Arc<House>) -> Result<Self, Response> {
        let language = house.language(request.headers());
        if !is_from_here(request.headers(), house) {
            return Err(refuse(language));
        }
        let body = Limited::new(request.into_body(), MAX_FORM_BYTES).collect();
        let read = timeout(&*house.world.clock, FORM_TIMEOUT, body).await;
        let Ok(Ok(body)) = read else {
            return Err(refuse(language));
        };
        let bytes = body.to_bytes();
        let fields = form_urlencoded::parse(&bytes).into_owned().collect();
        Ok(Self(Fields(fields)))
    }
}

impl FromRequest<Arc<House>> for Form {
    type Rejection = Response;

    async fn from_request(request: Request<Body>, house: &Arc<House>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, house).await?;
        let language = visitor.language;
        let OpenForm(fields) =
            OpenForm::from_request(Request::from_parts(parts, body), house).await?;
        if !visitor.is_form_token(fields.get(TOKEN_FIELD)) {
            return Err(refuse(language));
        }
        Ok(Self { visitor, fields })
    }
}

impl FromRequest<Arc<House>> for Deed {
    type Rejection = Response;

    async fn from_request(request: Request<Body>, house: &Arc<House>) -> Result<Self, Response> {
        let form = Form::from_request(request, house).await?;
        let Form {
            mut visitor,
            fields,
        } = form;
        match visitor.ask_again(house).await {
            Ok(()) => Ok(Self { visitor, fields }),
            Err(unwelcome) => Err(unwelcome.reply(visitor.language)),
        }
    }
}

/// Whether a browser says that a form was on a page of ours. Every browser says where a form was that is sent with POST.
fn is_from_here(headers: &HeaderMap, house: &House) -> bool {
    let ours = house.world.settings.public_url.origin();
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    origin.is_some_and(|origin| origin == ours.ascii_serialization())
}

fn refuse(language: Language) -> Response {
    Told::new(language, PageWord::FormRefused, PageWord::FormRefusedMore)
        .with(StatusCode::FORBIDDEN)
}
