//! What is known of an article besides its price: origin, pictures and samples.

use bianmin::office::Role;

use super::market::{self, FARM, open};
use crate::county::{Clerk, VILLAGER, county, part};
use crate::sms_talk::{PHONE, opened, write};

const MAOZHUANG: &str = "130225109201";
const AGENT: &str = "oAgent0000000000000000000001";
/// A picture of one point.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0,
    0, 1,
];

pub(super) async fn form(
    clerk: &mut Clerk<'_>,
    page: &str,
    path: &str,
    fields: &[(&str, &str)],
) -> (u16, String) {
    clerk.csrf = clerk.csrf_of(page).await;
    clerk.post(path, fields).await
}

#[tokio::test]
async fn origin_and_pictures_are_seen_by_everybody_and_outlive_the_next_table() {
    let county = county().public_url("https://bm.example.gov.cn").open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let table = "编号,商家,类别,名称,单位,会员价,库存,最少,最多,品牌,证号,产地\n\
        A1,M1,化肥,尿素,袋,105,100,1,50,沧大,冀农肥2020准字0001,河北沧州\n";
    let (status, page) =
        market::upload(&county, &mut clerk, "goods.csv", table.as_bytes().to_vec()).await;
    assert_eq!(status, 200, "{page}");
    let path = "/desk/shop/goods/A1/pictures";
    let (status, page) =
        county.upload(&clerk, "/desk/shop/goods/A1", path, "a.png", b"<svg>".to_vec()).await;
    assert!(status == 422 && page.contains("这不是照片"), "{status} {page}");
    let (status, page) =
        county.upload(&clerk, "/desk/shop/goods/A1", path, "a.png", PNG.to_vec()).await;
    assert_eq!(status, 303, "{page}");
    // The next table says nothing of pictures.
    let dearer = table.replace(",105,", ",106,");
    market::upload(&county, &mut clerk, "goods.csv", dearer.clone().into_bytes()).await;
    let page = clerk.get("/desk/shop/goods/A1").await;
    assert!(page.contains("<dt>产地</dt><dd>河北沧州"), "{page}");
    let name = part(&page, "goods/A1/pictures/", "\"").to_owned();
    let of_hers = format!("/desk/shop/goods/A1/pictures/{name}");
    assert_eq!(clerk.try_get(&of_hers).await.0, 200);
    let anybody = |path: &str| {
        let request = county.http.get(format!("{}{path}", county.base));
        async move { request.send().await.unwrap() }
    };
    let seen = format!("/goods/A1/{name}");
    let page = anybody("/goods/A1").await.text().await.unwrap();
    for part in ["河北沧州", "<dd>沧大", "登记证号</dt><dd>冀农肥2020准字0001", "106元", &seen]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let picture = anybody(&seen).await;
    assert_eq!(picture.headers()["content-type"], "image/png");
    assert_eq!(picture.bytes().await.unwrap(), PNG);
    let said = county.talk(VILLAGER, &["看商品", "农资", "尿素"]).await;
    assert!(
        said.contains("产地河北沧州") && said.contains("https://bm.example.gov.cn/goods/A1"),
        "{said}"
    );
    // Another merchant's are not to be touched.
    let mut rival = county.staff("老张", Role::Merchant, Some("M2")).await;
    let remove = format!("{of_hers}/remove");
    assert_eq!(form(&mut rival, "/desk/shop/goods", &remove, &[]).await.0, 404);
    assert_eq!(rival.try_get(&of_hers).await.0, 404);
    // What is off the shelf is seen by who keeps it.
    let withdrawn = dearer.replace(",产地\n", ",产地,下架\n").replace("沧州\n", "沧州,是\n");
    let (status, page) =
        market::upload(&county, &mut clerk, "goods.csv", withdrawn.into_bytes()).await;
    assert_eq!(status, 200, "{page}");
    assert_eq!(anybody(&seen).await.status(), 404);
    assert_eq!(clerk.try_get(&of_hers).await.0, 200);
    market::upload(&county, &mut clerk, "goods.csv", dearer.into_bytes()).await;
    // Pressed twice, the other picture stays.
    let other = [PNG, b"other"].concat();
    county.upload(&clerk, "/desk/shop/goods/A1", path, "b.png", other).await;
    assert_eq!(form(&mut clerk, "/desk/shop/goods/A1", &remove, &[]).await.0, 303);
    assert_eq!(form(&mut clerk, "/desk/shop/goods/A1", &remove, &[]).await.0, 404);
    assert_eq!(anybody(&seen).await.status(), 404);
    let page = clerk.get("/desk/shop/goods/A1").await;
    assert_eq!(page.matches("<img src=\"/desk/shop/goods/A1/pictures/").count(), 1, "{page}");
    assert_eq!(anybody("/goods/A6").await.status(), 404, "over the counter only");
}

