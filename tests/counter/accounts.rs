//! Accounts: who makes and approves them, passwords, the second step, and what is open where.

use std::sync::Arc;

use bianmin::office::{Browser, Role};
use bianmin::store::{Batch, MemoryEngine, Store, keys};
use serde_json::json;

use super::county::{Clerk, County, PASSWORD, county, part};
use super::privacy::dump;

async fn act(who: &mut Clerk<'_>, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
    who.csrf = who.csrf_of("/desk/me").await;
    who.post(path, fields).await
}

fn account(name: &str, action: &str) -> String {
    let name: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("/desk/accounts/{name}/{action}").trim_end_matches('/').to_owned()
}

/// The one-time password that a page says.
fn told(page: &str) -> String {
    part(page, "一次性密码：<code>", "</code>").to_owned()
}

async fn signs_in(county: &County, name: &str, password: &str) -> (u16, String) {
    match county.nobody().sign_in(name, password).await {
        Ok(()) => (303, String::new()),
        Err(refused) => refused,
    }
}

#[tokio::test]
async fn the_security_administrator_makes_changes_and_stops_accounts() {
    let county = county().open().await;
    let mut security = county.staff("安全甲", Role::SecurityAdmin, None).await;
    let (status, page) =
        act(&mut security, "/desk/accounts", &[("name", "王芳"), ("role", "department")]).await;
    assert!(status == 422 && page.contains("请写明是哪个承办单位的"), "{page}");
    assert!(page.contains("value=\"王芳\""), "what was typed is kept: {page}");
    let new = [("name", "王芳"), ("role", "department"), ("of", "城管")];
    let (status, page) = act(&mut security, "/desk/accounts", &new).await;
    assert_eq!(status, 200, "{page}");
    let first = told(&page);
    assert!(!security.get("/desk/accounts").await.contains(&first), "it is said once");
    assert_eq!(act(&mut security, "/desk/accounts", &new).await.0, 422, "the name is taken");

    let mut clerk = county.nobody();
    clerk.sign_in("王芳", &first).await.unwrap();
    assert_eq!(clerk.try_get("/desk").await.0, 303, "first her own password");
    let mut clerk = county.newcomer("王芳", &first).await;
    assert_eq!(clerk.try_get("/desk/tasks").await.0, 404);
    // Another role: she signs in again, and may what that may.
    let (status, _) = act(&mut security, &account("王芳", "role"), &[("role", "clerk")]).await;
    assert_eq!(status, 303);
    assert_eq!(clerk.try_get("/desk").await.0, 303, "what was open has ended");
    clerk.sign_in("王芳", PASSWORD).await.unwrap();
    clerk.get("/desk/tasks").await;

    assert_eq!(act(&mut security, &account("王芳", "stop"), &[]).await.0, 303);
    assert_eq!(clerk.try_get("/desk").await.0, 303);
    let (status, text) = signs_in(&county, "王芳", PASSWORD).await;
    assert!(status == 403 && text.contains("停用"), "{text}");
    assert_eq!(signs_in(&county, "王芳", "wrong").await.0, 401, "only who knows it is told");
    assert_eq!(act(&mut security, &account("王芳", "open"), &[]).await.0, 303);
    assert_eq!(signs_in(&county, "王芳", PASSWORD).await.0, 303);
    let (status, page) = act(&mut security, &account("王芳", "password"), &[]).await;
    assert_eq!(status, 200);
    assert_eq!(signs_in(&county, "王芳", PASSWORD).await.0, 401);
    assert_eq!(signs_in(&county, "王芳", &told(&page)).await.0, 303);

    let auditor = county.staff("审计", Role::Auditor, None).await;
    let log = auditor.get("/desk/audit").await;
    for part in [
        "新增账号",
        "改角色",
        "承办单位 → 平台工作人员",
        "停用账号",
        "启用账号",
        "重置密码",
        "改密码",
        "安全甲",
        "王芳",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
    let log = auditor.get("/desk/audit?kind=account_stopped").await;
    assert!(log.contains("停用账号</td>") && !log.contains("启用账号</td>"), "{log}");
    assert_eq!(county.office.verify().await.unwrap().broken, Vec::<String>::new());
}

#[tokio::test]
async fn an_administrator_is_made_by_one_and_approved_by_another() {
    let county = county().open().await;
    let mut one = county.staff("安全甲", Role::SecurityAdmin, None).await;
    let mut other = county.staff("安全乙", Role::SecurityAdmin, None).await;
    let new = [("name", "系统丙"), ("role", "system_admin")];
    let (status, page) = act(&mut one, "/desk/accounts", &new).await;
    assert_eq!(status, 200, "{page}");
    let first = told(&page);
    let (status, text) = signs_in(&county, "系统丙", &first).await;
    assert!(status == 403 && text.contains("还没有批准"), "{text}");
    let approve = account("系统丙", "approve");
    let (status, text) = act(&mut one, &approve, &[]).await;
    assert!(status == 422 && text.contains("另一位安全管理员"), "{text}");
    assert!(!one.get(&account("系统丙", "")).await.contains("/approve\""));
    assert!(other.get(&account("系统丙", "")).await.contains("/approve\""));
    assert_eq!(act(&mut other, &approve, &[]).await.0, 303);
    assert_eq!(signs_in(&county, "系统丙", &first).await.0, 303);
    // Nobody does anything to her own account, nor gives herself a role.
    for action in ["role", "approve", "stop", "password", "second"] {
        let (status, text) = act(&mut one, &account("安全甲", action), &[("role", "clerk")]).await;
        assert!(status == 422 && text.contains("另一位安全管理员"), "{action}: {text}");
    }
    // Raised to administrator later, it waits again.
    county.staff("王芳", Role::Clerk, None).await;
    let raise = [("role", "auditor")];
    assert_eq!(act(&mut one, &account("王芳", "role"), &raise).await.0, 303);
    assert_eq!(signs_in(&county, "王芳", PASSWORD).await.0, 403);
    assert_eq!(act(&mut other, &account("王芳", "approve"), &[]).await.0, 303);
    assert_eq!(signs_in(&county, "王芳", PASSWORD).await.0, 303);
}

/// One security administrator alone makes herself nobody else: what opens an administrator's
/// account to her opens nothing before another one has looked.
#[tokio::test]
async fn nobody_takes_over_an_administrators_account_alone() {
    let county = county().open().await;
    let mut one = county.staff("安全甲", Role::SecurityAdmin, None).await;
    let other = county.staff("安全乙", Role::SecurityAdmin, None).await;
    let mut third = county.staff("安全丙", Role::SecurityAdmin, None).await;
    let new = [("name", "审计丁"), ("role", "auditor")];
    assert_eq!(act(&mut one, "/desk/accounts", &new).await.0, 200);
    // As her colleague she would approve what she has made herself.
    let (status, page) = act(&mut one, &account("安全乙", "password"), &[]).await;
    assert_eq!(status, 200, "{page}");
    let password = told(&page);
    let (status, text) = signs_in(&county, "安全乙", &password).await;
    assert!(status == 403 && text.contains("还没有批准"), "{text}");
    assert_eq!(other.try_get("/desk/accounts").await.0, 303, "what was open has ended");
    for action in ["second", "subject"] {
        let fields = [("subject", "u-1")];
        assert_eq!(act(&mut one, &account("安全乙", action), &fields).await.0, 303, "{action}");
        let (status, _) = signs_in(&county, "安全乙", &password).await;
        assert_eq!(status, 403, "{action}");
    }
    let (status, text) = act(&mut one, &account("安全乙", "approve"), &[]).await;
    assert!(status == 422 && text.contains("另一位安全管理员"), "{text}");
    // What waits for one's doing is not covered by another's.
    let (status, text) = act(&mut third, &account("安全乙", "password"), &[]).await;
    assert!(status == 422 && text.contains("还在等批准"), "{text}");
    assert_eq!(act(&mut third, &account("安全乙", "approve"), &[]).await.0, 303);
    assert_eq!(signs_in(&county, "安全乙", &password).await.0, 303);
    // Each way by itself.
    for (name, role) in [("系统戊", Role::SystemAdmin), ("审计己", Role::Auditor)] {
        for action in ["password", "second", "subject"] {
            let name = format!("{name}{action}");
            county.staff(&name, role, None).await;
            let fields = [("subject", &*name)];
            let (status, page) = act(&mut one, &account(&name, action), &fields).await;
            assert!([200, 303].contains(&status), "{page}");
            assert!(third.get(&account(&name, "")).await.contains("/approve\""), "{name}");
            assert_eq!(
                signs_in(&county, &name, PASSWORD).await.0,
                [403, 401][usize::from(action == "password")]
            );
        }
    }
    // Of others one is enough.
    county.staff("王芳", Role::Clerk, None).await;
    let (_, page) = act(&mut one, &account("王芳", "password"), &[]).await;
    assert_eq!(signs_in(&county, "王芳", &told(&page)).await.0, 303);
}

/// Who finds an open desk neither guesses its password there nor binds a telephone of her own.
#[tokio::test]
async fn an_open_desk_is_no_place_to_guess() {
    let mut county = county().open().await;
    {
        let mut clerk = county.staff("王芳", Role::Clerk, None).await;
        clerk.get("/desk/second").await;
        let page = clerk.get("/desk/second").await;
        clerk.secret = part(&page, "<p class=\"secret\"><code>", "</code>").replace(' ', "");
        let number = clerk.number();
        for password in ["", "不是这个密码"] {
            let fields = [("code", &*number), ("password", password)];
            let (status, page) = act(&mut clerk, "/desk/second", &fields).await;
            assert!(status == 422 && page.contains("密码不对"), "{page}");
        }
        assert!(clerk.get("/desk/me").await.contains("没有绑定"));
        let guess = [
            ("old_password", "不是这个密码"),
            ("new_password", "三个不相干的词语"),
            ("again_password", "三个不相干的词语"),
        ];
        for n in 3..=5 {
            let (status, page) = act(&mut clerk, "/desk/password", &guess).await;
            assert!(status == 422, "{page}");
            assert_eq!(page.contains("已锁定到"), n == 5, "{n}: {page}");
        }
        // The right one neither, here or at the sign-in.
        let right = [("old_password", PASSWORD), guess[1], guess[2]];
        let (status, page) = act(&mut clerk, "/desk/password", &right).await;
        assert!(status == 422 && page.contains("已锁定到"), "{page}");
        assert_eq!(signs_in(&county, "王芳", PASSWORD).await.0, 429);
    }
    county.pass(15 * 60 + 1).await;
    assert_eq!(signs_in(&county, "王芳", PASSWORD).await.0, 303);
}

#[tokio::test]
async fn a_weak_password_is_refused_with_what_to_do() {
    let county = county().open().await;
    let mut clerk = county.staff("王芳", Role::Clerk, None).await;
    for (new, text) in [
        ("短短", "至少要8个字符"),
        ("woaini1314", "很多人都在用"),
        ("13800138000", "只有数字"),
        ("王芳王芳王芳王芳", "自己的名字"),
        ("abababababab", "重复"),
        (PASSWORD, "和原来的不一样"),
    ] {
        let form = [("old_password", PASSWORD), ("new_password", new), ("again_password", new)];
        let (status, page) = act(&mut clerk, "/desk/password", &form).await;
        assert!(status == 422 && page.contains(text), "{new}: {page}");
    }
    let new = "三个不相干的词语";
    let form =
        [("old_password", PASSWORD), ("new_password", new), ("again_password", "别的词语啊啊啊")];
    let (status, page) = act(&mut clerk, "/desk/password", &form).await;
    assert!(status == 422 && page.contains("两次写的"), "{page}");
    let form = [("old_password", "错的密码错的"), ("new_password", new), ("again_password", new)];
    let (status, page) = act(&mut clerk, "/desk/password", &form).await;
    assert!(status == 422 && page.contains("现在的密码不对"), "{page}");
}

#[tokio::test]
async fn who_does_nothing_for_half_an_hour_signs_in_again_and_at_last_everybody() {
    let mut county = county().idle_minutes(30).open().await;
    let cookie = county.clerk().await.cookie;
    let again = async |county: &County| {
        let mut clerk = county.nobody();
        clerk.cookie = cookie.clone();
        clerk.try_get("/desk").await.0
    };
    // Every twenty minutes a page: for eleven hours and forty minutes.
    for n in 0..35 {
        county.pass(20 * 60).await;
        assert_eq!(again(&county).await, 200, "{n}");
    }
    county.pass(20 * 60).await;
    assert_eq!(again(&county).await, 303, "twelve hours are the end");
    let mut clerk = county.clerk_again().await;
    let cookie = std::mem::take(&mut clerk.cookie);
    drop(clerk);
    county.pass(29 * 60).await;
    let mut clerk = county.nobody();
    clerk.cookie = cookie.clone();
    assert_eq!(clerk.try_get("/desk").await.0, 200);
    county.pass(31 * 60).await;
    let mut clerk = county.nobody();
    clerk.cookie = cookie;
    assert_eq!(clerk.try_get("/desk").await.0, 303);
}

#[tokio::test]
async fn each_sign_in_has_a_cookie_of_its_own_and_ends_the_one_before() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let before = clerk.cookie.clone();
    // The same browser signs in once more, as with a cookie that somebody had set for it.
    let form = [("name", "管理员"), ("password", PASSWORD)];
    let url = format!("{}/desk/sign-in", county.base);
    let request = county.http.post(url).header("cookie", &before).form(&form);
    let answer = request.send().await.unwrap();
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    assert!(!set.starts_with(&before), "it is a new one");
    assert_eq!(clerk.try_get("/desk").await.0, 303, "the old one has ended");
    clerk.cookie = set.split(';').next().unwrap().to_owned();
    clerk.get("/desk").await;
}

