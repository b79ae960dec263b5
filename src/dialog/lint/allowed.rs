//! `# 不查 W3：原因`: warnings that the author has looked at. At the end of a line it holds for
//! that line; on a line of its own for the next one; above everything else for the whole file.

use super::Severity;
use super::checks::{self, check_of};
use crate::dialog::read::source::{Diagnostic, Problems, SourceFile};

struct Allowance {
    file: String,
    /// The remark itself.
    line: usize,
    column: usize,
    /// Lines that it holds for; `None` is the whole file.
    holds: Option<usize>,
    code: String,
    reason: bool,
    used: bool,
}

/// Without the warnings that a remark allows, and how many those were. A remark without a
/// reason, for an error, or for nothing is itself a warning.
pub(super) fn sift(files: &[SourceFile], found: Vec<Diagnostic>) -> (Vec<Diagnostic>, usize) {
    let mut remarks: Vec<Allowance> = files.iter().flat_map(remarks).collect();
    let before = found.len();
    let mut kept: Vec<Diagnostic> = found
        .into_iter()
        .filter(|found| {
            let number = check_of(found.code).map_or("", |check| check.number);
            let mut allowed = false;
            for remark in &mut remarks {
                let fits = remark.file == found.file
                    && (remark.code == found.code || remark.code == number)
                    && remark.holds.is_none_or(|line| line == found.line)
                    && Severity::of(found.code) != Severity::Error
                    && remark.reason;
                remark.used |= fits;
                allowed |= fits;
            }
            !allowed
        })
        .collect();
    let allowed = before - kept.len();
    for remark in remarks.iter().filter(|remark| !remark.used) {
        let Some(file) = files.iter().find(|file| file.name == remark.file) else { continue };
        let code = &remark.code;
        let message = if !remark.reason {
            format!("「不查 {code}」后面要写原因：# 不查 {code}：为什么可以这样。")
        } else if code.starts_with('E') {
            format!("{code} 是错误，不改不能上线，不能用「不查」。请改好，再删去这个注释。")
        } else {
            format!("「不查 {code}」用不着了：这里已经没有这个提醒。请删去这个注释。")
        };
        let mut problems = Problems::of(file);
        problems.add((remark.line, remark.column), checks::ALLOWANCE, message);
        kept.append(&mut problems.found);
    }
    kept.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    (kept, allowed)
}

fn remarks(file: &SourceFile) -> Vec<Allowance> {
    let text = file.text.trim_start_matches('\u{feff}');
    let lines: Vec<&str> = text.lines().collect();
    let is_remark = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let first = lines.iter().position(|line| !is_remark(line)).unwrap_or(lines.len());
    let mut found = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        let alone = line.trim_start().starts_with('#');
        let Some((before, rest)) = line.split_once("# 不查 ") else { continue };
        if !(alone || before.ends_with(' ')) {
            continue;
        }
        let (code, reason) = rest.split_once(['：', ':']).unwrap_or((rest, ""));
        let holds = match alone {
            true if n < first => None,
            true => lines.iter().skip(n).position(|line| !is_remark(line)).map(|at| n + at + 1),
            false => Some(n + 1),
        };
        let known = |code: &&str| {
            let digits = code.trim_start_matches(['E', 'W', 'I']);
            code.len() > digits.len() && digits.bytes().all(|b| b.is_ascii_digit())
        };
        for code in code.split(['、', ' ', ',']).map(str::trim).filter(known) {
            found.push(Allowance {
                file: file.name.clone(),
                line: n + 1,
                column: before.chars().count() + 1,
                holds,
                code: code.to_owned(),
                reason: !reason.trim().is_empty(),
                used: false,
            });
        }
    }
    found
}
