//! Open311 GeoReport v2, with service request updates as FixMyStreet has them: so that another
//! platform can file and follow cases. JSON and XML. A service is a kind of matter, its code the
//! kind's; `address_id` is the 12 digits of a village. Nobody's name or number is ever shown.

mod answer;
mod shown;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::{any, get};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api;
use crate::county::Point;
use crate::desk::{NumberRead, read_number};
use crate::office::{
    Caller, CommandError, FollowAsked, Office, Once, PostError, Told, UPDATES_MAX,
};
use answer::{Format, Refused};

const BASE: &str = "/open311/v2";
const BODY_BYTES_MAX: usize = 64 * 1024;
/// GeoReport v2.
const DESCRIPTION_CHARACTERS_MAX: usize = 4_000;
const PAGE_SIZE: usize = 50;

type Answered = Result<(&'static str, Value), Refused>;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/open311/{file}", get(discovery))
        .route("/open311/v2/{file}", any(list_or_file))
        .route("/open311/v2/{kind}/{file}", get(one))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// What was sent, in the address or as a form.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(query: Option<&str>, body: &[u8]) -> Result<Self, Refused> {
        let mut all: Vec<(String, String)> = Vec::new();
        for part in [query.unwrap_or_default().as_bytes(), body] {
            let read: Vec<(String, String)> = pairs(part)?;
            all.extend(read);
        }
        Ok(Self(all))
    }

    fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, text)| text.trim()).unwrap_or_default()
    }

    fn filled(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|text| !text.is_empty())
    }

    fn attribute(&self, code: &str) -> &str {
        self.get(&format!("attribute[{code}]"))
    }

    /// Separated by commas.
    fn list(&self, name: &str) -> Vec<String> {
        let parts = self.get(name).split(',').map(str::trim);
        parts.filter(|one| !one.is_empty()).map(str::to_owned).collect()
    }

    /// W3C: with Z or an offset.
    fn time(&self, name: &str) -> Result<Option<Timestamp>, Refused> {
        let Some(text) = self.filled(name) else { return Ok(None) };
        let wrong = || Refused::bad(format!("{name} is no time like 2026-11-25T09:30:00+08:00"));
        text.parse().map(Some).map_err(|_| wrong())
    }
}

fn pairs(bytes: &[u8]) -> Result<Vec<(String, String)>, Refused> {
    use axum::extract::Query;
    let text = std::str::from_utf8(bytes).map_err(|_| Refused::bad("the form is not UTF-8"))?;
    let uri = format!("/?{}", text.trim())
        .parse()
        .map_err(|_| Refused::bad("the form can not be read"))?;
    let Query(all) =
        Query::try_from_uri(&uri).map_err(|_| Refused::bad("the form can not be read"))?;
    Ok(all)
}

async fn discovery(State(office): State<Arc<Office>>, Path(file): Path<String>) -> Response {
    match Format::of(&file) {
        Some(("discovery", format)) => format.answer("discovery", &shown::discovery(&office)),
        _ => Refused::missing("there is no such file").answer(Format::Json),
    }
}

async fn list_or_file(
    State(office): State<Arc<Office>>,
    method: Method,
    Path(file): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let Some((name, format)) = Format::of(&file) else {
        return Refused::missing("please end the address with .json or .xml").answer(Format::Json);
    };
    let answered = async {
        let fields = Fields::read(query.as_deref(), &body)?;
        let caller = caller(&office, &fields).await?;
        match (method, name) {
            (Method::GET, "services") => Ok(("services", shown::services(&office))),
            (Method::GET, "requests") => requests(&office, caller.as_ref(), &fields).await,
            (Method::GET, "servicerequestupdates") => {
                updates(&office, caller.as_ref(), &fields).await
            }
            (Method::POST, "requests") => file_request(&office, must(caller)?, &fields).await,
            (Method::POST, "servicerequestupdates") => {
                update(&office, must(caller)?, &fields).await
            }
            _ => Err(Refused::missing(format!("there is no {name} for this method"))),
        }
    };
    answer(format, answered.await)
}

