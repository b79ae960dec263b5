//! What is personal in an event, and stands apart from it. The event is chained and stays for
//! ever; of these texts it holds a commitment only (`chain`), so that they can be taken away.

use std::collections::BTreeMap;

use super::case::Case;
use super::course::Course;
use super::event::{CaseEvent, Change, Intake, Reply};
use super::redaction::strike;
use crate::zh;

/// By the name of the field that each stood in.
pub type Texts = BTreeMap<String, String>;

/// Of what was understood these say who she is.
const WHO: [&str; 2] = ["姓名", "电话"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Who she is and where she lives.
    Identity,
    /// What anybody wrote about the matter.
    Words,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apart {
    pub identity: Texts,
    pub words: Texts,
}

/// Who somebody is, as far as she said; read from [`Apart::identity`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    pub name: Option<String>,
    pub phone: Option<String>,
    /// Door, crossroads, what stands nearby.
    pub place_note: String,
}

impl Who {
    pub fn of(texts: &Texts) -> Self {
        let some = |name: &str| texts.get(name).filter(|text| !text.is_empty()).cloned();
        Self {
            name: some("name"),
            phone: some("phone"),
            place_note: some("place_note").unwrap_or_default(),
        }
    }
}

impl From<&Intake> for Who {
    fn from(intake: &Intake) -> Self {
        let Intake { name, phone, place_note, .. } = intake;
        Self { name: name.clone(), phone: phone.clone(), place_note: place_note.clone() }
    }
}

/// Takes the personal texts out of an event; nothing is left in their places.
pub fn take_out(event: &mut CaseEvent) -> Apart {
    let mut apart = Apart::default();
    each(&mut event.change, &mut |part, name, text| {
        let texts = match part {
            Part::Identity => &mut apart.identity,
            Part::Words => &mut apart.words,
        };
        if !text.is_empty() {
            texts.insert(name.to_owned(), std::mem::take(text));
        }
    });
    apart
}

/// Puts back what there is; the rest stays empty.
pub fn put_back(event: &mut CaseEvent, texts: &Texts) {
    each(&mut event.change, &mut |_, name, text| {
        if let Some(kept) = texts.get(name) {
            text.clone_from(kept);
        }
    });
}

