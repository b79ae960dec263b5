//! Whatever a villager does, in whatever order: the conversation keeps its promises.

use std::path::Path;

use bianmin::county::Places;
use bianmin::dialog::{
    self, Conversation, Effect, Env, Event, Fields, Medium, Offer, Script, SourceFile, Value,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const STATE_BYTES_MAX: usize = 16 * 1024;
const TEXT_BYTES_MAX: usize = 2_048;

const TEXTS: [&str; 56] = [
    "投诉",
    "我要反映",
    "查进度",
    "查",
    "人工",
    "机器人",
    "结束",
    "取消",
    "上一步",
    "帮助",
    "再说一遍",
    "大黑坨",
    "大黑坨村",
    "小黑坨村",
    "黑坨",
    "南王庄",
    "李庄",
    "胡家坨镇大黑坨村",
    "丰南",
    "月亮上",
    "1",
    "2",
    "3",
    "９",
    "0",
    "选２。",
    "第一个",
    "倒数第二",
    "最后一个",
    "10",
    "对",
    "对的",
    "不对",
    "是",
    "不是",
    "好的",
    "谢谢",
    "嗯",
    "",
    "😀😀",
    "没有",
    "跳过",
    "不留名",
    "匿名",
    "张三",
    "我叫李四",
    "13800138000",
    "1380013800",
    "一三八零零一三八零零零",
    "路灯",
    "停水",
    "大黑坨村停水三天了，全村都没水用，我叫张三，电话13800138000",
    "写错了，是小黑坨村",
    "电话不对",
    "不满意",
    "126-000-016",
];

fn shipped() -> (Script, Places) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<SourceFile> = std::fs::read_dir(root.join("dialogs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| SourceFile {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            text: std::fs::read_to_string(&path).unwrap(),
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let table = |name: &str| std::fs::read_to_string(root.join("county").join(name)).unwrap();
    let places =
        Places::parse(&table("places.csv"), &table("aliases.csv"), &table("neighbours.csv"));
    (dialog::load(&files).unwrap(), places.unwrap())
}

#[derive(Clone, Debug)]
enum Step {
    Happens(Event),
    Passes(i64),
}

/// What the host makes of a call.
#[derive(Clone, Copy, Debug)]
enum Host {
    Does,
    Refuses,
    Fails,
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => prop::sample::select(&TEXTS).prop_map(str::to_owned),
        2 => "[\\PC]{0,40}",
        1 => (prop::sample::select(&TEXTS), 1usize..300).prop_map(|(text, n)| text.repeat(n)),
        1 => Just("【清单】】】【【".to_owned()),
    ]
}

fn events() -> impl Strategy<Value = Event> {
    let media = || "[a-z0-9]{1,12}";
    prop_oneof![
        30 => texts().prop_map(Event::Text),
        2 => media().prop_map(|media| Event::Photo { media }),
        1 => media().prop_map(|media| Event::Voice { media, text: None }),
        1 => (media(), texts()).prop_map(|(media, text)| Event::Voice { media, text: Some(text) }),
        1 => ("[大黑坨村口]{0,6}", -200.0..200.0f64).prop_map(|(label, degrees)| {
            Event::Location { latitude: degrees, longitude: degrees, label }
        }),
        2 => prop::sample::select(&["APPEAL", "STATUS", "HUMAN", "OLD"][..])
            .prop_map(|key| Event::Menu(key.to_owned())),
        1 => Just(Event::Follow { scene: None, new: true }),
        1 => Just(Event::Unsupported("小程序".into())),
        2 => Just(Event::Wake),
        1 => Just(Event::Takeover),
        1 => Just(Event::Release),
        1 => Just(Event::Result { call: "appeal-1-call_8".into(), outcome: Err(String::new()) }),
        1 => Just(Event::Offer(Offer::for_case("rating", "126000016", Timestamp::MAX))),
    ]
}

fn sessions() -> impl Strategy<Value = (Medium, Vec<(Step, Host)>)> {
    let step = prop_oneof![
        9 => events().prop_map(Step::Happens),
        1 => (1i64..2_000).prop_map(Step::Passes),
    ];
    let host = prop_oneof![4 => Just(Host::Does), 1 => Just(Host::Refuses), 1 => Just(Host::Fails)];
    let medium = prop_oneof![Just(Medium::Wechat), Just(Medium::Sms)];
    (medium, prop::collection::vec((step, host), 1..60))
}

struct Session<'a> {
    script: &'a Script,
    places: &'a Places,
    medium: Medium,
    now: Timestamp,
    conversation: Conversation,
    events: Vec<(Timestamp, Event)>,
}