#[tokio::test]
async fn sessions_are_listed_with_their_device_and_taken_back_one_by_one_and_all() {
    let mut county = county().open().await;
    let first = county.clerk().await.cookie;
    county.pass(120).await;
    let agents = [
        "Mozilla/5.0 (Linux; Android 10) Chrome/107 MicroMessenger/8.0",
        "Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36",
    ];
    let mut cookies = Vec::new();
    for agent in agents {
        let url = format!("{}/desk/sign-in", county.base);
        let form = [("name", "管理员"), ("password", PASSWORD)];
        let request = county.http.post(url).header("user-agent", agent).form(&form);
        let answer = request.send().await.unwrap();
        let set = answer.headers()["set-cookie"].to_str().unwrap();
        cookies.push(set.split(';').next().unwrap().to_owned());
    }
    let mut clerk = county.nobody();
    clerk.cookie = first;
    let page = clerk.get("/desk/me").await;
    for part in
        ["安卓手机，微信", "Windows 电脑，Chrome", "127.0.0.1", "就是这里", "11月23日(周一)10:02"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(page.matches("退出这一处").count(), 2);
    let row = page.split("<tr>").find(|row| row.contains("安卓手机")).unwrap();
    let id = part(row, "name=\"id\" value=\"", "\"").to_owned();
    let mut other = county.nobody();
    other.cookie = cookies[0].clone();
    assert_eq!(other.try_get("/desk").await.0, 200);
    assert_eq!(act(&mut clerk, "/desk/me/sessions", &[("id", &id)]).await.0, 303);
    assert_eq!(other.try_get("/desk").await.0, 303, "that one has ended");
    other.cookie = cookies[1].clone();
    assert_eq!(other.try_get("/desk").await.0, 200, "and no other");
    assert_eq!(act(&mut clerk, "/desk/me/sessions", &[("id", "")]).await.0, 303);
    assert_eq!(other.try_get("/desk").await.0, 303);
    clerk.get("/desk").await;
    // The security administrator sees them too, and takes them back.
    let mut security = county.staff("安全甲", Role::SecurityAdmin, None).await;
    let page = security.get(&account("管理员", "")).await;
    assert_eq!(page.matches("收回这一处").count(), 1, "{page}");
    assert_eq!(act(&mut security, &account("管理员", "sessions"), &[]).await.0, 303);
    assert_eq!(clerk.try_get("/desk").await.0, 303);
    // Of others' nobody else takes anything.
    let mut stranger = county.staff("王芳", Role::Clerk, None).await;
    security.get("/desk/accounts").await;
    let id =
        part(&security.get(&account("安全甲", "")).await, "name=\"id\" value=\"", "\"").to_owned();
    assert_eq!(act(&mut stranger, "/desk/me/sessions", &[("id", &id)]).await.0, 404);
    security.get("/desk/accounts").await;
}

#[tokio::test]
async fn an_administrator_needs_the_number_of_a_telephone() {
    let mut county = county().open().await;
    let password = county.office.add_staff("审计", Role::Auditor, None).await.unwrap();
    let (secret, codes) = {
        let mut auditor = county.nobody();
        auditor.sign_in("审计", &password).await.unwrap();
        assert_eq!(auditor.try_get("/desk/second").await.0, 303, "first a password of her own");
        auditor.csrf = auditor.csrf_of("/desk/password").await;
        let form = [
            ("old_password", &*password),
            ("new_password", PASSWORD),
            ("again_password", PASSWORD),
        ];
        assert_eq!(auditor.post("/desk/password", &form).await.0, 303);
        assert_eq!(auditor.try_get("/desk/audit").await.0, 303, "not before it is bound");
        let page = auditor.get("/desk/second").await;
        assert!(page.contains("<svg") && !page.contains("<script"), "{page}");
        assert_eq!(auditor.get("/desk/second").await, page, "loaded again it is the same");
        auditor.csrf = auditor.csrf_of("/desk/second").await;
        let wrong = [("code", "000000"), ("password", PASSWORD)];
        let (status, page) = auditor.post("/desk/second", &wrong).await;
        assert!(status == 422 && page.contains("数字不对"), "{page}");
        let page = auditor.bind().await;
        let codes: Vec<String> = page
            .split("<li><code>")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect();
        assert_eq!(codes.len(), 10);
        auditor.get("/desk/audit").await;
        (auditor.secret.clone(), codes)
    };
    // From now on each sign-in asks for it, and the same number opens once.
    let mut auditor = county.nobody();
    auditor.secret.clone_from(&secret);
    auditor.sign_in("审计", PASSWORD).await.unwrap();
    for path in ["/desk", "/desk/audit", "/desk/password", "/desk/second", "/desk/me"] {
        assert_eq!(auditor.try_get(path).await.0, 303, "{path}");
    }
    auditor.csrf = auditor.csrf_of("/desk/code").await;
    let used = auditor.number();
    let (status, page) = auditor.post("/desk/code", &[("code", &used)]).await;
    assert!(status == 401 && page.contains("用过了"), "{page}");
    drop(auditor);
    county.pass(30).await;
    let mut auditor = county.nobody();
    auditor.secret.clone_from(&secret);
    auditor.sign_in("审计", PASSWORD).await.unwrap();
    auditor.csrf = auditor.csrf_of("/desk/code").await;
    let number = auditor.number();
    assert_eq!(auditor.post("/desk/code", &[("code", &number)]).await.0, 303);
    auditor.get("/desk/audit").await;
    // A code of the paper opens once as well.
    for (n, expect) in [(0, 303), (0, 401), (1, 303)] {
        let mut auditor = county.nobody();
        auditor.sign_in("审计", PASSWORD).await.unwrap();
        auditor.csrf = auditor.csrf_of("/desk/code").await;
        assert_eq!(auditor.post("/desk/code", &[("code", &codes[n])]).await.0, expect, "{n}");
    }
    assert!(auditor.get("/desk/me").await.contains("备用码还剩8个"));
    // Five wrong ones lock the name, also when the password is right again and again.
    for n in 1..=5 {
        let mut guesser = county.nobody();
        guesser.sign_in("审计", PASSWORD).await.unwrap();
        guesser.csrf = guesser.csrf_of("/desk/code").await;
        let (status, page) = guesser.post("/desk/code", &[("code", "000000")]).await;
        assert_eq!(status, if n < 5 { 401 } else { 429 }, "{n}: {page}");
    }
    let (status, page) = signs_in(&county, "审计", PASSWORD).await;
    assert!(status == 429 && page.contains("已锁定到"), "{page}");
}

#[tokio::test]
async fn others_may_bind_a_telephone_and_do_without_it_again() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    assert!(clerk.get("/desk/me").await.contains("没有绑定"));
    clerk.bind().await;
    assert!(clerk.get("/desk/me").await.contains("已绑定"));
    assert_eq!(clerk.try_get("/desk/second").await.0, 422, "one telephone at a time");
    let (status, _) = act(&mut clerk, "/desk/second/drop", &[("password", "wrong")]).await;
    assert_eq!(status, 422);
    assert!(clerk.get("/desk/me").await.contains("已绑定"));
    assert_eq!(act(&mut clerk, "/desk/second/drop", &[("password", PASSWORD)]).await.0, 303);
    assert!(clerk.get("/desk/me").await.contains("没有绑定"));
    assert_eq!(signs_in(&county, "管理员", PASSWORD).await.0, 303);
    county.clerk_again().await.get("/desk").await;
    // Who has lost telephone and paper goes to the security administrator.
    clerk.bind().await;
    let mut security = county.staff("安全甲", Role::SecurityAdmin, None).await;
    assert_eq!(act(&mut security, &account("管理员", "second"), &[]).await.0, 303);
    county.clerk_again().await.get("/desk").await;
}

