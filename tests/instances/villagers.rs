//! Villagers who report one thing after the other. Each message of theirs is delivered twice
//! at once, to different instances, until one answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fake_wechat::{Account, FakeWechat};
use tokio::sync::mpsc::UnboundedSender;

/// From the first delivery of a message to its answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);
/// An answer that came too late for its request follows as a message. If its instance died
/// with it in its hands, it does not, and she asks again.
const FOLLOWS_WITHIN: Duration = Duration::from_secs(30);
/// Between an answer and her next message; within what one may write in a minute.
const THINKS: Duration = Duration::from_millis(700);
const STEPS_MAX: usize = 30;
/// A part of the question, and what she says to it.
const ANSWERS: [(&str, &str); 7] = [
    ("单独办", "2"),
    ("都对就回", "对"),
    ("照片", "没有"),
    ("哪个村", "大黑坨村"),
    ("哪方面", "5"),
    ("姓名", "张三"),
    ("手机", "13800138000"),
];

pub struct World {
    pub account: Account,
    pub wechat: FakeWechat,
    pub bases: Vec<String>,
    pub stop: AtomicBool,
    /// Hears of each number that a villager was told.
    pub filed: UnboundedSender<String>,
    random: AtomicU64,
    pub longest: Longest,
    pub counts: Counts,
}

/// In milliseconds.
#[derive(Default)]
pub struct Longest {
    pub answer: AtomicU64,
    /// From the first delivery to a message that came instead of an answer.
    pub late_answer: AtomicU64,
}

#[derive(Default)]
pub struct Counts {
    pub messages: AtomicU64,
    /// Both deliveries were answered before she went on.
    pub twins: AtomicU64,
    pub late: AtomicU64,
    /// Answers that never came: see `FOLLOWS_WITHIN`.
    pub unheard: AtomicU64,
    /// Deliveries that were not answered and had to be repeated.
    pub refused: AtomicU64,
}

impl World {
    pub fn new(
        account: Account,
        wechat: FakeWechat,
        bases: Vec<String>,
        filed: UnboundedSender<String>,
    ) -> Self {
        Self {
            account,
            wechat,
            bases,
            filed,
            stop: AtomicBool::new(false),
            random: AtomicU64::new(7),
            longest: Longest::default(),
            counts: Counts::default(),
        }
    }

