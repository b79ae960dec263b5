//! Samples: a village's counter asks for one, its merchant answers, and where it stands is said to
//! villagers who look at the article.

use crate::office::staff_wechat::Letter;
use crate::office::views::{CommandError, Session};
use crate::office::{Office, outbox};
use crate::shop::{Article, Sample, SampleState};
use crate::store::{Changes, StoreError, keys, list, list_by_index, load};

use super::merchants::person_of;
use super::orders::LIST_MAX;
use super::reach::Reach;
use super::views::{SampleRow, SamplesPage, ShownSample};

impl Office {
    pub async fn samples(&self, session: &Session) -> Result<SamplesPage, CommandError> {
        let reach = self.reach(session).await?;
        let ranges = match &reach {
            Reach::Village(own) => {
                let found = list::<Sample>(&*self.store, keys::samples_of(own), LIST_MAX).await?;
                let mut all: Vec<Sample> = found.into_iter().map(|found| found.record).collect();
                all.sort_by_key(|sample| (sample.state, std::cmp::Reverse(sample.asked_at)));
                let rows = all.iter().map(row).collect();
                let shown = self.shown_samples(&reach).await?;
                return Ok(SamplesPage { rows, shown, asks: true, answers: false });
            }
            Reach::All | Reach::Reads => vec![keys::open_samples(None)],
            Reach::Merchants(own) => own.iter().map(|id| keys::open_samples(Some(id))).collect(),
        };
        let mut rows = Vec::new();
        for range in ranges {
            let found = list_by_index::<Sample>(&*self.store, range, LIST_MAX).await?;
            rows.extend(found.iter().map(|(_, sample)| row(&sample.record)));
        }
        rows.sort_by_key(|row| row.asked_at);
        let shown = self.shown_samples(&reach).await?;
        Ok(SamplesPage { rows, shown, asks: false, answers: reach.keeps_goods() })
    }

    /// How many wait for an answer.
    pub(super) async fn samples_waiting(
        &self,
        merchant: Option<&str>,
    ) -> Result<usize, StoreError> {
        let range = keys::open_samples(merchant);
        Ok(list_by_index::<Sample>(&*self.store, range, LIST_MAX).await?.len())
    }

    /// What stands in village shops: in one's own, or of one's own.
    async fn shown_samples(&self, reach: &Reach) -> Result<Vec<ShownSample>, StoreError> {
        let shelf = self.shelf().await?;
        let mut shown = Vec::new();
        for article in shelf.articles() {
            let hers = |village: &&String| match reach {
                Reach::Village(own) => own == *village,
                _ => reach.merchant(&article.merchant),
            };
            shown.extend(article.samples.iter().filter(hers).map(|village| ShownSample {
                village: village.clone(),
                shop: self.shop_name(village),
                article: article.id.clone(),
                title: article.title(),
            }));
        }
        shown.truncate(LIST_MAX);
        Ok(shown)
    }

    pub async fn ask_sample(
        &self,
        session: &Session,
        article: &str,
        note: &str,
    ) -> Result<(), CommandError> {
        let refused = |text: &str| CommandError::Refused(text.to_owned());
        let Reach::Village(village) = self.reach_to_act(session).await? else {
            return Err(CommandError::NotFound);
        };
        let found = load::<Article>(&*self.store, keys::article(article.trim())).await?;
        let article = found.map(|found| found.record).filter(|article| !article.withdrawn);
        let article = article.ok_or_else(|| refused("没有这样商品。请照「商品」里的编号写。"))?;
        if article.samples.contains(&village) {
            return Err(refused("店里已经有这样东西的样品了。"));
        }
        let before = load::<Sample>(&*self.store, keys::sample(&village, &article.id)).await?;
        if before.as_ref().is_some_and(|before| before.record.state == SampleState::Asked) {
            return Err(refused("已经要过了，正等商家答。"));
        }
        let sample = Sample {
            village_name: self.place_name(&village),
            article: article.id.clone(),
            title: article.title(),
            merchant: article.merchant.clone(),
            note: note.trim().to_owned(),
            state: SampleState::Asked,
            reason: String::new(),
            by: session.name.clone(),
            asked_at: self.clock.now(),
            answered_by: String::new(),
            revision: before.as_ref().map_or(0, |before| before.record.revision) + 1,
            village,
        };
        sample.check().map_err(|refusal| refused(&refusal.to_string()))?;
        let mut changes = Changes::default();
        match &before {
            Some(before) => changes.replace(before, &sample)?,
            None => changes.create(&sample)?,
        }
        let fields = [("title", sample.title.clone()), ("shop", self.shop_name(&sample.village))];
        let fields = fields.map(|(name, text)| (name.to_owned(), text)).into();
        let whom = Some(person_of(&sample.merchant));
        let (subject, nth) = (subject(&sample.village, &sample.article), sample.revision);
        let now = self.clock.now();
        changes.create(&outbox::notice(&subject, nth, "merchant_sample", fields, whom, now))?;
        self.commit_told(changes).await
    }

