//! Typing that is understood as it is, but should not stay so: what `--fix` mends.

use std::collections::BTreeSet;

use super::{Findings, mend};

pub(super) fn check(findings: &mut Findings) {
    for file in findings.files {
        let Some(mended) = mend(file) else { continue };
        let said: BTreeSet<usize> = findings
            .found
            .iter()
            .filter(|found| found.file == file.name)
            .map(|found| found.line)
            .collect();
        let pairs = file.text.lines().zip(mended.lines()).enumerate();
        let changed = pairs.filter(|(n, (old, new))| old != new && !said.contains(&(n + 1)));
        for (n, (old, new)) in changed {
            let same = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
            let message = format!(
                "这里的写法不规范，程序猜得出意思。请改成「{}」；运行 bianmin lint --fix 会自动改好。",
                new.trim()
            );
            findings.add(&file.name, (n + 1, same + 1), "", "W111", message);
        }
    }
}
