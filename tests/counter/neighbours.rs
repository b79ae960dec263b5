//! What a neighbour has told of already: she is asked whether she would rather sign it.

use bianmin::office::Role;

use super::county::{County, county, number_in, part};

const FIRST: &str = "oVillager00000000000000000001";
const SECOND: &str = "oVillager00000000000000000002";
const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";
const RUBBISH: &str = "大黑坨村的垃圾堆在路边十几天没人拉";

async fn asked(county: &County, who: &str, text: &str) -> String {
    county.talk(who, &[text, "对"]).await
}

#[tokio::test]
async fn who_signs_a_neighbours_case_hears_what_its_writer_hears() {
    let mut county = county().open().await;
    let number = county.report(FIRST).await;
    let said = asked(&county, SECOND, "大黑坨村的垃圾堆在路边好些天没人拉，我叫李四").await;
    for part in ["已有1户反映", "回 1", "单独办，回 2"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    for hers in ["张三", "13800138000", "十几天"] {
        assert!(!said.contains(hers), "{hers}: {said}");
    }
    let said = county.say(SECOND, "1").await;
    assert!(said.contains("算上您了") && number_in(&said) == number, "{said}");
    assert_eq!(number_in(&county.say(SECOND, "查进度").await), number);
    {
        let mut clerk = county.clerk().await;
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        assert!(page.contains("加联名人") && page.contains("好些天没人拉"), "{page}");
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    }
    county.pass(1).await;
    for who in [FIRST, SECOND] {
        assert!(county.inbox(who).iter().any(|text| text.contains("已交给")), "{who}");
    }
    // A third one is told how many there are by now.
    let said = asked(&county, "oVillager00000000000000000003", RUBBISH).await;
    assert!(said.contains("已有2户反映"), "{said}");
    let clerk = county.clerk_again().await;
    let list = clerk.get("/desk").await;
    assert_eq!(numbers(&list), [number], "one case for both: {list}");
}

/// What she thinks of it only she is asked who filed it; the reminder too.
#[tokio::test]
async fn who_signed_hears_the_answer_and_is_not_asked_to_rate_it() {
    let mut county = county().open().await;
    let number = county.report(FIRST).await;
    asked(&county, SECOND, RUBBISH).await;
    county.say(SECOND, "1").await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    }
    county.pass(3 * 24 * 3_600).await;
    let answers = |who: &str| -> Vec<String> {
        county.inbox(who).into_iter().filter(|text| text.contains(REPLY)).collect()
    };
    let (hers, signers) = (answers(FIRST), answers(SECOND));
    assert!(hers.iter().all(|text| text.contains("满意吗")) && !hers.is_empty(), "{hers:#?}");
    let [told] = &signers[..] else { panic!("once: {signers:#?}") };
    assert!(told.contains("您一起反映的") && !told.contains("满意"), "{told}");
}

/// She adds to it and asks for haste; she does not end for all what another filed.
#[tokio::test]
async fn who_signed_neither_takes_it_back_nor_rates_it() {
    let county = county().open().await;
    let number = county.report(FIRST).await;
    asked(&county, SECOND, RUBBISH).await;
    county.say(SECOND, "1").await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    assert!(county.say(SECOND, "撤回").await.contains("没有可以撤回的事"));
    let said = county.talk(SECOND, &[&format!("撤{number}"), "跳过", "1"]).await;
    assert!(said.contains("不能由您来做"), "{said}");
    let said = county.say(SECOND, &format!("催{number}")).await;
    assert!(said.contains("催"), "{said}");
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(!page.contains("已撤回") && page.contains("催"), "{page}");
    let said = county.say(SECOND, &format!("评{number} 满意")).await;
    assert!(said.contains("不能由您来做"), "{said}");
    assert!(county.talk(FIRST, &[&format!("评{number} 满意")]).await.contains("谢谢"));
}

#[tokio::test]
async fn who_means_another_matter_files_her_own() {
    let county = county().open().await;
    let first = county.report(FIRST).await;
    assert!(asked(&county, SECOND, RUBBISH).await.contains("单独办"));
    let said = county.say(SECOND, "2").await;
    assert!(said.contains("收到了，编号") && number_in(&said) != first, "{said}");
}

