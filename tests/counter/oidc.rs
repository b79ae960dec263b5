//! Single sign-on, against a provider that signs, changes its keys, and misbehaves.

use bianmin::office::Role;
use fake_wechat::{FakeOidc, OIDC_CLIENT, OidcFault};

use super::county::{Clerk, County, PUBLIC_URL, SMS_SECRET, county};

/// 2026-11-23 10:00 in China.
const NOW: i64 = 1_795_399_200;

async fn opened(claim: &str) -> (County, FakeOidc) {
    let provider = FakeOidc::start(SMS_SECRET, NOW).await;
    let lines = format!(
        "[oidc]\nissuer = {:?}\nclient_id = {OIDC_CLIENT:?}\nclient_secret_env = \"SMS_OIDC\"\n\
         name = \"县政务统一登录\"\nclaim = {claim:?}\n",
        provider.url
    );
    let county = county().public_url(PUBLIC_URL).settings(&lines).open().await;
    assert_eq!(county.clock_now(), NOW);
    (county, provider)
}

/// The account that is this person over there.
async fn with_account(county: &County, subject: &str) {
    let mut security = county.staff("安全甲", Role::SecurityAdmin, None).await;
    county.office.add_staff("王芳", Role::Clerk, None).await.unwrap();
    security.csrf = security.csrf_of("/desk/me").await;
    let path = "/desk/accounts/%E7%8E%8B%E8%8A%B3/subject";
    let (status, text) = security.post(path, &[("subject", subject)]).await;
    assert_eq!(status, 303, "{text}");
}

/// A browser that presses the button: there, and back with what it was given. Its cookies, and
/// the page that it ends at.
struct Trip {
    status: u16,
    text: String,
    session: Option<String>,
    to: String,
}

/// Until the browser is sent back: the cookie that it keeps, and where to.
async fn there(county: &County) -> (String, String) {
    let answer = county.http.get(format!("{}/desk/oidc", county.base)).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 303);
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Secure"));
    let cookie = set.split(';').next().unwrap().to_owned();
    let to = answer.headers()["location"].to_str().unwrap().to_owned();
    let answer = county.http.get(to).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 302, "{}", answer.text().await.unwrap());
    let back = answer.headers()["location"].to_str().unwrap();
    let back = back.strip_prefix(PUBLIC_URL).expect("it goes to our own address");
    (cookie, format!("{}{back}", county.base))
}

async fn back(county: &County, cookie: &str, url: &str) -> Trip {
    let answer = county.http.get(url).header("cookie", cookie).send().await.unwrap();
    let status = answer.status().as_u16();
    let set: Vec<&str> =
        answer.headers().get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    assert!(set.iter().any(|line| line.starts_with("desk_oidc=;")), "it serves once: {set:?}");
    let session = set.iter().find(|line| line.starts_with("desk="));
    let session = session.map(|line| line.split(';').next().unwrap().to_owned());
    let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    let to = to.unwrap_or_default();
    Trip { status, session, to, text: answer.text().await.unwrap() }
}

async fn trip(county: &County) -> Trip {
    let (cookie, url) = there(county).await;
    back(county, &cookie, &url).await
}

fn browser<'c>(county: &'c County, trip: &Trip) -> Clerk<'c> {
    let mut clerk = county.nobody();
    clerk.cookie = trip.session.clone().expect("a session");
    clerk
}

#[tokio::test]
async fn who_is_known_there_and_has_an_account_here_comes_in() {
    let (county, provider) = opened("sub").await;
    let page = county.nobody().get("/desk/sign-in").await;
    assert!(page.contains("县政务统一登录"), "{page}");
    let stranger = trip(&county).await;
    assert_eq!(stranger.status, 403);
    assert!(stranger.text.contains("没有对应的账号") && stranger.session.is_none());
    assert_eq!(county.office.all_staff().await.unwrap().len(), 0, "none is made by itself");
    with_account(&county, "u-1001").await;
    let known = trip(&county).await;
    assert_eq!((known.status, &*known.to), (303, "/desk"), "{}", known.text);
    // Her one-time password of here was never used, and need not be.
    browser(&county, &known).get("/desk/tasks").await;
    provider.is("u-1002");
    assert_eq!(trip(&county).await.status, 403, "and nobody else");
    // A stopped account stays outside, whoever vouches for it.
    provider.is("u-1001");
    let mut security = county.staff("安全乙", Role::SecurityAdmin, None).await;
    security.csrf = security.csrf_of("/desk/me").await;
    let path = "/desk/accounts/%E7%8E%8B%E8%8A%B3";
    assert_eq!(security.post(&format!("{path}/stop"), &[]).await.0, 303);
    let stopped = trip(&county).await;
    assert!(stopped.status == 403 && stopped.text.contains("停用"), "{}", stopped.text);
    // One identity, one account.
    county.office.add_staff("李四", Role::Clerk, None).await.unwrap();
    let other = "/desk/accounts/%E6%9D%8E%E5%9B%9B/subject";
    let (status, text) = security.post(other, &[("subject", "u-1001")]).await;
    assert!(status == 422 && text.contains("是「王芳」的"), "{text}");
}

