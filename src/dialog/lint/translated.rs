//! Translations that are not of the script as it is: originals that were changed since, keys
//! that nothing has any more, texts that nobody translated.

use super::Findings;
use crate::dialog::script::Script;

const KEYS_NAMED: usize = 3;

pub(super) fn check(findings: &mut Findings, script: &Script) {
    for stale in &script.stale {
        let message = format!(
            "「{}」的原文改过了，这一句译文先不用，村民听到的是原文。请照现在的原文改译文，\
             再把「原文」改成：{}　「原文校验」改成：{}",
            stale.key, stale.original, stale.mark
        );
        findings.add(&stale.file, (stale.line, 1), "", "W202", message);
    }
    for orphan in &script.orphans {
        let message =
            format!("没有「{}」这一句了。{}用不着就删去这一行。", orphan.key, orphan.hint);
        findings.add(&orphan.file, (orphan.line, 1), "", "W104", message);
    }
    for (file, keys) in &script.untranslated {
        let named: Vec<&str> = keys.iter().take(KEYS_NAMED).map(String::as_str).collect();
        let more = if keys.len() > KEYS_NAMED { "……" } else { "" };
        let message = format!(
            "还有{}句没有译，村民听到的是原文：{}{more}。请各补一行。",
            keys.len(),
            named.join("、")
        );
        findings.add(file, (1, 1), "", "W203", message);
    }
}
