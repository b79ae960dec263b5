//! Merchants: how one is admitted, what papers it must hold, and what ends its selling.
//!
//! Admission goes by stages (county rules for members): the operator checks the papers, the
//! government reviews, three months of trial with few articles, then membership. Every step is
//! a row that says who, when and on what basis.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::kinds::GoodsKind;
use super::money::Fen;
use super::refusal::Refusal;
use crate::county::words;

/// Articles that a merchant on trial may sell.
pub const TRIAL_ARTICLES_MAX: usize = 20;
const TRIAL_MONTHS: i32 = 3;
const MEMBERSHIP_YEARS: i32 = 1;
/// So many complaints found true within a year and suspension is proposed.
pub const UPHELD_MAX: usize = 3;
const ROWS_MAX: usize = 200;
const TEXT_CHARS_MAX: usize = 500;

words! {
    Stage {
        Applied "applied" "已申请",
        /// By the operator.
        Checked "checked" "资料已核",
        /// By market supervision, and agriculture for farm supplies.
        Reviewed "reviewed" "部门已审",
        Trial "trial" "试用",
        Member "member" "会员",
        /// Sells on, with a warning in the file.
        Warned "warned" "警告",
        Suspended "suspended" "暂停",
        Exited "exited" "已退出",
        Blacklisted "blacklisted" "不再准入",
    }
}

impl Stage {
    pub fn may_sell(self) -> bool {
        matches!(self, Stage::Trial | Stage::Member | Stage::Warned)
    }
}

words! {
    /// A step of admission or supervision.
    Admission {
        Check "check" "核对资料",
        /// By market supervision.
        Review "review" "市场监管审查通过",
        /// By agriculture, of who sells farm supplies.
        FarmReview "farm_review" "农业部门审查通过",
        Try "try" "开始试用",
        Admit "admit" "转为会员",
        Warn "warn" "警告",
        Lift "lift" "解除警告",
        Suspend "suspend" "暂停",
        Resume "resume" "恢复",
        Exit "exit" "退出",
        Blacklist "blacklist" "列入不再准入",
        Reapply "reapply" "重新申请",
        /// At any stage: what the county holds of its money, and how well it behaves.
        Rate "rate" "评级和保证金",
    }
}

use Admission as A;
use Stage as S;

/// What may follow what.
pub const ADMISSION: [(Stage, Admission, Stage); 25] = [
    (S::Applied, A::Check, S::Checked),
    (S::Checked, A::Review, S::Reviewed),
    (S::Reviewed, A::FarmReview, S::Reviewed),
    (S::Reviewed, A::Try, S::Trial),
    (S::Trial, A::Admit, S::Member),
    (S::Member, A::Admit, S::Member),
    (S::Trial, A::Warn, S::Warned),
    (S::Member, A::Warn, S::Warned),
    (S::Warned, A::Lift, S::Member),
    (S::Trial, A::Suspend, S::Suspended),
    (S::Member, A::Suspend, S::Suspended),
    (S::Warned, A::Suspend, S::Suspended),
    (S::Suspended, A::Resume, S::Member),
    (S::Applied, A::Exit, S::Exited),
    (S::Checked, A::Exit, S::Exited),
    (S::Reviewed, A::Exit, S::Exited),
    (S::Trial, A::Exit, S::Exited),
    (S::Member, A::Exit, S::Exited),
    (S::Warned, A::Exit, S::Exited),
    (S::Suspended, A::Exit, S::Exited),
    (S::Suspended, A::Blacklist, S::Blacklisted),
    (S::Exited, A::Reapply, S::Applied),
    // Who begins with farm supplies later.
    (S::Trial, A::FarmReview, S::Trial),
    (S::Member, A::FarmReview, S::Member),
    (S::Warned, A::FarmReview, S::Warned),
];

words! {
    MerchantKind {
        /// Sells goods.
        Goods "goods" "商品",
        /// Mobile, bank, post, insurance: cards, appointments and leads, never money.
        Service "service" "公共服务",
    }
}

words! {
    /// How well a merchant keeps to the rules, as the county judges each year.
    Grade {
        A "a" "A级",
        B "b" "B级",
        C "c" "C级",
        D "d" "D级",
    }
}