#[tokio::test]
async fn a_token_that_is_not_all_right_opens_nothing() {
    let (county, provider) = opened("sub").await;
    with_account(&county, "u-1001").await;
    use OidcFault as F;
    for (fault, told) in [
        (F::WrongNonce, "对不上"),
        (F::WrongAudience, "对不上"),
        (F::OtherParty, "对不上"),
        (F::WrongIssuer, "对不上"),
        (F::Expired, "对不上"),
        (F::Future, "对不上"),
        (F::WrongSignature, "对不上"),
        (F::Unsigned, "对不上"),
        (F::Hmac, "对不上"),
        (F::NotJson, "对不上"),
        (F::Huge, "对不上"),
        (F::UnknownKey, "对不上"),
        (F::NoToken, "没有同意"),
        (F::Denied, "没有同意"),
    ] {
        provider.will(fault);
        let trip = trip(&county).await;
        assert!(trip.status == 403 && trip.session.is_none(), "{fault:?}: {}", trip.status);
        assert!(trip.text.contains(told), "{fault:?}: {}", trip.text);
        assert!(trip.text.contains("name=\"password\""), "the way by password stays open");
    }
    provider.will(F::None);
    assert_eq!(trip(&county).await.status, 303);
}

#[tokio::test]
async fn who_is_slow_is_not_waited_for_and_others_notice_nothing() {
    let (county, provider) = opened("sub").await;
    with_account(&county, "u-1001").await;
    provider.will(OidcFault::Slow);
    let began = std::time::Instant::now();
    let (slow, page) = tokio::join!(trip(&county), async {
        let asked = std::time::Instant::now();
        county.nobody().get("/desk/sign-in").await;
        asked.elapsed()
    });
    assert!(slow.status == 403 && slow.text.contains("没有回音"), "{}", slow.text);
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(page < std::time::Duration::from_secs(2), "{page:?}");
}

#[tokio::test]
async fn a_trip_that_was_not_begun_here_or_is_made_twice_ends_nowhere() {
    let (county, _) = opened("sub").await;
    with_account(&county, "u-1001").await;
    let (cookie, url) = there(&county).await;
    // Another browser is sent to the address that was made for this one.
    let foreign = back(&county, "", &url).await;
    assert!(foreign.status == 403 && foreign.text.contains("不是在这里开始的"), "{}", foreign.text);
    let (others, _) = there(&county).await;
    assert_eq!(back(&county, &others, &url).await.status, 403);
    assert_eq!(back(&county, &cookie, &url).await.status, 303);
    assert_eq!(back(&county, &cookie, &url).await.status, 403, "a code is given once");
    let forged = format!("{}/desk/oidc/back?code=x&state=", county.base);
    assert_eq!(back(&county, "desk_oidc=--", &forged).await.status, 403);
}

#[tokio::test]
async fn keys_change_and_clocks_differ() {
    let (mut county, provider) = opened("sub").await;
    with_account(&county, "u-1001").await;
    assert_eq!(trip(&county).await.status, 303);
    assert_eq!(trip(&county).await.status, 303);
    assert_eq!(provider.keys_asked(), 1, "the keys are remembered");
    county.pass(60).await;
    provider.advance(60);
    provider.change_key();
    assert_eq!(trip(&county).await.status, 303, "a new key is asked for");
    assert_eq!(provider.keys_asked(), 2);
    // A forged token does not make us ask each time.
    provider.will(OidcFault::UnknownKey);
    for _ in 0..5 {
        assert_eq!(trip(&county).await.status, 403);
    }
    assert_eq!(provider.keys_asked(), 2);
    provider.will(OidcFault::None);
    for (off, status) in [(50, 303), (-50, 303), (200, 403), (-400, 403)] {
        provider.advance(off);
        assert_eq!(trip(&county).await.status, status, "{off}");
        provider.advance(-off);
    }
}

#[tokio::test]
async fn by_address_only_when_the_provider_has_checked_it() {
    let (county, provider) = opened("email").await;
    with_account(&county, "u-1001@example.gov.cn").await;
    assert_eq!(trip(&county).await.status, 303);
    provider.is("u-1001-unverified");
    let trip = trip(&county).await;
    assert!(trip.status == 403 && trip.text.contains("对不上"), "{}", trip.text);
}

/// The provider's word stands for the password, not for the number of the telephone.
#[tokio::test]
async fn an_administrator_still_needs_her_telephone() {
    let (county, _) = opened("sub").await;
    let auditor = county.staff("审计", Role::Auditor, None).await;
    drop(auditor);
    let mut security = county.staff("安全甲", Role::SecurityAdmin, None).await;
    security.csrf = security.csrf_of("/desk/me").await;
    let path = "/desk/accounts/%E5%AE%A1%E8%AE%A1/subject";
    assert_eq!(security.post(path, &[("subject", "u-1001")]).await.0, 303);
    assert_eq!(trip(&county).await.status, 403, "another one has not approved it");
    let mut other = county.staff("安全乙", Role::SecurityAdmin, None).await;
    other.csrf = other.csrf_of("/desk/me").await;
    let approve = path.replace("subject", "approve");
    assert_eq!(other.post(&approve, &[]).await.0, 303);
    let trip = trip(&county).await;
    assert_eq!((trip.status, &*trip.to), (303, "/desk/code"));
    assert_eq!(browser(&county, &trip).try_get("/desk/audit").await.0, 303);
}
