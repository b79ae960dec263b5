//! Cases that somebody writes down for a villager, and those that come by the public pages.

use bianmin::office::Role;

use crate::county::{Clerk, County, VILLAGER, county, number_in};
use crate::sms_talk::{PHONE, opened, write};

const VILLAGE: &str = "130225102216";
const TEXT: &str = "村口的路灯坏了半个月了";

/// Gives the number, or the page that says what is wrong.
async fn file(clerk: &mut Clerk<'_>, fields: &[(&str, &str)]) -> Result<String, String> {
    clerk.csrf = clerk.csrf_of("/desk/new").await;
    let mut all = vec![("text", TEXT), ("village", "大黑坨村"), ("name", "李四")];
    all.retain(|(name, _)| !fields.iter().any(|(given, _)| given == name));
    all.extend_from_slice(fields);
    let (status, text) = clerk.post("/desk/new", &all).await;
    if status != 303 {
        return Err(text);
    }
    let list = clerk.get("/desk").await;
    let number = list.split("href=\"/desk/cases/").nth(1);
    Ok(number.map(|rest| rest.split('"').next().unwrap().to_owned()).unwrap_or_default())
}

async fn page(county: &County, number: &str) -> String {
    county.clerk_again().await.see(number, "核对登记").await.1
}

#[tokio::test]
async fn every_terminal_says_who_it_is_about_and_who_typed_it() {
    let county = county().open().await;
    drop(county.clerk().await);
    let agent = [("authorised", "本人来店里说的")];
    for (name, role, of, more, shown) in [
        ("王薇", Role::Agent, Some(VILLAGE), &agent[..], "代办员 王薇"),
        ("赵乡", Role::Township, Some("胡家坨镇"), &[], "乡镇便民中心 赵乡"),
        ("钱窗", Role::Department, Some("城管"), &[], "承办单位 钱窗"),
    ] {
        let mut staff = county.staff(name, role, of).await;
        let text = format!("{TEXT}，{name}记的");
        let mut fields = vec![("text", text.as_str())];
        fields.extend_from_slice(more);
        file(&mut staff, &fields).await.unwrap();
        // The platform has it at once, whoever typed it.
        let clerk = county.clerk_again().await;
        let list = clerk.get("/desk").await;
        let number = list.split("href=\"/desk/cases/").nth(1).unwrap().split('"').next().unwrap();
        let page = page(&county, number).await;
        for part in [&*text, shown, "李四", "没有留", "待受理", "派单"] {
            assert!(page.contains(part), "{name}: no {part} in {page}");
        }
        assert_eq!(page.contains("委托：本人来店里说的"), role == Role::Agent);
        // Whoever typed it sees what becomes of it.
        let (status, own) = staff.try_get(&format!("/desk/cases/{number}")).await;
        assert_eq!(status, 200, "{name}: {own}");
    }
}

#[tokio::test]
async fn an_agent_says_how_she_was_asked() {
    let county = county().open().await;
    let mut agent = county.staff("王薇", Role::Agent, Some(VILLAGE)).await;
    let problem = file(&mut agent, &[]).await.unwrap_err();
    assert!(problem.contains("请写她怎样委托您的"), "{problem}");
    assert!(problem.contains(TEXT), "what was typed is still there");
    let nameless = [("name", ""), ("authorised", "本人来店里说的")];
    let problem = file(&mut agent, &nameless).await.unwrap_err();
    assert!(problem.contains("没有手机号的，请写上姓名"), "{problem}");
    // A village that could be several is asked, not guessed.
    let unsure = [("village", "木口村"), ("authorised", "本人来店里说的")];
    let problem = file(&mut agent, &unsure).await.unwrap_err();
    assert!(
        problem.contains("胡家坨镇木口一村") && problem.contains("请连乡镇一起写"),
        "{problem}"
    );
}

