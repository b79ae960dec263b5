//! Random sessions over the county's own dialogs: whatever she does, the conversation stays
//! whole, small, polite and the same on every run.

use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use bianmin::dialog::{
    self, Call, Conversation, Effect, Env, Event, Fields, Medium, Offer, Script, SourceFile, Turn,
    Value,
};
use bianmin::office::Tables;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const STATE_BYTES_MAX: usize = 16 * 1024;
const SAY_BYTES_MAX: usize = 2_048;
const BEGINNING: &str = "2026-11-23T10:00:00+08:00";

/// The county's dialogs, and those of the fixtures that use all of the language.
static FILES: LazyLock<Vec<SourceFile>> = LazyLock::new(|| {
    let folders = [
        "dialogs",
        "dialogs/表",
        "tests/fixtures/scripts/订货",
        "tests/fixtures/scripts/订货/表",
        "tests/fixtures/scripts/跳和调",
        "tests/fixtures/scripts/各种问题",
    ];
    let mut files = Vec::new();
    for folder in folders.iter().filter(|folder| root().join(folder).is_dir()) {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let prefix = if folder.ends_with('表') { "表/" } else { "" };
            if path.is_file() && [".yaml", ".csv"].iter().any(|end| name.ends_with(end)) {
                let bytes = fs::read(&path).unwrap();
                let mut file = dialog::decode(&format!("{prefix}{name}"), &bytes).unwrap();
                // Those numbers belong to the county's own dialogs here.
                if folder.starts_with("tests") && prefix.is_empty() {
                    let lines = file.text.lines().filter(|line| !line.starts_with("  短信:"));
                    file.text = lines.collect::<Vec<_>>().join("\n");
                    file.text.truncate(file.text.find("\n测试:").unwrap_or(file.text.len()));
                }
                files.push(file);
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
});

fn read(edit: impl Fn(&str) -> String) -> Script {
    let files: Vec<SourceFile> = FILES
        .iter()
        .map(|file| SourceFile { name: file.name.clone(), text: edit(&file.text) })
        .collect();
    dialog::load(&files).unwrap_or_else(|found| panic!("{}", found[0]))
}

/// What is live now and what may follow: other texts, other wares, another order of questions.
static SCRIPTS: LazyLock<[Script; 3]> = LazyLock::new(|| {
    [
        read(str::to_owned),
        read(|text| {
            text.replace("是哪方面的事？", "哪方面？").replace("P02,化肥,复合肥", "P99,化肥,钾肥")
        }),
        read(|text| {
            text.replace(
                "  - 问: days\n    类型: 数量\n    说: 借几天？\n",
                "  - 问: days\n    类型: 短文\n    说: 借几天？\n",
            )
            .replace("days × 12.5", "100")
            .replace("    字: 瓦工\n", "    字: 瓦匠\n")
            .replace("      - 值: wood\n        字: 木工\n", "")
        }),
    ]
});

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    Tables::read(&root().join("county")).unwrap_or_else(|wrong| panic!("{wrong:?}"))
});

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What villagers write. Brackets are left out: the bot repeats what she wrote.
const TEXTS: &[&str] = &[
    "你好",
    "在吗",
    "谢谢",
    "嗯",
    "哦",
    "好的",
    "好",
    "取消",
    "算了",
    "不办了",
    "上一步",
    "返回",
    "帮助",
    "菜单",
    "人工",
    "转人工。",
    "找人",
    "再说一遍",
    "机器人",
    "结束",
    "反映问题",
    "我要投诉",
    "投诉 我是大黑坨村的，我叫李四，村口路灯坏了半个月没人管，电话13912345678",
    "大黑坨村停水三天了，全村都没水用",
    "小黑坨村停电一天了，什么时候来电",
    "查进度",
    "查进度 126041279",
    "126 041 273",
    "大黑坨村",
    "大黑坨",
    "小黑坨",
    "大黑陀",
    "村东头",
    "丰南区的",
    "王滩镇",
    "胡家坨镇",
    "写错了，是小黑坨村",
    "不是大黑坨，是小黑坨",
    "电话不对",
    "名字错了，改成王五",
    "是",
    "不是",
    "对",
    "对的",
    "不对",
    "没问题",
    "路灯",
    "路坏了",
    "垃圾没人拉",
    "拖欠工资",
    "别的事",
    "说不好",
    "灭了",
    "村口的灯灭了半个月，晚上看不见路",
    "没有",
    "跳过",
    "匿名",
    "我叫张三",
    "张三",
    "1380013800",
    "13800138000",
    "一三八零零一三八零零零",
    "满意",
    "不满意",
    "不行",
    "灯还是不亮",
    "第二个",
    "选１。",
    "都不是",
    "村委会门口",
    "１",
    "　取消　",
    "ＡＢＣ１２３",
    "",
    "   ",
    "。。。",
    "😀",
    "👍🏽👍",
    "👨‍👩‍👧",
    "\u{0}\u{7}",
    "http://example.com/?a=1&b=2",
    "订货",
    "订货 我要三袋尿素",
    "农具",
    "更多",
    "水泵",
    "两袋",
    "登记",
    "13",
    "1、2",
    "全部",
    "二百五",
    "明天",
    "11010519491231002X",
    "借车",
    "三天",
    "村东头",
];