/// Every personal text of a change. The names are on disk: a new field gets a new one.
fn each(change: &mut Change, take: &mut dyn FnMut(Part, &str, &mut String)) {
    match change {
        Change::Received { intake, .. } => each_of_intake(intake, take),
        Change::Answered { text, basis } => words(take, [("text", text), ("basis", basis)]),
        Change::Rejected { instead, .. } => words(take, [("instead", instead)]),
        Change::Dispatched { note, despite, .. } => {
            words(take, [("note", note), ("despite", despite)]);
        }
        Change::ReturnAsked { basis } => words(take, [("basis", basis)]),
        Change::VisitAgreed { who, note, .. } => words(take, [("who", who), ("note", note)]),
        Change::VisitCancelled { reason } => words(take, [("reason", reason)]),
        Change::VisitNoted { note, .. }
        | Change::Contacted { note, .. }
        | Change::CalledBack { note, .. } => {
            words(take, [("note", note)]);
        }
        Change::Supervised { callee, note, .. } => {
            words(take, [("callee", callee), ("note", note)]);
        }
        Change::SlipSent { demand, .. } => words(take, [("demand", demand)]),
        Change::SlipAnswered { text, .. } => words(take, [("text", text)]),
        Change::Interviewed { measures, .. } => words(take, [("measures", measures)]),
        Change::Relocated { note, .. } => words(take, [("note", note)]),
        Change::InfoAsked { question } => words(take, [("question", question)]),
        Change::Deferred { plan, consent, .. } => {
            words(take, [("plan", plan), ("consent", consent)]);
        }
        Change::ExtensionAsked { reason, evidence, .. } => {
            words(take, [("reason", reason), ("evidence", evidence)]);
        }
        Change::Rated { comment, .. } => words(take, [("comment", comment)]),
        Change::Attached { file } => words(take, [("file", &mut file.name)]),
        Change::Replied { text, files, .. } => {
            words(take, [("text", text)]);
            for (n, file) in files.iter_mut().enumerate() {
                take(Part::Words, &format!("file.{n}"), &mut file.name);
            }
        }
        Change::FinalReplied { text, document } => {
            words(take, [("text", text), ("document", document)]);
        }
        Change::Progress { text }
        | Change::CoReplied { text, .. }
        | Change::Submitted { text, .. }
        | Change::Supplemented { text, .. }
        | Change::Noted { text }
        | Change::Directed { text, .. }
        | Change::DirectionAnswered { text, .. }
        | Change::Signed { text }
        | Change::Redacted { text, .. }
        | Change::ErrandMoved { text, .. }
        | Change::ErrandKept { text, .. } => words(take, [("text", text)]),
        Change::ReturnRefused { reason, .. }
        | Change::HandoverAsked { reason, .. }
        | Change::HandoverDeclined { reason }
        | Change::ExtensionRefused { reason }
        | Change::ReviewReturned { reason, .. }
        | Change::Reopened { reason, .. }
        | Change::Closed { reason, .. }
        | Change::Withdrawn { reason }
        | Change::Merged { reason, .. }
        | Change::Unmerged { reason }
        | Change::DisclosureAsked { reason }
        | Change::ExclusionAsked { reason }
        | Change::ExclusionRefused { reason }
        | Change::DisclosureRefused { reason }
        | Change::KindChanged { reason, .. }
        | Change::Reclassified { reason, .. }
        | Change::Promised { reason, .. }
        | Change::Hidden { reason } => words(take, [("reason", reason)]),
        Change::Accepted
        | Change::DisclosureGranted
        | Change::ExclusionApproved
        | Change::Reminded
        | Change::ExtensionGranted { .. }
        | Change::Resumed { .. }
        | Change::Urged
        | Change::Joined { .. }
        | Change::Parted { .. }
        | Change::Detached { .. }
        | Change::CoSigned { .. }
        | Change::Breached { .. }
        | Change::Warned { .. }
        | Change::Recomputed { .. }
        | Change::Archived => {}
    }
}

fn words<const N: usize>(
    take: &mut dyn FnMut(Part, &str, &mut String),
    fields: [(&str, &mut String); N],
) {
    for (name, text) in fields {
        take(Part::Words, name, text);
    }
}

fn each_of_intake(intake: &mut Intake, take: &mut dyn FnMut(Part, &str, &mut String)) {
    let Intake { name, phone, place_note, text, authorised, respondent, understood, heard, .. } =
        intake;
    take(Part::Words, "recording", &mut heard.recording);
    take(Part::Identity, "place_note", place_note);
    take(Part::Words, "text", text);
    take(Part::Words, "authorised", authorised);
    for (part, key, field) in [
        (Part::Identity, "name", name),
        (Part::Identity, "phone", phone),
        (Part::Words, "respondent", respondent),
    ] {
        let mut text = field.take().unwrap_or_default();
        take(part, key, &mut text);
        *field = Some(text).filter(|text| !text.is_empty());
    }
    for (n, one) in understood.iter_mut().enumerate() {
        let is_who = WHO.contains(&one.what.as_str());
        let part = if is_who { Part::Identity } else { Part::Words };
        take(part, &format!("understood.{n}"), &mut one.value);
        if let Some(said) = &mut one.said {
            take(part, &format!("understood.{n}.said"), said);
        }
    }
}

/// Every personal text that the record of a case holds besides.
pub fn each_of_case(case: &mut Case, take: &mut dyn FnMut(&mut String)) {
    let Case { text, respondent, rating_comment, reply, course, earlier, .. } = case;
    take(text);
    respondent.iter_mut().for_each(&mut *take);
    each_of_round(rating_comment, reply, course, take);
    for round in earlier {
        each_of_round(&mut round.rating_comment, &mut round.reply, &mut round.course, take);
    }
}

