//! `bianmin staff`: who may sign in at the desk.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use clap::Subcommand;

use crate::office::clock::SystemClock;
use crate::office::{Office, Parts, Role};

use super::start;

#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Add somebody; prints the one-time password
    Add {
        /// The name to sign in with, 1 to 20 characters.
        name: String,
        /// clerk dispatches, answers and telephones; director decides what two people must see;
        /// department works for one department; admin is a director who manages others.
        #[arg(long, value_parser = role, default_value = "clerk")]
        role: Role,
        /// The id in departments.csv, for --role department
        #[arg(long)]
        department: Option<String>,
    },
    /// Give out a new one-time password; all sessions of that person end
    Reset { name: String },
    /// List everybody
    List,
}

/// The server must not run: the store belongs to one process at a time.
pub async fn run(config: &Path, command: StaffCommand) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    let (tables, script) = start::read_county(&config)?;
    let store = start::open_store(&config).await?.store();
    let office = Office::new(Parts { config, store, clock: Arc::new(SystemClock), tables, script })
        .map_err(|error| anyhow!(error))?;
    match command {
        StaffCommand::Add { name, role, department } => {
            let password = office.add_staff(&name, role, department.as_deref()).await?;
            println!("{name}　一次性密码 one-time password: {password}");
        }
        StaffCommand::Reset { name } => {
            let password = office.reset_password(&name).await?;
            println!("{name}　一次性密码 one-time password: {password}");
        }
        StaffCommand::List => {
            for staff in office.all_staff().await? {
                let role = staff.role.id();
                let of = staff.department.map(|id| format!(" {id}")).unwrap_or_default();
                let note =
                    if staff.must_change { "　(one-time password not used yet)" } else { "" };
                println!("{}　{role}{of}{note}", staff.name);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_word(text).ok_or_else(|| {
        let all: Vec<&str> = Role::ALL.iter().map(|role| role.id()).collect();
        format!("unknown role; please give one of {}", all.join(", "))
    })
}
