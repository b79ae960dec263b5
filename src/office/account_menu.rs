//! The menu below an official account, from 菜单 of the dialogs.

use std::sync::Arc;

use crate::channel::wechat::api::{ApiError, Button};
use crate::channel::wechat::errors;
use crate::config::Config;
use crate::dialog::{MenuItem, Script};

use super::clock::SystemClock;
use super::wechat_api::{CallError, Timeouts, WechatApi, http_client};

/// As WeChat wants it: a column of several is a group.
pub fn account_menu(script: &Script) -> Vec<Button> {
    fn button(item: &MenuItem) -> Button {
        match item.items.is_empty() {
            true => Button::Click { name: item.name.clone(), key: item.key.clone() },
            false => Button::Group {
                name: item.name.clone(),
                buttons: item.items.iter().map(button).collect(),
            },
        }
    }
    script.menu().iter().map(button).collect()
}

/// Replaces the menu of `[wechat.NAME]` by `body` (`api::menu_request`). Needs no store: the platform gives everybody who asks
/// without force the same access token.
pub async fn push_menu(config: &Config, name: &str, body: &str) -> Result<(), CallError> {
    let unknown = |what: String| CallError::Unknown(what);
    let account = config.wechat.get(name);
    let account = account.ok_or_else(|| unknown(format!("[wechat.{name}] is not there")))?;
    let Some(secret) = account.secret.clone() else {
        return Err(CallError::Refused(ApiError {
            code: 41004,
            class: errors::classify(41004),
            message: format!("wechat.{name}.secret_env"),
        }));
    };
    let base = account.settings.api.get_ref().parse();
    let base = base.map_err(|error| unknown(format!("wechat.{name}.api: {error}")))?;
    let http = http_client(Timeouts::default()).map_err(|error| unknown(error.to_string()))?;
    let appid = account.settings.appid.get_ref();
    let clock = Arc::new(SystemClock);
    WechatApi::new(base, appid, secret, http, clock).create_menu(body.to_owned()).await
}