#[tokio::test]
async fn nobody_is_shown_what_is_hidden_or_over_or_her_own() {
    let county = county().open().await;
    let first = county.report(FIRST).await;
    let files_at_once = async |who: &str, text: &str| {
        let said = asked(&county, who, text).await;
        assert!(said.contains("收到了，编号"), "{who} {text}: {said}");
        number_in(&said)
    };
    // Her own, another kind, another village, other words, and one who wants to be hidden.
    files_at_once(FIRST, RUBBISH).await;
    files_at_once("oVillager00000000000000000012", "大黑坨村的路灯灭了半个月没人管").await;
    files_at_once("oVillager00000000000000000013", "小黑坨村的垃圾堆在路边十几天没人拉").await;
    files_at_once("oVillager00000000000000000014", "大黑坨村的垃圾堆在路边十几天没人拉，请保密")
        .await;
    let mut clerk = county.clerk().await;
    let page = clerk.get("/desk?search=垃圾堆").await;
    assert!(page.contains(&first), "{page}");
    for number in numbers(&page) {
        // One of them is hidden from the start.
        clerk.try_act(&number, "hide", &[]).await;
    }
    files_at_once("oVillager00000000000000000015", RUBBISH).await;
}

fn numbers(page: &str) -> Vec<String> {
    let found = page.split("<a href=\"/desk/cases/").skip(1);
    let mut all: Vec<String> = found.map(|rest| rest[..9].to_owned()).collect();
    all.dedup();
    all
}

#[tokio::test]
async fn what_a_leader_writes_is_a_task_until_the_department_answers() {
    let mut county = county().open().await;
    let number = county.report(FIRST).await;
    county.clerk().await.act(&number, "dispatch", &[("department", "城管")]).await;
    let path = format!("/desk/cases/{number}");
    {
        let leader = county.staff("王书记", Role::Leader, None).await;
        assert_eq!(leader.try_get(&path).await.0, 404, "in time it is none of hers");
    }
    county.pass(20 * 24 * 3_600).await;
    {
        let mut leader = county.staff("张书记", Role::Leader, None).await;
        let page = leader.get(&path).await;
        assert!(page.contains("id=\"direct\"") && !page.contains("张三"), "{page}");
        assert!(!page.contains("13800138000") && !page.contains("id=\"dispatch\""), "{page}");
        leader.act(&number, "direct", &[("text", "请查清原因，报我。"), ("days", "2")]).await;
    }
    {
        let mut clerk = county.clerk_again().await;
        let tasks = clerk.tasks("领导批示").await;
        let task = clerk.get(&tasks[0]).await;
        assert!(task.contains("县城市管理综合行政执法局") && task.contains("请查清原因"), "{task}");
        clerk.csrf = clerk.csrf_of(&tasks[0]).await;
        let (status, page) = clerk.post(&format!("{}/finish", tasks[0]), &[("note", "好")]).await;
        assert!(status == 422 && page.contains("答复批示"), "{status} {page}");
    }
    // Its day passes: that is noted on the case, and the task says so.
    county.pass(3 * 24 * 3_600).await;
    {
        let clerk = county.clerk_again().await;
        assert!(clerk.get(&path).await.contains("答复批示 （"), "{}", clerk.get(&path).await);
        let list = clerk.get("/desk/tasks").await;
        assert!(list.contains("超期 领导批示"), "{list}");
        assert!(clerk.get(&clerk.tasks("领导批示").await[0]).await.contains("没有答复批示"));
    }
    {
        let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
        assert!(lead.get(&path).await.contains("id=\"answer_direction\""));
        lead.act(&number, "answer_direction", &[("text", "车坏了，已经换新。")]).await;
    }
    let clerk = county.clerk_again().await;
    assert!(!clerk.get("/desk/tasks").await.contains("领导批示"));
    let leader = county.staff("李县长", Role::Leader, None).await;
    let page = leader.get(&path).await;
    assert!(part(&page, "<ol", "</ol>").contains("车坏了，已经换新"), "{page}");
}

#[tokio::test]
async fn a_card_of_the_village_is_forwarded_or_printed() {
    let county = county().settings("[public]\nenabled = true\n").open().await;
    let get = async |path: &str| {
        let answer = county.http.get(format!("{}{path}", county.base)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, card) = get("/tell/130225102216").await;
    assert_eq!(status, 200, "{card}");
    for part in ["胡家坨镇大黑坨村", "<svg", "大黑坨代办员", "0315-0000101"] {
        assert!(card.contains(part), "{part}: {card}");
    }
    let link = part(&card, "<a href=\"", "\"");
    assert!(link.ends_with("/report?village=130225102216"), "{link}");
    let (_, form) = get("/report?village=130225102216").await;
    assert!(form.contains("value=\"胡家坨镇大黑坨村\""), "{form}");
    // A shop that is not open yet is not on the card; a place that there is not has none.
    let (status, card) = get("/tell/130225101224").await;
    assert!(status == 200 && !card.contains("小黑坨代办员"), "{card}");
    assert_eq!(get("/tell/130225999999").await.0, 404);
    let (_, form) = get("/report?village=%22%3E%3Cb%3E").await;
    assert!(!form.contains("<b>"), "{form}");
}
