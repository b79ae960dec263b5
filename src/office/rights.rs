//! What somebody who has signed in may do and see: one table, a role a row and an object a column,
//! asked by every page, the API, Open311 and the command line. What may happen to one case says
//! `desk::TRANSITIONS`; here is who comes near it at all. (County rules, the permission matrix;
//! docs/账号和权限.md shows it to the one who makes accounts.)

use crate::county::words;
use crate::desk::{Case, Role};

use super::views::{CommandError, Session};

words! {
    /// What there is to see and to do.
    Object {
        /// Cases that one writes down for others.
        Filed "filed" "代为登记",
        Village "village" "本村、本乡镇的事项",
        /// Cases that a department handles.
        Assigned "assigned" "承办的事项",
        Cases "cases" "全部事项",
        /// Whose a case is.
        Identity "identity" "诉求人信息",
        Dispatch "dispatch" "受理派单",
        Supervise "supervise" "督办",
        Interview "interview" "约谈",
        Reports "reports" "台账和指标",
        Orders "orders" "订单",
        Admit "admit" "商家准入",
        Config "config" "系统设置",
        Accounts "accounts" "账号和权限",
        Logs "logs" "审计日志",
        Erase "erase" "清除个人信息",
    }
}

words! {
    #[derive(Default)]
    Access {
        #[default]
        No "-" "不能",
        Read "r" "看",
        Write "w" "办",
    }
}

words! {
    /// On what condition.
    #[derive(Default)]
    Only {
        #[default]
        All "all" "全部",
        /// What she wrote down herself, and nobody wants hidden.
        Filed "filed" "本人登记的",
        /// What this other platform has sent.
        Sent "sent" "本平台送来的",
        Village "village" "本村的，保密的除外",
        Township "township" "本乡镇的，保密的除外",
        /// Of a case: the department handles it. Of its person: and nobody wants it hidden.
        Handled "handled" "本单位承办的",
        Late "late" "超期的",
        /// With a reason, and the look is written down.
        Logged "logged" "写明理由，留记录",
        Draft "draft" "起草",
        Approve "approve" "批准",
        /// Of its own: says in writing how it came to that.
        Answer "answer" "书面说明",
        /// Of her own merchant.
        Own "own" "本商家的",
        /// Of the merchants of her company.
        Members "members" "本公司所属商家的",
        /// What comes to the counter of her village.
        PickUp "pick_up" "本村到货的",
        /// Sums and sheets of the shop, no single order.
        Sums "sums" "汇总",
        Propose "propose" "替所属商家申请",
        /// Of the bureau that the county has made answerable for its merchants.
        Bureau "bureau" "供销社",
        /// Writes on a case what shall be done; what follows is the platform's.
        Direct "direct" "批示",
    }
}

/// The id in departments.csv of the bureau that lets merchants in.
const BUREAU: &str = "供销社";

/// One cell of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    pub access: Access,
    pub only: Only,
}

pub const COLUMNS: usize = 15;

const N: Grant = Grant { access: Access::No, only: Only::All };
const R: Grant = Grant { access: Access::Read, only: Only::All };
const W: Grant = Grant { access: Access::Write, only: Only::All };

const fn r(only: Only) -> Grant {
    Grant { access: Access::Read, only }
}

const fn w(only: Only) -> Grant {
    Grant { access: Access::Write, only }
}

use Only::{
    Answer, Approve, Bureau, Direct, Draft, Filed, Handled, Late, Logged, Members, Own, PickUp,
    Propose, Sent, Sums, Township, Village,
};

