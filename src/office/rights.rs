//! What somebody who has signed in may do and see: one table, asked by every page, the API and
//! the command line. What may happen to a case says `desk::TRANSITIONS`; here is who comes near
//! it at all. (County rules, the permission matrix.)

use crate::county::words;
use crate::desk::{Case, Role};

use super::views::{CommandError, Session};

words! {
    Right {
        /// Sees every case; the others see some, see [`Session::sight`].
        Cases "cases" "看全部事项",
        /// May ask for a name and a telephone number that are kept apart, with a reason.
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
        /// Ledgers and figures of the whole county.
        Reports "reports" "全县台账",
        /// Ledgers of her own department.
        OwnReports "own_reports" "本单位台账",
        /// All orders and goods.
        Orders "orders" "订单",
        /// Lets merchants in, warns and suspends them.
        Admit "admit" "商家准入",
        /// Orders of her own merchant or of her operator's merchants.
        OwnOrders "own_orders" "本商家订单",
        /// Hands out at one village shop.
        HandOut "hand_out" "村店取货",
        /// Dialogs, tables, people.
        Settings "settings" "设置",
        /// Who saw and changed what.
        Audit "audit" "审计",
        /// Clears what is known of a person, or holds that up.
        Erase "erase" "清除个人信息",
    }
}

use Right as R;

const CLERK: &[Right] =
    &[R::Cases, R::Identity, R::File, R::Dispatch, R::Supervise, R::Reports, R::Orders, R::Admit];
const DIRECTOR: &[Right] = &[
    R::Cases,
    R::Identity,
    R::File,
    R::Dispatch,
    R::Supervise,
    R::Reports,
    R::Orders,
    R::Admit,
    R::ApproveInterview,
];
/// Of a small county, where one person does all of it; the auditor is always another one.
const ADMIN: &[Right] = &[
    R::Cases,
    R::Identity,
    R::File,
    R::Dispatch,
    R::Supervise,
    R::Reports,
    R::Orders,
    R::Admit,
    R::ApproveInterview,
    R::Settings,
    R::Erase,
];

pub const RIGHTS: &[(Role, &[Right])] = &[
    (Role::Clerk, CLERK),
    (Role::Director, DIRECTOR),
    (Role::Admin, ADMIN),
    (Role::Supervisor, &[R::Cases, R::Identity, R::Supervise, R::Reports]),
    (Role::Department, &[R::File, R::OwnReports]),
    (Role::Township, &[R::File, R::OwnReports]),
    (Role::Agent, &[R::File, R::HandOut]),
    (Role::ShopClerk, &[R::HandOut]),
    (Role::Organisation, &[R::Interview, R::Reports]),
    (Role::Leader, &[R::Reports]),
    (Role::Merchant, &[R::OwnOrders]),
    (Role::Operator, &[R::OwnOrders]),
    (Role::Source, &[R::File]),
    (Role::Auditor, &[R::Audit, R::Erase]),
];

/// How much of a case somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    Nothing,
    /// All but whose it is.
    Masked,
    Whole,
}

impl Session {
    pub fn may(&self, right: Right) -> bool {
        RIGHTS.iter().any(|(role, rights)| *role == self.role && rights.contains(&right))
    }

    /// What somebody may not do is not there for her.
    pub(super) fn must(&self, right: Right) -> Result<(), CommandError> {
        if self.may(right) { Ok(()) } else { Err(CommandError::NotFound) }
    }

    /// `late`: it is open and its time is over.
    pub(super) fn sight(&self, case: &Case, late: bool) -> Sight {
        let open_matter = !case.confidential;
        if self.may(Right::Cases) {
            return Sight::Whole;
        }
        let parties = self.actor().parties(Some(case));
        // What she has written down herself.
        let filed = open_matter && self.has_filed(case);
        match self.role {
            Role::Department | Role::Township if !parties.is_empty() => {
                if open_matter {
                    Sight::Whole
                } else {
                    Sight::Masked
                }
            }
            Role::Department | Role::Township if filed => Sight::Whole,
            // What comes from the villages of the township.
            Role::Township if open_matter && self.is_of_township(case) => Sight::Masked,
            Role::Agent if filed => Sight::Whole,
            Role::Agent if open_matter && case.place_code == self.village => Sight::Masked,
            Role::Organisation if late => Sight::Masked,
            Role::Source if self.has_filed(case) || !parties.is_empty() => Sight::Whole,
            _ => Sight::Nothing,
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
}
