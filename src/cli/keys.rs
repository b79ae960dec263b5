//! `bianmin staff key`: keys by which other programs come in.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use clap::Subcommand;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::office::{Office, Role};

use super::control::{self, Key};
use super::dialogs::when;
use super::staff::role;

const PATH: &str = "/control/keys";

#[derive(Debug, Subcommand, Serialize, Deserialize)]
pub enum KeyCommand {
    /// Make a key; it is printed once and never again: 发一把钥匙
    Add {
        /// The program's name, as it stands in the timeline of a case
        name: String,
        /// What it may do: the same roles as of people
        #[arg(long, value_parser = role)]
        role: Role,
        /// Where it belongs, as with `staff add`; of a source the name of its system
        #[arg(long, visible_alias = "department")]
        of: Option<String>,
    },
    /// All keys, without themselves: 看钥匙
    List,
    /// From now on it opens nothing: 收回钥匙
    Revoke {
        /// As `list` shows it: bm_ and eight characters
        id: String,
    },
}

pub async fn run(config: Config, command: KeyCommand) -> anyhow::Result<ExitCode> {
    let text: String = control::ask_or_do(config, PATH, command, perform).await?;
    print!("{text}");
    Ok(ExitCode::SUCCESS)
}

/// What a running server answers.
pub fn router(key: Key, office: Arc<Office>) -> Router {
    control::answers(PATH, key, office, perform)
}

async fn perform(office: Arc<Office>, command: KeyCommand) -> anyhow::Result<String> {
    match command {
        KeyCommand::Add { name, role, of } => {
            let token = office.add_api_key(&name, role, of.as_deref()).await?;
            Ok(format!("{name}　钥匙（只显示这一次） key (shown once): {token}\n"))
        }
        KeyCommand::List => {
            let mut text = String::new();
            for key in office.all_api_keys().await? {
                let of = key.department.or(key.village).or(key.merchant);
                let of = of.map(|of| format!(" {of}")).unwrap_or_default();
                let gone = key.revoked_at.map(|at| format!("　已收回 revoked {}", when(at)));
                let (name, role) = (key.name, key.role.id());
                let (made, gone) = (when(key.made_at), gone.unwrap_or_default());
                let waits = key.waits_for_second;
                let waits = waits.map(|by| format!("　(made by {by}, not approved yet)"));
                let waits = waits.unwrap_or_default();
                writeln!(text, "{}　{name}　{role}{of}　{made}{waits}{gone}", key.id)?;
            }
            Ok(text)
        }
        KeyCommand::Revoke { id } => {
            let key = office.revoke_api_key(&id).await?;
            Ok(format!("{}　已收回 revoked: {id}\n", key.name))
        }
    }
}
