//! Supply and demand, jobs, rentals: what villagers advertise to each other. A person checks
//! each before it shows; it goes by itself after its time, or when its writer takes it back.
//! Who reads it sees the writer's number only if she allowed that.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::county::CaseNumber;
use crate::county::words;

pub const LISTING_CHARS_MAX: usize = 300;
/// Waiting or shown, of one person.
pub const LISTINGS_MAX: usize = 5;

words! {
    ListingKind {
        Supply "supply" "卖",
        Demand "demand" "买",
        Hiring "hiring" "招工",
        Work "work" "找活",
        Rental "rental" "租房租地",
    }
}

impl ListingKind {
    /// How long it shows: what grows does not keep.
    fn shows(self) -> SignedDuration {
        let days = match self {
            ListingKind::Supply | ListingKind::Demand => 15,
            ListingKind::Hiring | ListingKind::Work | ListingKind::Rental => 30,
        };
        SignedDuration::from_hours(24 * days)
    }
}

words! {
    ListingState {
        Waiting "waiting" "待看",
        Shown "shown" "登着",
        Refused "refused" "没有登",
        Withdrawn "withdrawn" "已撤下",
        Expired "expired" "到期了",
    }
}

impl ListingState {
    pub fn is_over(self) -> bool {
        !matches!(self, ListingState::Waiting | ListingState::Shown)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// Begins with 6.
    pub number: CaseNumber,
    pub kind: ListingKind,
    /// Her own words, as they will be read.
    pub text: String,
    pub place_code: Option<String>,
    pub place_name: Option<String>,
    pub name: Option<String>,
    pub phone: Option<String>,
    /// Others may see the number; else the desk puts them in touch.
    pub phone_open: bool,
    /// The opaque id of the person record.
    pub person: String,
    pub channel: String,
    pub made_at: Timestamp,
    pub state: ListingState,
    pub changed_at: Timestamp,
    /// While it shows.
    pub shown_until: Option<Timestamp>,
    pub checked_by: Option<String>,
    /// Why it was not taken.
    pub reason: String,
    /// Counts the changes, from 1.
    pub revision: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListingCommand {
    /// By a clerk who has read it.
    Show {
        by: String,
    },
    Refuse {
        by: String,
        reason: String,
    },
    /// By its writer.
    Withdraw {
        person: String,
    },
    /// By the clock.
    Expire,
}

impl Listing {
    /// Checks what its writer can do something about.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.text.trim().is_empty() {
            return Err(Refusal::Empty);
        }
        let chars = self.text.chars().count();
        if chars > LISTING_CHARS_MAX {
            return Err(Refusal::TooLong { what: "内容", chars, max: LISTING_CHARS_MAX });
        }
        if self.phone.is_none() {
            return Err(Refusal::Missing { what: "电话" });
        }
        Ok(())
    }

    pub fn is_shown(&self, now: Timestamp) -> bool {
        self.state == ListingState::Shown && self.shown_until.is_some_and(|until| now < until)
    }

    /// Her words as others read them: a number in them is hers to keep, too.
    pub fn public_text(&self) -> String {
        let mut text = self.text.clone();
        while !self.phone_open
            && let Some((_, span)) = crate::zh::find_phone(&text)
        {
            text.replace_range(span, "（号码不公开）");
        }
        text
    }

    /// The number to call, for others.
    pub fn open_phone(&self) -> Option<&str> {
        self.phone.as_deref().filter(|_| self.phone_open)
    }