/// A group of more than nine goods goes on behind 更多.
#[tokio::test]
async fn all_goods_of_a_group_are_seen_by_chat() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let head = "编号,商家,类别,名称,单位,会员价,库存,最少,最多\n".to_owned();
    let table =
        (1..=12).fold(head, |table, n| table + &format!("K{n},M1,化肥,钾肥{n}号,袋,80,9,1,9\n"));
    let (status, page) = market::upload(&county, &mut clerk, "more.csv", table.into_bytes()).await;
    assert_eq!(status, 200, "{page}");
    let mut said = county.talk(VILLAGER, &["看商品", "农资"]).await;
    assert!(said.contains("9 更多") && !said.contains("钾肥9号"), "{said}");
    for _ in 0..2 {
        if !said.contains("钾肥9号") {
            said = county.say(VILLAGER, "更多").await;
        }
    }
    assert!(said.contains("钾肥9号"), "{said}");
}

/// However many they are, on either channel: no page lacks its 更多 but the last one.
#[tokio::test]
async fn a_group_of_a_hundred_and_fifty_goods_is_seen_to_the_last_one() {
    let (county, fake) = opened().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let head = "编号,商家,类别,名称,单位,会员价,库存,最少,最多\n".to_owned();
    let row = |n| format!("K{n:03},M1,化肥,钾肥{n:03}号,袋,80,9,1,9\n");
    let table = (1..=150).fold(head, |table, n| table + &row(n));
    let (status, page) = market::upload(&county, &mut clerk, "more.csv", table.into_bytes()).await;
    assert_eq!(status, 200, "{page}");
    drop(clerk);
    for sms in [false, true] {
        let say = async |text: &str| match sms {
            true => write(&county, &fake, PHONE, text).await,
            false => county.say(VILLAGER, text).await,
        };
        let mut all = say("看商品").await;
        let mut said = say("农资").await;
        while said.contains("9 更多") {
            all += &said;
            said = say("更多").await;
            assert!(all.len() < 40_000, "it ends: {said}");
        }
        all += &said;
        for n in 1..=150 {
            assert_eq!(all.matches(&format!("钾肥{n:03}号")).count(), 1, "{n}: {said}");
        }
        for seen in ["看过72种了，后面还有。", "看过144种了，后面还有。"] {
            assert!(all.contains(seen), "{all}");
        }
        let last = said.matches("钾肥").count();
        let said = say(&last.to_string()).await;
        assert!(said.contains("要买请回：买钾肥150号"), "{said}");
    }
}

