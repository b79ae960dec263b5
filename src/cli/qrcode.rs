//! `bianmin qrcode`: the codes that hang in the village shops.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use crate::channel::wechat::api;
use crate::county::{Found, Place, Places, Scope};
use crate::office::village_ticket;

use super::{menu, start};

#[derive(Debug, Args)]
pub struct QrcodeOptions {
    /// Villages, by name or by code of county/places.csv
    #[arg(required = true, value_name = "VILLAGE")]
    villages: Vec<String>,

    /// NAME of [wechat.NAME] in config.toml
    #[arg(long, value_name = "NAME", default_value = "main")]
    account: String,
}

pub async fn run(config: &Path, options: QrcodeOptions) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    let (tables, _) = start::read_live_county(&config)?;
    if !config.wechat.contains_key(&options.account) {
        bail!("config.toml 里没有这个公众号。请写 [wechat.名字]，或者改「--account」。");
    }
    let villages = options.villages.iter().map(|name| village(&tables.places, name));
    // All names are looked at before the first code is made: an account has 100,000 of them.
    let villages = villages.collect::<anyhow::Result<Vec<&Place>>>()?;
    let mut all = true;
    for place in villages {
        let said = match village_ticket(&config, &options.account, &place.code).await {
            Ok(ticket) => api::qrcode_picture(&ticket),
            Err(error) => {
                all = false;
                menu::why(&error, "做好")
            }
        };
        println!("{}{}：{said}", place.township, place.name);
    }
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn village<'a>(places: &'a Places, name: &str) -> anyhow::Result<&'a Place> {
    if let Some(place) = places.get(name) {
        return Ok(place);
    }
    match places.find(name, Scope::Answer) {
        Found::One { place, sure: true, .. } => Ok(place),
        Found::Several { places, .. } => {
            let all: Vec<String> =
                places.iter().map(|place| format!("{}{}", place.township, place.name)).collect();
            bail!("「{name}」不止一个：{}。请带上乡镇。", all.join("、"))
        }
        _ => bail!("没有「{name}」这个村。请写 county/places.csv 里的村名或者代码。"),
    }
}
