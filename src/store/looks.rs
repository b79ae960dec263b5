//! Who looked at whom, and who changed what the county runs by: one log that only grows, each
//! entry chained to the one before.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::county::words;
use crate::desk::chain;

use super::{Key, Record, keys};

words! {
    /// What somebody did with what is known of a person.
    LookKind {
        Identity "identity" "看姓名电话",
        Task "task" "待办里看电话",
        Attachment "attachment" "看照片和文件",
        Print "print" "打印单子",
        /// Of who ordered, on the page of the order.
        Order "order" "看订单电话",
        Ledger "ledger" "导出台账",
        Search "search" "按号码查人",
        Export "export" "导出个人资料",
        Correct "correct" "更正姓名电话",
        Erase "erase" "清除个人信息",
        Retain "retain" "到期清除",
        Hold "hold" "暂缓清除",
        Release "release" "取消暂缓",
        Sheet "sheet" "导出表格",
        AccountMade "account_made" "新增账号",
        AccountApproved "account_approved" "批准账号",
        RoleChanged "role_changed" "改角色",
        AccountStopped "account_stopped" "停用账号",
        AccountOpened "account_opened" "启用账号",
        PasswordReset "password_reset" "重置密码",
        PasswordChanged "password_changed" "改密码",
        SecondStep "second_step" "动态口令",
        SignedIn "signed_in" "登录",
        SessionEnded "session_ended" "收回登录",
        Locked "locked" "连错锁定",
        Linked "linked" "绑定微信",
        KeyMade "key_made" "发钥匙",
        KeyApproved "key_approved" "批准钥匙",
        KeyRevoked "key_revoked" "收回钥匙",
        Draft "draft" "改对话草稿",
        Script "script" "对话上线",
        Tables "tables" "表格和设置上线",
        Settings "settings" "设置文件改动",
        Backup "backup" "备份",
        RestoreTried "restore_tried" "恢复演练",
        Broadcast "broadcast" "群发通知",
        Interview "interview" "约谈",
        Merchant "merchant" "商家准入",
        Goods "goods" "商品表",
        Listing "listing" "供求",
        TaskDone "task_done" "办待办",
        Again "again" "重发通知",
        Machine "machine" "命令行办事",
    }
}

/// Without anything of the person herself: the log outlives what it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// From 1, without gaps.
    pub n: u64,
    pub at: Timestamp,
    pub by: String,
    /// The id of a role; empty: the program itself.
    pub role: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    pub kind: LookKind,
    /// The address from which she had signed in; empty: by a key, or at the machine itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// The digits of the cases whose persons were seen.
    pub cases: Vec<String>,
    /// What was changed: the name of an account, the id of a key, a version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    pub reason: String,
    /// The hash of this one, which covers the one before.
    pub hash: String,
}

impl Look {
    /// What the hash has to be behind `before`.
    pub fn linked(&self, before: &str) -> String {
        chain::link(before, &Self { hash: String::new(), ..self.clone() }, &[])
    }
}

impl Record for Look {
    const KIND: &'static str = "look";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::look(self.n)
    }

    fn indexes(&self) -> Vec<Key> {
        self.cases.iter().map(|case| keys::look_by_case(case, self.n)).collect()
    }
}

/// The last entry, so that none can be cut off the end, and the hash of the last one that was
/// cleared away after its time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookHead {
    pub n: u64,
    pub hash: String,
    #[serde(default)]
    pub cleared: u64,
    #[serde(default)]
    pub cleared_hash: String,
    /// The sum of the settings that were noted last, to know a changed file from a mere restart.
    #[serde(default)]
    pub settings: String,
}

impl Record for LookHead {
    const KIND: &'static str = "look-head";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::look_head()
    }
}

/// Somebody has a reason why a case is not to be cleared away yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The digits.
    pub case: String,
    pub by: String,
    pub at: Timestamp,
    pub reason: String,
}

impl Record for Hold {
    const KIND: &'static str = "hold";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::hold(&self.case)
    }
}
