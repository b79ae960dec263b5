//! A county whose shop is open: two merchants admitted at the desk, goods from a table.

use crate::county::{Clerk, County, part};

pub const FARM: &str = "oMerchant0000000000000000001";
pub const BASIS: &str = "材料齐全，实地看过";

/// In the order in which the desk shows them.
pub const GOODS: &str = include_str!("../../fixtures/shop/goods.csv");

/// Registers, files papers and admits; gives the pass.
pub async fn admit(clerk: &mut Clerk<'_>, id: &str, name: &str, papers: &[(&str, &str)]) -> String {
    admit_for(clerk, (id, name), "便民电商公司", papers).await
}

/// As [`admit`], under that operator.
pub async fn admit_for(
    clerk: &mut Clerk<'_>,
    (id, name): (&str, &str),
    operator: &str,
    papers: &[(&str, &str)],
) -> String {
    clerk.csrf = clerk.csrf_of("/desk/shop/merchants").await;
    let fields = [
        ("id", id),
        ("name", name),
        ("kind", "goods"),
        ("operator", operator),
        ("contact", "老李"),
        ("phone", if id == "M1" { "13900000001" } else { "13900000002" }),
    ];
    let (status, text) = clerk.post("/desk/shop/merchants", &fields).await;
    assert_eq!(status, 303, "{text}");
    for (kind, valid_to) in papers {
        let paper = [("kind", *kind), ("number", "91130225"), ("valid_to", *valid_to)];
        merchant_act(clerk, id, "document", &paper).await;
    }
    let farm = papers.iter().any(|(kind, _)| ["fertiliser", "pesticide", "seed"].contains(kind));
    let reviews = if farm { vec!["review", "farm_review"] } else { vec!["review"] };
    for step in ["check"].into_iter().chain(reviews).chain(["try", "admit"]) {
        merchant_act(clerk, id, "step", &[("step", step), ("basis", BASIS)]).await;
    }
    let page = clerk.get(&format!("/desk/shop/merchants/{id}")).await;
    let pattern = regex::Regex::new(r"<dd>(\d{8})（").unwrap();
    pattern.captures(&page).unwrap()[1].to_owned()
}

pub async fn merchant_act(clerk: &mut Clerk<'_>, id: &str, action: &str, fields: &[(&str, &str)]) {
    let path = format!("/desk/shop/merchants/{id}");
    clerk.csrf = clerk.csrf_of(&path).await;
    let page = clerk.get(&path).await;
    let revision = revision_in(&page);
    let mut all = vec![("revision", revision.as_str())];
    all.extend_from_slice(fields);
    let (status, text) = clerk.post(&format!("{path}/{action}"), &all).await;
    assert_eq!(status, 303, "{action}: {text}");
}

pub fn revision_in(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"revision\" value=\"").expect("a revision");
    rest.split('"').next().unwrap().to_owned()
}

pub const ALL_PAPERS: &[(&str, &str)] = &[
    ("licence", "2027-12-31"),
    ("fertiliser", "2027-12-31"),
    ("pesticide", "2026-11-23"),
    ("seed", "2027-12-31"),
    ("food", "2027-12-31"),
    ("ccc", "2027-12-31"),
];

/// The shop with the goods of the fixture; gives the pass of the farm supplier.
pub async fn open(county: &County, clerk: &mut Clerk<'_>) -> String {
    let pass = admit(clerk, "M1", "毛庄农资店", ALL_PAPERS).await;
    admit(clerk, "M2", "毛庄百货", ALL_PAPERS).await;
    let (status, page) = upload(county, clerk, "goods.csv", GOODS.as_bytes().to_vec()).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("新增9种"), "{page}");
    pass
}

pub async fn upload(
    county: &County,
    clerk: &mut Clerk<'_>,
    name: &str,
    bytes: Vec<u8>,
) -> (u16, String) {
    county.upload(clerk, "/desk/shop/goods", "/desk/shop/goods/table", name, bytes).await
}

/// An agent orders at the counter: the total is looked at, and goes back with the form.
pub async fn order_at_counter(clerk: &mut Clerk<'_>, fields: &[(&str, &str)]) -> (u16, String) {
    let path = "/desk/shop/new";
    clerk.csrf = clerk.csrf_of(path).await;
    let (status, page) = clerk.post(path, &[fields, &[("look", "1")]].concat()).await;
    if status != 200 {
        return (status, page);
    }
    let shown = part(&page, "name=\"shown\" value=\"", "\"");
    clerk.post(path, &[fields, &[("shown", shown)]].concat()).await
}

/// A form on the page of an order, sent as the page gives it; `Err` with what the page says.
pub async fn try_step(
    clerk: &mut Clerk<'_>,
    number: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> Result<(), String> {
    let path = format!("/desk/shop/orders/{number}");
    let page = clerk.get(&path).await;
    assert!(page.contains(&format!("{path}/{action}\"")), "no form {action}: {page}");
    clerk.csrf = clerk.csrf_of(&path).await;
    let revision = revision_in(&page);
    let mut all = vec![("revision", revision.as_str())];
    all.extend_from_slice(fields);
    let (status, text) = clerk.post(&format!("{path}/{action}"), &all).await;
    if status == 303 { Ok(()) } else { Err(text) }
}

pub async fn step(clerk: &mut Clerk<'_>, number: &str, action: &str, fields: &[(&str, &str)]) {
    try_step(clerk, number, action, fields).await.unwrap_or_else(|page| panic!("{action}: {page}"));
}

/// `100（在库100）` of an article, as the goods page shows it.
pub async fn stock(clerk: &Clerk<'_>, article: &str) -> (String, String) {
    let page = clerk.get(&format!("/desk/shop/goods?search={article}")).await;
    let pattern = format!(
        r#"(?s)<td class="number">{article}</td>.*?data-label="还能订">([\d.]+)[^（]*（在库([\d.]+)）"#
    );
    let found = regex::Regex::new(&pattern).unwrap();
    let found = found.captures(&page).unwrap_or_else(|| panic!("{article}: {page}"));
    (found[1].to_owned(), found[2].to_owned())
}
