//! Who may sell, from the application to the end of the membership, and what a paper's last day
//! does to the goods.

use std::collections::{BTreeMap, BTreeSet};

use super::tests::{at, day, goods, kinds, merchant, merchants, village};
use super::*;

#[test]
fn a_trial_has_twenty_articles() {
    let mut merchants = merchants();
    merchants.get_mut("M1").unwrap().stage = Stage::Trial;
    let rows = |n: usize| -> String {
        (0..n).map(|n| format!("B{n},M1,化肥,肥{n},袋,1,1,1,9\n")).collect()
    };
    let read = |n: usize, known: usize| {
        let text = format!("编号,商家,类别,名称,单位,会员价,库存,最少,最多\n{}", rows(n));
        let known = move |_: &str| (0..known).map(|n| format!("C{n}")).collect();
        let table = Table::from_csv(&text).unwrap();
        upload::articles(&table, &merchants, &kinds(), &known, &village, day("2026-11-24"))
            .map_err(|p| p.len())
    };
    assert_eq!(read(20, 0).unwrap().len(), 20);
    assert_eq!(read(21, 0), Err(1));
    assert_eq!(read(1, 20), Err(1));
}

/// A bank takes no money here, whatever a table says.
#[test]
fn a_public_service_sells_nothing() {
    let mut bank = merchant("M3", "信用社");
    bank.kind = MerchantKind::Service;
    let all = [("M3".to_owned(), bank.clone())].into();
    let row = "编号,商家,类别,名称,单位,会员价,库存,最少,最多\nB1,信用社,化肥,尿素,袋,1,1,1,9\n";
    let (table, none) = (Table::from_csv(row).unwrap(), |_: &str| BTreeSet::new());
    let read = upload::articles(&table, &all, &kinds(), &none, &village, day("2026-11-24"));
    let problems: Vec<String> = read.unwrap_err().iter().map(Problem::to_string).collect();
    assert_eq!(problems, ["第2行「商家」列：信用社是公共服务，不卖商品。请写卖商品的商家。"]);
    let article = goods().swap_remove(0).article;
    let offered = article.offered(&bank, &kinds(), day("2026-11-24"));
    assert_eq!(offered, Err(NotOffered::Merchant(Lack::Service)));
}

#[test]
fn a_merchant_is_admitted_by_stages() {
    let mut one = merchant("M1", "店");
    one.stage = Stage::Applied;
    one.documents.clear();
    let (now, today) = (at("2026-11-24 10:00"), day("2026-11-24"));
    let step = |one: &mut Merchant, step, expect: Result<Stage, &str>| {
        let done = one.step(step, "王雷", "材料齐全", now, today);
        match expect {
            Ok(stage) => assert_eq!((done, one.stage), (Ok(()), stage)),
            Err(why) => assert_eq!(done.unwrap_err().to_string(), why),
        }
    };
    step(&mut one, Admission::Admit, Err("现在是“已申请”，不能“转为会员”。"));
    step(&mut one, Admission::Check, Err("营业执照是空的。请写上营业执照。"));
    let paper = |kind, valid_to| Document { kind, number: "91".into(), valid_to: day(valid_to) };
    one.file_document(paper(DocumentKind::Licence, "2026-11-23")).unwrap();
    let ended = "营业执照到2026-11-23已过期。请先登记新的有效期。";
    step(&mut one, Admission::Check, Err(ended));
    one.file_document(paper(DocumentKind::Licence, "2027-01-01")).unwrap();
    one.file_document(paper(DocumentKind::Fertiliser, "2027-01-01")).unwrap();
    step(&mut one, Admission::Check, Ok(Stage::Checked));
    step(&mut one, Admission::Review, Ok(Stage::Reviewed));
    step(&mut one, Admission::Try, Err("卖农资的，还要先记「农业部门审查通过」。"));
    step(&mut one, Admission::FarmReview, Ok(Stage::Reviewed));
    step(&mut one, Admission::Try, Ok(Stage::Trial));
    // A warning or a suspension is no way round the trial.
    for (name, stage) in [
        (Admission::Warn, Stage::Warned),
        (Admission::Lift, Stage::Trial),
        (Admission::Suspend, Stage::Suspended),
        (Admission::Resume, Stage::Trial),
    ] {
        step(&mut one, name, Ok(stage));
    }
    assert_eq!(one.stage_ends, Some(day("2027-02-24")), "three months from the first day");
    for (name, stage) in [
        (Admission::Admit, Stage::Member),
        (Admission::Warn, Stage::Warned),
        (Admission::Suspend, Stage::Suspended),
        (Admission::Resume, Stage::Member),
        (Admission::Exit, Stage::Exited),
        (Admission::Reapply, Stage::Applied),
    ] {
        step(&mut one, name, Ok(stage));
    }
    assert_eq!(one.reviews.len(), 14);
    assert!(one.step(Admission::Check, "王雷", " ", now, today).is_err(), "a basis is needed");
    // Three complaints within a year.
    let uphold = |one: &mut Merchant, case: &str, on: &str| {
        let found = Upheld {
            on: day(on),
            case: case.into(),
            by: "王雷".into(),
            basis: "市场监管查实".into(),
        };
        one.uphold(found)
    };
    assert_eq!(uphold(&mut one, "126000016", "2025-01-01"), Ok(false));
    assert_eq!(uphold(&mut one, "126000024", "2026-01-01"), Ok(false));
    assert_eq!(uphold(&mut one, "126000032", "2026-06-01"), Ok(false));
    let again = uphold(&mut one, "126000032", "2026-06-02");
    assert_eq!(again, Err(Refusal::UpheldBefore(day("2026-06-01"))), "one case counts once");
    assert_eq!(uphold(&mut one, "126000040", "2026-11-24"), Ok(true));
}

