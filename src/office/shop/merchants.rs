//! Merchants at the desk: registering, admission, papers; and how one is reached.

use jiff::civil::Date;

use crate::calendar::local_date;
use crate::desk::{self, Case, NumberRead};
use crate::office::looks::Noted;
use crate::office::rights::Right;
use crate::office::views::{CommandError, Session, TimelineLine};
use crate::office::{Office, random, sms, tasks};
use crate::shop::{
    ADMISSION, Admission, Document, DocumentKind, Fen, Grade, Merchant, MerchantKind, Refusal,
    Stage, UPHELD_MAX, Upheld,
};
use crate::store::looks::LookKind;
use crate::store::records::{Contact, Person, Task, TaskKind};
use crate::store::{Changes, StoreError, keys, list, load};
use crate::zh;

use super::reach::Reach;
use super::views::{MerchantCommand, MerchantRow, MerchantView, NewMerchant, UpheldRow};

const MERCHANTS_MAX: usize = 1_000;
const FIELD_CHARS_MAX: usize = 100;
const WARN_DAYS: i64 = 30;
const CONFLICTS_MAX: usize = 20;

/// Messages to a merchant go to a person record of its own: its name, phone and addresses.
pub(super) fn person_of(merchant: &str) -> String {
    format!("merchant-{merchant}")
}

/// Eight digits, new for each merchant and after each use.
fn new_pass() -> String {
    let number = u32::from_be_bytes(random::bytes::<4>()) % 100_000_000;
    format!("{number:08}")
}

/// With it a phone becomes the merchant's: its own key, and of who lets it in.
fn keeps_pass(session: &Session, reach: &Reach, id: &str) -> bool {
    session.may(Right::Admit) || (matches!(reach, Reach::Merchants(_)) && reach.merchant(id))
}

/// One that has just applied. `Err`: what is missing.
/// `Err`: the name of a field, and what is wrong there.
pub(super) fn applicant(new: &NewMerchant) -> Result<Merchant, (&'static str, String)> {
    let id = new.id.trim();
    if id.is_empty() || id.len() > 20 || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(("id", "编号用字母和数字，最多20位，例如 M001。".into()));
    }
    let kind = MerchantKind::from_word(&new.kind)
        .ok_or_else(|| ("kind", "请选是卖商品，还是公共服务。".to_owned()))?;
    for (field, what, text) in [
        ("name", "名称", &new.name),
        ("contact", "联系人", &new.contact),
        ("phone", "电话", &new.phone),
    ] {
        if text.trim().is_empty() || text.chars().count() > FIELD_CHARS_MAX {
            return Err((field, format!("请写{what}，最多{FIELD_CHARS_MAX}个字。")));
        }
    }
    Ok(Merchant {
        id: id.to_owned(),
        operator: new.operator.trim().to_owned(),
        name: new.name.trim().to_owned(),
        kind,
        uscc: new.uscc.trim().to_owned(),
        contact: new.contact.trim().to_owned(),
        phone: new.phone.trim().to_owned(),
        stage: Stage::Applied,
        stage_ends: None,
        documents: Vec::new(),
        reviews: Vec::new(),
        upheld: Vec::new(),
        deposit: Fen::ZERO,
        grade: None,
        addresses: Vec::new(),
        pass: new_pass(),
        revision: 1,
    })
}

/// For the messages that it gets.
pub(super) fn person_record(merchant: &Merchant) -> Person {
    Person {
        id: person_of(&merchant.id),
        prefers: None,
        also: Default::default(),
        merged_into: None,
        addresses: Vec::new(),
        name: Some(merchant.name.clone()),
        phone: Some(merchant.phone.clone()),
    }
}

impl Office {
    pub(super) async fn all_merchants(&self) -> Result<Vec<Merchant>, StoreError> {
        let found = list::<Merchant>(&*self.store, keys::all_merchants(), MERCHANTS_MAX).await?;
        Ok(found.into_iter().map(|merchant| merchant.record).collect())
    }

    /// Who lets merchants in sees them, whatever else is hers of the shop.
    async fn merchant_reach(&self, session: &Session) -> Result<Reach, CommandError> {
        if session.may(Right::Admit) { Ok(Reach::All) } else { self.reach(session).await }
    }

