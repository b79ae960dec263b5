//! The shop at the desk: orders, goods, merchants, the sheets of a day.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::page::{self, Frame};
use super::session::{self, Fields, Posted, SignedIn};
use crate::office::shop::{
    CounterOrder, GoodsPage, MerchantCommand, MerchantRow, MerchantView, NewMerchant, OrderCommand,
    OrderFilter, OrderRow, OrderView, SheetKind, Uploaded,
};
use crate::office::{CommandError, Office, Right, Session, Sheet};

/// A table of twenty thousand rows fits.
const UPLOAD_BYTES_MAX: usize = 4 * 1024 * 1024;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/shop", get(orders))
        .route("/desk/shop/pickup", get(pickup))
        .route("/desk/shop/new", get(new_order).post(place))
        .route("/desk/shop/orders/{number}", get(order))
        .route("/desk/shop/orders/{number}/{action}", post(act))
        .route("/desk/shop/goods", get(goods))
        .route("/desk/shop/cycles", post(open_cycle))
        .route("/desk/shop/merchants", get(merchants).post(register))
        .route("/desk/shop/merchants/{id}", get(merchant))
        .route("/desk/shop/merchants/{id}/{action}", post(merchant_act))
        .route("/desk/shop/sheets", get(sheet))
        .route("/desk/shop/sheets.csv", get(sheet_file))
}

/// Apart from the others: a table is larger than a form.
pub fn upload_route() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/shop/goods/table", post(upload))
        .layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    search: String,
    state: String,
    merchant: String,
    village: String,
    code: String,
    kind: String,
    day: String,
}

