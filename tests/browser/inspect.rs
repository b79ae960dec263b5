//! What is asked of every page that a walk comes to.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::browser::{Browser, PHONE};

/// Fetched when the tests run; its licence (MPL-2.0) stays with it.
const AXE: &str = "axe-core@4.14.1";
const WEIGHT_MAX: u64 = 150 * 1024;
const SCRIPT: &str = include_str!("inspect.js");

/// `target`, where what is built goes.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}

/// The rules of accessibility, as a script.
fn axe() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let folder = target().join("axe");
        let file = folder.join("node_modules/axe-core/axe.min.js");
        let version = folder.join("node_modules/axe-core/package.json");
        let wanted = AXE.rsplit('@').next().unwrap();
        let has = std::fs::read_to_string(version).unwrap_or_default();
        if !has.contains(&format!("\"version\": \"{wanted}\"")) {
            std::fs::create_dir_all(&folder).unwrap();
            let fetch = Command::new("npm")
                .args(["install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund"])
                .args(["--silent", "--prefix", "."])
                .arg(AXE)
                .current_dir(&folder)
                .status();
            assert!(fetch.is_ok_and(|status| status.success()), "npm does not fetch {AXE}");
        }
        std::fs::read_to_string(file).unwrap()
    })
}

/// `Err`: all that is wrong with the page that is open.
pub async fn page(browser: &Browser, address: &str) -> Result<(), String> {
    let mut wrong: Vec<String> = browser.complaints().await?;
    let script = format!("{}\n{SCRIPT}", axe());
    let found = browser.page.execute_async(&script, Vec::new()).await;
    let found = found.map_err(|error| format!("{address}: {error}"))?;
    if let Some(failed) = found["failed"].as_str() {
        wrong.push(format!("it could not be checked: {failed}"));
    }
    // The script that the policy stopped is among the complaints; those are not the page's.
    browser.complaints().await?;
    wrong.extend(texts(&found["serious"]));
    wrong.extend(texts(&found["foreign"]).map(|url| format!("it asks for {url}")));
    let weight = found["weight"].as_u64().unwrap_or(u64::MAX);
    if weight > WEIGHT_MAX {
        wrong.push(format!("it weighs {weight} bytes, more than {WEIGHT_MAX}"));
    }
    if found["shielded"] != true {
        wrong.push("a script written into it runs".into());
    }
    wrong.extend(width(browser, &found["too_wide"]));
    if wrong.is_empty() { Ok(()) } else { Err(format!("{address}: {}", wrong.join("\n  "))) }
}

/// Where no script runs, only what can be seen without one.
pub async fn page_without_scripts(browser: &Browser, address: &str) -> Result<(), String> {
    let wrong = browser.complaints().await?;
    if wrong.is_empty() { Ok(()) } else { Err(format!("{address}: {}", wrong.join("\n  "))) }
}

fn width(browser: &Browser, too_wide: &Value) -> Option<String> {
    let pixels = too_wide.as_i64().unwrap_or(i64::MAX);
    let is_phone = browser.width == PHONE;
    (is_phone && pixels > 0).then(|| format!("{pixels} pixels wider than a telephone"))
}

fn texts(list: &Value) -> impl Iterator<Item = String> + '_ {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}