/// Neither while it is shown nor when it is bound; one from before there was a key is sealed when
/// it is used.
#[tokio::test]
async fn the_secret_of_a_telephone_is_sealed_in_the_store() {
    let mut county = county().open().await;
    let secret = {
        let mut clerk = county.clerk().await;
        let page = clerk.get("/desk/second").await;
        let shown = part(&page, "<p class=\"secret\"><code>", "</code>").replace(' ', "");
        assert!(!dump(&county.store).await.contains(&shown));
        clerk.bind().await;
        assert_eq!(clerk.secret, shown);
        shown
    };
    let key = keys::staff("管理员");
    let stored = county.store.get_many(std::slice::from_ref(&key)).await.unwrap().remove(0);
    let mut value: serde_json::Value = serde_json::from_slice(&stored.unwrap().value).unwrap();
    let kept = value["record"]["second_step"]["secret"].as_str().unwrap();
    assert!(kept.starts_with("sealed:") && !kept.contains(&secret), "{kept}");
    value["record"]["second_step"]["secret"] = json!(secret);
    let put = vec![(key, serde_json::to_vec(&value).unwrap())];
    county.store.commit(Batch { put, ..Batch::default() }).await.unwrap();
    county.pass(30).await;
    let mut clerk = county.nobody();
    clerk.secret.clone_from(&secret);
    clerk.sign_in("管理员", PASSWORD).await.unwrap();
    clerk.csrf = clerk.csrf_of("/desk/code").await;
    let number = clerk.number();
    assert_eq!(clerk.post("/desk/code", &[("code", &number)]).await.0, 303);
    assert!(!dump(&county.store).await.contains(&secret));
}