fn each_of_round(
    comment: &mut String,
    reply: &mut Option<Reply>,
    course: &mut Course,
    take: &mut dyn FnMut(&mut String),
) {
    take(comment);
    reply.iter_mut().for_each(|reply| {
        take(&mut reply.text);
        reply.files.iter_mut().for_each(|file| take(&mut file.name));
    });
    course.files.iter_mut().for_each(|file| take(&mut file.name));
    course.helpers.iter_mut().for_each(|helper| take(&mut helper.text));
    course.extensions.iter_mut().for_each(|extension| take(&mut extension.reason));
    course.visit.iter_mut().for_each(|visit| take(&mut visit.who));
    course.stopped.iter_mut().for_each(|stop| take(&mut stop.why));
    course.submitted.iter_mut().for_each(|submitted| take(&mut submitted.text));
}

/// What lies over the texts of a case for somebody who has not asked who she is.
pub struct Veil<'w> {
    /// `None`: may be seen.
    who: Option<&'w Who>,
    confidential: bool,
    struck: Vec<String>,
}

impl<'w> Veil<'w> {
    pub fn of(case: &Case, who: &'w Who) -> Self {
        Self { who: Some(who), ..Self::thin(case) }
    }

    /// For one who has asked: over nothing but what was struck out.
    pub fn thin(case: &Case) -> Self {
        Self { who: None, confidential: case.confidential, struck: case.struck.clone() }
    }

    /// Her own words: her name and every telephone number in them, masked.
    pub fn over(&self, text: &str) -> String {
        self.with(text, &|digits, _| self.number(digits))
    }

    /// What the county wrote: numbers of its offices stay.
    pub fn over_ours(&self, text: &str) -> String {
        let hers = self.who.and_then(|who| who.phone.as_deref());
        self.with(text, &|digits, written| match digits.starts_with('0') && hers != Some(digits) {
            true => written.to_owned(),
            false => self.number(digits),
        })
    }

    /// All texts of an event.
    pub fn over_event(&self, event: &mut CaseEvent) {
        each(&mut event.change, &mut |_, _, text| *text = self.over_ours(text));
    }

    /// All texts of a case.
    pub fn over_case(&self, case: &mut Case) {
        case.text = self.over(&case.text);
        each_of_case(case, &mut |text| *text = self.over_ours(text));
    }

    fn number(&self, digits: &str) -> String {
        if self.confidential { NOT_SHOWN.to_owned() } else { zh::mask_phone(digits) }
    }

    /// Hers first: a name that ends in a numeral would be taken for a part of the number behind it.
    fn with(&self, text: &str, number: &dyn Fn(&str, &str) -> String) -> String {
        let mut text = strike(text.to_owned(), &self.struck);
        let Some(who) = self.who else { return text };
        // One character is in too many other words.
        if let Some(name) = who.name.as_ref().filter(|name| name.chars().count() > 1) {
            text = text.replace(name, &self.name());
        }
        if let Some(phone) = who.phone.as_ref().filter(|phone| phone.len() > 6) {
            text = text.replace(phone, &self.number(phone));
        }
        zh::replace_phones(&text, number)
    }

    pub fn name(&self) -> String {
        match self.who.and_then(|who| who.name.as_ref()) {
            _ if self.confidential => NAMELESS.to_owned(),
            Some(name) => mask_name(name),
            None => String::new(),
        }
    }

    pub fn phone(&self) -> String {
        match self.who.and_then(|who| who.phone.as_ref()) {
            _ if self.confidential => NOT_SHOWN.to_owned(),
            Some(phone) => mask_tail(phone),
            None => String::new(),
        }
    }
}

/// Her words when nobody is to find her in them any more.
pub fn nameless(text: &str, who: &Who) -> String {
    Veil { who: Some(who), confidential: true, struck: Vec::new() }.over(text)
}

/// These texts say who she is.
pub fn name_her(texts: &Texts, who: &Who) -> bool {
    texts.values().any(|text| nameless(text, who) != *text)
}

/// What stands for somebody whom nobody is to know.
pub const NAMELESS: &str = "保密诉求人";
const NOT_SHOWN: &str = "（号码不显示）";

/// What somebody who has not asked for it sees of a name: `张**`.
pub fn mask_name(name: &str) -> String {
    name.chars().next().map_or_else(String::new, |first| format!("{first}**"))
}

