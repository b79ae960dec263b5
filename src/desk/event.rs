//! What happened to a case. Events are only ever added, so old ones must always load: fields
//! may be added with a default, never renamed or taken away. As JSON they are for others to
//! read too:
//!
//! `{"at":"2026-11-24T01:30:00Z","by":{"type":"staff","name":"..."},"change":{"type":"accepted"}}`

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::number::CaseNumber;
use super::state::Party;
use super::words::words;
use crate::county::TimeClass;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseEvent {
    pub at: Timestamp,
    pub by: Actor,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// By the id of the person record, never by a channel address.
    Villager {
        person: String,
    },
    Staff {
        name: String,
        role: String,
    },
    System,
}

impl Actor {
    pub fn party(&self) -> Party {
        match self {
            Actor::Villager { .. } => Party::Owner,
            Actor::Staff { .. } => Party::Staff,
            Actor::System => Party::System,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    Received {
        intake: Box<Intake>,
        title: String,
        time_class: TimeClass,
        promised_at: Timestamp,
        /// Of the tables by which the promise was reckoned.
        calendar_version: String,
    },
    Dispatched {
        /// Id in departments.csv.
        department: String,
        /// The department that had it in this round until now.
        #[serde(default)]
        from: Option<String>,
        /// By when this department must answer. The promise to the villager stays as it is.
        due_at: Timestamp,
        /// The new code, when the clerk changed the category; the time class stays.
        category: Option<String>,
        /// For the department, not for the villager.
        note: String,
    },
    Accepted,
    Progress {
        text: String,
    },
    Replied {
        outcome: Outcome,
        text: String,
    },
    Rated {
        grade: Grade,
        comment: String,
    },
    Reopened {
        /// The new round, from 2.
        round: u8,
        reason: String,
        due_at: Timestamp,
    },
    Closed {
        closing: Closing,
        reason: String,
    },
    /// She asks for haste.
    Urged,
    /// She has more to say or to show.
    Supplemented {
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        voices: Vec<String>,
    },
    /// She takes it back.
    Withdrawn {
        reason: String,
    },
}

/// What a case begins with: all of the villager's own words, never edited later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intake {
    /// Given by the caller, unused so far.
    pub number: CaseNumber,
    pub kind: Kind,
    /// Code in categories.csv; `None`: nobody knows yet, time class C.
    pub category: Option<String>,
    /// 12 digits.
    pub place_code: Option<String>,
    /// As shown: `毛庄镇毛庄村`.
    pub place_name: Option<String>,
    /// Door, crossroads, what stands nearby.
    #[serde(default)]
    pub place_note: String,
    pub text: String,
    pub name: Option<String>,
    pub phone: Option<String>,
    /// Ids by which the host hands the files out.
    #[serde(default)]
    pub photos: Vec<String>,
    #[serde(default)]
    pub voices: Vec<String>,
    /// Whose case it is: the opaque id of the person record. The way to reach her is not
    /// here; the host keeps it, and it goes when she unfollows. The case stays.
    pub person: String,
    /// The stable word of the terminal: `wechat`, `sms`, `telephone` ...
    pub channel: String,
    /// The closed case that this one goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<CaseNumber>,
    /// What danger she told of: class U, whatever the category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub danger: Option<String>,
}

/// An answer as the villager got it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    pub outcome: Outcome,
    pub text: String,
    /// In whose name.
    pub department: String,
}

words! {
    /// What a villager wants.
    #[derive(Default)]
    Kind {
        Consult "consult" "咨询",
        #[default]
        Help "help" "求助",
        Complaint "complaint" "投诉",
        Report "report" "举报",
        Suggestion "suggestion" "建议",
        Praise "praise" "表扬",
    }
}

words! {
    Outcome {
        Solved "solved" "已解决",
        PartlySolved "partly_solved" "部分解决",
        Explained "explained" "解释说明",
        Planned "planned" "列入计划",
        NoAuthority "no_authority" "无权办理",
        Unreasonable "unreasonable" "诉求不合理",
        Unreachable "unreachable" "无法联系",
    }
}

words! {
    Grade {
        Satisfied "satisfied" "满意",
        Fair "fair" "基本满意",
        Dissatisfied "dissatisfied" "不满意",
    }
}

impl Grade {
    pub fn is_content(self) -> bool {
        self != Grade::Dissatisfied
    }
}

words! {
    /// What closed a case.
    Closing {
        Rated "rated" "群众评价",
        /// Never counted as satisfied.
        Unrated "unrated" "到期未评价",
        /// Not content after the last round.
        Final "final" "最终答复",
        Staff "staff" "工作人员办结",
    }
}
