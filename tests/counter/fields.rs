//! What is wrong in a form stands beside its field, and what was typed in the others is kept.

use bianmin::office::Role;

use super::county::{Clerk, VILLAGER, county, part};
use super::shop::market;

const DAY: i64 = 24 * 3_600;

/// Posts to `path` what the form of `page` asks for; the field `wrong` says `told`, the others
/// keep what was typed.
async fn refused(
    clerk: &mut Clerk<'_>,
    (page, path): (&str, &str),
    fields: &[(&str, &str)],
    (wrong, told): (&str, &str),
) {
    clerk.csrf = clerk.csrf_of(page).await;
    let (status, shown) = clerk.post(path, fields).await;
    assert_eq!(status, 422, "{path}: {shown}");
    let beside = part(&shown, &format!("id=\"{wrong}-error\">"), "</");
    assert!(beside.contains(told), "{beside} beside {wrong}");
    assert!(shown.contains(&format!("aria-describedby=\"{wrong}-error\"")), "{shown}");
    assert!(shown.contains("role=\"alert\""), "{shown}");
    assert_eq!(shown.matches("aria-invalid").count(), 1, "one field is wrong: {shown}");
    for (name, typed) in fields.iter().filter(|(_, typed)| !typed.is_empty()) {
        let hidden = ["revision", "moved"].contains(name);
        let kept = shown.contains(&format!("value=\"{typed}\""))
            || shown.contains(&format!(">{typed}</textarea>"));
        assert!(hidden || kept, "{name}={typed} is lost: {shown}");
    }
}

#[tokio::test]
async fn forms_of_the_shop_say_which_field_is_wrong() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    market::open(&county, &mut clerk).await;

    let merchants = ("/desk/shop/merchants", "/desk/shop/merchants");
    let new = |id: &'static str, phone: &'static str| {
        [("id", id), ("name", "大钊菜店"), ("kind", "goods"), ("contact", "老赵"), ("phone", phone)]
    };
    for (fields, wrong, told) in [
        (new("M-1", "13900000009"), "id", "编号用字母和数字"),
        (new("M1", "13900000009"), "id", "这个编号已经有了"),
        (new("M9", ""), "phone", "请写电话"),
    ] {
        refused(&mut clerk, merchants, &fields, (wrong, told)).await;
    }

    let page = "/desk/shop/merchants/M1";
    let revision = market::revision_in(&clerk.get(page).await);
    let paper = [("kind", "food"), ("number", "9113")];
    for (action, fields, wrong, told) in [
        ("step", [("step", "warn"), ("basis", "")], "basis", "依据"),
        ("rate", [("deposit", "两千"), ("basis", "看过账")], "deposit", "保证金写元"),
        ("rate", [("deposit", "2000"), ("basis", "")], "rated", "依据"),
        ("document", [paper[1], ("valid_to", "明年")], "valid_to", "有效期请写成"),
        ("document", [("number", ""), ("valid_to", "2027-06-30")], "number", "证号"),
        ("uphold", [("case", "126"), ("basis", "去看过")], "case", "受理号不对"),
    ] {
        let fields = [("revision", &*revision), paper[0], fields[0], fields[1]];
        let path = format!("{page}/{action}");
        refused(&mut clerk, (page, &path), &fields, (wrong, told)).await;
    }

    let goods = "/desk/shop/goods";
    let round = |article: &'static str, capacity: &'static str, villages: &'static str| {
        let closes_at = ("closes_at", "2026-11-30T16:00");
        [("article", article), closes_at, ("capacity", capacity), ("villages", villages)]
    };
    for (fields, wrong, told) in [
        (round("A99", "20", ""), "article", "没有这个编号的商品"),
        (round("A1", "20", ""), "article", "不是集中订的"),
        (round("A9", "许多", ""), "capacity", "最多收多少要写数字"),
        (round("A9", "20", "天上村"), "villages", "没有找到「天上村」这个村"),
    ] {
        refused(&mut clerk, (goods, "/desk/shop/cycles"), &fields, (wrong, told)).await;
    }

    let article = "/desk/shop/goods/A1";
    let moved = part(&clerk.get(article).await, "name=\"moved\" value=\"", "\"").to_owned();
    for (from, to, quantity, wrong, told) in [
        ("商家", "月亮", "3", "to", "没有「月亮」这个地方"),
        ("商家", "县中心", "几袋", "quantity", "多少要写数字"),
        ("县中心", "大黑坨村", "3", "quantity", "没订出去的只有"),
    ] {
        let fields = [("moved", &*moved), ("from", from), ("to", to), ("quantity", quantity)];
        refused(&mut clerk, (article, "/desk/shop/goods/A1/bring"), &fields, (wrong, told)).await;
    }

    let order = ("/desk/shop/new", "/desk/shop/new");
    let asked = |goods: &'static str, village: &'static str, phone: &'static str| {
        [("goods", goods), ("village", village), ("name", "肖奉安"), ("phone", phone)]
    };
    for (fields, wrong, told) in [
        (asked("金条2根", "胡家坨镇大黑坨村", "13800138009"), "goods", "没有认出商品"),
        (asked("尿素2袋", "天上村", "13800138009"), "village", "没有找到这个村"),
        (asked("尿素2袋", "胡家坨镇大黑坨村", "123"), "phone", ""),
    ] {
        refused(&mut clerk, order, &fields, (wrong, told)).await;
    }
}