/// A store from before the roles were separated.
#[tokio::test]
async fn who_did_everything_keeps_the_cases_and_a_security_administrator_is_made() {
    let store: Store = Arc::new(MemoryEngine::default());
    let name = "老管理员";
    {
        let county = county().store(store.clone()).open().await;
        county.staff(name, Role::Director, None).await;
    }
    let key = keys::staff(name);
    let stored = store.get_many(std::slice::from_ref(&key)).await.unwrap().remove(0).unwrap();
    let mut value: serde_json::Value = serde_json::from_slice(&stored.value).unwrap();
    value["schema"] = 1.into();
    value["record"]["role"] = "admin".into();
    value["record"].as_object_mut().unwrap().remove("stopped");
    let put = vec![(key, serde_json::to_vec(&value).unwrap())];
    store.commit(Batch { put, ..Batch::default() }).await.unwrap();

    let county = county().store(store.clone()).open().await;
    let made = county.office.first_staff().await.unwrap();
    let [(first, password)] = &made[..] else { panic!("{made:?}") };
    assert_eq!(first, "安全管理员");
    assert_eq!(county.office.first_staff().await.unwrap(), vec![], "once");
    let mut clerk = county.nobody();
    clerk.sign_in(name, PASSWORD).await.unwrap();
    clerk.get("/desk/tasks").await;
    for path in ["/desk/holidays", "/desk/audit", "/desk/accounts"] {
        assert_eq!(clerk.try_get(path).await.0, 404, "{path}");
    }
    let security = county.newcomer(first, password).await;
    let page = security.get("/desk/accounts").await;
    assert!(page.contains(name) && page.contains("平台负责人"), "{page}");
}