/// The columns stand in the order of [`Object::ALL`].
#[rustfmt::skip]
pub const MATRIX: &[(Role, [Grant; COLUMNS])] = &[
    //                        filed     village      assigned    cases    identity    disp. sup. interview   reports     orders      admit       conf. acc. logs erase
    (Role::Clerk,            [W,        R,           R,          W,       w(Logged),  W,    R,   N,          R,          R,          N,          N,    N,   N,   N]),
    (Role::Director,         [W,        R,           R,          W,       w(Logged),  W,    W,   w(Approve), R,          W,          W,          N,    N,   N,   w(Logged)]),
    (Role::Supervisor,       [N,        N,           R,          R,       w(Logged),  N,    W,   w(Draft),   R,          N,          N,          N,    N,   N,   N]),
    (Role::Department,       [w(Filed), N,           w(Handled), N,       w(Handled), N,    N,   w(Answer),  r(Handled), N,          w(Bureau),  N,    N,   N,   N]),
    (Role::DepartmentHead,   [N,        N,           r(Handled), N,       w(Handled), N,    N,   w(Answer),  r(Handled), N,          w(Bureau),  N,    N,   N,   N]),
    (Role::Township,         [w(Filed), r(Township), w(Handled), N,       w(Handled), N,    N,   N,          r(Township), N,          N,          N,    N,   N,   N]),
    (Role::Agent,            [w(Filed), w(Village),  N,          N,       w(Filed),   N,    N,   N,          r(PickUp),  w(PickUp),  N,          N,    N,   N,   N]),
    (Role::ShopClerk,        [N,        N,           N,          N,       N,          N,    N,   N,          r(PickUp),  w(PickUp),  N,          N,    N,   N,   N]),
    (Role::Organisation,     [N,        N,           N,          r(Late), N,          N,    R,   W,          R,          N,          N,          N,    N,   N,   N]),
    (Role::Leader,           [N,        N,           N,          r(Late), N,          w(Direct), R,   R,          R,          r(Sums),    N,          N,    N,   N,   N]),
    (Role::Merchant,         [N,        N,           N,          N,       N,          N,    N,   N,          r(Own),     w(Own),     N,          N,    N,   N,   N]),
    (Role::Operator,         [N,        N,           N,          N,       N,          N,    N,   N,          r(Members), w(Members), w(Propose), N,    N,   N,   N]),
    (Role::Source,           [w(Sent),  N,           N,          N,       w(Sent),    N,    N,   N,          N,          N,          N,          N,    N,   N,   N]),
    (Role::SystemAdmin,      [N,        N,           N,          N,       N,          N,    N,   N,          N,          N,          N,          W,    N,   N,   N]),
    (Role::SecurityAdmin,    [N,        N,           N,          N,       N,          N,    N,   N,          N,          N,          N,          N,    W,   N,   N]),
    (Role::Auditor,          [N,        N,           N,          N,       N,          N,    N,   N,          N,          N,          N,          N,    N,   R,   N]),
];

/// What a role may do with an object.
pub fn grant(role: Role, object: Object) -> Grant {
    let row = MATRIX.iter().find(|(one, _)| *one == role).map(|(_, row)| row);
    let column = Object::ALL.iter().position(|one| *one == object);
    row.zip(column).and_then(|(row, column)| row.get(column)).copied().unwrap_or_default()
}

/// Keeps the settings, the accounts or the logs: each a role of its own, so that nobody holds two.
pub fn is_administrator(role: Role) -> bool {
    [Object::Config, Object::Accounts, Object::Logs]
        .iter()
        .any(|object| grant(role, *object).access > Access::No)
}