#[tokio::test]
async fn steps_of_an_order_say_which_field_is_wrong() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    market::open(&county, &mut clerk).await;
    let fields = [
        ("token", "1"),
        ("goods", "尿素2袋"),
        ("village", "胡家坨镇大黑坨村"),
        ("name", "肖奉安"),
        ("phone", "13800138009"),
        ("way", "pickup"),
        ("pay", "account"),
    ];
    let (status, text) = market::order_at_counter(&mut clerk, &fields).await;
    assert_eq!(status, 303, "{text}");
    let number = part(&clerk.get("/desk/shop").await, "/desk/shop/orders/", "\"").to_owned();
    let page = format!("/desk/shop/orders/{number}");
    check_steps(
        &mut clerk,
        &page,
        &[
            ("confirm", &[("quantity0", "两袋")], "confirm", "数量要写数字"),
            ("confirm", &[("quantity0", "9")], "confirm", "数量和单子对不上"),
            ("refuse", &[("reason", "")], "refuse", "请写上原因"),
            ("banked", &[("amount", "两百"), ("reference", "T1")], "banked", "金额要写元"),
            ("banked", &[("amount", "200"), ("reference", "")], "reference", "流水号"),
            ("cancel", &[("reason", "")], "cancel", "请写上"),
        ],
    )
    .await;
    for action in ["confirm", "pack", "arrive"] {
        market::step(&mut clerk, &number, action, &[]).await;
    }
    check_steps(
        &mut clerk,
        &page,
        &[
            ("release", &[("name", "肖奉安"), ("phone_tail", "1234")], "name", "对不上"),
            ("collect", &[("code", "0000")], "code", "取货码不对"),
        ],
    )
    .await;
}

/// Of an order's page: a form, what is typed, the field that is wrong, and what is told there.
type Step<'s> = (&'s str, &'s [(&'s str, &'s str)], &'s str, &'s str);

async fn check_steps(clerk: &mut Clerk<'_>, page: &str, steps: &[Step<'_>]) {
    for (action, typed, wrong, told) in steps {
        let revision = market::revision_in(&clerk.get(page).await);
        let fields = [&[("revision", revision.as_str())], *typed].concat();
        refused(clerk, (page, &format!("{page}/{action}")), &fields, (wrong, told)).await;
    }
}

#[tokio::test]
async fn forms_of_accounts_interviews_and_holidays_say_which_field_is_wrong() {
    let mut county = county().open().await;
    let mut keeper = county.staff("安全员", Role::SecurityAdmin, None).await;
    let accounts = ("/desk/accounts", "/desk/accounts");
    let new = |name: &'static str, of: &'static str| [("name", name), ("of", of)];
    for (fields, role, wrong, told) in [
        (new("斜/杠", "城管"), "department", "name", "不要有斜杠"),
        (new("小刘", "月亮局"), "department", "of", "名单里没有部门"),
        (new("小刘", ""), "agent", "of", "请写明是哪个村"),
        (new("安全员", ""), "clerk", "name", "已经有叫「安全员」的人了"),
        (new("小刘", "城管"), "", "role", "请选一个角色"),
    ] {
        let fields = [fields[0], fields[1], ("role", role)];
        refused(&mut keeper, accounts, &fields, (wrong, told)).await;
    }

    let number = {
        let mut clerk = county.clerk().await;
        let number = county.report(VILLAGER).await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        number
    };
    county.pass(3 * DAY).await;
    {
        let mut clerk = county.clerk_again().await;
        let call = [("callee", "王主任"), ("title", "主任"), ("promise", "2026-11-27T17:30")];
        clerk.act(&number, "supervise", &call).await;
    }
    county.pass(5 * DAY).await;
    let notice = "/desk/interviews/%E5%9F%8E%E7%AE%A1-1";
    let mut director = county.clerk_again().await;
    let revision = market::revision_in(&director.get(notice).await);
    let propose = format!("{notice}/propose");
    let empty = [("revision", &*revision), ("reason", "")];
    let told = ("propose-reason", "约谈的理由");
    refused(&mut director, (notice, &propose), &empty, told).await;

    let keeper = county.keeper().await;
    let (status, shown) = county
        .upload(
            &keeper,
            "/desk/holidays",
            "/desk/holidays/read",
            "notice.json",
            b"{\"year\"".into(),
        )
        .await;
    assert_eq!(status, 422, "{shown}");
    let beside = part(&shown, "id=\"text-error\">", "</ul>");
    assert!(
        beside.contains("<li>") && shown.contains("aria-describedby=\"text-error\""),
        "{shown}"
    );
    assert!(shown.contains(">{&#34;year&#34;</textarea>"), "what came is kept: {shown}");
}