#[tokio::test]
async fn a_new_county_begins_with_two_people() {
    let county = county().open().await;
    let made = county.office.first_staff().await.unwrap();
    let names: Vec<&str> = made.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["安全管理员", "平台负责人"]);
    let browser = Browser::default();
    county.office.sign_in(names[1], &made[1].1, &browser).await.unwrap();
}

#[tokio::test]
async fn a_file_says_who_took_it_out_when_and_why() {
    use calamine::Reader;
    let county = county().open().await;
    county.report(super::county::VILLAGER).await;
    let clerk = county.clerk().await;
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let fields = [("kind", "cases"), ("month", "2026-11"), ("reason", "核实地址")];
    let (status, bytes) = clerk.take_out("/desk/ledgers/file/xlsx", &fields).await;
    assert_eq!(status, 200);
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let about = book.worksheet_range("导出说明").unwrap();
    let text: Vec<String> = about.rows().map(|row| format!("{}={}", row[0], row[1])).collect();
    for line in ["导出人=管理员", "角色=平台负责人", "时间=2026-11-23 10:00", "用途=核实地址"]
    {
        assert!(text.iter().any(|one| one == line), "{line}: {text:?}");
    }
    let (_, csv) = clerk.take_out("/desk/ledgers/file/csv", &fields).await;
    let csv = String::from_utf8(csv).unwrap();
    assert!(csv.contains("导出人：管理员　2026-11-23 10:00　用途：核实地址"), "{csv}");
    let log = auditor.get("/desk/audit?kind=sheet").await;
    assert_eq!(log.matches("导出表格</td>").count(), 2, "{log}");
    assert!(log.contains("核实地址") && log.contains("受理办理台账"), "{log}");
    // Without a reason nobody is seen whole, and the file says no use.
    let (_, csv) = clerk.download("/desk/ledgers/file/csv?kind=cases&month=2026-11").await;
    let csv = String::from_utf8(csv).unwrap();
    assert!(!csv.contains("13800138000") && !csv.contains("用途"), "{csv}");
}

