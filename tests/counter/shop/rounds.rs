//! Rounds in which many order for one delivery, and what becomes of one that too few joined.

use std::sync::Arc;

use bianmin::shop::{Order, State};
use bianmin::store::{Store, keys, list};

use super::machine::Cut;
use super::market::{open, step, stock};
use crate::county::{Clerk, County, county, numbers_in, part};

const FIRST: &str = "oBuyer0000000000000000000001";
const SECOND: &str = "oBuyer0000000000000000000002";
/// An hour, as the county's clock begins at ten.
const CLOSES: &str = "2026-11-23T11:00";

pub async fn opened(clerk: &mut Clerk<'_>, closes_at: &str, least: &str) {
    clerk.csrf = clerk.csrf_of("/desk/shop/goods").await;
    let (status, page) = clerk.post("/desk/shop/cycles", &round(closes_at, least)).await;
    assert_eq!(status, 303, "{page}");
}

fn round<'a>(closes_at: &'a str, least: &'a str) -> [(&'static str, &'a str); 4] {
    [("article", "A9"), ("closes_at", closes_at), ("capacity", "200"), ("least", least)]
}

/// Her order of a round; what was said before she confirmed it, and the numbers.
async fn joined(county: &County, who: &str, goods: &str) -> (String, Vec<String>) {
    let asks = format!("买{goods}，毛庄村自取，我叫肖奉安，电话13800138000");
    let shown = county.say(who, &asks).await;
    let mut said = county.say(who, "确认").await;
    if said.contains("还要再来一份") {
        said = county.say(who, "确认").await;
    }
    assert!(said.starts_with("订好了"), "{shown} {said}");
    (shown, numbers_in(&said))
}

async fn states(county: &County, numbers: &[&String]) -> Vec<State> {
    let all = list::<Order>(&*county.store, keys::all_orders(), 500).await.unwrap();
    let of = |number: &&String| {
        all.iter().find(|order| order.record.number.digits() == **number).unwrap().record.state
    };
    numbers.iter().map(of).collect()
}

fn told_short(county: &County, who: &str) -> usize {
    county.inbox(who).iter().filter(|text| text.contains("这一轮没有订满")).count()
}