async fn one(
    State(office): State<Arc<Office>>,
    Path((kind, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some((id, format)) = Format::of(&file) else {
        return Refused::missing("please end the address with .json or .xml").answer(Format::Json);
    };
    let answered = async {
        let fields = Fields::read(query.as_deref(), b"")?;
        let caller = caller(&office, &fields).await?;
        match kind.as_str() {
            "services" => match shown::service_definition(&office, id) {
                Some(value) => Ok(("service_definition", value)),
                None => Err(Refused::missing(format!("there is no service_code {id}"))),
            },
            "requests" => {
                may_read(&office, caller.as_ref())?;
                let asked = FollowAsked { numbers: vec![digits(id)?], ..FollowAsked::default() };
                let found = followed(&office, caller.as_ref(), &asked).await?;
                match found.as_array().is_some_and(Vec::is_empty) {
                    true => Err(Refused::missing(format!("there is no service_request_id {id}"))),
                    false => Ok(("service_requests", found)),
                }
            }
            "tokens" => {
                let caller = must(caller)?;
                let number = office.number_of_token(&caller.session, id).await.map_err(refused)?;
                let missing = || Refused::missing(format!("there is no token {id}"));
                let number = number.ok_or_else(missing)?;
                let value = json!([{ "service_request_id": number, "token": id }]);
                Ok(("service_requests", value))
            }
            _ => Err(Refused::missing("there is no such address")),
        }
    };
    answer(format, answered.await)
}

fn answer(format: Format, answered: Answered) -> Response {
    match answered {
        Ok((root, value)) => format.answer(root, &value),
        Err(refused) => refused.answer(format),
    }
}

/// Who has sent a key; a wrong one is refused, none is anybody.
async fn caller(office: &Office, fields: &Fields) -> Result<Option<Caller>, Refused> {
    let Some(token) = fields.filled("api_key") else { return Ok(None) };
    match api::known(office, token).await {
        Ok(caller) => Ok(Some(caller)),
        Err(failure) => {
            let wait = failure.wait();
            let status = match failure.status() {
                StatusCode::UNAUTHORIZED => StatusCode::FORBIDDEN,
                status => status,
            };
            Err(Refused { status, description: failure.to_string(), wait })
        }
    }
}

fn must(caller: Option<Caller>) -> Result<Caller, Refused> {
    caller.ok_or_else(|| Refused::new(StatusCode::FORBIDDEN, "api_key is missing"))
}

fn may_read(office: &Office, caller: Option<&Caller>) -> Result<(), Refused> {
    if caller.is_some() || office.open311_public() {
        return Ok(());
    }
    Err(Refused::new(
        StatusCode::FORBIDDEN,
        "api_key is missing: this county shows requests only to those with a key",
    ))
}

fn digits(id: &str) -> Result<String, Refused> {
    match read_number(id) {
        NumberRead::Whole(number) => Ok(number.digits()),
        _ => Err(Refused::missing(format!("there is no service_request_id {id}"))),
    }
}

fn refused(error: CommandError) -> Refused {
    let status = match &error {
        CommandError::NotFound => StatusCode::NOT_FOUND,
        CommandError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        CommandError::Changed | CommandError::Refused(_) | CommandError::Field(..) => {
            StatusCode::BAD_REQUEST
        }
    };
    Refused::new(status, error.to_string())
}

async fn followed(
    office: &Office,
    caller: Option<&Caller>,
    asked: &FollowAsked,
) -> Result<Value, Refused> {
    let session = caller.map(|caller| &caller.session);
    let found = office.followed(session, asked).await.map_err(refused)?;
    Ok(found.iter().map(|one| shown::request(office, one)).collect())
}

fn asked(fields: &Fields) -> Result<FollowAsked, Refused> {
    let open = match fields.get("status") {
        "" => None,
        "open" => Some(true),
        "closed" => Some(false),
        // Both.
        text if text.split(',').all(|one| matches!(one.trim(), "open" | "closed")) => None,
        _ => return Err(Refused::bad("status is open or closed")),
    };
    let numbers = fields.list("service_request_id");
    let numbers = numbers.iter().map(|id| digits(id)).collect::<Result<_, _>>()?;
    Ok(FollowAsked {
        numbers,
        categories: fields.list("service_code"),
        from: fields.time("start_date")?,
        to: fields.time("end_date")?,
        open,
        most: None,
    })
}

async fn requests(office: &Office, caller: Option<&Caller>, fields: &Fields) -> Answered {
    may_read(office, caller)?;
    let mut all = followed(office, caller, &asked(fields)?).await?;
    if fields.filled("page").is_some() || fields.filled("page_size").is_some() {
        let page = number(fields, "page", 1)?;
        let size = number(fields, "page_size", PAGE_SIZE)?;
        if let Some(all) = all.as_array_mut() {
            let from = (page - 1).saturating_mul(size).min(all.len());
            *all = all.drain(from..).take(size).collect();
        }
    }
    Ok(("service_requests", all))
}

fn number(fields: &Fields, name: &str, default: usize) -> Result<usize, Refused> {
    match fields.filled(name).map(str::parse) {
        None => Ok(default),
        Some(Ok(number @ 1..)) => Ok(number),
        Some(_) => Err(Refused::bad(format!("{name} is a number from 1"))),
    }
}

async fn updates(office: &Office, caller: Option<&Caller>, fields: &Fields) -> Answered {
    may_read(office, caller)?;
    let session = caller.map(|caller| &caller.session);
    let most = number(fields, "page_size", UPDATES_MAX)?;
    let asked = FollowAsked { most: Some(most), ..asked(fields)? };
    let found = office.updates(session, &asked).await.map_err(refused)?;
    Ok(("service_request_updates", found.iter().map(shown::update).collect()))
}

async fn file_request(office: &Office, caller: Caller, fields: &Fields) -> Answered {
    let (told, by_point) = told(office, fields)?;
    let filed = office.file_once(&caller.session, &told, None).await.map_err(refused)?;
    let mut notice = match (filed.before, filed.call.is_empty()) {
        (true, _) => "以前收到过，没有再登记。".to_owned(),
        (false, true) => String::new(),
        (false, false) => format!("听起来有危险，请马上打 {}。", filed.call.join("、")),
    };
    if let Some(village) = office.village_name(&told.village).filter(|_| by_point && !filed.before)
    {
        notice += &format!("按坐标记在{village}，不对请补充说明。");
    }
    let value = json!([{
        "service_request_id": filed.number,
        "service_notice": notice,
        "account_id": fields.get("account_id"),
    }]);
    Ok(("service_requests", value))
}

/// And whether nothing but a point says in which village.
fn told(office: &Office, fields: &Fields) -> Result<(Told, bool), Refused> {
    let code = fields.get("service_code");
    if code.is_empty() {
        return Err(Refused::bad("service_code is missing"));
    }
    if office.category_name(code).is_none() {
        return Err(Refused::missing(format!("there is no service_code {code}")));
    }
    let Location { village, place, by_point } = location(office, fields)?;
    let description = fields.get("description");
    let count = description.chars().count();
    if count > DESCRIPTION_CHARACTERS_MAX {
        let most = DESCRIPTION_CHARACTERS_MAX;
        return Err(Refused::bad(format!("description has {count} characters, over {most}")));
    }
    let mut text = match description {
        "" => office.category_name(code).unwrap_or_default(),
        text => text.to_owned(),
    };
    if let Some(url) = fields.filled("media_url") {
        text += &format!("\n照片：{url}");
    }
    let told = Told {
        text,
        village,
        place,
        category: code.to_owned(),
        kind: fields.attribute("kind").to_owned(),
        name: format!("{}{}", fields.get("last_name"), fields.get("first_name")),
        phone: fields.get("phone").to_owned(),
        respondent: fields.attribute("respondent").to_owned(),
        confidential: matches!(fields.attribute("confidential"), "true" | "yes" | "1"),
        authorised: fields.attribute("authorised").to_owned(),
        source_id: fields.attribute("source_id").to_owned(),
        ..Told::default()
    };
    Ok((told, by_point))
}

/// The village, and where in it.
struct Location {
    village: String,
    place: String,
    /// Nothing but the point says which village it is.
    by_point: bool,
}

fn location(office: &Office, fields: &Fields) -> Result<Location, Refused> {
    let address = fields.get("address_string");
    let point = point(fields)?;
    let place = point.map_or_else(|| address.to_owned(), |point| shown::with_point(address, point));
    let named = |village: String| Location { village, place: place.clone(), by_point: false };
    if let Some(id) = fields.filled("address_id") {
        return Ok(named(id.to_owned()));
    }
    if let Some(village) = office.village_in(address) {
        return Ok(named(village));
    }
    if let Some(village) = point.and_then(|point| office.village_at(point)) {
        return Ok(Location { by_point: true, ..named(village) });
    }
    // What names no village for certain is refused below, with those that it could be.
    if !address.is_empty() {
        return Ok(named(address.chars().take(40).collect()));
    }
    Err(Refused::bad(match (point, office.knows_points()) {
        (Some(_), true) => {
            "there is no village near that point: please check lat and long, or give address_id or address_string"
        }
        (Some(_), false) => {
            "please give address_id (the 12 digits of a village) or address_string with the village's name; \
             this county's table does not say where its villages lie, so lat and long alone are not enough"
        }
        (None, _) => {
            "please give address_id (the 12 digits of a village), address_string with the village's name, \
             or lat and long"
        }
    }))
}

fn point(fields: &Fields) -> Result<Option<Point>, Refused> {
    match (fields.get("lat"), fields.get("long")) {
        ("", "") => Ok(None),
        (lat, long) => Point::read(lat, long).map(Some).ok_or_else(|| {
            Refused::bad(
                "lat and long are decimal degrees and go together, like 39.43125 and 118.90512",
            )
        }),
    }
}

async fn update(office: &Office, caller: Caller, fields: &Fields) -> Answered {
    let number = digits(fields.get("service_request_id"))?;
    let text = said(fields)?;
    fields.time("updated_datetime")?;
    let given = fields.filled("update_id");
    let key = match given {
        Some(id) => format!("open311 update {id}"),
        // Without an id the same words are the same update.
        None => format!("open311 update of {number}: {text}"),
    };
    let once = Once::new(&caller.key, &key, &format!("{number}\n{text}"));
    let work = office.supplement(&caller.session, &number, &text, &once);
    let done = office.once(&once, work).await.map_err(|error| match error {
        PostError::OtherContent => Refused::bad("this update_id has been used for another text"),
        PostError::Command(error) => refused(error),
    })?;
    let ours = || format!("{}-{}", done.number, done.revision);
    let id = given.map_or_else(ours, str::to_owned);
    let value = json!([{ "update_id": id, "service_request_id": done.number }]);
    Ok(("service_request_updates", value))
}

/// The words of an update. A status moves nothing here, for that is the county's to decide: what it
/// asks for is said in words to those who do.
fn said(fields: &Fields) -> Result<String, Refused> {
    let status = fields.get("status").to_uppercase();
    let asks = match status.as_str() {
        "" => None,
        status => match STATUSES.iter().find(|(known, _)| *known == status) {
            Some((_, asks)) => *asks,
            None => {
                let known: Vec<&str> = STATUSES.iter().map(|(known, _)| *known).collect();
                let known = known.join(", ");
                return Err(Refused::bad(format!("status is one of {known}, or left out")));
            }
        },
    };
    match (asks, fields.get("description")) {
        (None, "") => Err(Refused::bad("description is missing")),
        (None, text) => Ok(text.to_owned()),
        (Some(asks), "") => Ok(format!("来件平台：{asks}")),
        (Some(asks), text) => Ok(format!("来件平台：{asks}。{text}")),
    }
}

/// Those of FixMyStreet's extension, and what each asks of us.
const STATUSES: [(&str, Option<&str>); 13] = [
    ("OPEN", None),
    ("IN_PROGRESS", None),
    ("ACTION_SCHEDULED", None),
    ("INVESTIGATING", None),
    ("INTERNAL_REFERRAL", None),
    ("FOR_TRIAGE", None),
    ("FIXED", Some("那边记为已经解决，请核实")),
    ("CLOSED", Some("那边已经办结，请核实")),
    ("NO_FURTHER_ACTION", Some("那边不再办，请核实")),
    ("DUPLICATE", Some("那边记为重复件，请核实")),
    ("NOT_COUNCILS_RESPONSIBILITY", Some("那边认为不归这里办，请核实")),
    ("CANCELLED", Some("那边要撤回，请核实")),
    ("REOPEN", Some("那边要求重新办，请核实")),
];
