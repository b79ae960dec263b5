//! Photos and papers of a department's answer: how they come in, and how the villager gets to see
//! them. The id of a file is drawn at random, so that of the first one opens the page of the answer:
//! whoever has her message may see what it brought.

use std::net::IpAddr;

use subtle::ConstantTimeEq;

use crate::desk::{Case, Command, Enclosed, State};
use crate::store::records::MediaKind;
use crate::store::{keys, load};

use super::added_photos::{PHOTO_BYTES_MAX, kind_of_photo};
use super::views::{CommandError, MediaFile, Session};
use super::{Office, random};

pub const FILE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Somewhere near its end a whole PDF says so.
const PDF_TAIL: usize = 2_048;
const MARK: &str = "desk-";
/// What is counted of an address that guesses.
const GUESSED: &str = "answer";

/// An answer with what came with it, for who has the link.
#[derive(Debug, Clone)]
pub struct AnswerPage {
    /// The digits.
    pub number: String,
    pub department: String,
    pub text: String,
    pub files: Vec<AnswerFile>,
}

#[derive(Debug, Clone)]
pub struct AnswerFile {
    pub name: String,
    /// Below the address of the page.
    pub n: usize,
    pub is_photo: bool,
}

impl Office {
    pub async fn attach_file(
        &self,
        session: &Session,
        number: &str,
        revision: u32,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), CommandError> {
        let case = load::<Case>(&*self.store, keys::case(number)).await?;
        if !case.is_some_and(|case| self.sees(session, &case.record)) {
            return Err(CommandError::NotFound);
        }
        let (kind, content_type) =
            kind_of(bytes).map_err(|why| CommandError::Field("file", why.to_owned()))?;
        let id = format!("{MARK}{}", random::hex::<12>());
        self.keep_now(&id, kind, content_type, bytes).await?;
        let file = Enclosed { id, name: name.trim().to_owned() };
        self.step_case(number, revision, Command::Attach { file }, &session.actor()).await
    }

    /// Where she sees what came with an answer; empty: nothing did.
    pub(super) fn files_told(&self, case: &Case) -> String {
        let Some(path) = answer_path(case) else { return String::new() };
        let count = case.reply.as_ref().map_or(0, |reply| reply.files.len());
        match self.public_url() {
            url if !url.is_empty() && self.public_pages() => format!(" 附件{count}个：{url}{path}"),
            _ => format!(" 附件{count}个，请到承办单位或村里的便民点看"),
        }
    }

    /// `None`: there is no such answer, or its time is over.
    pub async fn answer_page(
        &self,
        number: &str,
        key: &str,
        from: IpAddr,
    ) -> Result<Option<AnswerPage>, CommandError> {
        let Some(case) = self.opened_by(number, key, from).await? else { return Ok(None) };
        let Some(reply) = &case.reply else { return Ok(None) };
        let mut files = Vec::new();
        for (at, file) in reply.files.iter().enumerate() {
            let media = self.media_of(&file.id).await?;
            let is_photo = media.is_some_and(|media| media.kind == MediaKind::Photo);
            files.push(AnswerFile { name: file.name.clone(), n: at + 1, is_photo });
        }
        Ok(Some(AnswerPage {
            number: case.number.digits(),
            department: self.department_name(&reply.department),
            text: reply.text.clone(),
            files,
        }))
    }

    /// `n`: as on the page, from 1.
    pub async fn answer_file(
        &self,
        number: &str,
        key: &str,
        n: usize,
        from: IpAddr,
    ) -> Result<Option<MediaFile>, CommandError> {
        let case = self.opened_by(number, key, from).await?;
        let file = case.and_then(|case| case.reply?.files.get(n.checked_sub(1)?).cloned());
        match file {
            Some(file) => self.media_by_id(&file.id).await,
            None => Ok(None),
        }
    }

    /// Wrong keys are counted against the address.
    async fn opened_by(
        &self,
        number: &str,
        key: &str,
        from: IpAddr,
    ) -> Result<Option<Case>, CommandError> {
        let most = self.config.settings.public.wrong_hour;
        if !self.may_visit(GUESSED, from, most).await? {
            return Err(CommandError::Refused("试的次数太多了，请一小时以后再看。".into()));
        }
        let case = load::<Case>(&*self.store, keys::case(number)).await?;
        let case = case.map(|case| case.record.clone());
        let opens = |case: &Case| {
            let key_of = first_file(case).map(key_of);
            case.state != State::Archived
                && key_of.is_some_and(|known| bool::from(known.as_bytes().ct_eq(key.as_bytes())))
        };
        if let Some(case) = case.filter(opens) {
            return Ok(Some(case));
        }
        self.visit(GUESSED, from, most).await?;
        Ok(None)
    }
}

/// `/answer/126041273/4f1c...`
pub(super) fn answer_path(case: &Case) -> Option<String> {
    let first = first_file(case)?;
    Some(format!("/answer/{}/{}", case.number.digits(), key_of(first)))
}

fn first_file(case: &Case) -> Option<&Enclosed> {
    case.reply.as_ref()?.files.first()
}

fn key_of(file: &Enclosed) -> &str {
    file.id.strip_prefix(MARK).unwrap_or(&file.id)
}

/// What a file is, by what is in it: its name says nothing.
fn kind_of(bytes: &[u8]) -> Result<(MediaKind, &'static str), &'static str> {
    if let Some(photo) = kind_of_photo(bytes) {
        return match bytes.len() > PHOTO_BYTES_MAX {
            true => Err("照片太大，最多4MB。请把照片的尺寸调小再传。"),
            false => Ok((MediaKind::Photo, photo)),
        };
    }
    if !bytes.starts_with(b"%PDF-") {
        return Err("这不是照片也不是PDF。请传 JPG、PNG、GIF 或 PDF；Word 文件请另存为 PDF。");
    }
    if bytes.len() > FILE_BYTES_MAX {
        return Err("PDF太大，最多10MB。请分成几个，或者用小一点的清晰度再扫一次。");
    }
    let tail = &bytes[bytes.len().saturating_sub(PDF_TAIL)..];
    match tail.windows(b"%%EOF".len()).any(|part| part == b"%%EOF") {
        true => Ok((MediaKind::File, "application/pdf")),
        false => Err("这个PDF不完整。请重新存一次，或者重新扫描，再传。"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_is_in_it() {
        let check = |bytes: &[u8], expect: Result<&str, &str>| match (kind_of(bytes), expect) {
            (Ok((_, found)), Ok(expect)) => assert_eq!(found, expect),
            (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
            (found, expect) => panic!("{found:?}, not {expect:?}"),
        };
        check(b"\xff\xd8\xff\xe0 photo", Ok("image/jpeg"));
        check(b"%PDF-1.7 ... startxref 9 %%EOF\n", Ok("application/pdf"));
        check(b"%PDF-1.7 cut off", Err("不完整"));
        check(b"<html><script>", Err("不是照片也不是PDF"));
        check(b"PK\x03\x04 word", Err("另存为 PDF"));
        let large = |head: &[u8], bytes: usize| [head, &vec![b' '; bytes], b"%%EOF"].concat();
        check(&large(b"%PDF-", FILE_BYTES_MAX), Err("最多10MB"));
        check(&large(b"GIF8", PHOTO_BYTES_MAX), Err("最多4MB"));
    }
}