words! {
    DocumentKind {
        Licence "licence" "营业执照",
        Food "food" "食品经营许可证",
        Pesticide "pesticide" "农药经营许可证",
        Seed "seed" "种子经营备案",
        VetDrug "vet_drug" "兽药经营许可证",
        Fertiliser "fertiliser" "肥料登记证",
        Ccc "ccc" "强制认证证书",
        Telecom "telecom" "电信代理授权书",
        Institution "institution" "机构许可证",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub kind: DocumentKind,
    pub number: String,
    /// The last day on which it is valid.
    pub valid_to: Date,
}

/// A step that was taken, for ever in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub at: Timestamp,
    pub by: String,
    pub step: Admission,
    pub basis: String,
}

/// A complaint that was found true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upheld {
    pub on: Date,
    /// Nine digits.
    pub case: String,
    #[serde(default)]
    pub by: String,
    /// What was found, and by whom.
    #[serde(default)]
    pub basis: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchant {
    /// A short word, part of keys: `M001`.
    pub id: String,
    /// The company that contracts it and settles with it.
    pub operator: String,
    pub name: String,
    pub kind: MerchantKind,
    /// Unified social credit code.
    pub uscc: String,
    pub contact: String,
    pub phone: String,
    pub stage: Stage,
    /// The end of trial or of the membership year.
    pub stage_ends: Option<Date>,
    pub documents: Vec<Document>,
    pub reviews: Vec<Review>,
    pub upheld: Vec<Upheld>,
    /// Held by the operator, for what it may come to owe buyers.
    #[serde(default)]
    pub deposit: Fen,
    /// `None`: not judged yet.
    #[serde(default)]
    pub grade: Option<Grade>,
    /// Where those write from who answer for it.
    pub addresses: Vec<String>,
    /// What they write once to become one of them; a new one each time.
    pub pass: String,
    pub revision: u32,
}

/// Why a merchant may not sell this kind of goods today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    Stage(Stage),
    /// Its trial or its membership year was over on that day.
    Ended(Stage, Date),
    Missing(DocumentKind),
    Expired(DocumentKind, Date),
    /// A bank, the post: cards and appointments, never money.
    Service,
}

impl Merchant {
    pub fn step(
        &mut self,
        step: Admission,
        by: &str,
        basis: &str,
        at: Timestamp,
        today: Date,
    ) -> Result<(), Refusal> {
        let row = ADMISSION.iter().find(|(from, known, _)| *from == self.stage && *known == step);
        let Some((_, _, to)) = row else {
            return Err(Refusal::Admission { stage: self.stage, step });
        };
        if basis.trim().is_empty() {
            return Err(Refusal::Missing("依据"));
        }
        too_long("依据", basis)?;
        if matches!(step, A::Check | A::Try | A::Admit) {
            self.first_paper(today)?;
        }
        if step == A::Try && self.sells_farm_supplies() && !self.has_taken(A::FarmReview) {
            return Err(Refusal::FarmReview);
        }
        if self.reviews.len() >= ROWS_MAX {
            return Err(Refusal::Full(ROWS_MAX));
        }
        self.stage_ends = match step {
            A::Try => today.checked_add(TRIAL_MONTHS.months()).ok(),
            A::Admit => today.checked_add(MEMBERSHIP_YEARS.years()).ok(),
            _ => self.stage_ends,
        };
        // A warning or a suspension is no way round the trial.
        let back = matches!(step, A::Lift | A::Resume) && !self.has_taken(A::Admit);
        self.stage = if back { S::Trial } else { *to };
        self.reviews.push(Review { at, by: by.to_owned(), step, basis: basis.to_owned() });
        self.revision += 1;
        Ok(())
    }

    /// Stands in its file with who, when and why, as each step does.
    pub fn rate(
        &mut self,
        grade: Option<Grade>,
        deposit: Fen,
        by: &str,
        basis: &str,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        if basis.trim().is_empty() {
            return Err(Refusal::Missing("依据"));
        }
        too_long("依据", basis)?;
        if self.reviews.len() >= ROWS_MAX {
            return Err(Refusal::Full(ROWS_MAX));
        }
        let grade_word = grade.map_or("未评级", Grade::word);
        let basis = format!("{grade_word}，保证金{deposit}：{}", basis.trim());
        (self.grade, self.deposit) = (grade, deposit);
        self.reviews.push(Review { at, by: by.to_owned(), step: Admission::Rate, basis });
        self.revision += 1;
        Ok(())
    }