    pub(super) async fn merchants_seen(
        &self,
        session: &Session,
    ) -> Result<Vec<Merchant>, CommandError> {
        let reach = self.merchant_reach(session).await?;
        if matches!(reach, Reach::Village(_)) {
            return Err(CommandError::NotFound);
        }
        let mut all = self.all_merchants().await?;
        all.retain(|merchant| reach.merchant(&merchant.id));
        Ok(all)
    }

    pub async fn merchants(&self, session: &Session) -> Result<Vec<MerchantRow>, CommandError> {
        let all = self.merchants_seen(session).await?;
        let shelf = self.shelf().await?;
        let today = local_date(self.clock.now());
        let row = |merchant: &Merchant| {
            let articles = shelf.articles().filter(|a| a.merchant == merchant.id).count();
            merchant_row(merchant, articles, today)
        };
        Ok(all.iter().map(row).collect())
    }

    pub async fn merchant(
        &self,
        session: &Session,
        id: &str,
    ) -> Result<Option<MerchantView>, CommandError> {
        let reach = self.merchant_reach(session).await?;
        if !reach.merchant(id) {
            return Ok(None);
        }
        let Some(found) = load::<Merchant>(&*self.store, keys::merchant(id)).await? else {
            return Ok(None);
        };
        let merchant = &found.record;
        let shelf = self.shelf().await?;
        let articles = shelf.articles().filter(|a| a.merchant == merchant.id).count();
        let today = local_date(self.clock.now());
        let admits = session.may(Right::Admit);
        let farm = merchant.sells_farm_supplies();
        let fits = |step: Admission| farm || step != Admission::FarmReview;
        let steps = ADMISSION
            .iter()
            .filter(|(from, step, _)| admits && *from == merchant.stage && fits(*step));
        Ok(Some(MerchantView {
            row: merchant_row(merchant, articles, today),
            operator: merchant.operator.clone(),
            uscc: merchant.uscc.clone(),
            contact: merchant.contact.clone(),
            deposit: merchant.deposit.to_string(),
            pass: keeps_pass(session, &reach, id).then(|| merchant.pass.clone()),
            bound: merchant.addresses.len(),
            upheld: merchant
                .upheld
                .iter()
                .rev()
                .map(|found| UpheldRow {
                    case: found.case.clone(),
                    on: found.on.to_string(),
                    by: found.by.clone(),
                    basis: found.basis.clone(),
                })
                .collect(),
            documents: merchant
                .documents
                .iter()
                .map(|d| {
                    (d.kind.word(), d.number.clone(), d.valid_to.to_string(), d.valid_to < today)
                })
                .collect(),
            timeline: merchant
                .reviews
                .iter()
                .map(|review| TimelineLine {
                    at: review.at,
                    who: review.by.clone(),
                    what: review.step.word().to_owned(),
                    detail: review.basis.clone(),
                })
                .collect(),
            steps: steps.map(|(_, step, _)| (step.id(), step.word())).collect(),
            admits,
            document_kinds: DocumentKind::ALL.iter().map(|k| (k.id(), k.word())).collect(),
            revision: merchant.revision,
        }))
    }

    /// A merchant applies; everything else follows by steps.
    pub async fn register_merchant(
        &self,
        session: &Session,
        new: &NewMerchant,
    ) -> Result<(), CommandError> {
        // Her company's own; the rest of the way is the platform's.
        let proposes =
            session.may(Right::Propose) && session.merchant.as_ref() == Some(&new.operator);
        if !proposes {
            session.must(Right::Admit)?;
        }
        let merchant = applicant(new).map_err(|(field, text)| CommandError::Field(field, text))?;
        let mut changes = Changes::default();
        changes.create(&merchant)?;
        let mut person = person_record(&merchant);
        self.vouch_for(&mut changes, &mut person).await?;
        changes.create(&person)?;
        self.mark_shelf(&mut changes, &session.name).await?;
        let noted = Noted::by(session, LookKind::Merchant, &merchant.id, "登记");
        match self.commit_noted(changes, noted).await {
            Err(StoreError::Conflict(_)) => {
                Err(CommandError::Field("id", "这个编号已经有了，请换一个。".into()))
            }
            other => other.map_err(CommandError::from),
        }
    }

