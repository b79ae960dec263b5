//! Orders: the list, one order, and an order for somebody at the counter.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::{Asked, Visit, Wanted, asked, some, tried};
use crate::office::shop::{
    CounterOrder, CounterPrice, OrderCommand, OrderFilter, OrderRow, OrderView,
};
use crate::office::{CommandError, Office, Right};
use crate::web::desk::page::{self, Frame};
use crate::web::desk::session::{Fields, Posted};
use crate::web::desk::tried::Tried;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/shop", get(list))
        .route("/desk/shop/pickup", get(pickup))
        .route("/desk/shop/new", get(new).post(place))
        .route("/desk/shop/order-list/{format}", post(file))
        .route("/desk/shop/orders/{number}", get(one))
        .route("/desk/shop/orders/{number}/paper", get(paper))
        .route("/desk/shop/orders/{number}/{action}", post(act))
}

#[derive(Template)]
#[template(path = "desk/shop_orders.html")]
struct List {
    frame: Frame,
    asked: Asked,
    rows: Vec<OrderRow>,
    problem: Option<String>,
}

async fn list(visit: Visit, wanted: Wanted) -> Response {
    let asked = Asked { month: visit.office.this_month(), ..asked(wanted) };
    let filter = OrderFilter {
        state: some(&asked.state),
        merchant: some(&asked.merchant),
        village: some(&asked.village),
        search: some(&asked.search),
        flagged: !asked.flagged.is_empty(),
    };
    match visit.office.orders(visit.session(), &filter).await {
        Ok(rows) => {
            let page = List { frame: visit.frame(), asked, rows, problem: None };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

/// Somebody at the counter says a code: straight to her order.
async fn pickup(visit: Visit, wanted: Wanted) -> Response {
    let asked = asked(wanted);
    match visit.office.order_by_code(visit.session(), &asked.village, &asked.code).await {
        Ok(Some(number)) => Redirect::to(&format!("/desk/shop/orders/{number}")).into_response(),
        Ok(None) => {
            let problem = Some("这个店没有这个取货码。请再看一遍，或按姓名查。".into());
            let page = List { frame: visit.frame(), asked, rows: Vec::new(), problem };
            page::show(StatusCode::NOT_FOUND, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

/// All of a month as a file; nobody's number is whole in it.
async fn file(
    Path(format): Path<String>,
    Posted { signed: visit, fields }: Posted<Visit>,
) -> Response {
    let month = fields.get("month").trim();
    let refused = || CommandError::Refused("月份请写成 2026-11。".to_owned());
    let taken = async {
        let day = format!("{month}-01").parse().map_err(|_| refused())?;
        let sheet = visit.office.order_list(visit.session(), day).await?;
        let mark = visit.office.take_out(visit.session(), &sheet, None).await?;
        Ok(page::sheet_file(sheet, &format, &format!("orders-{month}"), &mark))
    };
    taken.await.unwrap_or_else(|error: CommandError| page::failed(&error))
}

#[derive(Template)]
#[template(path = "desk/shop_order.html")]
struct One {
    frame: Frame,
    order: OrderView,
    tried: Tried,
}

const ANSWER: &str = "answer_complaint";

impl One {
    fn may(&self, action: &str) -> bool {
        self.order.actions.contains(&action)
    }

    /// What was typed to that complaint, and what is wrong with it: there may be several.
    fn answer(&self, case: &str) -> (&str, &str) {
        match self.tried.value(ANSWER, "case") == case {
            true => (self.tried.value(ANSWER, "text"), self.tried.wrong(ANSWER, "text")),
            false => ("", ""),
        }
    }
}

const NO_ORDER: &str = "没有这个订单。请核对订单号。";

async fn one(visit: Visit, Path(number): Path<String>) -> Response {
    show(&visit, &number, StatusCode::OK, Tried::default()).await
}

async fn show(visit: &Visit, number: &str, status: StatusCode, tried: Tried) -> Response {
    let order = match visit.office.order(visit.session(), number).await {
        Ok(Some(order)) => order,
        Ok(None) => return page::message(StatusCode::NOT_FOUND, NO_ORDER),
        Err(error) => return page::failed(&error),
    };
    let page = One { frame: visit.frame(), order, tried };
    page::show(status, &page, &page.frame)
}

#[derive(Template)]
#[template(path = "desk/shop_paper.html")]
struct Paper {
    frame: Frame,
    order: OrderView,
}

/// 提货单, for the printer: it lies with the goods, so her number is masked.
async fn paper(visit: Visit, Path(number): Path<String>) -> Response {
    let order = match visit.office.order(visit.session(), &number).await {
        Ok(Some(order)) => order,
        Ok(None) => return page::message(StatusCode::NOT_FOUND, NO_ORDER),
        Err(error) => return page::failed(&error),
    };
    let page = Paper { frame: visit.paper_frame().await, order };
    page::show(StatusCode::OK, &page, &page.frame)
}

async fn act(
    Path((number, action)): Path<(String, String)>,
    Posted { signed: visit, fields }: Posted<Visit>,
) -> Response {
    let revision = fields.get("revision").parse().unwrap_or_default();
    let done = match command(&action, &fields) {
        Some(command) => {
            visit.office.order_command(visit.session(), &number, revision, command).await
        }
        None => Err(CommandError::NotFound),
    };
    match visit.after(done, "order", &format!("/desk/shop/orders/{number}")) {
        Ok(response) => response,
        Err(error) => {
            let tried = Tried::new(&action, fields, &error);
            show(&visit, &number, page::status_of(&error), tried).await
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
        "ask_remedy" => {
            let line = fields.get("line").parse().ok()?;
            OrderCommand::AskRemedy { kind: text("kind"), line, reason: text("reason") }
        }
        "take_remedy" => OrderCommand::TakeRemedy,
        "finish_remedy" => OrderCommand::FinishRemedy {
            quantity: fields.filled("quantity"),
            fit: fields.filled("fit").is_some(),
        },
        "decline_remedy" => OrderCommand::DeclineRemedy { reason: text("reason") },
        "answer_complaint" => {
            OrderCommand::AnswerComplaint { case: text("case"), text: text("text") }
        }
        "look" => OrderCommand::Look { note: text("note") },
        "banked" => OrderCommand::Banked { amount: text("amount"), reference: text("reference") },
        "refunded" => OrderCommand::Refunded { no: text("no") },
        _ => return None,
    })
}

#[derive(Template)]
#[template(path = "desk/shop_new.html")]
struct New {
    frame: Frame,
    asked: CounterOrder,
    priced: Option<CounterPrice>,
    tried: Tried,
}

async fn new(visit: Visit) -> Response {
    if !visit.session().may(Right::KeepOrders) && !visit.session().may(Right::HandOut) {
        return page::failed(&CommandError::NotFound);
    }
    let token = crate::office::random::hex::<8>();
    let asked = CounterOrder { token, ..Default::default() };
    let page = New { frame: visit.frame(), asked, priced: None, tried: Tried::default() };
    page::show(StatusCode::OK, &page, &page.frame)
}

async fn place(Posted { signed: visit, fields }: Posted<Visit>) -> Response {
    let text = |name: &str| fields.get(name).to_owned();
    let asked = CounterOrder {
        goods: text("goods"),
        village: text("village"),
        name: text("name"),
        phone: text("phone"),
        way: text("way"),
        pay: text("pay"),
        address: text("address"),
        note: text("note"),
        again: fields.filled("again").is_some(),
        token: text("token"),
        shown: text("shown"),
    };
    if fields.filled("look").is_some() {
        return price(&visit, asked).await;
    }
    let placed = visit.office.order_at_counter(visit.session(), &asked).await;
    let path = match placed.as_deref() {
        Ok([one]) if !visit.session().may(Right::HandOut) => format!("/desk/shop/orders/{one}"),
        // At a counter it is not seen before it is packed.
        _ => "/desk/shop".to_owned(),
    };
    match visit.after(placed.map(|_| ()), "placed", &path) {
        Ok(response) => response,
        Err(error) => {
            let (status, tried) = tried(Some(&error));
            let page = New { frame: visit.frame(), asked, priced: None, tried };
            page::show(status, &page, &page.frame)
        }
    }
}

/// She hears what it costs before it is ordered.
async fn price(visit: &Visit, asked: CounterOrder) -> Response {
    let priced = visit.office.price_at_counter(visit.session(), &asked).await;
    let (status, tried) = tried(priced.as_ref().err());
    let page = New { frame: visit.frame(), asked, priced: priced.ok(), tried };
    page::show(status, &page, &page.frame)
}