    /// `reason`: why it is not sent. What is sent is shown there from now on.
    pub async fn answer_sample(
        &self,
        session: &Session,
        (village, article): (&str, &str),
        sends: bool,
        reason: &str,
    ) -> Result<(), CommandError> {
        let reach = self.reach_to_act(session).await?;
        let before = load::<Sample>(&*self.store, keys::sample(village, article)).await?;
        let before = before.filter(|before| reach.merchant(&before.record.merchant));
        let before = before.ok_or(CommandError::NotFound)?;
        let mut sample = before.record.clone();
        let answered = sample.answer(sends, reason, &session.name);
        answered.map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
        let mut changes = Changes::default();
        changes.replace(&before, &sample)?;
        let goods = load::<Article>(&*self.store, keys::article(article)).await?;
        if let Some(goods) = goods.filter(|_| sends) {
            let mut shown = goods.record.clone();
            if !shown.samples.contains(&sample.village) {
                shown.samples.push(sample.village.clone());
            }
            changes.replace(&goods, &shown)?;
            self.mark_shelf(&mut changes, &session.name).await?;
        }
        let said = match sends {
            true => "送来，摆在店里".to_owned(),
            false => format!("不送，{}", sample.reason),
        };
        self.tell_shop(&mut changes, &sample, &said).await?;
        self.commit_told(changes).await
    }

    /// Its merchant takes home what a shop shows, whoever put it there.
    pub async fn take_sample_back(
        &self,
        session: &Session,
        (village, article): (&str, &str),
    ) -> Result<(), CommandError> {
        let reach = self.reach_to_act(session).await?;
        let goods = load::<Article>(&*self.store, keys::article(article)).await?;
        let goods = goods.filter(|goods| reach.merchant(&goods.record.merchant));
        let goods = goods.ok_or(CommandError::NotFound)?;
        let mut left = goods.record.clone();
        left.samples.retain(|shows| shows != village);
        if left == goods.record {
            return Err(CommandError::Refused("那个店没有摆着这样样品。请刷新看看。".into()));
        }
        let mut changes = Changes::default();
        changes.replace(&goods, &left)?;
        self.mark_shelf(&mut changes, &session.name).await?;
        // What a table put there nobody has asked for.
        let sample = load::<Sample>(&*self.store, keys::sample(village, article)).await?;
        if let Some(before) = sample.filter(|one| one.record.state == SampleState::Shown) {
            let mut sample = before.record.clone();
            sample.take_back(&session.name);
            changes.replace(&before, &sample)?;
            self.tell_shop(&mut changes, &sample, "收回去了").await?;
        }
        self.commit_told(changes).await
    }

    /// Who stands at its counter hears what its merchant does with a sample.
    async fn tell_shop(
        &self,
        changes: &mut Changes,
        sample: &Sample,
        said: &str,
    ) -> Result<(), StoreError> {
        let fields = [("title", sample.title.as_str()), ("text", said)];
        let letter = Letter {
            whom: &sample.village,
            subject: &subject(&sample.village, &sample.article),
            nth: &sample.revision.to_string(),
            notice: "shop_sample",
            fields: fields.map(|(name, text)| (name.to_owned(), text.to_owned())).into(),
        };
        self.tell_bound(changes, &letter, self.clock.now()).await
    }

    async fn commit_told(&self, changes: Changes) -> Result<(), CommandError> {
        self.store.commit(changes.into_batch()).await?;
        self.bells.outbox.notify_one();
        Ok(())
    }

    /// `毛庄镇毛庄村店`; the digits of a village that is not in the tables any more.
    pub(super) fn shop_name(&self, village: &str) -> String {
        format!("{}店", self.place_name(village))
    }

    fn place_name(&self, village: &str) -> String {
        let tables = self.tables();
        let place = tables.places.get(village);
        place
            .map_or_else(|| village.to_owned(), |place| format!("{}{}", place.township, place.name))
    }
}

/// Of the messages about one.
fn subject(village: &str, article: &str) -> String {
    outbox::hash(&["sample", village, article])
}

fn row(sample: &Sample) -> SampleRow {
    SampleRow {
        village: sample.village.clone(),
        shop: format!("{}店", sample.village_name),
        article: sample.article.clone(),
        title: sample.title.clone(),
        note: sample.note.clone(),
        state: sample.state.word(),
        reason: sample.reason.clone(),
        by: sample.by.clone(),
        asked_at: sample.asked_at,
    }
}
