//! Keys of other programs, at the desk.

use bianmin::office::Role;

use super::county::{Clerk, VILLAGER, county, part};

const PAGE: &str = "/desk/keys";

async fn make(clerk: &mut Clerk<'_>, name: &str, role: &str, of: &str) -> (u16, String) {
    clerk.csrf = clerk.csrf_of(PAGE).await;
    clerk.post(PAGE, &[("name", name), ("role", role), ("of", of)]).await
}

#[tokio::test]
async fn a_key_is_made_shown_once_used_and_taken_back() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut admin = county.staff("安全管理员", Role::SecurityAdmin, None).await;
    assert!(admin.get(PAGE).await.contains("还没有发过"));
    let (status, page) = make(&mut admin, "城管平台", "source", "").await;
    assert!(status == 422 && page.contains("value=\"城管平台\""), "{page}");
    let (status, page) = make(&mut admin, "调度程序", "clerk", "").await;
    assert_eq!(status, 200, "{page}");
    let key = part(&page, "<strong class=\"number\">", "</strong>").to_owned();
    let again = admin.get(PAGE).await;
    assert!(!again.contains(&key) && again.contains(&key[..11]), "{again}");
    county.with_key(&key).get(&format!("/cases/{number}")).await.fine();

    admin.csrf = admin.csrf_of(PAGE).await;
    let (status, page) = admin.post("/desk/keys/revoke", &[("id", &key[..11])]).await;
    assert_eq!(status, 303, "{page}");
    assert!(!admin.get(PAGE).await.contains("/desk/keys/revoke"));
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let log = auditor.get("/desk/audit").await;
    assert!(log.contains("安全管理员") && log.contains(&key[..11]), "{log}");
    let refused = county.with_key(&key).get(&format!("/cases/{number}")).await;
    assert_eq!(refused.status, 401);
}

#[tokio::test]
async fn only_the_administrator_comes_near_and_only_from_our_page() {
    let county = county().open().await;
    let mut admin = county.staff("安全管理员", Role::SecurityAdmin, None).await;
    let (_, page) = make(&mut admin, "调度程序", "clerk", "").await;
    let id = part(&page, "<strong class=\"number\">", "</strong>")[..11].to_owned();
    for role in [Role::Clerk, Role::Director, Role::SystemAdmin, Role::Auditor] {
        let mut other = county.staff(role.word(), role, None).await;
        assert_eq!(other.try_get(PAGE).await.0, 404, "{role}");
        other.csrf = other.csrf_of("/desk/password").await;
        let fields = [("name", "别的"), ("role", "director"), ("of", "")];
        assert_eq!(other.post(PAGE, &fields).await.0, 404, "{role}");
        assert_eq!(other.post("/desk/keys/revoke", &[("id", id.as_str())]).await.0, 404, "{role}");
    }
    admin.csrf = "not-ours".into();
    let fields = [("name", "别的"), ("role", "director"), ("of", "")];
    assert_eq!(admin.post(PAGE, &fields).await.0, 403);
    let keys = county.office.all_api_keys().await.unwrap();
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert!(keys[0].revoked_at.is_none());
}

/// What keeps the settings, or does all of the platform's work, is no one person's to give away.
#[tokio::test]
async fn a_key_that_opens_much_waits_for_a_second_person() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut admin = county.staff("安全甲", Role::SecurityAdmin, None).await;
    let mut other = county.staff("安全乙", Role::SecurityAdmin, None).await;
    for (role, path) in [("director", format!("/cases/{number}")), ("system_admin", "/me".into())] {
        let (status, page) = make(&mut admin, role, role, "").await;
        assert_eq!(status, 200, "{page}");
        let key = part(&page, "<strong class=\"number\">", "</strong>").to_owned();
        let id = [("id", &key[..11])];
        assert_eq!(county.with_key(&key).get(&path).await.status, 401, "{role}");
        assert!(!page.contains("/desk/keys/approve") && page.contains("要另一位安全管理员批准"));
        let (status, page) = admin.post("/desk/keys/approve", &id).await;
        assert!(status == 422 && page.contains("另一位安全管理员"), "{page}");
        assert!(other.get(PAGE).await.contains("/desk/keys/approve"));
        other.csrf = other.csrf_of(PAGE).await;
        assert_eq!(other.post("/desk/keys/approve", &id).await.0, 303);
        county.with_key(&key).get(&path).await.fine();
    }
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let log = auditor.get("/desk/audit?kind=key_approved").await;
    assert_eq!(log.matches("批准钥匙</td>").count(), 2, "{log}");
    let mut clerk = county.clerk().await;
    clerk.csrf = clerk.csrf_of("/desk/me").await;
    assert_eq!(clerk.post("/desk/keys/approve", &[("id", "bm_00000000")]).await.0, 404);
}
