//! What is special about a villager who writes by SMS: words that stop and start it, a number
//! that is no longer hers, and robots that would talk for ever.

use jiff::SignedDuration;

use crate::channel::Via;
use crate::county::Channel;
use crate::dialog::Conversation;
use crate::store::StoreError;
use crate::store::records::{Heard, Outgoing, SmsState, Task, TaskKind};
use crate::zh;

use super::notice_policy::forget_old;
use super::turn::Turn;
use super::{outbox, tasks};

/// The carriers' words for "no more", and those that people write (NFKC, upper case).
const STOP: [&str; 8] = ["R", "T", "TD", "N", "退订", "拒收", "STOP", "不要再发了"];
const START: [&str; 5] = ["恢复", "恢复短信", "开通短信", "HF", "START"];
const NOT_ME: [&str; 6] = ["不是本人", "打错了", "发错了", "换号了", "不认识", "不是我"];
/// The same words so many times within so long: a machine answers.
const SAME_MAX: u8 = 4;
const SAME_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// A menu answer may well come four times.
const SAME_CHARACTERS_FROM: usize = 3;

impl Turn<'_> {
    /// `true`: there is nothing more to be done with this message.
    pub async fn by_sms(&mut self, text: &str, via: Option<&Via>) -> Result<bool, StoreError> {
        let now = self.now;
        let busy = self.contact.conversation.is_busy();
        let with_person = self.contact.conversation.is_with_person();
        let limit = self.office.common().notices.answers_hour as usize;
        let state = self.contact.sms.get_or_insert_default();
        forget_old(state, now);
        state.last_in = Some(now);
        if let Some(via) = via {
            state.via = Some(via.account.clone());
            state.dialled.clone_from(&via.dialled);
        }
        let word = zh::plain(text).to_uppercase();
        if is_one_of(&STOP, &word) {
            let known = state.stopped_at.is_some();
            state.stopped_at = Some(now);
            // Never a message to somebody who wants none; on WeChat she learns how to come back.
            if !known {
                self.tell_on_wechat(
                    "好的，以后不再往您的手机发短信。要恢复，用那个手机回「恢复」。",
                )
                .await?;
            }
            return Ok(true);
        }
        if is_one_of(&START, &word) && state.stopped_at.take().is_some() {
            self.texts.push("好的，以后有消息还用短信告诉您。".into());
            return Ok(true);
        }
        if !busy && !with_person && is_one_of(&NOT_ME, &word) && self.contact.person.is_some() {
            self.number_changed_hands().await?;
            return Ok(true);
        }
        state.gone_at = None;
        if with_person {
            return Ok(false);
        }
        let robot = is_repeated(state, &word, now) || state.answered.len() >= limit;
        if robot {
            self.office.counters.machines.add(1);
            tracing::warn!("a number writes like a machine: not answered");
        }
        Ok(robot)
    }

    /// Somebody else has this number now: nothing of hers is told there.
    async fn number_changed_hands(&mut self) -> Result<(), StoreError> {
        let Some(id) = self.contact.person.take() else { return Ok(()) };
        let mut task = Task {
            title: "一个手机号换了人".into(),
            reason: "有人用这个号码回：不是本人。以后不再往这个号码发".into(),
            ..tasks::blank(TaskKind::Phone, self.now)
        };
        if let Some(before) = self.office.person_behind(&id).await? {
            let mut person = before.record.clone();
            tasks::describe(&mut task, &person);
            person.addresses.retain(|address| *address != self.contact.address);
            self.changes.replace(&before, &person)?;
        }
        self.changes.create(&task)?;
        self.contact.conversation = Conversation::default();
        self.contact.sms.get_or_insert_default().gone_at = Some(self.now);
        self.texts.push("好的，不再往这个号码发了。".into());
        Ok(())
    }

    /// On the villager's WeChat, if she has linked one.
    async fn tell_on_wechat(&mut self, text: &str) -> Result<(), StoreError> {
        let Some(person) = self.resolve_person().await? else { return Ok(()) };
        let wechat = person.addresses.iter().find(|address| {
            address.starts_with(Channel::Wechat.id())
                || address.starts_with(Channel::Simulator.id())
        });
        if let Some(address) = wechat {
            let message =
                Outgoing { must_arrive: false, ..outbox::from_clerk(address, text, self.now) };
            self.changes.create(&message)?;
            self.bells.outbox = true;
        }
        Ok(())
    }
}

/// `word` has lost what is said without meaning (了), and so must the list.
fn is_one_of(list: &[&str], word: &str) -> bool {
    list.iter().any(|one| zh::plain(one).to_uppercase() == word)
}

fn is_repeated(state: &mut SmsState, word: &str, now: jiff::Timestamp) -> bool {
    if word.chars().count() < SAME_CHARACTERS_FROM {
        return false;
    }
    let hash = outbox::hash(&[word]);
    match &mut state.heard {
        Some(heard) if heard.hash == hash && now < heard.since + SAME_WITHIN => {
            heard.times = heard.times.saturating_add(1);
            heard.times >= SAME_MAX
        }
        other => {
            *other = Some(Heard { hash, times: 1, since: now });
            false
        }
    }
}