    fn random(&self, below: usize) -> usize {
        let seed = self.random.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        let mixed = (seed ^ (seed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed >> 33) as usize % below
    }

    /// To one instance after the other until one answers, as the load balancer and WeChat do.
    async fn deliver(&self, who: &str, xml: &str, first: usize) -> String {
        let began = Instant::now();
        let mut at = first;
        loop {
            let url = format!("{}/wechat/main", self.bases[at % self.bases.len()]);
            let error = match self.account.villager(who).deliver(&url, xml).await {
                Ok(answer) => {
                    note(&self.longest.answer, began);
                    return answer.text().to_owned();
                }
                Err(error) => error,
            };
            self.counts.refused.fetch_add(1, Ordering::SeqCst);
            assert!(began.elapsed() < ANSWERED_WITHIN, "{who}: not answered: {error}\n{xml}");
            tokio::time::sleep(Duration::from_millis(50)).await;
            at = self.random(self.bases.len());
        }
    }

    /// She goes on when one delivery has been answered; the other one may linger and must not
    /// take effect later. `None`: the answer never came.
    async fn say(self: &Arc<Self>, who: &str, text: &str) -> Option<String> {
        tokio::time::sleep(THINKS).await;
        self.counts.messages.fetch_add(1, Ordering::SeqCst);
        self.wechat.follow(who);
        self.wechat.wrote(who);
        let heard = self.late_answers(who).len();
        let began = Instant::now();
        let xml = self.account.villager(who).message("text", &format!("<Content>{text}</Content>"));
        let first = self.random(self.bases.len());
        let twin = tokio::spawn({
            let (world, who, xml) = (self.clone(), who.to_owned(), xml.clone());
            async move { world.deliver(&who, &xml, first + 1).await }
        });
        let mut twin = std::pin::pin!(twin);
        let said = tokio::select! {
            said = self.deliver(who, &xml, first) => {
                // Now and then she looks what became of the other one.
                if self.random(4) == 0 {
                    let other = (&mut twin).await.unwrap();
                    self.counts.twins.fetch_add(1, Ordering::SeqCst);
                    let same = said == other || said.is_empty() || other.is_empty();
                    assert!(same, "{who} {text}: {said}\nis not\n{other}");
                }
                said
            }
            other = &mut twin => other.unwrap(),
        };
        // Her window at WeChat began no earlier than the program thinks.
        self.wechat.wrote(who);
        if !said.is_empty() {
            return Some(said);
        }
        self.counts.late.fetch_add(1, Ordering::SeqCst);
        while began.elapsed() < FOLLOWS_WITHIN {
            if let Some(text) = self.late_answers(who).into_iter().nth(heard) {
                note(&self.longest.late_answer, began);
                return Some(text);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.counts.unheard.fetch_add(1, Ordering::SeqCst);
        None
    }

    /// What she got by messages that are no notices.
    fn late_answers(&self, who: &str) -> Vec<String> {
        let texts = self.texts(who).into_iter();
        texts.filter(|text| !text.contains(NOTICE)).collect()
    }

    pub fn texts(&self, who: &str) -> Vec<String> {
        let text =
            |m: serde_json::Value| m["text"]["content"].as_str().unwrap_or_default().to_owned();
        self.wechat.inbox(who).into_iter().map(text).collect()
    }

    /// Reports one thing after the other; gives the numbers that she was told, and how often
    /// each.
    pub async fn live(self: Arc<Self>, who: String) -> BTreeMap<String, u32> {
        let mut numbers = BTreeMap::new();
        let mut day = 1;
        while !self.stop.load(Ordering::SeqCst) {
            day += 1;
            let report = format!("大黑坨村的垃圾堆在路边{day}天没人拉，我叫张三，电话13800138000");
            if let Some(number) = self.report(&who, &report).await {
                let _ = self.filed.send(number.clone());
                *numbers.entry(number).or_default() += 1;
            }
        }
        numbers
    }

    /// Her words, and then whatever is asked, until she is told a number.
    async fn report(self: &Arc<Self>, who: &str, report: &str) -> Option<String> {
        let mut talk = vec![report.to_owned()];
        let mut heard = self.say(who, report).await;
        for _ in 0..STEPS_MAX {
            let confirmed = talk.last().is_some_and(|said| said == "对" || said == "2");
            let next = match &heard {
                Some(said) => match (number_in(said), answer_to(said)) {
                    (Some(number), _) => return Some(number),
                    (None, Some(answer)) => answer,
                    (None, None) => panic!("{who} does not know what to say: {talk:#?} {said}"),
                },
                // The case is filed; a clerk has a task because she may not know its number.
                None if confirmed => return None,
                None => "再说一遍",
            };
            talk.extend(heard);
            talk.push(next.to_owned());
            heard = self.say(who, next).await;
        }
        panic!("{who} is asked without end: {talk:#?}");
    }
}

/// What the notice of a dispatch says, and no answer.
pub const NOTICE: &str = "已交给";

fn note(longest: &AtomicU64, began: Instant) {
    longest.fetch_max(began.elapsed().as_millis() as u64, Ordering::SeqCst);
}

fn answer_to(said: &str) -> Option<&'static str> {
    ANSWERS.iter().find(|(asked, _)| said.contains(asked)).map(|(_, answer)| *answer)
}

/// Nine digits, of a text that tells a new number.
fn number_in(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("收到了，编号")?;
    let number: String = rest.chars().take(11).filter(char::is_ascii_digit).collect();
    (number.len() == 9).then_some(number)
}
