//! Walks every chain and says where one is broken: the events of each case, what was taken out
//! of them, the case that they make, and the log of looks.

use std::collections::HashSet;

use crate::desk::private::put_back;
use crate::desk::{Case, Depth, chain, erase, fold};
use crate::store::looks::{Look, LookHead};
use crate::store::private_records::{Identity, Words};
use crate::store::records::StoredEvent;
use crate::store::{Engine, Key, Range, StoreError, keys, list, load};

use super::tasks;

const EVENTS_MAX: usize = 1_000;
const PAGE: usize = 500;
const READ_AGAIN: usize = 3;
/// More are not read by anybody.
const BROKEN_MAX: usize = 100;

#[derive(Debug, Default, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Verified {
    pub cases: usize,
    pub events: usize,
    pub looks: usize,
    /// What does not agree, the first of each chain.
    pub broken: Vec<String>,
}

impl super::Office {
    pub async fn verify(&self) -> Result<Verified, StoreError> {
        verify(&*self.store).await
    }
}

/// Of what is stored when it comes by.
async fn verify(store: &dyn Engine) -> Result<Verified, StoreError> {
    let mut found = Verified::default();
    let mut known = HashSet::new();
    let mut range = keys::all_cases();
    while let Some(page) = next_keys(store, &mut range).await? {
        for key in page {
            known.extend(segment(&key, 1));
            found.cases += 1;
            let mut case = case_at(store, key.clone()).await;
            for _ in 0..READ_AGAIN {
                // Somebody may have gone on with it between two reads.
                if matches!(case, Err(Trouble::Broken(_))) {
                    case = case_at(store, key.clone()).await;
                }
            }
            match case {
                Ok(events) => found.events += events,
                Err(Trouble::Store(error)) => return Err(error),
                Err(Trouble::Broken(what)) => found.broken.push(what),
            }
            if found.broken.len() >= BROKEN_MAX {
                return Ok(found);
            }
        }
    }
    let mut range = keys::all_events();
    while let Some(page) = next_keys(store, &mut range).await? {
        for number in page.iter().filter_map(|key| segment(key, 1)) {
            if known.insert(number.clone()) {
                let number = tasks::shown(&number);
                found.broken.push(format!("{number}：有办理记录，事项本身没有了"));
            }
        }
    }
    match looks(store).await {
        Ok(count) => found.looks = count,
        Err(Trouble::Store(error)) => return Err(error),
        Err(Trouble::Broken(what)) => found.broken.push(what),
    }
    Ok(found)
}

enum Trouble {
    Store(StoreError),
    Broken(String),
}

/// What can not be read is broken, too.
impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Corrupt { key, why } => {
                Trouble::Broken(format!("{key}：读不出来（{why}）"))
            }
            error => Trouble::Store(error),
        }
    }
}

async fn next_keys(store: &dyn Engine, range: &mut Range) -> Result<Option<Vec<Key>>, StoreError> {
    let page = store.scan(range.clone(), PAGE).await?;
    let keys: Vec<Key> = page.into_iter().map(|(key, _)| key).collect();
    let Some(last) = keys.last() else { return Ok(None) };
    *range = keys::after(range, last);
    Ok(Some(keys))
}

fn segment(key: &[u8], n: usize) -> Option<String> {
    keys::text(key).split('/').nth(n).map(str::to_owned)
}

/// Says how many events it has.
async fn case_at(store: &dyn Engine, key: Key) -> Result<usize, Trouble> {
    let Some(case) = load::<Case>(store, key).await? else { return Ok(0) };
    let case = case.record;
    let number = case.number.digits();
    let events = list::<StoredEvent>(store, keys::events_of(&number), EVENTS_MAX).await?;
    let words = list::<Words>(store, keys::words_of(&number), EVENTS_MAX).await?;
    let identity = load::<Identity>(store, keys::identity(&number)).await?;
    let broken = |n: usize, why: &str| {
        Err(Trouble::Broken(format!("{}第{n}条：{why}", tasks::shown(&number))))
    };
    let linked = events.iter().map(|event| chain::Linked {
        event: &event.record.event,
        commitments: &event.record.commitments,
        hash: &event.record.hash,
    });
    if let Some(n) = chain::first_broken(linked) {
        return broken(n, "和前面的接不上，改过或少了");
    }
    let gap = (1..).zip(&events).find(|(n, event)| event.record.n != *n);
    if let Some((n, _)) = gap {
        return broken(n as usize, "少了一条");
    }
    let end = events.last().map_or("", |event| &event.record.hash);
    if end != case.chain || events.len() != case.revision as usize {
        return broken(events.len() + 1, "后面少了");
    }
    for event in &events {
        let event = &event.record;
        let n = event.n as usize;
        let own = words.iter().find(|words| words.record.n == event.n);
        let own = own.map(|one| chain::commit(&one.record.salt, &one.record.texts));
        let hers = identity.as_ref().filter(|_| event.n == 1);
        let hers = hers.map(|one| chain::commit(&one.record.salt, &one.record.texts));
        let kept: Vec<String> = hers.into_iter().chain(own).collect();
        if kept.iter().any(|one| !event.commitments.contains(one)) {
            return broken(n, "写的话或姓名电话改过");
        }
        let may_be_gone = if case.erased.is_some() { event.commitments.len() } else { 0 };
        if kept.len() + may_be_gone < event.commitments.len() {
            return broken(n, "写的话或姓名电话没有了，又没有清除过");
        }
    }
    let is_stray = |n: u32| n == 0 || n as usize > events.len();
    let stray = words.iter().find(|words| is_stray(words.record.n));
    if let Some(stray) = stray {
        return broken(stray.record.n as usize, "写的话不属于哪一条");
    }
    let mut whole: Vec<_> = events.into_iter().map(|event| event.record.event).collect();
    for words in &words {
        let n = words.record.n as usize - 1;
        whole.get_mut(n).into_iter().for_each(|event| put_back(event, &words.record.texts));
    }
    let silent = case.erased.is_some();
    match fold(&whole) {
        Ok(folded) if alike(&folded, silent) == alike(&case, silent) => Ok(whole.len()),
        Ok(_) => broken(whole.len(), "事项现在的样子和记录对不上"),
        Err(error) => broken(whole.len(), &error.to_string()),
    }
}

/// A case without what the host adds; `silent`: and without its texts.
fn alike(case: &Case, silent: bool) -> Case {
    let depth = if silent { Depth::All } else { Depth::Identity };
    let case = erase::without(case, depth, case.updated_at);
    Case { wakes_at: None, chain: String::new(), erased: None, ..case }
}

async fn looks(store: &dyn Engine) -> Result<usize, Trouble> {
    let head = load::<LookHead>(store, keys::look_head()).await?;
    let head = head.map(|head| head.record).unwrap_or_default();
    let (mut n, mut hash) = (head.cleared, head.cleared_hash.clone());
    let mut range = keys::all_looks();
    loop {
        let page = list::<Look>(store, range.clone(), PAGE).await?;
        let Some(last) = page.last() else { break };
        range = keys::after(&range, &keys::look(last.record.n));
        for look in page {
            // Written while this one walks.
            if look.record.n > head.n {
                break;
            }
            n += 1;
            if look.record.n != n || look.record.linked(&hash) != look.record.hash {
                return Err(Trouble::Broken(format!("审计日志第{n}条：改过或少了")));
            }
            hash = look.record.hash;
        }
    }
    if n != head.n || hash != head.hash {
        return Err(Trouble::Broken(format!("审计日志第{}条：后面少了", n + 1)));
    }
    Ok(usize::try_from(n - head.cleared).unwrap_or(usize::MAX))
}