#[test]
fn expired_pesticide_licence_at_midnight_hides_the_article() {
    let mut one = merchant("M1", "店");
    for document in &mut one.documents {
        if document.kind == DocumentKind::Pesticide {
            document.valid_to = day("2026-11-24");
        }
    }
    let table = "编号,商家,类别,名称,单位,会员价,库存,最少,最多\nN1,M1,农药,吡虫啉,瓶,9,9,1,9\n";
    let table = Table::from_csv(table).unwrap();
    let all = BTreeMap::from([("M1".to_owned(), one.clone())]);
    let none = |_: &str| BTreeSet::new();
    let entries =
        upload::articles(&table, &all, &kinds(), &none, &village, day("2026-11-24")).unwrap();
    let articles = entries.into_iter().map(|entry| entry.article).collect();
    let shelf = Shelf::new(articles, vec![one], kinds());
    assert_eq!(shelf.search("吡虫啉", day("2026-11-24"), 9).len(), 1);
    assert_eq!(shelf.search("吡虫啉", day("2026-11-25"), 9).len(), 0);
    let lack = NotOffered::Merchant(Lack::Expired(DocumentKind::Pesticide, day("2026-11-24")));
    let article = shelf.article("N1").unwrap();
    assert_eq!(shelf.offered(article, day("2026-11-25")), Err(lack));
}

#[test]
fn a_trial_or_a_membership_that_ended_hides_the_goods_from_midnight_on() {
    let mut one = merchant("M1", "店");
    let on = |one: &Merchant, text: &str| one.lack(kinds().get("NZ01").unwrap(), day(text));
    for stage in [Stage::Trial, Stage::Member, Stage::Warned] {
        (one.stage, one.stage_ends) = (stage, Some(day("2026-11-24")));
        assert_eq!(on(&one, "2026-11-24"), None, "{stage}: its last day");
        assert_eq!(on(&one, "2026-11-25"), Some(Lack::Ended(stage, day("2026-11-24"))));
    }
    // Admitted for another year it sells on.
    one.stage = Stage::Member;
    let (now, today) = (at("2026-11-25 09:00"), day("2026-11-25"));
    one.step(Admission::Admit, "王雷", "续会员", now, today).unwrap();
    assert_eq!(on(&one, "2026-11-25"), None);
    assert_eq!(on(&one, "2027-11-26"), Some(Lack::Ended(Stage::Member, day("2027-11-25"))));
    one.step(Admission::Suspend, "王雷", "三次属实", now, today).unwrap();
    assert_eq!(on(&one, "2026-11-25"), Some(Lack::Stage(Stage::Suspended)));
}
