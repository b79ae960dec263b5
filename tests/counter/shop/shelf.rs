//! What is known of an article besides its price: origin, pictures and samples.

use bianmin::office::Role;

use super::market::{self, open};
use crate::county::{Clerk, VILLAGER, county};

const MAOZHUANG: &str = "130225109201";
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
    let table = "编号,商家,类别,名称,单位,会员价,库存,最少,最多,产地\n\
        A1,M1,化肥,尿素,袋,105,100,1,50,河北沧州\n";
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
    market::upload(&county, &mut clerk, "goods.csv", dearer.into_bytes()).await;
    let page = clerk.get("/desk/shop/goods/A1").await;
    assert!(page.contains("<dt>产地</dt><dd>河北沧州") && page.contains("/goods/A1/0"), "{page}");
    let anybody = |path: &'static str| {
        let request = county.http.get(format!("{}{path}", county.base));
        async move { request.send().await.unwrap() }
    };
    let page = anybody("/goods/A1").await.text().await.unwrap();
    assert!(
        page.contains("河北沧州") && page.contains("106元") && page.contains("/goods/A1/0"),
        "{page}"
    );
    let picture = anybody("/goods/A1/0").await;
    assert_eq!(picture.headers()["content-type"], "image/png");
    assert_eq!(picture.bytes().await.unwrap(), PNG);
    let said = county.talk(VILLAGER, &["看商品", "农资", "尿素"]).await;
    assert!(
        said.contains("产地河北沧州") && said.contains("https://bm.example.gov.cn/goods/A1"),
        "{said}"
    );
    // Another merchant's are not to be touched.
    let mut rival = county.staff("老张", Role::Merchant, Some("M2")).await;
    let remove = "/desk/shop/goods/A1/pictures/0/remove";
    assert_eq!(form(&mut rival, "/desk/shop/goods", remove, &[]).await.0, 404);
    assert_eq!(form(&mut clerk, "/desk/shop/goods/A1", remove, &[]).await.0, 303);
    assert_eq!(anybody("/goods/A1/0").await.status(), 404);
    assert_eq!(anybody("/goods/A6").await.status(), 404, "over the counter only");
}

#[tokio::test]
async fn a_shop_asks_for_a_sample_and_villagers_hear_where_it_stands() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let mut shop = county.staff("毛庄店员", Role::ShopClerk, Some(MAOZHUANG)).await;
    assert!(shop.get("/desk/shop/goods").await.contains("/desk/shop/samples?search=A1"));
    let samples = "/desk/shop/samples";
    let asks = [("article", "A1"), ("note", "三组老肖家想看颗粒")];
    assert_eq!(form(&mut shop, samples, samples, &asks).await.0, 303);
    let (status, page) = form(&mut shop, samples, samples, &asks).await;
    assert!(status == 422 && page.contains("已经要过了"), "{page}");
    assert_eq!(form(&mut shop, samples, samples, &[("article", "A3"), ("note", "")]).await.0, 303);
    let mut merchant = county.staff("老李", Role::Merchant, Some("M1")).await;
    let page = merchant.get(samples).await;
    assert!(
        page.contains("三组老肖家想看颗粒") && !page.contains("洗衣液"),
        "its own only: {page}"
    );
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
    assert!(said.contains("样品在毛庄村店，可以去看"), "{said}");
    // A table without the column leaves it.
    let table = "编号,商家,类别,名称,单位,会员价,库存,最少,最多,规格\n\
        A1,M1,化肥,尿素,袋,107,100,1,50,40kg\n";
    market::upload(&county, &mut clerk, "goods.csv", table.as_bytes().to_vec()).await;
    let page = clerk.get("/desk/shop/goods/A1").await;
    assert!(page.contains("107元") && page.contains("<dd>毛庄镇毛庄村店</dd>"), "{page}");
}