    /// Without it nobody is let in, nor let in for another year.
    fn first_paper(&self, today: Date) -> Result<(), Refusal> {
        let first = match self.kind {
            MerchantKind::Goods => DocumentKind::Licence,
            MerchantKind::Service => DocumentKind::Institution,
        };
        match self.valid_to(first) {
            None => Err(Refusal::Missing(first.word())),
            Some(last) if last < today => Err(Refusal::PaperEnded { what: first.word(), last }),
            Some(_) => Ok(()),
        }
    }

    /// The last day of the longest paper of a kind.
    fn valid_to(&self, kind: DocumentKind) -> Option<Date> {
        let held = self.documents.iter().filter(|document| document.kind == kind);
        held.map(|document| document.valid_to).max()
    }

    /// It holds a paper that agriculture gives or looks at.
    pub fn sells_farm_supplies(&self) -> bool {
        let farm = [
            DocumentKind::Pesticide,
            DocumentKind::Seed,
            DocumentKind::VetDrug,
            DocumentKind::Fertiliser,
        ];
        self.documents.iter().any(|document| farm.contains(&document.kind))
    }

    /// Since it last applied.
    fn has_taken(&self, step: Admission) -> bool {
        let steps = self.reviews.iter().rev().map(|review| review.step);
        steps.take_while(|known| *known != A::Reapply).any(|known| known == step)
    }

    /// A renewed paper takes the place of the old one of its kind and number.
    pub fn file_document(&mut self, document: Document) -> Result<(), Refusal> {
        if document.number.trim().is_empty() {
            return Err(Refusal::Missing("证号"));
        }
        too_long("证号", &document.number)?;
        self.documents.retain(|known| {
            (known.kind, known.number.as_str()) != (document.kind, document.number.as_str())
        });
        if self.documents.len() >= ROWS_MAX {
            return Err(Refusal::Full(ROWS_MAX));
        }
        self.documents.push(document);
        self.revision += 1;
        Ok(())
    }

    /// A complaint about it was found true; each counts once. True: suspension has to be
    /// proposed.
    pub fn uphold(&mut self, found: Upheld) -> Result<bool, Refusal> {
        if found.basis.trim().is_empty() {
            return Err(Refusal::Missing("依据"));
        }
        too_long("依据", &found.basis)?;
        if let Some(known) = self.upheld.iter().find(|known| known.case == found.case) {
            return Err(Refusal::UpheldBefore(known.on));
        }
        if self.upheld.len() >= ROWS_MAX {
            return Err(Refusal::Full(ROWS_MAX));
        }
        let on = found.on;
        self.upheld.push(found);
        self.revision += 1;
        Ok(self.upheld_since(on) >= UPHELD_MAX)
    }

    /// Complaints found true in the twelve months up to `today`.
    pub fn upheld_since(&self, today: Date) -> usize {
        let from = today.checked_sub(1.year()).unwrap_or(today);
        self.upheld.iter().filter(|known| known.on > from && known.on <= today).count()
    }

    /// What keeps it from selling this kind of goods on that day; a paper, a trial and a
    /// membership count on their last day and no longer at the midnight behind it.
    pub fn lack(&self, kind: &GoodsKind, on: Date) -> Option<Lack> {
        if self.kind == MerchantKind::Service {
            return Some(Lack::Service);
        }
        if !self.stage.may_sell() {
            return Some(Lack::Stage(self.stage));
        }
        if let Some(last) = self.stage_ends.filter(|last| *last < on) {
            return Some(Lack::Ended(self.stage, last));
        }
        kind.documents.iter().find_map(|wanted| match self.valid_to(*wanted) {
            None => Some(Lack::Missing(*wanted)),
            Some(last) if last < on => Some(Lack::Expired(*wanted, last)),
            Some(_) => None,
        })
    }

    /// Papers that end within so many days, and those that have ended.
    pub fn expiring(&self, on: Date, days: i64) -> Vec<&Document> {
        let edge = on.checked_add(days.days()).unwrap_or(on);
        self.documents.iter().filter(|document| document.valid_to <= edge).collect()
    }
}

fn too_long(what: &'static str, text: &str) -> Result<(), Refusal> {
    match text.chars().count() {
        chars if chars > TEXT_CHARS_MAX => {
            Err(Refusal::TooLong { what, chars, max: TEXT_CHARS_MAX })
        }
        _ => Ok(()),
    }
}