words! {
    /// Questions that pages and commands ask; each is a look at the table, see [`Session::may`].
    Right {
        /// Sees every case; the others see some, see [`Session::sight`].
        Cases "cases" "看全部事项",
        /// May ask for any name and telephone number that are kept apart, with a reason.
        Identity "identity" "看诉求人信息",
        /// Files for somebody else.
        File "file" "代为登记",
        /// Sorts, dispatches, decides, answers for the platform; works its tasks.
        Dispatch "dispatch" "受理派单",
        /// Telephones departments that are late, and drafts the notice of an interview.
        Supervise "supervise" "督办",
        /// The second person: lets an interview notice go out.
        ApproveInterview "approve_interview" "批准约谈",
        /// Receives the notice and records the interview.
        Interview "interview" "约谈",
        /// Reads the notices that call in her own department, and answers them.
        AnswerInterview "answer_interview" "书面说明约谈",
        /// Reads which interviews there are.
        ReadInterviews "read_interviews" "看约谈",
        /// Ledgers and figures of the whole county.
        Reports "reports" "全县台账",
        /// Ledgers of her own department; of a township also those of its villages.
        OwnReports "own_reports" "本单位台账",
        /// Speaks for a village's people, and keeps the ledger of what is done for them.
        OwnVillage "own_village" "本村台账",
        /// Writes to all of a village: the platform's second person.
        Broadcast "broadcast" "群发通知",
        /// As the head of a department: looks at what is late there, and signs.
        Sign "sign" "签字",
        /// Sees all orders and goods.
        Orders "orders" "订单",
        /// Orders for others, keeps goods and takes each step for the platform.
        KeepOrders "keep_orders" "管订单",
        /// Lets merchants in, warns and suspends them.
        Admit "admit" "商家准入",
        /// Asks that a merchant of her company be let in.
        Propose "propose" "替商家申请",
        /// Orders of her own merchant or of her operator's merchants.
        OwnOrders "own_orders" "本商家订单",
        /// Hands out at one village shop.
        HandOut "hand_out" "村店取货",
        /// Changes dialogs and tables in a draft; a second one who may puts it live.
        Dialogs "dialogs" "改对话",
        /// Holidays, settings, what goes out to other programs.
        Settings "settings" "设置",
        /// Who may sign in, and as what.
        Accounts "accounts" "账号和权限",
        /// Who saw and changed what.
        Audit "audit" "审计",
        /// Clears what is known of a person, or holds that up.
        Erase "erase" "清除个人信息",
    }
}

/// How much of a case somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    Nothing,
    /// All but whose it is.
    Masked,
    Whole,
}

impl Grant {
    fn reads(self, conditions: &[Only]) -> bool {
        self.access >= Access::Read && conditions.contains(&self.only)
    }

    fn writes(self, conditions: &[Only]) -> bool {
        self.access == Access::Write && conditions.contains(&self.only)
    }
}

impl Session {
    pub fn grant(&self, object: Object) -> Grant {
        grant(self.role, object)
    }

    pub fn may(&self, right: Right) -> bool {
        let of = |object| self.grant(object);
        match right {
            Right::Cases => of(Object::Cases).reads(&[Only::All]),
            Right::Identity => of(Object::Identity).writes(&[Logged]),
            Right::File => of(Object::Filed).writes(&[Only::All, Filed, Sent]),
            Right::Dispatch => of(Object::Dispatch).writes(&[Only::All]),
            Right::Supervise => of(Object::Supervise).writes(&[Only::All]),
            Right::ApproveInterview => of(Object::Interview).writes(&[Approve]),
            Right::Interview => of(Object::Interview).writes(&[Only::All]),
            Right::AnswerInterview => of(Object::Interview).writes(&[Answer]),
            Right::ReadInterviews => {
                of(Object::Interview).access >= Access::Read && !self.may(Right::AnswerInterview)
            }
            Right::Reports => of(Object::Reports).reads(&[Only::All]),
            Right::OwnReports => of(Object::Reports).reads(&[Handled, Township]),
            Right::OwnVillage => of(Object::Village).writes(&[Village]),
            Right::Broadcast => self.may(Right::Dispatch) && self.may(Right::ApproveInterview),
            Right::Sign => of(Object::Assigned) == r(Handled),
            Right::Orders => of(Object::Orders).reads(&[Only::All]),
            Right::KeepOrders => of(Object::Orders).writes(&[Only::All]),
            Right::Admit => {
                let is_bureau = self.department.as_deref() == Some(BUREAU);
                let grant = of(Object::Admit);
                grant.writes(&[Only::All]) || (is_bureau && grant.writes(&[Bureau]))
            }
            Right::Propose => of(Object::Admit).writes(&[Propose]),
            Right::OwnOrders => of(Object::Orders).writes(&[Own, Members]),
            Right::HandOut => of(Object::Orders).writes(&[PickUp]),
            Right::Dialogs => {
                [Object::Dispatch, Object::Config].iter().any(|one| of(*one).writes(&[Only::All]))
            }
            Right::Settings => of(Object::Config).writes(&[Only::All]),
            Right::Accounts => of(Object::Accounts).writes(&[Only::All]),
            Right::Audit => of(Object::Logs).reads(&[Only::All]),
            Right::Erase => of(Object::Erase).writes(&[Logged]),
        }
    }