#[derive(Clone, Debug)]
enum Move {
    Text(String),
    Other(Event),
    /// So many minutes pass, with everything that wakes meanwhile.
    Passes(i64),
    Offer(u8),
    /// The result of a call that was made before comes once more.
    ResultAgain,
    ResultUnknown,
    /// Another script is put live, gently or at once.
    Publish(usize, bool),
}

fn long_texts() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("村口的路灯坏了没有人管。".repeat(130)),
        Just("a".repeat(4_200)),
        Just("大黑坨村路灯不亮\n".repeat(180)),
        Just("😀".repeat(1_100)),
        Just("\"路灯\\坏了\"\n".repeat(250)),
        Just(format!("路灯坏了没人管{}", "\u{1}".repeat(4_000))),
    ]
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => prop::sample::select(TEXTS).prop_map(str::to_owned),
        6 => (0..=10u8).prop_map(|n| n.to_string()),
        2 => Just("是".to_owned()),
        1 => long_texts(),
        1 => "[\\u{4e00}-\\u{4e40}1-9，。？]{0,30}",
        1 => "[ -~]{0,20}",
    ]
}

fn moves() -> impl Strategy<Value = Move> {
    let media = || (0..12u8).prop_map(|n| format!("media-{n}"));
    let keys = prop::sample::select(vec![
        "APPEAL", "STATUS", "HUMAN", "HELP", "BACK", "CANCEL", "REPEAT", "OLD", "",
    ]);
    let labels = prop::sample::select(vec!["", "大黑坨村委会", "北京市天安门", "超市"]);
    prop_oneof![
        40 => texts().prop_map(Move::Text),
        3 => media().prop_map(|media| Move::Other(Event::Photo { media })),
        2 => (media(), prop::option::of(texts()))
            .prop_map(|(media, text)| Move::Other(Event::Voice { media, text })),
        2 => (-200.0..200.0, labels).prop_map(|(degrees, label)| Move::Other(Event::Location {
            latitude: degrees / 2.0,
            longitude: degrees,
            label: label.to_owned(),
        })),
        3 => keys.prop_map(|key| Move::Other(Event::Menu(key.to_owned()))),
        1 => any::<bool>()
            .prop_map(|new| Move::Other(Event::Follow { scene: Some("码".into()), new })),
        1 => Just(Move::Other(Event::Unsupported("一段视频".into()))),
        1 => Just(Move::Other(Event::Wake)),
        4 => prop_oneof![1..90i64, 90..2_000i64, 2_000..40_000i64].prop_map(Move::Passes),
        2 => (0..8u8).prop_map(Move::Offer),
        1 => Just(Move::Other(Event::Takeover)),
        2 => Just(Move::Other(Event::Release)),
        1 => Just(Move::ResultAgain),
        1 => Just(Move::ResultUnknown),
        2 => (0..3usize, any::<bool>()).prop_map(|(n, at_once)| Move::Publish(n, at_once)),
    ]
}

/// A beginning that gets somewhere, so that the rest happens in the middle of things.
const JOURNEYS: &[&[&str]] = &[
    &[],
    &[],
    &["投诉", "大黑坨村"],
    &["投诉", "大黑坨村", "LONG", "1", "4", "LONG", "匿名", "13800138000"],
    &["大黑坨村路灯不亮半个月了没有人管", "2", "4", "我叫张三", "13800138000"],
    &["投诉 大黑坨村垃圾没人拉，我叫李四，电话13912345678", "对"],
    &["LONG", "大黑坨村", "2", "LONG", "我叫张三", "查进度"],
    &["查进度"],
    &["订货", "3", "9"],
    &["登记", "1", "200", "明天", "11010519491231002X"],
    &["借车", "是", "3", "大黑坨"],
];

