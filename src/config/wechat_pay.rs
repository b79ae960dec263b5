//! `[wechat_pay]`: payment in WeChat, with the account of one of the `[wechat.NAME]`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct WechatPaySettings {
    /// The merchant's number at WeChat Pay; empty: only cash.
    pub mchid: String,
    /// Which `[wechat.NAME]` those pay with who order; empty: the only one.
    pub account: String,
    /// Serial number of the merchant's certificate.
    pub serial: String,
    /// The merchant's private key, as it was downloaded.
    pub key_file: PathBuf,
    /// The platform's keys: id of a public key, or serial number of a certificate, to its file.
    pub platform_keys: BTreeMap<String, PathBuf>,
    pub api_v3_key_env: String,
    pub api: String,
}

impl Default for WechatPaySettings {
    fn default() -> Self {
        Self {
            mchid: String::new(),
            account: String::new(),
            serial: String::new(),
            key_file: PathBuf::new(),
            platform_keys: BTreeMap::new(),
            api_v3_key_env: String::new(),
            api: "https://api.mch.weixin.qq.com".into(),
        }
    }
}

/// With its secret, checked.
#[derive(Debug, Clone)]
pub struct WechatPay {
    pub settings: WechatPaySettings,
    /// The name of its `[wechat.NAME]`.
    pub account: String,
    pub appid: String,
    /// Under which WeChat reaches us: https, without a slash at its end.
    pub public_url: String,
    pub api_v3_key: SecretString,
}
