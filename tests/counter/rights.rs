//! Who comes near what: the table of rights, through the pages.

use bianmin::office::{RIGHTS, Right, Role};

use super::county::{VILLAGER, county};

/// The matrix of the county's rules, written a second time: role, and its rights.
const MATRIX: &str = "
clerk         cases identity file dispatch supervise reports orders admit
director      cases identity file dispatch supervise approve_interview reports orders admit
admin         cases identity file dispatch supervise approve_interview reports orders admit settings erase
supervisor    cases identity supervise reports
department    file own_reports
township      file own_reports
agent         file hand_out
shop_clerk    hand_out
organisation  interview reports
leader        reports
merchant      own_orders
operator      own_orders
source        file
auditor       audit erase
";

#[test]
fn the_rights_are_those_of_the_matrix() {
    let mut written = MATRIX.trim().lines();
    for role in Role::ALL {
        let line = RIGHTS.iter().find(|(one, _)| one == role).map(|(role, rights)| {
            let rights: Vec<_> =
                Right::ALL.iter().filter(|r| rights.contains(r)).map(|r| r.id()).collect();
            format!("{} {}", role.id(), rights.join(" "))
        });
        let line = line.unwrap_or_else(|| panic!("{role} has no row"));
        let id = role.id();
        let row = MATRIX.lines().find(|row| row.split_whitespace().next() == Some(id));
        let row = row.unwrap_or_else(|| panic!("{id} is not in the matrix"));
        assert_eq!(line, row.split_whitespace().collect::<Vec<_>>().join(" "));
        written.next();
    }
    assert_eq!(written.next(), None);
}

#[tokio::test]
async fn each_role_finds_its_own_doors_only() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let clerk = county.clerk().await;
    let village = "130225102216";
    for (role, of, open) in [
        (Role::Supervisor, None, "/desk/tasks /desk/interviews /desk/ledgers CASE"),
        (Role::Township, Some("胡家坨镇"), "/desk/new /desk/ledgers CASE"),
        (Role::Township, Some("新寨镇"), "/desk/new /desk/ledgers"),
        (Role::Agent, Some(village), "/desk/new CASE"),
        (Role::Agent, Some("130225109201"), "/desk/new"),
        (Role::ShopClerk, Some(village), ""),
        (Role::Organisation, None, "/desk/interviews /desk/ledgers"),
        (Role::Leader, None, "/desk/ledgers"),
        (Role::Operator, Some("供销社"), ""),
        (Role::Source, None, "/desk/new"),
        (Role::Auditor, None, ""),
    ] {
        let name = format!("{role}{}", of.unwrap_or_default());
        let staff = county.staff(&name, role, of).await;
        for path in ["/desk/tasks", "/desk/interviews", "/desk/ledgers", "/desk/new", "CASE"] {
            let real = if path == "CASE" { format!("/desk/cases/{number}") } else { path.into() };
            let (status, page) = staff.try_get(&real).await;
            let is_open = open.split(' ').any(|one| one == path);
            assert_eq!(status, if is_open { 200 } else { 404 }, "{name} {path}: {page}");
            let listed = staff.get("/desk").await.contains(&format!("/desk/cases/{number}"));
            assert_eq!(listed, open.contains("CASE"), "{name}");
        }
    }
    assert!(clerk.get(&format!("/desk/cases/{number}")).await.contains("派单"));
}

#[tokio::test]
async fn who_belongs_nowhere_is_not_taken() {
    let county = county().open().await;
    for (role, of, text) in [
        (Role::Department, None, "请写明是哪个承办单位的。"),
        (Role::Township, Some("月亮镇"), "名单里没有部门“月亮镇”。"),
        (Role::Agent, None, "请写明是哪个村"),
        (Role::Agent, Some("130225109999"), "名单里没有村“130225109999”。"),
        (Role::Merchant, Some("m9"), "没有商家“m9”。"),
        (Role::Clerk, Some("城管"), "这个角色不写属于哪里。"),
    ] {
        let error = county.office.add_staff("新人", role, of).await.unwrap_err().to_string();
        assert!(error.contains(text), "{role}: {error}");
    }
}