/// What somebody's own WeChat is told, once she has said her code to the account.
#[tokio::test]
async fn who_has_bound_her_wechat_is_told_of_new_work_and_no_more_when_she_unbinds() {
    const WORKER: &str = "oWorker000000000000000000001";
    let mut county = county().open().await;
    let number = county.report(super::county::VILLAGER).await;
    {
        let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
        assert!(lead.get("/desk/me").await.contains("要一个口令"));
        let (status, page) = act(&mut lead, "/desk/me/wechat", &[]).await;
        assert_eq!(status, 200, "{page}");
        let code = part(&page, "再回这6位：<code>", "</code>").to_owned();
        let said = county.talk(WORKER, &["绑定工作号", "ZZZZZZ"]).await;
        assert!(said.contains("口令不对"), "{said}");
        let said = county.talk(WORKER, &["绑定工作号", &code.to_lowercase()]).await;
        assert!(said.contains("绑好了，城管经办"), "{said}");
        let said = county.talk("oWorker000000000000000000002", &["绑定工作号", &code]).await;
        assert!(said.contains("口令不对"), "it opens once: {said}");
        assert!(lead.get("/desk/me").await.contains("不再提醒"));
    }
    {
        let mut security = county.staff("安全甲", Role::SecurityAdmin, None).await;
        assert!(!security.get("/desk/me").await.contains("微信提醒"), "she has no cases");
        assert_eq!(act(&mut security, "/desk/me/wechat", &[]).await.0, 404);
    }
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    let told = county.inbox(WORKER);
    assert!(told.last().unwrap().contains("派给你们单位"), "{told:?}");
    assert!(!told.last().unwrap().contains("张三"), "{told:?}");
    // Nearly late, and late: within WeChat's 48 hours she had written again.
    county.talk(WORKER, &["你好"]).await;
    for _ in 0..80 {
        county.pass(3_600).await;
        if county.inbox(WORKER).iter().any(|text| text.contains("超期了，请马上答复")) {
            break;
        }
        if county.clock_now() % 86_400 < 3_600 {
            county.talk(WORKER, &["你好"]).await;
        }
    }
    let told = county.inbox(WORKER).join("\n");
    assert!(told.contains("快到期了") && told.contains("超期了，请马上答复"), "{told}");
    let mut lead = county.nobody();
    lead.sign_in("城管经办", PASSWORD).await.unwrap();
    assert_eq!(act(&mut lead, "/desk/me/wechat/drop", &[]).await.0, 303);
    let before = county.inbox(WORKER).len();
    drop(lead);
    let second = county.report("oVillager00000000000000000002").await;
    let mut clerk = county.clerk_again().await;
    clerk.act(&second, "dispatch", &[("department", "城管")]).await;
    assert_eq!(county.inbox(WORKER).len(), before, "no more");
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let log = auditor.get("/desk/audit?kind=linked").await;
    assert_eq!(log.matches("绑定微信</td>").count(), 2, "{log}");
}