    /// The number in its file is one at which it is told, from the first day.
    async fn vouch_for(
        &self,
        changes: &mut Changes,
        person: &mut Person,
    ) -> Result<(), StoreError> {
        let number = person.phone.as_deref().and_then(|phone| zh::phone(phone).ok());
        let Some(number) = number else { return Ok(()) };
        let address = sms::address(&number);
        let text = address.to_string();
        let before = load::<Contact>(&*self.store, keys::contact(&text)).await?;
        let mut contact =
            before.as_ref().map_or_else(|| Contact::new(&address), |found| found.record.clone());
        contact.person.get_or_insert_with(|| person.id.clone());
        contact.sms.get_or_insert_default().vouched_at = Some(self.clock.now());
        person.addresses.push(text);
        match &before {
            Some(before) => changes.replace(before, &contact),
            None => changes.create(&contact),
        }
    }

    pub async fn merchant_command(
        &self,
        session: &Session,
        id: &str,
        revision: u32,
        command: MerchantCommand,
    ) -> Result<(), CommandError> {
        match command {
            MerchantCommand::NewPass if keeps_pass(session, &self.reach(session).await?, id) => {}
            _ => session.must(Right::Admit)?,
        }
        let now = self.clock.now();
        let today = local_date(now);
        for _ in 0..CONFLICTS_MAX {
            let before = load::<Merchant>(&*self.store, keys::merchant(id)).await?;
            let before = before.ok_or(CommandError::NotFound)?;
            if before.record.revision != revision {
                return Err(CommandError::Changed);
            }
            let mut merchant = before.record.clone();
            let mut changes = Changes::default();
            let wrong = |field, text: &str| CommandError::Field(field, text.to_owned());
            match &command {
                MerchantCommand::Step { step, basis } => {
                    let step =
                        Admission::from_word(step).ok_or_else(|| wrong("step", "没有这一步。"))?;
                    let done = merchant.step(step, &session.name, basis, now, today);
                    done.map_err(refused)?;
                }
                MerchantCommand::Document { kind, number, valid_to } => {
                    let kind = DocumentKind::from_word(kind)
                        .ok_or_else(|| wrong("kind", "请选一种证件。"))?;
                    let valid_to: Date = valid_to
                        .trim()
                        .parse()
                        .map_err(|_| wrong("valid_to", "有效期请写成 2027-06-30 这样。"))?;
                    let document = Document { kind, number: number.clone(), valid_to };
                    let done = merchant.file_document(document);
                    done.map_err(refused)?;
                }
                MerchantCommand::Rate { grade, deposit, basis } => {
                    let deposit = Fen::parse(deposit)
                        .ok_or_else(|| wrong("deposit", "保证金写元，没有收就写 0，例如 2000。"))?;
                    let done =
                        merchant.rate(Grade::from_word(grade), deposit, &session.name, basis, now);
                    done.map_err(refused)?;
                }
                MerchantCommand::NewPass => {
                    merchant.pass = new_pass();
                    merchant.revision += 1;
                }
                MerchantCommand::Uphold { case, basis } => {
                    let found = Upheld {
                        on: today,
                        case: self
                            .complaint_about(&merchant, case)
                            .await
                            .map_err(|e| e.of("case"))?,
                        by: session.name.clone(),
                        basis: basis.trim().to_owned(),
                    };
                    let case = found.case.clone();
                    let often = merchant.uphold(found);
                    if often.map_err(refused)? {
                        changes.create(&self.suspension_task(&merchant, &case))?;
                    }
                }
            }
            changes.replace(&before, &merchant)?;
            self.mark_shelf(&mut changes, &session.name).await?;
            let noted = Noted::by(session, LookKind::Merchant, id, &told_of(&command));
            match self.commit_noted(changes, noted).await {
                Err(StoreError::Conflict(_)) => continue,
                other => return other.map_err(CommandError::from),
            }
        }
        Err(CommandError::Changed)
    }
}

/// Told beside the field of the form that it is about.
fn refused(refusal: Refusal) -> CommandError {
    let error = CommandError::Refused(refusal.to_string());
    match refusal {
        Refusal::Missing("依据") | Refusal::TooLong { what: "依据", .. } => error.of("basis"),
        Refusal::Missing("证号") | Refusal::TooLong { what: "证号", .. } => error.of("number"),
        _ => error,
    }
}