/// And of a number: `尾号8000`.
pub fn mask_tail(phone: &str) -> String {
    let from = phone.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    if phone.chars().count() < 7 { "****".to_owned() } else { format!("尾号{}", &phone[from..]) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::intake;
    use super::*;
    use crate::desk::{Actor, Understood};

    fn received() -> CaseEvent {
        let understood = |what: &str, value: &str| Understood {
            what: what.into(),
            value: value.into(),
            how: "从话里认出来".into(),
            said: Some(value.into()),
            percent: None,
        };
        let intake = Intake {
            understood: vec![understood("姓名", "肖大爷"), understood("地点", "毛庄村")],
            respondent: Some("某施工队".into()),
            ..intake()
        };
        let line = include_str!("../../tests/fixtures/desk/events.jsonl").lines().next().unwrap();
        let mut event: CaseEvent = serde_json::from_str(line).unwrap();
        if let Change::Received { intake: known, .. } = &mut event.change {
            **known = intake;
        }
        event
    }

    #[test]
    fn nothing_personal_is_left_and_all_of_it_comes_back() {
        let whole = received();
        let mut bare = whole.clone();
        let apart = take_out(&mut bare);
        let text = serde_json::to_string(&bare).unwrap();
        for personal in ["肖大爷", "13900000000", "村西头", "没影儿", "某施工队"] {
            assert!(!text.contains(personal), "{personal}: {text}");
        }
        assert!(text.contains("毛庄镇毛庄村"), "where and what it is about stays: {text}");
        assert_eq!(
            Who::of(&apart.identity),
            Who {
                name: Some("肖大爷".into()),
                phone: Some("13900000000".into()),
                place_note: "村西头".into()
            }
        );
        assert!(apart.words.values().all(|text| !text.contains("肖大爷")));
        put_all_back(&mut bare, &apart);
        assert_eq!(bare, whole);
    }

    fn put_all_back(event: &mut CaseEvent, apart: &Apart) {
        put_back(event, &apart.words);
        put_back(event, &apart.identity);
    }

    /// Every line of the recorded lives, so also a kind of event that is added later.
    #[test]
    fn no_free_text_of_any_event_stays_behind() {
        let lives = [
            include_str!("../../tests/fixtures/desk/events.jsonl"),
            include_str!("../../tests/fixtures/desk/departments.jsonl"),
            include_str!("../../tests/fixtures/desk/merged.jsonl"),
            include_str!("../../tests/fixtures/desk/rejected.jsonl"),
            include_str!("../../tests/fixtures/desk/withdrawn.jsonl"),
            include_str!("../../tests/fixtures/desk/errand.jsonl"),
            include_str!("../../tests/fixtures/desk/relocated.jsonl"),
        ];
        let free =
            ["text", "note", "basis", "question", "plan", "comment", "evidence", "place_note"];
        let mut seen = 0;
        for line in lives.iter().flat_map(|life| life.lines()).filter(|line| !line.is_empty()) {
            let whole: CaseEvent = serde_json::from_str(line).unwrap();
            let mut bare = whole.clone();
            let apart = take_out(&mut bare);
            let json = serde_json::to_value(&bare).unwrap();
            let change = json["change"].as_object().unwrap();
            let intake = change.get("intake").and_then(|intake| intake.as_object());
            for (name, value) in change.iter().chain(intake.into_iter().flatten()) {
                let left = value.as_str().filter(|_| free.contains(&name.as_str()));
                assert_eq!(left.unwrap_or_default(), "", "{name} in {line}");
            }
            put_all_back(&mut bare, &apart);
            assert_eq!(bare, whole, "{line}");
            assert!(!matches!(bare.by, Actor::Staff { ref name, .. } if name.is_empty()));
            seen += apart.words.len();
        }
        assert!(seen > 30, "{seen}");
    }

    #[test]
    fn what_is_masked_still_tells_two_people_apart() {
        for (name, expect) in [("张三", "张**"), ("欧阳锋", "欧**"), ("", "")] {
            assert_eq!(mask_name(name), expect);
        }
        for (phone, expect) in
            [("13800138000", "尾号8000"), ("0315-4612345", "尾号2345"), ("4612", "****")]
        {
            assert_eq!(mask_tail(phone), expect);
        }
    }
}
