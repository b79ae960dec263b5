//! The shop from outside: trying it in a fresh folder, and goods from the command line.

use super::program::{Home, said};

#[test]
fn a_newcomer_orders_two_bags_of_urea_in_four_messages() {
    let home = Home::new();
    let lines = "我要买两袋尿素，我是毛庄村的，我叫肖奉安\n自己取\n13800138000\n确认\n/quit\n";
    let text = said(&home.run_with(&["chat"], lines));
    assert!(text.contains("尿素 40kg×2袋，210元"), "{text}");
    assert!(text.contains("订好了，单号526-") && text.contains("共210元"), "{text}");
}

#[tokio::test]
async fn the_demo_is_put_in_once_and_never_beside_a_real_account() {
    let home = Home::new();
    let goods = |home: &Home| home.export().matches("\"D01-01\"").count();
    {
        let server = home.serve();
        let said = server.say("zhang", "买2袋尿素毛庄村自取，我叫张三，电话13800138000").await;
        assert!(said.contains("合计210元"), "{said}");
    }
    let before = goods(&home);
    assert!(before > 0);
    drop(home.serve());
    assert_eq!(goods(&home), before, "put in once");

    let other = Home::new();
    let account = "[simulator]\nenabled = false\n";
    other.edit("config.toml", "[server]", &format!("{account}[server]"));
    drop(other.serve());
    assert_eq!(goods(&other), 0);
}

#[tokio::test]
async fn a_table_comes_in_by_the_command_line_beside_a_server_or_without_one() {
    let home = Home::new();
    drop(home.serve());
    let head = "编号,商家,类别,名称,单位,会员价,库存,最少,最多\n";
    home.write(
        "bad.csv",
        format!("{head}X1,D01,化肥,磷肥,袋,八十,5,1,9\nX2,D99,飞机,钾肥,袋,80,5,9,1\n"),
    );
    let text = home.refused(&["shop", "import", "bad.csv"]);
    for part in ["第2行「会员价」列", "第3行「商家」列", "第3行「类别」列", "共4处要改"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    home.write("good.csv", format!("{head}X1,D01,化肥,磷肥,袋,80,5,1,9\n"));
    let text = home.done(&["shop", "import", "good.csv", "--dry-run"]);
    assert!(text.contains("会新增1种"), "{text}");
    let text = home.done(&["shop", "import", "good.csv", "--dry-run"]);
    assert!(text.contains("会新增1种"), "nothing was stored: {text}");
    let server = home.serve();
    let text = home.done(&["shop", "import", "good.csv"]);
    assert!(text.contains("已新增1种"), "{text}");
    let said = server.say("li", "买1袋磷肥毛庄村自取，我叫李四，电话13800138000").await;
    assert!(said.contains("合计80元"), "{said}");
    let text = home.refused(&["shop", "import", "good.txt"]);
    assert!(text.contains("good.txt"), "{text}");
}