fn some(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

type Wanted = Result<Query<Asked>, QueryRejection>;

#[derive(Template)]
#[template(path = "desk/shop_orders.html")]
struct Orders {
    frame: Frame,
    asked: Asked,
    rows: Vec<OrderRow>,
    problem: Option<String>,
}

async fn orders(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    asked: Wanted,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    let filter = OrderFilter {
        state: some(&asked.state),
        merchant: some(&asked.merchant),
        village: some(&asked.village),
        search: some(&asked.search),
    };
    let rows = match office.orders(&signed.session, &filter).await {
        Ok(rows) => rows,
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(&office, &signed.session, "shop", &headers);
    let page = Orders { frame, asked, rows, problem: None };
    page::show(StatusCode::OK, &page, &page.frame)
}

/// Somebody at the counter says a code: straight to her order.
async fn pickup(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    asked: Wanted,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    match office.order_by_code(&signed.session, &asked.village, &asked.code).await {
        Ok(Some(number)) => Redirect::to(&format!("/desk/shop/orders/{number}")).into_response(),
        Ok(None) => {
            let frame = Frame::new(&office, &signed.session, "shop", &headers);
            let problem = Some("这个店没有这个取货码。请再看一遍，或按姓名查。".into());
            let page = Orders { frame, asked, rows: Vec::new(), problem };
            page::show(StatusCode::NOT_FOUND, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

#[derive(Template)]
#[template(path = "desk/shop_order.html")]
struct One {
    frame: Frame,
    order: OrderView,
    problem: Option<String>,
}

impl One {
    fn may(&self, action: &str) -> bool {
        self.order.actions.contains(&action)
    }
}

const NO_ORDER: &str = "没有这个订单。请核对订单号。";

async fn order(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    Path(number): Path<String>,
) -> Response {
    show_order(&office, &headers, &signed, &number, StatusCode::OK, None).await
}

async fn show_order(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    number: &str,
    status: StatusCode,
    problem: Option<String>,
) -> Response {
    let order = match office.order(&signed.session, number).await {
        Ok(Some(order)) => order,
        Ok(None) => return page::message(StatusCode::NOT_FOUND, NO_ORDER),
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(office, &signed.session, "shop", headers);
    let page = One { frame, order, problem };
    page::show(status, &page, &page.frame)
}

async fn act(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path((number, action)): Path<(String, String)>,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let revision = fields.get("revision").parse().unwrap_or_default();
    let done = match command(&action, &fields) {
        Some(command) => office.order_command(&signed.session, &number, revision, command).await,
        None => Err(CommandError::NotFound),
    };
    match done {
        Ok(()) => {
            page::after("order", &format!("/desk/shop/orders/{number}"), office.secure_cookies())
        }
        Err(CommandError::NotFound) => page::message(StatusCode::NOT_FOUND, NO_ORDER),
        Err(error) => {
            let (status, problem) = (page::status_of(&error), Some(error.to_string()));
            show_order(&office, &headers, &signed, &number, status, problem).await
        }
    }
}

/// `None`: there is no such form.
fn command(action: &str, fields: &Fields) -> Option<OrderCommand> {
    let text = |name: &str| fields.get(name).to_owned();
    // One field a line of the order, `quantity0` and so on; none at all means as it stands.
    let quantities = || {
        let each = (0..).map(|n| fields.filled(&format!("quantity{n}")));
        let given: Vec<String> = each.take_while(Option::is_some).flatten().collect();
        Some(given).filter(|given| !given.is_empty())
    };
    Some(match action {
        "confirm" => OrderCommand::Confirm { quantities: quantities() },
        "refuse" => OrderCommand::Refuse { reason: text("reason") },
        "pack" => OrderCommand::Pack { weights: quantities() },
        "send" => OrderCommand::Send { run: text("run") },
        "arrive" => OrderCommand::Arrive,
        "collect" => OrderCommand::Collect { code: text("code") },
        "release" => OrderCommand::Release { name: text("name"), phone_tail: text("phone_tail") },
        "deliver" => OrderCommand::Deliver,
        "cancel" => OrderCommand::Cancel { reason: text("reason") },
        "ask_return" => OrderCommand::AskReturn { reason: text("reason") },
        "take_return" => OrderCommand::TakeReturn { fit: fields.filled("fit").is_some() },
        "decline_return" => OrderCommand::DeclineReturn { reason: text("reason") },
        "refunded" => OrderCommand::Refunded { no: text("no") },
        _ => return None,
    })
}

#[derive(Template)]
#[template(path = "desk/shop_new.html")]
struct New {
    frame: Frame,
    asked: CounterOrder,
    problem: Option<String>,
}

async fn new_order(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
) -> Response {
    if !signed.session.may(Right::Orders) && !signed.session.may(Right::HandOut) {
        return page::failed(&CommandError::NotFound);
    }
    let frame = Frame::new(&office, &signed.session, "shop", &headers);
    let token = crate::office::random::hex::<8>();
    let page = New { frame, asked: CounterOrder { token, ..Default::default() }, problem: None };
    page::show(StatusCode::OK, &page, &page.frame)
}

async fn place(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let text = |name: &str| fields.get(name).to_owned();
    let asked = CounterOrder {
        goods: text("goods"),
        village: text("village"),
        name: text("name"),
        phone: text("phone"),
        way: text("way"),
        address: text("address"),
        note: text("note"),
        again: fields.filled("again").is_some(),
        token: text("token"),
    };
    match office.order_at_counter(&signed.session, &asked).await {
        Ok(numbers) => {
            let path = match &numbers[..] {
                [one] => format!("/desk/shop/orders/{one}"),
                _ => "/desk/shop".to_owned(),
            };
            page::after("placed", &path, office.secure_cookies())
        }
        Err(error) => {
            let frame = Frame::new(&office, &signed.session, "shop", &headers);
            let status = page::status_of(&error);
            let page = New { frame, asked, problem: Some(error.to_string()) };
            page::show(status, &page, &page.frame)
        }
    }
}

#[derive(Template)]
#[template(path = "desk/shop_goods.html")]
struct Goods {
    frame: Frame,
    search: String,
    list: GoodsPage,
    /// What became of a table.
    uploaded: Option<Uploaded>,
    problems: Vec<String>,
}

async fn goods(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    asked: Wanted,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    show_goods(&office, &headers, &signed, &asked.search, StatusCode::OK, Ok(None)).await
}

async fn show_goods(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    search: &str,
    status: StatusCode,
    became: Result<Option<Uploaded>, Vec<String>>,
) -> Response {
    let list = match office.goods(&signed.session, search).await {
        Ok(list) => list,
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(office, &signed.session, "shop", headers);
    let (uploaded, problems) = match became {
        Ok(uploaded) => (uploaded, Vec::new()),
        Err(problems) => (None, problems),
    };
    let page = Goods { frame, search: search.to_owned(), list, uploaded, problems };
    page::show(status, &page, &page.frame)
}

/// The table of goods, as a file.
async fn upload(
    State(office): State<Arc<Office>>,
    signed: SignedIn,
    headers: HeaderMap,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Response {
    let broken =
        || page::message(StatusCode::BAD_REQUEST, "文件没有收全，或者超过4MB。请返回再传一次。");
    let Ok(mut form) = form else { return broken() };
    let (mut token, mut file) = (String::new(), None);
    loop {
        match form.next_field().await {
            Ok(None) => break,
            Ok(Some(field)) => {
                let name = field.name().unwrap_or_default().to_owned();
                let called = field.file_name().unwrap_or_default().to_lowercase();
                let Ok(bytes) = field.bytes().await else { return broken() };
                match name.as_str() {
                    "csrf" => token = String::from_utf8_lossy(&bytes).into_owned(),
                    "table" => file = Some((called, bytes)),
                    _ => {}
                }
            }
            Err(_) => return broken(),
        }
    }
    if !session::is_ours(&headers, &token, &signed) {
        return session::foreign();
    }
    let known = |name: &String| name.ends_with(".xlsx") || name.ends_with(".csv");
    let became = match file.filter(|(name, _)| known(name)) {
        Some((name, bytes)) => office.upload_goods(&signed.session, &name, &bytes).await,
        None => Err(vec!["请选一个 .xlsx 或 .csv 文件。".into()]),
    };
    let status = if became.is_ok() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    show_goods(&office, &headers, &signed, "", status, became.map(Some)).await
}

async fn open_cycle(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let beijing = jiff::tz::Offset::constant(8);
    let closes = fields.get("closes_at").parse::<jiff::civil::DateTime>().ok();
    let closes = closes.and_then(|local| beijing.to_timestamp(local).ok());
    let done = match closes {
        Some(closes_at) => {
            let villages = fields.get("villages").split_whitespace().map(str::to_owned).collect();
            let (article, capacity) = (fields.get("article"), fields.get("capacity"));
            office.open_cycle(&signed.session, article, closes_at, capacity, villages).await
        }
        None => Err(CommandError::Refused("截止时间请写成 2026-11-30T16:00 这样。".into())),
    };
    match done {
        Ok(()) => page::after("cycle", "/desk/shop/goods", office.secure_cookies()),
        Err(error) => {
            let (status, problem) = (page::status_of(&error), vec![error.to_string()]);
            show_goods(&office, &headers, &signed, "", status, Err(problem)).await
        }
    }
}

#[derive(Template)]
#[template(path = "desk/shop_merchants.html")]
struct Merchants {
    frame: Frame,
    rows: Vec<MerchantRow>,
    new: NewMerchant,
    problem: Option<String>,
}

async fn merchants(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
) -> Response {
    show_merchants(&office, &headers, &signed, NewMerchant::default(), None).await
}

async fn show_merchants(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    new: NewMerchant,
    error: Option<CommandError>,
) -> Response {
    let rows = match office.merchants(&signed.session).await {
        Ok(rows) => rows,
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(office, &signed.session, "shop", headers);
    let status = error.as_ref().map_or(StatusCode::OK, page::status_of);
    let page = Merchants { frame, rows, new, problem: error.map(|error| error.to_string()) };
    page::show(status, &page, &page.frame)
}

async fn register(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let text = |name: &str| fields.get(name).to_owned();
    let new = NewMerchant {
        id: text("id"),
        name: text("name"),
        operator: text("operator"),
        kind: text("kind"),
        uscc: text("uscc"),
        contact: text("contact"),
        phone: text("phone"),
    };
    match office.register_merchant(&signed.session, &new).await {
        Ok(()) => page::after(
            "merchant",
            &format!("/desk/shop/merchants/{}", page::percent(&new.id)),
            office.secure_cookies(),
        ),
        Err(error) => show_merchants(&office, &headers, &signed, new, Some(error)).await,
    }
}

#[derive(Template)]
#[template(path = "desk/shop_merchant.html")]
struct OneMerchant {
    frame: Frame,
    merchant: MerchantView,
    problem: Option<String>,
}

async fn merchant(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    show_merchant(&office, &headers, &signed, &id, None).await
}

async fn show_merchant(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    id: &str,
    error: Option<CommandError>,
) -> Response {
    let merchant = match office.merchant(&signed.session, id).await {
        Ok(Some(merchant)) => merchant,
        Ok(None) => return page::message(StatusCode::NOT_FOUND, "没有登记过这个商家。"),
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(office, &signed.session, "shop", headers);
    let status = error.as_ref().map_or(StatusCode::OK, page::status_of);
    let page = OneMerchant { frame, merchant, problem: error.map(|error| error.to_string()) };
    page::show(status, &page, &page.frame)
}

async fn merchant_act(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path((id, action)): Path<(String, String)>,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let text = |name: &str| fields.get(name).to_owned();
    let command = match action.as_str() {
        "step" => MerchantCommand::Step { step: text("step"), basis: text("basis") },
        "document" => MerchantCommand::Document {
            kind: text("kind"),
            number: text("number"),
            valid_to: text("valid_to"),
        },
        "pass" => MerchantCommand::NewPass,
        "uphold" => MerchantCommand::Uphold { case: text("case") },
        _ => return page::message(StatusCode::NOT_FOUND, "没有这一步。"),
    };
    let revision = fields.get("revision").parse().unwrap_or_default();
    match office.merchant_command(&signed.session, &id, revision, command).await {
        Ok(()) => {
            let path = format!("/desk/shop/merchants/{}", page::percent(&id));
            page::after("merchant", &path, office.secure_cookies())
        }
        Err(error) => show_merchant(&office, &headers, &signed, &id, Some(error)).await,
    }
}

#[derive(Template)]
#[template(path = "desk/shop_sheet.html")]
struct Printed {
    frame: Frame,
    kinds: &'static [SheetKind],
    asked: Asked,
    sheet: Option<Sheet>,
    /// The same as a file.
    address: String,
    problem: Option<String>,
}

async fn read_sheet(
    office: &Office,
    session: &Session,
    asked: &Asked,
) -> Result<Sheet, CommandError> {
    let refused = |text: &str| CommandError::Refused(text.to_owned());
    let kind = SheetKind::from_id(&asked.kind).ok_or_else(|| refused("请选一种单子。"))?;
    let day = asked.day.trim().parse().map_err(|_| refused("日期请写成 2026-11-25。"))?;
    let village = some(&asked.village);
    office.sheet(session, kind, day, village.as_deref()).await
}

async fn sheet(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    asked: Wanted,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    let kinds = Office::sheet_kinds(&signed.session);
    if kinds.is_empty() {
        return page::failed(&CommandError::NotFound);
    }
    let frame = Frame::new(&office, &signed.session, "shop", &headers);
    let pairs = [("kind", &asked.kind), ("day", &asked.day), ("village", &asked.village)];
    let pairs: Vec<String> =
        pairs.iter().map(|(name, text)| format!("{name}={}", page::percent(text))).collect();
    let address = format!("/desk/shop/sheets.csv?{}", pairs.join("&"));
    let (status, sheet, problem) = if asked.kind.is_empty() {
        (StatusCode::OK, None, None)
    } else {
        match read_sheet(&office, &signed.session, &asked).await {
            Ok(sheet) => (StatusCode::OK, Some(sheet), None),
            Err(error) => (page::status_of(&error), None, Some(error.to_string())),
        }
    };
    let page = Printed { frame, kinds, asked, sheet, address, problem };
    page::show(status, &page, &page.frame)
}

async fn sheet_file(
    State(office): State<Arc<Office>>,
    signed: SignedIn,
    asked: Wanted,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    match read_sheet(&office, &signed.session, &asked).await {
        Ok(sheet) => {
            let name = format!("attachment; filename=\"{}.csv\"", asked.kind);
            let kind = "text/csv; charset=utf-8".to_owned();
            ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], sheet.csv())
                .into_response()
        }
        Err(error) => page::failed(&error),
    }
}