/// A day without power: written on paper, typed in three days later.
#[tokio::test]
async fn what_stood_on_paper_keeps_its_day_and_a_call_its_recording() {
    let county = county().open().await;
    drop(county.clerk().await);
    let mut agent = county.staff("王薇", Role::Agent, Some(VILLAGE)).await;
    let authorised = ("authorised", "本人来店里说的");
    for (heard_at, told) in [
        ("2026-11-23T10:01", "她说的时间不对"),
        ("2026-10-22T10:00", "最近31天"),
        ("前天", "请选她说这件事的时间"),
    ] {
        let problem = file(&mut agent, &[authorised, ("heard_at", heard_at)]).await.unwrap_err();
        assert!(problem.contains(told), "{heard_at}: {problem}");
    }
    let paper = [authorised, ("heard_at", "2026-11-20T15:00")];
    let number = file(&mut agent, &paper).await.unwrap();
    let shown = agent.get(&format!("/desk/cases/{number}")).await;
    assert!(shown.contains("委托：本人来店里说的；11月20日15:00说的，后来登记"), "{shown}");
    let mut clerk = county.clerk_again().await;
    let village = clerk.get("/desk/ledgers?kind=village&month=2026-11&village=大黑坨村").await;
    assert!(village.contains("<td>2026-11-20</td>"), "{village}");
    let called = [("phone", PHONE), ("text", "井盖没了"), ("recording", "REC-20261123-7")];
    let number = file(&mut clerk, &called).await.unwrap();
    assert!(page(&county, &number).await.contains("录音：REC-20261123-7"));
    let cases = clerk.get("/desk/ledgers?kind=cases&month=2026-11").await;
    assert!(cases.contains("2026-11-20 15:00说的，后来登记"), "{cases}");
}

#[tokio::test]
async fn those_who_sign_hear_what_she_hears() {
    let (mut county, fake) = opened().await;
    drop(county.clerk().await);
    let mut clerk = county.clerk_again().await;
    let signers = [("phone", PHONE), ("co_signers", "王五 13900139001\n赵六")];
    let number = file(&mut clerk, &signers).await.unwrap();
    assert!(page(&county, &number).await.contains("王五、赵六"));
    let twice = [("phone", PHONE), ("text", "别的事"), ("co_signers", &*format!("王五 {PHONE}"))];
    assert!(file(&mut clerk, &twice).await.unwrap_err().contains("已经在这件事里了"));
    clerk.act(&number, "co_sign", &[("name", "孙七"), ("phone", "13900139002")]).await;
    drop(clerk);
    county.pass(301).await;
    for phone in [PHONE, "13900139001", "13900139002"] {
        let texts = fake.texts_to(phone);
        assert_eq!(texts.len(), 1, "{phone}: {texts:?}");
        assert_eq!(number_in(&texts[0]), number);
    }
    let mut clerk = county.clerk_again().await;
    let (status, again) =
        clerk.try_act(&number, "co_sign", &[("name", "孙七"), ("phone", "13900139002")]).await;
    assert_eq!(status, 422);
    assert!(again.contains("孙七已经在这件事里了"), "{again}");
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    county.pass(301).await;
    for phone in [PHONE, "13900139001", "13900139002"] {
        assert!(fake.texts_to(phone).last().unwrap().contains("城管局"), "{phone}");
    }
    // It is hers as well: she looks it up by the telephone.
    let said = write(&county, &fake, "13900139001", &format!("查 {number}")).await;
    assert_eq!(number_in(&said), number, "{said}");
}

struct Answer {
    status: u16,
    text: String,
}

async fn post(county: &County, path: &str, fields: &[(&str, &str)], site: &str) -> Answer {
    let url = format!("{}{path}", county.base);
    let request = county.http.post(url).header("sec-fetch-site", site).form(fields);
    let answer = request.send().await.unwrap();
    Answer { status: answer.status().as_u16(), text: answer.text().await.unwrap() }
}

const REPORT: [(&str, &str); 4] =
    [("text", TEXT), ("village", "大黑坨村"), ("name", "李四"), ("phone", "13700137000")];