#[tokio::test]
async fn the_pages_of_an_account_speak_english_to_who_chose_it() {
    let county = county().open().await;
    let page = county.nobody().get("/desk/sign-in").await;
    assert!(page.contains("lang=\"zh-CN\"") && page.contains(">登录</h1>"), "{page}");
    assert!(page.contains("href=\"/desk/language/en\""), "{page}");
    let url = format!("{}/desk/language/en", county.base);
    let from = format!("{}/desk/sign-in", county.base);
    let answer = county.http.get(&url).header("referer", &from).send().await.unwrap();
    assert_eq!(answer.headers()["location"], "/desk/sign-in");
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.starts_with("desk_language=en;"), "{set}");
    let foreign = county.http.get(&url).header("referer", "https://evil.example/desk/x");
    assert_eq!(foreign.send().await.unwrap().headers()["location"], "/desk");
    let clerk = county.clerk().await;
    let mut english = county.nobody();
    english.cookie = format!("{}; desk_language=en", clerk.cookie);
    let page = english.get("/desk/me").await;
    for part in ["lang=\"en\"", "Where you are signed in", "After 1440 minutes", "Sign out", "中文"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    english.cookie = "desk_language=fr".to_owned();
    assert!(english.get("/desk/sign-in").await.contains("lang=\"zh-CN\""));
    assert_eq!(english.try_get("/desk/language/fr").await.0, 404);
}