struct Session {
    script: Arc<Script>,
    now: Timestamp,
    medium: Medium,
    conversation: Conversation,
    /// How calls end, in turn.
    outcomes: Vec<u8>,
    calls: Vec<Call>,
    history: Vec<(Timestamp, Arc<Script>, Event)>,
}

impl Session {
    fn new(medium: Medium, outcomes: Vec<u8>) -> Self {
        let now = BEGINNING.parse().unwrap();
        let conversation = Conversation::default();
        let script = Arc::new(SCRIPTS[0].clone());
        Self { script, now, medium, conversation, outcomes, calls: Vec::new(), history: Vec::new() }
    }

    fn step(&self, conversation: &Conversation, event: &Event, now: Timestamp) -> Turn {
        self.step_by(&self.script, conversation, event, now)
    }

    fn step_by(
        &self,
        script: &Script,
        conversation: &Conversation,
        event: &Event,
        now: Timestamp,
    ) -> Turn {
        let phone = (self.medium == Medium::Sms).then_some("13700001111");
        let reader = TABLES.reader();
        let env = Env {
            now,
            medium: self.medium,
            phone,
            places: &reader,
            home: None,
            language: None,
            working: true,
        };
        dialog::step(script, conversation, event, &env)
            .unwrap_or_else(|fault| panic!("{fault}\nat {event:?}\nafter {conversation:?}"))
    }

    fn plays(&mut self, step: Move) {
        match step {
            Move::Text(text) => self.happens(Event::Text(text)),
            Move::Other(event) => self.happens(event),
            Move::Passes(minutes) => self.pass(SignedDuration::from_mins(minutes)),
            Move::Offer(n) => {
                let until = self.now + SignedDuration::from_hours(24 * 7);
                let number = format!("12604127{n}");
                self.happens(Event::Offer(Offer::for_case("rating", &number, until)));
            }
            Move::ResultAgain => {
                if let Some(call) = self.calls.last().cloned() {
                    let outcome = self.outcome(&call);
                    self.happens(Event::Result { call: call.id, outcome });
                }
            }
            Move::Publish(n, at_once) => {
                self.script = Arc::new(SCRIPTS[n].clone().succeeding(&self.script, at_once));
            }
            Move::ResultUnknown => {
                let outcome = Ok(Value::List(Vec::new()));
                self.happens(Event::Result { call: "no-such-call".into(), outcome });
            }
        }
    }

    fn pass(&mut self, time: SignedDuration) {
        let end = self.now + time;
        let mut wakes = 0;
        while let Some(wake) = self.conversation.next_wake(&self.script).filter(|wake| *wake <= end)
        {
            self.now = wake.max(self.now);
            self.happens(Event::Wake);
            wakes += 1;
            assert!(wakes < 20, "it wants to be woken again and again: {:?}", self.conversation);
        }
        self.now = end;
    }

    /// The event, and the results of what it calls for.
    fn happens(&mut self, event: Event) {
        let mut next = vec![event];
        let mut steps = 0;
        while let Some(event) = next.pop() {
            for effect in self.one(event) {
                if let Effect::Call(call) = effect {
                    let outcome = self.outcome(&call);
                    next.push(Event::Result { call: call.id.clone(), outcome });
                    self.calls.push(call);
                }
            }
            steps += 1;
            assert!(steps < 20, "calls without end");
        }
    }

    fn one(&mut self, event: Event) -> Vec<Effect> {
        let before = self.conversation.clone();
        let turn = self.step(&before, &event, self.now);
        assert_eq!(turn, self.step(&before, &event, self.now), "not the same twice");
        check_turn(&before, &event, &turn);
        assert!(turn.conversation.is_at_rest(), "nothing is asked: {:?}", turn.conversation);

        let human = self.step(&turn.conversation, &Event::Text("人工".into()), self.now);
        assert!(
            human.conversation.is_with_person(),
            "人工 found nobody after {:?}",
            turn.conversation
        );

        let saved = serde_json::to_string(&turn.conversation).unwrap();
        assert!(saved.len() <= STATE_BYTES_MAX, "{} bytes: {saved}", saved.len());
        self.conversation = serde_json::from_str(&saved).unwrap();
        assert_eq!(self.conversation, turn.conversation, "saved and loaded");
        self.history.push((self.now, self.script.clone(), event));
        turn.effects
    }