#[tokio::test]
async fn a_report_on_the_web_has_a_number_and_no_verified_phone() {
    let mut county = county().open().await;
    drop(county.clerk().await);
    let done = post(&county, "/report", &REPORT, "same-origin").await;
    assert_eq!(done.status, 200, "{}", done.text);
    let number = number_in(&done.text);
    assert!(done.text.contains("手机号我们没有核实"), "{}", done.text);
    // Pressed twice it is one.
    let again = post(&county, "/report", &REPORT, "same-origin").await;
    assert_eq!(number_in(&again.text), number);
    let page = page(&county, &number).await;
    assert!(page.contains("网上，") && page.contains("网上自己填的，没有核实"), "{page}");
    assert!(page.contains("谁登记的</dt><dd>本人"), "{page}");
    // Nobody is telephoned about each step; the answer is worth a call.
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    county.pass(600).await;
    let mut clerk = county.clerk_again().await;
    assert!(clerk.tasks("打电话告诉她").await.is_empty());
    let answer = "路灯已经修好了，今天晚上就会亮，请您看看。";
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", answer)]).await;
    drop(clerk);
    county.pass(600).await;
    assert_eq!(county.clerk_again().await.tasks("打电话告诉她").await.len(), 1);
    // With the number alone: how far it is. With four digits: the answer.
    let alone = post(&county, "/query", &[("number", &number)], "same-origin").await;
    assert!(alone.text.contains("已答复") && alone.text.contains("城市管理"), "{}", alone.text);
    assert!(!alone.text.contains(answer) && !alone.text.contains("大黑坨"), "{}", alone.text);
    let hers = [("number", &*number), ("last_four", "7000")];
    assert!(post(&county, "/query", &hers, "same-origin").await.text.contains(answer));
    // There she says what she thinks of it, once.
    let rate = |last_four: &'static str, grade: &'static str| {
        [("number", number.clone()), ("last_four", last_four.into()), ("grade", grade.into())]
    };
    for (last_four, grade, told) in
        [("", "satisfied", "后四位"), ("9999", "satisfied", "对不上"), ("7000", "fine", "请选满意")]
    {
        let fields = rate(last_four, grade);
        let fields = fields.each_ref().map(|(name, value)| (*name, &**value));
        let said = post(&county, "/query/rate", &fields, "same-origin").await;
        assert!(said.status == 422 && said.text.contains(told), "{told}: {}", said.text);
    }
    let fields = rate("7000", "satisfied");
    let fields = fields.each_ref().map(|(name, value): &(&str, String)| (*name, &**value));
    assert_eq!(post(&county, "/query/rate", &fields, "cross-site").await.status, 403);
    let said = post(&county, "/query/rate", &fields, "same-origin").await;
    assert!(
        said.text.contains("谢谢您的评价") && said.text.contains("您的评价：满意"),
        "{}",
        said.text
    );
    assert_eq!(post(&county, "/query/rate", &fields, "same-origin").await.status, 422);
    assert!(self::page(&county, &number).await.contains("办结"));
}

#[tokio::test]
async fn five_wrong_tries_and_an_address_waits_an_hour() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    let wrong = [("number", &*number), ("last_four", "9999")];
    for _ in 0..5 {
        let said = post(&county, "/query", &wrong, "same-origin").await;
        assert_eq!((said.status, said.text.contains("对不上")), (422, true), "{}", said.text);
    }
    let right = [("number", &*number), ("last_four", "8000")];
    let said = post(&county, "/query", &right, "same-origin").await;
    assert!(said.text.contains("一小时以后"), "{}", said.text);
    county.pass(3_601).await;
    let said = post(&county, "/query", &right, "same-origin").await;
    assert!(said.text.contains("已收到"), "{}", said.text);
}

#[tokio::test]
async fn what_the_public_form_does_not_take() {
    let county = county().settings("[public]\nreports_hour = 2\n").open().await;
    for (field, value, site, status, part) in [
        ("website", "http://x", "same-origin", 422, "请空着"),
        ("name", "李四", "cross-site", 403, "请在这一页上填"),
        ("phone", "", "same-origin", 422, "请写手机号"),
    ] {
        let mut fields = REPORT.to_vec();
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        let said = post(&county, "/report", &fields, site).await;
        assert_eq!(said.status, status, "{field}: {}", said.text);
        assert!(said.text.contains(part) && said.text.contains(TEXT), "{field}: {}", said.text);
    }
    assert_eq!(county.health().await["details"]["cases"], 0);
    let fire = [("text", "我家着火了，快来人"), REPORT[1], REPORT[3]];
    let said = post(&county, "/report", &fire, "same-origin").await;
    assert!(said.text.contains("119") && said.text.contains("收到了"), "{}", said.text);
    assert_eq!(post(&county, "/report", &REPORT, "same-origin").await.status, 200);
    let more = [("text", "还有一件事"), REPORT[1], REPORT[3]];
    let said = post(&county, "/report", &more, "same-origin").await;
    assert!(said.status == 422 && said.text.contains("提交得太多了"), "{}", said.text);
}

#[tokio::test]
async fn closed_public_pages_are_not_there() {
    let county = county().settings("[public]\nenabled = false\n").open().await;
    for path in ["/report", "/query"] {
        let answer = county.http.get(format!("{}{path}", county.base)).send().await.unwrap();
        assert_eq!(answer.status(), 404);
        assert_eq!(post(&county, path, &REPORT, "same-origin").await.status, 404);
    }
    assert_eq!(county.health().await["details"]["cases"], 0);
}
