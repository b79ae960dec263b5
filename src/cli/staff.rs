//! `bianmin staff`: who may sign in at the desk.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use crate::office::Role;

use super::{keys, start};

#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Add somebody; prints the one-time password
    Add {
        /// The name to sign in with, 1 to 20 characters.
        name: String,
        /// clerk dispatches and answers; director decides what two people must see; supervisor
        /// telephones departments that are late; department works for one department.
        /// Besides: department_head, township, agent, shop_clerk, organisation, leader, merchant,
        /// operator, source. Who keeps the settings, the accounts and the logs are three people:
        /// system_admin, security_admin, auditor.
        #[arg(long, value_parser = role, default_value = "clerk")]
        role: Role,
        /// Where she belongs: the id in departments.csv of a department or township, the 12 digits
        /// of an agent's or shop clerk's village, the id of a merchant or operator.
        #[arg(long, visible_alias = "department")]
        of: Option<String>,
    },
    /// Give out a new one-time password; all sessions of that person end
    Reset { name: String },
    /// Let an administrator's account count that somebody made at the desk: the second of two
    Approve { name: String },
    /// List everybody
    List,
    /// Keys by which other programs come in: 程序用的钥匙
    ///
    /// With a program that serves it asks that one; otherwise it works on the stored data.
    Key {
        #[command(subcommand)]
        command: keys::KeyCommand,
    },
}

/// The server must not run, but for keys: the store belongs to one process at a time.
pub async fn run(config: &Path, command: StaffCommand) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    let command = match command {
        StaffCommand::Key { command } => return keys::run(config, command).await,
        command => command,
    };
    let office = start::open_office(config).await?;
    match command {
        StaffCommand::Key { .. } => {}
        StaffCommand::Add { name, role, of } => {
            let password = office.add_staff(&name, role, of.as_deref()).await?;
            println!("{name}　一次性密码 one-time password: {password}");
        }
        StaffCommand::Reset { name } => {
            let password = office.reset_password(&name).await?;
            println!("{name}　一次性密码 one-time password: {password}");
        }
        StaffCommand::Approve { name } => {
            office.approve_staff(&name).await?;
            println!("{name}　已批准 approved");
        }
        StaffCommand::List => {
            for staff in office.all_staff().await? {
                let role = staff.role.id();
                let of = staff.department.or(staff.village).or(staff.merchant);
                let of = of.map(|id| format!(" {id}")).unwrap_or_default();
                let note =
                    if staff.must_change { "　(one-time password not used yet)" } else { "" };
                let waits =
                    staff.waits_for_second.map(|by| format!("　(made by {by}, not approved yet)"));
                let stopped = if staff.stopped { "　(stopped)" } else { "" };
                let waits = waits.unwrap_or_default();
                println!("{}　{role}{of}{note}{waits}{stopped}", staff.name);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn role(text: &str) -> Result<Role, String> {
    Role::from_word(text).ok_or_else(|| {
        let all: Vec<&str> = Role::ALL.iter().map(|role| role.id()).collect();
        format!("unknown role; please give one of {}", all.join(", "))
    })
}