#[tokio::test]
async fn a_round_that_too_few_joined_is_called_off_and_everybody_told_once() {
    let mut county = county().open().await;
    let (first, second) = {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        opened(&mut clerk, CLOSES, "30").await;
        let (shown, first) = joined(&county, FIRST, "2卷地膜").await;
        assert!(
            shown.contains("地膜11月23日11:00截止，大家一共订满30卷才送；订不满就取消，不收钱"),
            "{shown}"
        );
        step(&mut clerk, &first[0], "confirm", &[]).await;
        // Beside it what is no part of the round: an order of its own.
        let (_, second) = joined(&county, SECOND, "3卷地膜和1袋尿素").await;
        assert_eq!(second.len(), 2);
        let page = clerk.get("/desk/shop/goods").await;
        let round = part(&page, "<h2>集中订</h2>", "</table>");
        assert!(round.contains("5卷，最多200卷") && round.contains("正在订"), "{round}");
        (first, second)
    };
    county.pass(3_600 + 60).await;
    let all = states(&county, &[&first[0], &second[0], &second[1]]).await;
    assert_eq!(all.iter().filter(|state| **state == State::Cancelled).count(), 2, "{all:?}");
    assert_eq!(all.iter().filter(|state| **state == State::Placed).count(), 1, "{all:?}");
    county.pass(3_600).await;
    for who in [FIRST, SECOND] {
        assert_eq!(told_short(&county, who), 1, "{:?}", county.inbox(who));
    }
    let clerk = county.clerk_again().await;
    assert_eq!(stock(&clerk, "A1").await, ("99".into(), "100".into()), "the urea stays hers");
    let page = clerk.get("/desk/shop/goods").await;
    let round = part(&page, "<h2>集中订</h2>", "</table>");
    assert!(round.contains("0卷，最多200卷") && round.contains("没有订够，都退了"), "{round}");
    assert_eq!(county.office.reconcile_shop().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_round_that_enough_joined_goes_on() {
    let mut county = county().open().await;
    let number = {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        clerk.csrf = clerk.csrf_of("/desk/shop/goods").await;
        let fields =
            [("article", "A9"), ("closes_at", CLOSES), ("capacity", "20"), ("least", "21")];
        let (status, page) = clerk.post("/desk/shop/cycles", &fields).await;
        assert!(status == 422 && page.contains("不能比最多收的还多"), "{page}");
        opened(&mut clerk, CLOSES, "3").await;
        let number = joined(&county, FIRST, "3卷地膜").await.1.remove(0);
        step(&mut clerk, &number, "confirm", &[]).await;
        number
    };
    county.pass(3_600 + 60).await;
    assert_eq!(states(&county, &[&number]).await, [State::Confirmed]);
    assert_eq!(told_short(&county, FIRST), 0);
    let clerk = county.clerk_again().await;
    let page = clerk.get("/desk/shop/goods").await;
    assert!(page.contains("订够了"), "{page}");
    // It comes when the round has closed, not the day after she ordered.
    let route = clerk.file_of("/desk/shop/sheets.csv?kind=picking&day=2026-11-24").await;
    assert!(route.contains("地膜"), "{route}");
}

/// Who orders finds the newest round only: an older one would take no orders any more.
#[tokio::test]
async fn an_article_has_one_round_at_a_time() {
    let mut county = county().open().await;
    {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        clerk.csrf = clerk.csrf_of("/desk/shop/goods").await;
        let mut other = county.clerk_again().await;
        other.csrf = other.csrf_of("/desk/shop/goods").await;
        let (first, second) = (round(CLOSES, "3"), round("2026-11-23T12:00", "3"));
        let both = tokio::join!(
            clerk.post("/desk/shop/cycles", &first),
            other.post("/desk/shop/cycles", &second)
        );
        let opened = [both.0.0, both.1.0].iter().filter(|status| **status == 303).count();
        assert_eq!(opened, 1, "{both:?}");
        let (status, page) = clerk.post("/desk/shop/cycles", &second).await;
        assert!(status == 422 && page.contains("还有一轮没有截止"), "{page}");
    }
    county.pass(2 * 3_600 + 60).await;
    let mut clerk = county.clerk_again().await;
    opened(&mut clerk, "2026-11-23T16:00", "").await;
}

/// The program is cut off before or behind each of the commits that end a round.
#[tokio::test]
async fn a_round_is_called_off_once_also_after_a_crash() {
    let cut = Arc::new(Cut::new());
    let store: Store = cut.clone();
    let mut county = county().store(store).open().await;
    {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
    }
    let mut told = 0;
    for (hour, (commits, kept)) in
        (11..).zip((0..5).flat_map(|commits| [(commits, false), (commits, true)]))
    {
        let (first, second) = {
            let mut clerk = county.clerk_again().await;
            opened(&mut clerk, &format!("2026-11-23T{hour}:00"), "30").await;
            (joined(&county, FIRST, "2卷地膜").await, joined(&county, SECOND, "2卷地膜").await)
        };
        county.tick(3_600);
        cut.after(commits, kept);
        let ended = county.office.settle_all().await;
        assert_eq!(ended.is_err(), cut.mend(), "{commits} {kept}: {ended:?}");
        county.settle().await;
        let both = states(&county, &[&first.1[0], &second.1[0]]).await;
        assert_eq!(both, [State::Cancelled; 2], "{commits} {kept}");
        told += 1;
        for who in [FIRST, SECOND] {
            assert_eq!(told_short(&county, who), told, "{commits} {kept}");
        }
        assert_eq!(county.office.reconcile_shop().await.unwrap(), Vec::<String>::new());
    }
}