    fn outcome(&mut self, call: &Call) -> Result<Value, String> {
        let kind = self.outcomes.get(self.calls.len() % self.outcomes.len()).copied().unwrap_or(0);
        let row = |n: usize| -> Fields {
            let fields = [
                ("case_no", format!("126-041-27{n}")),
                ("title", format!("路灯不亮{n}")),
                ("state", "正在办".to_owned()),
                ("reply", "水管已经修好，请放心用水。".repeat(40)),
                ("promised", "11月25日17点前".to_owned()),
                ("due", "11月25日17点前".to_owned()),
                ("next", if kind % 2 == 0 { "redo" } else { "closed" }.to_owned()),
            ];
            fields.into_iter().map(|(id, text)| (id.to_owned(), Value::Text(text))).collect()
        };
        match (kind, call.action.as_str()) {
            (0, _) => Err(String::new()),
            (1, _) => Err("编号不对，请再看一下。".into()),
            (n, "lookup_case") => Ok(Value::List((0..usize::from(n) - 2).map(row).collect())),
            _ => Ok(Value::Record(row(0))),
        }
    }

    fn replays(&self) {
        let mut conversation = Conversation::default();
        for (at, script, event) in &self.history {
            conversation = self.step_by(script, &conversation, event, *at).conversation;
        }
        assert_eq!(conversation, self.conversation, "replayed");
    }
}

fn check_turn(before: &Conversation, event: &Event, turn: &Turn) {
    let said: Vec<&str> = turn
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Say(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    for text in &said {
        assert!(!text.trim().is_empty(), "nothing is said at {event:?}");
        assert!(!text.contains(['【', '】']), "a bracket is said: {text}");
        assert!(text.len() <= SAY_BYTES_MAX, "{} bytes are said: {text}", text.len());
    }
    let is_text = matches!(event, Event::Text(_));
    if !before.is_with_person() {
        assert!(!is_text || !turn.effects.is_empty(), "no answer to {event:?} in {before:?}");
        return;
    }
    let calls_back = match event {
        Event::Text(text) | Event::Voice { text: Some(text), .. } => {
            ["机器人", "结束"].contains(&bianmin::zh::plain(text).as_str())
        }
        Event::Release | Event::Follow { .. } => true,
        _ => false,
    };
    assert!(calls_back || said.is_empty(), "{event:?} made the bot speak: {said:?}");
    assert!(calls_back || turn.conversation.is_with_person(), "{event:?} sent the person away");
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_she_does(
        sms in any::<bool>(),
        outcomes in prop::collection::vec(0..8u8, 1..6),
        journey in prop::sample::select(JOURNEYS),
        long in long_texts(),
        moves in prop::collection::vec(moves(), 1..24),
    ) {
        let mut session = Session::new(if sms { Medium::Sms } else { Medium::Wechat }, outcomes);
        for text in journey {
            let text = if *text == "LONG" { long.clone() } else { (*text).to_owned() };
            session.plays(Move::Text(text));
        }
        for step in moves {
            session.plays(step);
        }
        session.replays();
    }
}

/// Nine cases with long replies beside a filing that is as long as it can be.
#[test]
fn a_long_filing_survives_a_look_at_long_replies() {
    let long = "村口的路灯坏了没有人管。".repeat(130);
    let mut session = Session::new(Medium::Wechat, vec![11]);
    for text in [&long, "大黑坨村", "我叫张三", "查进度", "9"] {
        session.plays(Move::Text(text.to_owned()));
    }
    assert_eq!(session.calls.len(), 1);
    assert!(session.conversation.is_busy());
    session.plays(Move::Text("电话13800138000".into()));
    session.plays(Move::Text("对".into()));
    assert_eq!(session.calls.last().map(|call| call.action.as_str()), Some("create_case"));
}

/// A random session found it: with a changed script put live at once, the offer of a rating
/// carried her answers over, and then nothing was asked.
#[test]
fn an_offer_leaves_her_question_asked_when_a_script_was_put_live() {
    let mut session = Session::new(Medium::Wechat, vec![0]);
    for text in ["借车", "是"] {
        session.plays(Move::Text(text.to_owned()));
    }
    session.plays(Move::Publish(2, true));
    session.plays(Move::Offer(0));
    assert!(session.conversation.is_at_rest());
    session.plays(Move::Text("三天".to_owned()));
    session.replays();
}