    /// What somebody may not do is not there for her.
    pub(super) fn must(&self, right: Right) -> Result<(), CommandError> {
        if self.may(right) { Ok(()) } else { Err(CommandError::NotFound) }
    }

    /// Works for one department, and sees what that handles.
    pub(super) fn is_handler(&self) -> bool {
        self.grant(Object::Assigned).only == Handled
    }

    /// Is told cases one by one. Who has but sums and chosen cases reads tables without persons.
    pub(super) fn reads_cases(&self) -> bool {
        self.may(Right::Cases) || self.is_handler() || self.may(Right::OwnVillage)
    }

    /// Reads the ledgers of its own villages, as far as it sees their cases.
    pub fn reports_township(&self) -> bool {
        self.grant(Object::Reports).only == Township
    }

    /// Nothing beside what the own department handles, so that a list need not look further.
    pub(super) fn sees_handled_only(&self) -> bool {
        self.is_handler() && self.grant(Object::Village) == N
    }

    /// `late`: it is open and its time is over.
    pub(super) fn sight(&self, case: &Case, late: bool) -> Sight {
        let open_matter = !case.confidential;
        let handles = self.department.as_ref().is_some_and(|own| !case.parties_of(own).is_empty());
        let is_so = |object: Object| {
            let Grant { access, only } = self.grant(object);
            access > Access::No
                && match only {
                    Only::All => object == Object::Cases,
                    Filed => open_matter && self.has_filed(case),
                    Sent => self.has_sent(case),
                    Village => open_matter && case.place_code == self.village,
                    Township => open_matter && self.is_of_township(case),
                    Handled if object == Object::Identity => {
                        open_matter && (handles || self.has_filed(case))
                    }
                    Handled => handles,
                    Late => late || self.has_directed(case),
                    Logged => true,
                    _ => false,
                }
        };
        let sees = [Object::Cases, Object::Assigned, Object::Village, Object::Filed].map(is_so);
        match sees.contains(&true) {
            false => Sight::Nothing,
            true if is_so(Object::Identity) => Sight::Whole,
            true => Sight::Masked,
        }
    }

    fn is_of_township(&self, case: &Case) -> bool {
        match (&self.department, &case.place_name) {
            (Some(township), Some(place)) => place.starts_with(township.as_str()),
            _ => false,
        }
    }

    pub(super) fn has_filed(&self, case: &Case) -> bool {
        case.submitted_by.name() == Some(self.name.as_str())
    }

    /// A leader goes on seeing what she wrote on.
    fn has_directed(&self, case: &Case) -> bool {
        let direction = case.course.direction.as_ref();
        direction.is_some_and(|one| one.by.as_deref() == Some(self.name.as_str()))
    }

    fn has_sent(&self, case: &Case) -> bool {
        let system = case.source.as_ref().map(|source| &source.system);
        self.has_filed(case) || (system.is_some() && system == self.department.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::super::views::Owes;
    use super::*;

    fn of(role: Role, department: &str) -> Session {
        Session {
            name: "王芳".into(),
            role,
            department: Some(department.into()),
            village: None,
            merchant: None,
            from: String::new(),
            csrf: String::new(),
            owes: Owes::Nothing,
        }
    }

    /// No county's list needs to have it; one that has gives it the merchants.
    #[test]
    fn only_the_bureau_among_the_departments_lets_merchants_in() {
        for role in [Role::Department, Role::DepartmentHead] {
            assert!(of(role, BUREAU).may(Right::Admit));
            assert!(!of(role, "城管").may(Right::Admit));
        }
        assert!(!of(Role::Township, BUREAU).may(Right::Admit));
    }
}
