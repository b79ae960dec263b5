//! What is set up at an official account: its menu, from 菜单 of the dialogs, and its QR codes.

use std::sync::Arc;

use crate::channel::wechat::api::{ApiError, Button};
use crate::channel::wechat::errors;
use crate::config::Config;
use crate::dialog::{MenuItem, Script};

use super::clock::SystemClock;
use super::turn::VILLAGE_SCENE;
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

/// Replaces the menu of `[wechat.NAME]` by `body` (`api::menu_request`).
pub async fn push_menu(config: &Config, name: &str, body: &str) -> Result<(), CallError> {
    api_of(config, name)?.create_menu(body.to_owned()).await
}

/// The ticket of a QR code for ever: who scans it follows `[wechat.NAME]`, and comes from the
/// village of this code.
pub async fn village_ticket(config: &Config, name: &str, code: &str) -> Result<String, CallError> {
    api_of(config, name)?.create_qrcode(&format!("{VILLAGE_SCENE}{code}"), None).await
}

/// Needs no store: the platform gives everybody who asks without force the same access token.
fn api_of(config: &Config, name: &str) -> Result<WechatApi, CallError> {
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
    Ok(WechatApi::new(base, appid, secret, http, Arc::new(SystemClock)))
}