impl Session<'_> {
    fn env(&self, now: Timestamp) -> Env<'_> {
        let phone = (self.medium == Medium::Sms).then_some("13700001111");
        Env { now, medium: self.medium, phone, places: self.places, working: true }
    }

    fn one(&mut self, event: &Event) -> Result<Vec<Effect>, TestCaseError> {
        let before = self.conversation.clone();
        let env = self.env(self.now);
        let turn = dialog::step(self.script, &before, event, &env)
            .map_err(|fault| TestCaseError::fail(format!("{fault} at {event:?}")))?;
        let again = dialog::step(self.script, &before, event, &env);
        prop_assert_eq!(Ok(&turn), again.as_ref());
        let saved = serde_json::to_string(&turn.conversation).unwrap();
        prop_assert!(saved.len() <= STATE_BYTES_MAX, "{} bytes", saved.len());
        let loaded: Conversation = serde_json::from_str(&saved).unwrap();
        prop_assert_eq!(&loaded, &turn.conversation);
        for effect in &turn.effects {
            if let Effect::Say(text) = effect {
                prop_assert!(!text.trim().is_empty(), "an empty text at {event:?}");
                prop_assert!(self.medium == Medium::Sms || text.len() <= 4 * TEXT_BYTES_MAX);
            }
        }
        let silent = before.is_with_person() && turn.conversation.is_with_person();
        if silent && !matches!(event, Event::Follow { .. }) {
            let says = turn.effects.iter().any(|effect| matches!(effect, Effect::Say(_)));
            prop_assert!(!says, "the bot speaks beside a person: {:?}", turn.effects);
        }
        if let Event::Text(_) = event {
            prop_assert!(!turn.effects.is_empty(), "no answer to {event:?} in {before:?}");
        }
        self.conversation = loaded;
        self.events.push((self.now, event.clone()));
        Ok(turn.effects)
    }

    fn happens(&mut self, event: Event, host: Host) -> Result<(), TestCaseError> {
        let mut next = Some(event);
        for _ in 0..20 {
            let Some(event) = next.take() else { return Ok(()) };
            for effect in self.one(&event)? {
                if let Effect::Call(call) = effect {
                    let outcome = match host {
                        Host::Does => Ok(result(&call.action, self.events.len())),
                        Host::Refuses => Err("现在不行。".to_owned()),
                        Host::Fails => Err(String::new()),
                    };
                    next = Some(Event::Result { call: call.id, outcome });
                }
            }
        }
        Err(TestCaseError::fail("it calls without end"))
    }
}

fn result(action: &str, n: usize) -> Value {
    let row = |n: usize| -> Fields {
        let text = |text: String| Value::Text(text);
        Fields::from([
            ("case_no".to_owned(), text(format!("126-000-{n:03}"))),
            ("title".to_owned(), text("大黑坨村路灯".into())),
            ("state".to_owned(), text("办理中".into())),
            ("next".to_owned(), text("redo".into())),
        ])
    };
    match action {
        "lookup_case" => Value::List((0..n % 4).map(row).collect()),
        _ => Value::Record(row(n)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn a_conversation_keeps_its_promises((medium, steps) in sessions()) {
        thread_local! {
            static SHIPPED: (Script, Places) = shipped();
        }
        SHIPPED.with(|(script, places)| -> Result<(), TestCaseError> {
            let now = "2026-11-23T10:00:00+08:00".parse().unwrap();
            let conversation = Conversation::default();
            let mut session =
                Session { script, places, medium, now, conversation, events: Vec::new() };
            for (step, host) in steps {
                match step {
                    Step::Happens(event) => session.happens(event, host)?,
                    Step::Passes(minutes) => session.now += SignedDuration::from_mins(minutes),
                }
            }
            // Wherever she is, one word brings a person.
            session.happens(Event::Text("人工".into()), Host::Does)?;
            prop_assert!(session.conversation.is_with_person());
            let mut replayed = Conversation::default();
            for (at, event) in &session.events {
                let turn = dialog::step(script, &replayed, event, &session.env(*at)).unwrap();
                replayed = turn.conversation;
            }
            prop_assert_eq!(&replayed, &session.conversation);
            Ok(())
        })?;
    }
}
