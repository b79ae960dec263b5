//! Pictures of an article: kept like the photos that villagers send, and to be seen by everybody
//! for as long as it is on the shelf.

use sha2::Digest;

use crate::calendar::local_date;
use crate::office::Office;
use crate::office::looks::Noted;
use crate::office::random::to_hex;
use crate::office::views::{CommandError, MediaFile, Session};
use crate::shop::{self, Article, Returns};
use crate::store::looks::LookKind;
use crate::store::records::{Media, MediaKind, MediaState};
use crate::store::{Changes, StoreError, keys, load};

use super::views::PublicArticle;

const PICTURES_MAX: usize = 4;
pub const PICTURE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// By its first bytes: a name says nothing. Only what every browser shows.
fn kind_of(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// The name of a picture is the beginning of its hash: another picture is another address.
fn media_of(article: &str, name: &str) -> String {
    format!("goods/{article}/{name}")
}

pub(super) fn names(article: &Article) -> Vec<String> {
    let name = |media: &String| media.rsplit('/').next().unwrap_or_default().to_owned();
    article.pictures.iter().map(name).collect()
}

impl Office {
    pub async fn add_picture(
        &self,
        session: &Session,
        id: &str,
        bytes: &[u8],
    ) -> Result<(), CommandError> {
        let refused = |text: String| CommandError::Refused(text);
        let before = self.own_article(session, id).await?;
        let kind = kind_of(bytes).ok_or_else(|| {
            refused("这不是照片，或者这种格式不行。请用 .jpg、.png 或 .webp。".into())
        })?;
        if bytes.len() > PICTURE_BYTES_MAX {
            return Err(refused("照片太大，最大2MB。请缩小以后再传。".into()));
        }
        let hash = to_hex(&sha2::Sha256::digest(bytes));
        let media = media_of(id, &hash[..16]);
        let mut article = before.record.clone();
        if article.pictures.contains(&media) {
            return Ok(());
        }
        if article.pictures.len() >= PICTURES_MAX {
            return Err(refused(format!("最多{PICTURES_MAX}张照片。请先撤下一张。")));
        }
        self.keep_now(&media, MediaKind::Photo, kind, bytes).await?;
        article.pictures.push(media);
        self.replace_article(session, &before, &article).await
    }

    /// Nobody sees it any more, and it is cleared away in time.
    pub async fn remove_picture(
        &self,
        session: &Session,
        id: &str,
        name: &str,
    ) -> Result<(), CommandError> {
        let before = self.own_article(session, id).await?;
        let mut article = before.record.clone();
        let media = media_of(id, name);
        if !article.pictures.contains(&media) {
            return Err(CommandError::NotFound);
        }
        article.pictures.retain(|picture| *picture != media);
        self.replace_article(session, &before, &article).await
    }

    async fn own_article(
        &self,
        session: &Session,
        id: &str,
    ) -> Result<crate::store::Loaded<Article>, CommandError> {
        let reach = self.reach_to_act(session).await?;
        let found = load::<Article>(&*self.store, keys::article(id)).await?;
        let found = found.filter(|found| reach.merchant(&found.record.merchant));
        found.ok_or(CommandError::NotFound)
    }

    async fn replace_article(
        &self,
        session: &Session,
        before: &crate::store::Loaded<Article>,
        article: &Article,
    ) -> Result<(), CommandError> {
        let mut changes = Changes::default();
        changes.replace(before, article)?;
        self.mark_shelf(&mut changes, &session.name).await?;
        let told = format!("照片{}张", article.pictures.len());
        let noted = Noted::by(session, LookKind::Goods, &article.id, &told);
        Ok(self.commit_noted(changes, noted).await?)
    }

    /// What may be ordered today; `None`: nothing of that id.
    pub async fn public_article(&self, id: &str) -> Result<Option<PublicArticle>, StoreError> {
        let shelf = self.shelf().await?;
        let today = local_date(self.clock.now());
        let offered = |article: &&Article| shelf.offered(article, today).is_ok();
        let Some(article) = shelf.article(id).filter(offered) else { return Ok(None) };
        let merchant = shelf.merchant(&article.merchant);
        Ok(Some(PublicArticle {
            id: article.id.clone(),
            title: article.title(),
            name: article.name.clone(),
            merchant: merchant.map_or(String::new(), |merchant| merchant.name.clone()),
            price: article.price.to_string(),
            unit: article.unit.clone(),
            market: article.market_words(),
            brand: article.brand.clone(),
            origin: article.origin.clone(),
            licence_no: article.licence_no.clone(),
            returns: match article.returns {
                Returns::SevenDays => "七天内没用过，可以退",
                other => other.word(),
            },
            share: shop::share_words(article).unwrap_or_default(),
            samples: self.sample_shops(article),
            pictures: names(article),
        }))
    }

    /// Of what may be ordered today, whoever asks.
    pub async fn picture(&self, id: &str, name: &str) -> Result<Option<MediaFile>, CommandError> {
        let shelf = self.shelf().await?;
        let today = local_date(self.clock.now());
        let offered = |article: &&Article| shelf.offered(article, today).is_ok();
        match shelf.article(id).filter(offered) {
            Some(article) => self.picture_of(article, name).await,
            None => Ok(None),
        }
    }

    /// On the shelf or not, for who keeps it.
    pub async fn own_picture(
        &self,
        session: &Session,
        id: &str,
        name: &str,
    ) -> Result<Option<MediaFile>, CommandError> {
        let reach = self.reach(session).await?;
        let found = load::<Article>(&*self.store, keys::article(id)).await?;
        match found.filter(|found| reach.merchant(&found.record.merchant)) {
            Some(found) => self.picture_of(&found.record, name).await,
            None => Ok(None),
        }
    }

    async fn picture_of(
        &self,
        article: &Article,
        name: &str,
    ) -> Result<Option<MediaFile>, CommandError> {
        let media = media_of(&article.id, name);
        if !article.pictures.contains(&media) {
            return Ok(None);
        }
        let media = load::<Media>(&*self.store, keys::media(&media)).await?;
        match media.map(|media| media.record.state) {
            Some(MediaState::Kept { hash, .. }) => self.media(&hash).await,
            _ => Ok(None),
        }
    }

    /// Where she sees its pictures; empty: there are none, or pages have no address.
    pub(super) fn goods_link(&self, article: &Article) -> String {
        let base = self.config.settings.server.public_url.trim_end_matches('/');
        match article.pictures.is_empty() || base.is_empty() {
            true => String::new(),
            false => format!("{base}/goods/{}", article.id),
        }
    }

    /// `毛庄镇毛庄村店、…`
    pub(super) fn sample_shops(&self, article: &Article) -> String {
        let shops = article.samples.iter().map(|village| self.shop_name(village));
        shops.collect::<Vec<_>>().join("、")
    }
}
