//! Where a case stands, for somebody who has only its number: the state and the department. With
//! the last four digits of the telephone that was given with it, the answer too.

use std::net::IpAddr;

use crate::calendar::spoken;
use crate::desk::{self, Actor, Case, Command, Grade, NumberRead, State};
use crate::store::{StoreError, keys, load};

use super::Office;
use super::enclosures::answer_path;
use super::views::CommandError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The digits.
    pub number: String,
    pub state: &'static str,
    pub department: Option<String>,
    /// With the right four digits only.
    pub more: Option<Answered>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub title: String,
    /// `11月25日17:30`
    pub promised: String,
    pub reply: Option<String>,
    /// Where she sees what came with it.
    pub files: Option<String>,
    /// She has not said yet what she thinks of it.
    pub may_rate: bool,
    pub rating: Option<&'static str>,
}

impl Office {
    /// `last_four`: of the telephone; empty: she only wants to know how far it is. What is wrong
    /// is counted against the address.
    pub async fn progress_of(
        &self,
        number: &str,
        last_four: &str,
        from: IpAddr,
    ) -> Result<Progress, CommandError> {
        let (case, is_hers) = self.asked_for(number, last_four, from).await?;
        let department = case.department.as_deref().map(|id| self.department_name(id));
        let more = is_hers.then(|| Answered {
            title: case.title.clone(),
            promised: spoken(case.round_due_at),
            reply: case.reply.as_ref().map(|reply| reply.text.clone()),
            files: answer_path(&case),
            may_rate: case.state == State::Replied && case.rating.is_none(),
            rating: case.rating.map(Grade::word),
        });
        Ok(Progress {
            number: case.number.digits(),
            state: case.state.shown(),
            // Whom it is against may be read from who has it.
            department: department.filter(|_| is_hers || !case.confidential),
            more,
        })
    }

    /// What she thinks of the answer, as she would say it on WeChat.
    pub async fn rate_on_web(
        &self,
        (number, last_four): (&str, &str),
        grade: &str,
        comment: &str,
        from: IpAddr,
    ) -> Result<(), CommandError> {
        let refused = |text: &str| CommandError::Refused(text.to_owned());
        let (case, is_hers) = self.asked_for(number, last_four, from).await?;
        if !is_hers {
            return Err(refused("要评价，请填上登记时的手机号后四位。"));
        }
        let grade = Grade::from_word(grade).ok_or_else(|| refused("请选满意不满意。"))?;
        let rate = Command::Rate { grade, comment: comment.trim().to_owned() };
        let her = Actor::Villager { person: case.person.clone() };
        self.step_case(&case.number.digits(), case.revision, rate, &her).await
    }

    /// The case with that number, and whether who asks knows the telephone that was given with it.
    async fn asked_for(
        &self,
        number: &str,
        last_four: &str,
        from: IpAddr,
    ) -> Result<(Case, bool), CommandError> {
        let most = self.config.settings.public.wrong_hour;
        let refused = |text: &str| Err(CommandError::Refused(text.to_owned()));
        if !self.may_visit("query", from, most).await? {
            return refused("输错的次数太多了，请一小时以后再查，或打电话问。");
        }
        let case = match desk::read_number(number) {
            NumberRead::Whole(number) => {
                load::<Case>(&*self.store, keys::case(&number.digits())).await?
            }
            _ => None,
        };
        let Some(case) = case.map(|case| case.record.clone()) else {
            self.visit("query", from, most).await?;
            return refused("没有这个编号。编号是九位数字，请看一下回执再填。");
        };
        let last_four = last_four.trim();
        let is_hers = !last_four.is_empty() && self.ends_in(&case, last_four).await?;
        if !last_four.is_empty() && !is_hers {
            self.visit("query", from, most).await?;
            return refused("后四位和登记的手机号对不上，请核对。");
        }
        Ok((case, is_hers))
    }

    /// The number given with the case, or that of one who signs with her.
    async fn ends_in(&self, case: &Case, last_four: &str) -> Result<bool, StoreError> {
        let four = last_four.len() == 4 && last_four.bytes().all(|byte| byte.is_ascii_digit());
        let ends = |phone: &Option<String>| {
            four && phone.as_ref().is_some_and(|phone| phone.ends_with(last_four))
        };
        if ends(&self.who(&case.number.digits()).await?.phone) {
            return Ok(true);
        }
        for signer in &case.co_signers {
            let person = self.person_behind(signer).await?;
            if person.is_some_and(|person| ends(&person.record.phone)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
