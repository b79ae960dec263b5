//! Answers from the clerks' tables, and what becomes of them: a consultation, an errand.

use super::county::{VILLAGER, county, number_in};

#[tokio::test]
async fn an_errand_is_a_case_of_its_own_kind_with_all_that_the_agent_needs() {
    let county = county().open().await;
    let said = county.say(VILLAGER, "我想办低保要带什么").await;
    assert!(said.contains("家里收入和存款的情况") && said.contains("要代办员替您跑吗"), "{said}");
    let said = county.talk(VILLAGER, &["1", "大黑坨", "张三", "13800138000", "对"]).await;
    let number = number_in(&said);
    assert!(number.starts_with("226"), "{said}");
    let mut clerk = county.clerk().await;
    let (_, page) = clerk.see(&number, "问材料齐不齐").await;
    for part in ["委托代办：低保申请", "胡家坨镇大黑坨村", "张三", "13800138000", "低保特困"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    clerk.act(&number, "dispatch", &[("department", "民政")]).await;
    let said = county.say(VILLAGER, "查进度").await;
    assert!(said.contains("民政局正在办"), "{said}");
}

#[tokio::test]
async fn an_errand_goes_its_seven_steps_and_she_hears_of_three() {
    let county = county().open().await;
    let mut phone = county.phone("zhang");
    phone.say("我想办社保卡").await;
    let said = phone.talk(&["1", "大黑坨", "张三", "13800138000", "对"]).await;
    let number = number_in(&said);
    let mut clerk = county.clerk().await;
    for (action, text, told) in [
        ("errand_taken_in", "收下身份证原件，费用20元", "代办，受理：收下身份证原件"),
        ("errand_handled", "材料交到窗口了", "代办，办理：材料交到窗口了"),
        ("errand_delivered", "卡交到本人手里，身份证退回", "代办，送达：卡交到本人手里"),
        ("errand_filed", "村店台账第12页", ""),
        ("errand_reported", "", ""),
        ("errand_visited", "她说很满意", ""),
    ] {
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        let offered = page.matches("<section class=\"card act\" id=\"errand_").count();
        assert_eq!(offered, 1, "only the next step is offered: {page}");
        clerk.act(&number, action, &[("text", text)]).await;
        county.settle().await;
        let heard = phone.read().await;
        assert!(if told.is_empty() { heard.is_empty() } else { heard.contains(told) }, "{heard}");
    }
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(!page.contains("还没有</span></li>") && !page.contains("id=\"errand_"), "{page}");
    // What is no errand has no such steps.
    let number = county.report("oVillager00000000000000000003").await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(!page.contains("代办七步") && !page.contains("id=\"errand_"), "{page}");
}

#[tokio::test]
async fn who_handles_it_becomes_a_case_with_one_answer() {
    let county = county().open().await;
    let mut phone = county.phone("zhang");
    let said = phone.say("电视没影了该找谁？").await;
    assert!(said.contains("归广电网络公司管"), "{said}");
    let said = phone.say("1").await;
    assert!(said.contains("报上去了，编号126-"), "{said}");
    let clerk = county.clerk().await;
    let page = clerk.get(&format!("/desk/cases/{}", number_in(&said))).await;
    assert!(page.contains("电视没影了该找谁") && page.contains("有线电视故障"), "{page}");
    assert!(
        page.contains("selected>县广电网络公司（建议）") || page.contains("广电网络公司（建议）"),
        "{page}"
    );
}

#[tokio::test]
async fn a_service_card_and_the_matchmaker_are_a_consultation() {
    let county = county().open().await;
    let said = county.talk(VILLAGER, &["找对象", "1", "儿子三十，在县城上班", "没有"]).await;
    let number = number_in(&said);
    let clerk = county.clerk().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("想问：找对象。儿子三十，在县城上班"), "{page}");
    // Never to be seen by others.
    let said = county.talk("oVillager00000000000000000002", &["供求", "2"]).await;
    assert!(said.contains("这一类现在没有"), "{said}");
    let said = county.say(VILLAGER, "村店 大黑坨村").await;
    assert!(said.contains("大黑坨代办员，电话0315-0000101"), "{said}");
}