    /// The listing after a command, or why not.
    pub fn after(&self, command: ListingCommand, now: Timestamp) -> Result<Self, Refusal> {
        let mut next = Listing { changed_at: now, revision: self.revision + 1, ..self.clone() };
        match (self.state, command) {
            (_, ListingCommand::Withdraw { person }) if person != self.person => {
                return Err(Refusal::NotYours);
            }
            (ListingState::Waiting, ListingCommand::Show { by }) => {
                next.state = ListingState::Shown;
                next.shown_until = now.checked_add(self.kind.shows()).ok();
                next.checked_by = Some(by);
            }
            (
                ListingState::Waiting | ListingState::Shown,
                ListingCommand::Refuse { by, reason },
            ) => {
                if reason.trim().is_empty() {
                    return Err(Refusal::Missing { what: "不登的原因" });
                }
                next.state = ListingState::Refused;
                next.checked_by = Some(by);
                next.reason = reason;
            }
            (ListingState::Waiting | ListingState::Shown, ListingCommand::Withdraw { .. }) => {
                next.state = ListingState::Withdrawn;
            }
            (ListingState::Shown, ListingCommand::Expire) if !self.is_shown(now) => {
                next.state = ListingState::Expired;
            }
            (state, _) => return Err(Refusal::ListingIs(state)),
        }
        if next.state != ListingState::Shown {
            next.shown_until = None;
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::CaseType;
    use crate::desk::tests::at;

    fn listing() -> Listing {
        Listing {
            number: CaseNumber::new(CaseType::Listing, 2026, 1).unwrap(),
            kind: ListingKind::Supply,
            text: "自家白菜两千斤，三毛一斤".into(),
            place_code: None,
            place_name: Some("胡家坨镇大黑坨村".into()),
            name: Some("李四".into()),
            phone: Some("13900139000".into()),
            phone_open: false,
            person: "p1".into(),
            channel: "wechat".into(),
            made_at: at("2026-11-23 10:00"),
            state: ListingState::Waiting,
            changed_at: at("2026-11-23 10:00"),
            shown_until: None,
            checked_by: None,
            reason: String::new(),
            revision: 1,
        }
    }

    /// `state` after commands, or what is said instead of the last one.
    #[test]
    fn the_life_of_a_listing() {
        let show = || ListingCommand::Show { by: "值班员".into() };
        let refuse =
            |reason: &str| ListingCommand::Refuse { by: "值班员".into(), reason: reason.into() };
        let withdraw = |person: &str| ListingCommand::Withdraw { person: person.into() };
        let expire = || ListingCommand::Expire;
        let check = |steps: &[(&str, ListingCommand)], expect: Result<ListingState, &str>| {
            let mut now = Ok(listing());
            for (when, command) in steps {
                now = now.unwrap().after(command.clone(), at(when));
            }
            match (now, expect) {
                (Ok(listing), Ok(state)) => {
                    assert_eq!(listing.state, state);
                    assert_eq!(listing.revision as usize, 1 + steps.len());
                    assert_eq!(listing.shown_until.is_some(), state == ListingState::Shown);
                }
                (Err(refusal), Err(part)) => {
                    assert!(refusal.to_string().contains(part), "{refusal}, not {part}");
                }
                (got, expect) => panic!("{steps:?}: {got:?}, not {expect:?}"),
            }
        };
        let (first, later) = ("2026-11-23 11:00", "2026-11-24 11:00");
        let end = "2026-12-08 11:00";
        check(&[(first, show())], Ok(ListingState::Shown));
        check(&[(first, show()), (later, show())], Err("登着"));
        check(&[(first, refuse(""))], Err("不登的原因是空的"));
        check(&[(first, refuse("没写价钱"))], Ok(ListingState::Refused));
        check(&[(first, show()), (later, refuse("有人说是假的"))], Ok(ListingState::Refused));
        check(&[(first, refuse("假的")), (later, show())], Err("没有登"));
        check(&[(first, withdraw("p1"))], Ok(ListingState::Withdrawn));
        check(&[(first, show()), (later, withdraw("p1"))], Ok(ListingState::Withdrawn));
        check(&[(first, withdraw("p2"))], Err("不是您的"));
        check(&[(first, withdraw("p1")), (later, withdraw("p1"))], Err("已撤下"));
        check(&[(first, expire())], Err("待看"));
        check(&[(first, show()), (later, expire())], Err("登着"));
        check(&[(first, show()), (end, expire())], Ok(ListingState::Expired));
        check(&[(first, show()), (end, expire()), (end, withdraw("p1"))], Err("到期了"));
    }

    #[test]
    fn what_is_shown_and_to_whom() {
        let shown =
            listing().after(ListingCommand::Show { by: "值".into() }, at("2026-11-23 11:00"));
        let shown = shown.unwrap();
        assert!(shown.is_shown(at("2026-12-08 10:59")) && !shown.is_shown(at("2026-12-08 11:00")));
        assert_eq!(shown.open_phone(), None);
        let text = "卖白菜，13900139000，或者一三八零零一三八零零零";
        let with_number = Listing { text: text.into(), ..shown.clone() };
        let hidden = "卖白菜，（号码不公开），或者（号码不公开）";
        assert_eq!(with_number.public_text(), hidden);
        let open = Listing { phone_open: true, ..with_number };
        assert_eq!((open.open_phone(), &*open.public_text()), (Some("13900139000"), text));
        let wrong = |change: fn(&mut Listing), part: &str| {
            let mut listing = listing();
            change(&mut listing);
            assert!(listing.check().unwrap_err().to_string().contains(part));
        };
        wrong(|l| l.text = " ".into(), "空的");
        wrong(|l| l.text = "字".repeat(301), "最多300个字");
        wrong(|l| l.phone = None, "请写上电话");
    }
}