/// For the log: what was done, and on what ground.
fn told_of(command: &MerchantCommand) -> String {
    match command {
        MerchantCommand::Step { step, basis } => {
            let step = Admission::from_word(step).map_or("", Admission::word);
            format!("{step}：{basis}")
        }
        MerchantCommand::Document { kind, number, valid_to } => {
            let kind = DocumentKind::from_word(kind).map_or("", DocumentKind::word);
            format!("证照 {kind}{number}，到{valid_to}")
        }
        MerchantCommand::Rate { grade, deposit, basis } => {
            let grade = Grade::from_word(grade).map_or("没有评", Grade::word);
            format!("评级{grade}，保证金{deposit}元：{basis}")
        }
        MerchantCommand::NewPass => "换了口令".to_owned(),
        MerchantCommand::Uphold { case, basis } => format!("投诉{case}属实：{basis}"),
    }
}

impl Office {
    /// The digits of a case that is about this merchant. `Err`: there is none, or it is about
    /// another one.
    async fn complaint_about(
        &self,
        merchant: &Merchant,
        number: &str,
    ) -> Result<String, CommandError> {
        let refused = |text: String| CommandError::Refused(text);
        let number = match desk::read_number(number) {
            NumberRead::Whole(number) => number,
            _ => return Err(refused("受理号不对，请再看一下，例如 126-041-273。".into())),
        };
        let case = load::<Case>(&*self.store, keys::case(&number.digits())).await?;
        let case = case.ok_or_else(|| refused(format!("没有受理号{number}这件事。")))?;
        let Case { respondent, text, .. } = &case.record;
        let names = |text: &str| text.contains(&merchant.name);
        match respondent {
            Some(other) if !names(other) => {
                Err(refused(format!("{number}反映的是“{other}”，不是{}。", merchant.name)))
            }
            None if !names(text) => {
                Err(refused(format!("{number}里没有提到{}。请核对受理号。", merchant.name)))
            }
            _ => Ok(number.digits()),
        }
    }

    fn suspension_task(&self, merchant: &Merchant, case: &str) -> Task {
        let now = self.clock.now();
        let count = merchant.upheld_since(local_date(now));
        let line = format!(
            "{}（{}）一年内{count}次投诉属实。请开会定暂停不暂停，定了在商家页上记。",
            merchant.name, merchant.id
        );
        Task {
            id: format!("upheld-{}-{case}", merchant.id),
            title: format!("{}一年内{count}次投诉属实，建议暂停", merchant.name),
            reason: "投诉属实够次数了".into(),
            who: merchant.contact.clone(),
            phone: Some(merchant.phone.clone()),
            lines: vec![tasks::line(now, false, &line)],
            ..tasks::blank(TaskKind::Paper, now)
        }
    }
}

/// Papers and memberships that end, and complaints.
pub(super) fn warnings(merchant: &Merchant, today: Date) -> Vec<String> {
    let mut warnings: Vec<String> = merchant
        .expiring(today, WARN_DAYS)
        .iter()
        .map(|document| match document.valid_to < today {
            true => format!("{}到{}已过期", document.kind, document.valid_to),
            false => format!("{}到{}到期", document.kind, document.valid_to),
        })
        .collect();
    if let Some(last) = merchant.stage_ends.filter(|_| merchant.stage.may_sell()) {
        match last {
            last if last < today => warnings.push(format!("{}期到{last}已满", merchant.stage)),
            last if (last - today).get_days() <= WARN_DAYS as i32 => {
                warnings.push(format!("{}期到{last}", merchant.stage));
            }
            _ => {}
        }
    }
    match merchant.upheld_since(today) {
        0 => {}
        n if n >= UPHELD_MAX => warnings.push(format!("一年内{n}次投诉属实，建议暂停")),
        n => warnings.push(format!("一年内{n}次投诉属实")),
    }
    warnings
}

fn merchant_row(merchant: &Merchant, articles: usize, today: Date) -> MerchantRow {
    MerchantRow {
        id: merchant.id.clone(),
        name: merchant.name.clone(),
        kind: merchant.kind.word(),
        stage: merchant.stage.word(),
        grade: merchant.grade.map_or("", Grade::word),
        phone: merchant.phone.clone(),
        articles,
        warnings: warnings(merchant, today),
    }
}