#[tokio::test]
async fn keys_dialogs_tables_and_settings_are_in_the_log_of_changes() {
    let folder = super::holidays::folder();
    let county = county().folder(folder.path()).open().await;
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let token = county.office.add_api_key("调度程序", Role::Clerk, None).await.unwrap();
    let id = county.office.all_api_keys().await.unwrap()[0].id.clone();
    county.office.revoke_api_key(&id).await.unwrap();
    county.office.revoke_api_key(&id).await.unwrap();
    let script = (*county.office.script()).clone();
    county.office.publish(script, "值班员", false).await.unwrap();
    let mut keeper = county.keeper().await;
    let (_, page) = super::holidays::read(&county, &keeper, super::holidays::amended()).await;
    assert_eq!(super::holidays::publish(&mut keeper, &page).await.0, 303);
    // The first start notes nothing, the same file neither.
    for sum in ["aaaa", "aaaa", "bbbb"] {
        county.office.note_settings(sum).await.unwrap();
    }
    for (kind, who, what, times) in [
        ("key_made", "命令行", "调度程序 平台工作人员", 1),
        ("key_revoked", "命令行", id.as_str(), 1),
        ("script", "值班员", "对话上线", 1),
        ("tables", "系统管理员", "表格和设置上线", 1),
        ("settings", "命令行", "bbbb", 1),
    ] {
        let page = auditor.get(&format!("/desk/audit?kind={kind}")).await;
        let rows: Vec<&str> = page.split("<tr><td>").skip(1).collect();
        assert_eq!(rows.len(), times, "{kind}: {page}");
        assert!(rows[0].contains(who) && rows[0].contains(what), "{kind}: {}", rows[0]);
        assert!(!page.contains(&token));
    }
    assert_eq!(county.office.verify().await.unwrap().broken, Vec::<String>::new());
}

/// Many at once: each change has its line, and the chain is whole.
#[tokio::test]
async fn changes_at_the_same_moment_stand_one_behind_the_other() {
    let county = county().open().await;
    let before = county.office.verify().await.unwrap().looks;
    let names: Vec<String> = (0..12).map(|n| format!("程序{n}")).collect();
    let keys = names.iter().map(|name| county.office.add_api_key(name, Role::Clerk, None));
    let all = futures_util::future::join_all(keys).await;
    assert!(all.iter().all(Result::is_ok));
    let found = county.office.verify().await.unwrap();
    assert_eq!((found.looks, found.broken), (before + 12, vec![]));
    // The same account twice at once: one of them is told, and there is one line.
    let twice = futures_util::future::join_all(
        (0..2).map(|_| county.office.add_staff("王芳", Role::Clerk, None)),
    );
    let made = twice.await.iter().filter(|one| one.is_ok()).count();
    assert_eq!(made, 1);
    assert_eq!(county.office.verify().await.unwrap().looks, before + 13);
}