#[tokio::test]
async fn a_shop_asks_for_a_sample_and_villagers_hear_where_it_stands() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let pass = open(&county, &mut clerk).await;
    let mut shop = county.staff("毛庄店员", Role::ShopClerk, Some(MAOZHUANG)).await;
    assert!(shop.get("/desk/shop/goods").await.contains("/desk/shop/samples?search=A1"));
    let samples = "/desk/shop/samples";
    county.talk(FARM, &["绑定商家", &pass]).await;
    shop.csrf = shop.csrf_of("/desk/me").await;
    let (_, page) = shop.post("/desk/me/wechat", &[]).await;
    let code = part(&page, "再回这6位：<code>", "</code>").to_owned();
    county.talk(AGENT, &["绑定工作号", &code]).await;
    let asks = [("article", "A1"), ("note", "三组老肖家想看颗粒")];
    assert_eq!(form(&mut shop, samples, samples, &asks).await.0, 303);
    county.settle().await;
    let told = county.inbox(FARM);
    let asked = "毛庄镇毛庄村店想摆一个尿素 40kg的样品";
    assert_eq!(told.iter().filter(|text| text.contains(asked)).count(), 1, "{told:?}");
    let (status, page) = form(&mut shop, samples, samples, &asks).await;
    assert!(status == 422 && page.contains("已经要过了"), "{page}");
    assert_eq!(form(&mut shop, samples, samples, &[("article", "A3"), ("note", "")]).await.0, 303);
    let mut merchant = county.staff("老李", Role::Merchant, Some("M1")).await;
    let page = merchant.get(samples).await;
    assert!(
        page.contains("三组老肖家想看颗粒") && !page.contains("洗衣液"),
        "its own only: {page}"
    );
    let day = merchant.get("/desk/shop/day").await;
    assert!(day.contains("村店要1个样品"), "{day}");
    let answer = |article: &'static str, answer: &'static str, reason: &'static str| {
        [("village", MAOZHUANG), ("article", article), ("answer", answer), ("reason", reason)]
    };
    let path = "/desk/shop/samples/answer";
    assert_eq!(form(&mut merchant, samples, path, &answer("A3", "send", "")).await.0, 404);
    assert_eq!(form(&mut merchant, samples, path, &answer("A1", "send", "")).await.0, 303);
    let (status, page) = form(&mut merchant, samples, path, &answer("A1", "send", "")).await;
    assert!(status == 422 && page.contains("已经答过了"), "{page}");
    let (status, page) = form(&mut clerk, samples, path, &answer("A3", "decline", "")).await;
    assert!(status == 422 && page.contains("原因是空的"), "{page}");
    assert_eq!(form(&mut clerk, samples, path, &answer("A3", "decline", "卖完了")).await.0, 303);
    let page = shop.get(samples).await;
    assert!(
        page.contains("摆在店里") && page.contains("卖完了") && page.contains("A1 尿素 40kg"),
        "{page}"
    );
    let page = clerk.get("/desk/shop/goods/A1").await;
    assert!(page.contains("<dt>样品</dt><dd>毛庄镇毛庄村店</dd>"), "{page}");
    let said = county.talk(VILLAGER, &["看商品", "农资", "尿素"]).await;
    assert!(said.contains("样品在毛庄镇毛庄村店，可以去看"), "{said}");
    county.settle().await;
    let told = county.inbox(AGENT);
    let told: Vec<_> = told.iter().map(|text| text.split("：商家说").nth(1).unwrap()).collect();
    assert_eq!(told, ["送来，摆在店里。", "不送，卖完了。"]);
    // A table without the column leaves it, and so does an empty cell.
    for (price, column, cell) in [("107", "", ""), ("107", ",样品店", ",")] {
        let table = format!(
            "编号,商家,类别,名称,单位,会员价,库存,最少,最多,规格{column}\n\
             A1,M1,化肥,尿素,袋,{price},100,1,50,40kg{cell}\n"
        );
        let (status, page) =
            market::upload(&county, &mut clerk, "goods.csv", table.into_bytes()).await;
        assert_eq!(status, 200, "{page}");
        let page = clerk.get("/desk/shop/goods/A1").await;
        assert!(page.contains(&format!("{price}元")), "{page}");
        assert!(page.contains("<dd>毛庄镇毛庄村店</dd>"), "{page}");
    }
    // Its merchant takes it home.
    let page = merchant.get(samples).await;
    assert!(page.contains("摆在各店的样品") && page.contains("收回来了"), "{page}");
    assert_eq!(form(&mut shop, samples, path, &answer("A1", "take_back", "")).await.0, 404);
    assert_eq!(form(&mut merchant, samples, path, &answer("A1", "take_back", "")).await.0, 303);
    assert_eq!(form(&mut merchant, samples, path, &answer("A1", "take_back", "")).await.0, 422);
    let page = clerk.get("/desk/shop/goods/A1").await;
    assert!(page.contains("<dt>样品</dt><dd>哪个店都没有"), "{page}");
    let page = shop.get(samples).await;
    assert!(page.contains("收回了") && !page.contains("<li>A1"), "{page}");
    county.settle().await;
    let last = county.inbox(AGENT).pop().unwrap();
    assert!(last.contains("商家说收回去了"), "{last}");
}
