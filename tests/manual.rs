//! `dialogs/README.md` is followed to the letter: what it has a clerk write is written, checked,
//! tested and tried, and its pictures show what the program prints.
//!
//! `UPDATE_EXPECTED=1` draws the pictures anew.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use unicode_width::UnicodeWidthChar;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Each command that the manual names is one that the program has.
#[test]
fn every_command_of_the_manual_is_there() {
    let manual = fs::read_to_string(root().join("dialogs/README.md")).unwrap();
    let desk = Desk::new();
    let mut seen = std::collections::BTreeSet::new();
    for part in manual.split("bianmin ").skip(1) {
        let name: String = part.chars().take_while(char::is_ascii_lowercase).collect();
        if !name.is_empty() && seen.insert(name.clone()) {
            desk.prints(&[&name, "--help"], "", 0);
        }
    }
    for name in ["lint", "test", "graph", "chat", "dialogs", "menu"] {
        assert!(seen.contains(name), "{name} is not in the manual");
    }
}

/// What stands in the manual between ```language NAME and ```.
fn files_of_the_manual() -> Vec<(String, String)> {
    let manual = fs::read_to_string(root().join("dialogs/README.md")).unwrap();
    let mut files = Vec::new();
    for part in manual.split("\n```").skip(1) {
        let (head, text) = part.split_once('\n').unwrap_or((part, ""));
        if let Some((_, name)) = head.split_once(' ') {
            files.push((name.to_owned(), text.to_owned() + "\n"));
        }
    }
    files
}

/// The county's dialogs with those of the manual, in a folder of their own.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        copy(&root().join("dialogs"), &desk.path("dialogs"));
        copy(&root().join("county"), &desk.path("county"));
        let files = files_of_the_manual();
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["表/农机.csv", "修农机.yaml"]);
        fs::create_dir_all(desk.path("dialogs/表")).unwrap();
        for (name, text) in &files {
            fs::write(desk.path("dialogs").join(name), text).unwrap();
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn edit(&self, old: &str, new: &str) {
        let path = self.path("dialogs/修农机.yaml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{old}");
        fs::write(path, text.replace(old, new)).unwrap();
    }

    fn run(&self, arguments: &[&str], typed: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bianmin"))
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// What it prints; it must end with `code`.
    fn prints(&self, arguments: &[&str], typed: &str, code: i32) -> String {
        let output = self.run(arguments, typed);
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{text}\n{errors}");
        text
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

#[test]
fn a_clerk_who_follows_the_manual_has_a_dialog_that_may_go_live() {
    let desk = Desk::new();
    let said = desk.prints(&["lint"], "", 0);
    assert!(!said.contains("修农机.yaml"), "{said}");
    assert!(!said.contains("农机.csv"), "{said}");
    let tested = desk.prints(&["test"], "", 0);
    let row = tested.lines().find(|line| line.starts_with("修农机")).unwrap();
    // Five questions, all asked; four ladders and the confirmation's, all heard.
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(cells[..4], ["修农机", "5/5", "—", "6/6"], "{tested}");
    let picture = desk.prints(&["graph", "修农机"], "", 0);
    assert!(picture.starts_with("<svg"), "{picture}");
}

#[test]
fn the_picture_of_a_mistake_is_what_lint_prints() {
    let desk = Desk::new();
    desk.edit("【machine.师傅】", "【machin.师傅】");
    let said = desk.prints(&["lint"], "", 1);
    let at = said.find("dialogs/修农机.yaml").unwrap();
    let mistake = said[at..].split("\n\n").next().unwrap();
    show("dialog-lint", &format!("$ bianmin lint\n{mistake}"));
}

#[test]
fn the_picture_of_a_test_is_what_test_prints() {
    let desk = Desk::new();
    desk.edit("师傅】师傅会联系您。", "师傅】师傅会找您。");
    let said = desk.prints(&["test"], "", 1);
    let failed = said.split("\n\n").next().unwrap();
    show("dialog-test", &format!("$ bianmin test\n{failed}"));
}

#[test]
fn the_picture_of_a_chat_is_what_chat_prints() {
    let desk = Desk::new();
    let typed = ["修农机", "拖拉机", "大黑坨", "发动不起来，皮带断了"];
    let said = desk.prints(&["chat"], &(typed.join("\n") + "\n/quit\n"), 0);
    // What she types stands between what is printed.
    let mut shown = String::from("$ bianmin chat\n");
    let mut typed = typed.iter();
    for (n, block) in said.trim_end().split("\n\n").enumerate() {
        if n > 0
            && let Some(line) = typed.next()
        {
            shown.push_str(&format!("{line}\n"));
        }
        shown.push_str(&format!("{block}\n"));
    }
    show("dialog-chat", shown.trim_end());
}

#[test]
fn the_picture_of_the_dialog_is_what_graph_draws() {
    let desk = Desk::new();
    desk.prints(&["graph", "修农机", "-o", "修农机.svg"], "", 0);
    keep("dialog-graph", &fs::read_to_string(desk.path("修农机.svg")).unwrap());
}

#[test]
fn a_recorded_chat_passes_as_a_test() {
    let desk = Desk::new();
    let typed = "修农机\n拖拉机\n大黑坨\n发动不起来，皮带断了\n/wait 30\n不留名\n没有\n对\n/quit\n";
    let arguments = ["chat", "--record", "dialogs/修农机.yaml"];
    let said = desk.prints(&arguments, typed, 0);
    assert!(said.contains("录在"), "{said}");
    let text = fs::read_to_string(desk.path("dialogs/修农机.yaml")).unwrap();
    let recorded = text.split("录的对话").nth(1).unwrap();
    for line in
        ["村民：拖拉机", "〔过 30分钟〕", "〔办 create_case〕", "系统：报上了，编号126-041-273"]
    {
        assert!(recorded.contains(line), "{line} in\n{recorded}");
    }
    let lines = recorded.lines().skip(1).map(|line| line.trim_start_matches("  "));
    let shown: Vec<&str> = lines.collect();
    show(
        "dialog-record",
        &format!("$ bianmin chat --record dialogs/修农机.yaml\n…\n{}", shown.join("\n")),
    );
    let before = Desk::new().prints(&["test"], "", 0);
    let after = desk.prints(&["test"], "", 0);
    let count = |text: &str| -> usize { text.split('个').next().unwrap().trim().parse().unwrap() };
    assert_eq!(count(&after), count(&before) + 1);
}

/// What a terminal shows, as a picture of the manual.
fn show(name: &str, text: &str) {
    keep(name, &terminal(text));
}

/// Compares with the picture in docs/images.
fn keep(name: &str, drawn: &str) {
    let manual = fs::read_to_string(root().join("dialogs/README.md")).unwrap();
    assert!(manual.contains(&format!("(../docs/images/{name}.svg)")), "the manual shows no {name}");
    let path = root().join("docs/images").join(format!("{name}.svg"));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, drawn).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == drawn, "{name}.svg is not what the program prints; UPDATE_EXPECTED=1 draws it");
}

const COLUMN: f64 = 8.4;
const LINE: usize = 22;
const COLUMNS: usize = 96;

/// A terminal's window, each run of characters exactly as wide as its columns.
fn terminal(text: &str) -> String {
    let lines: Vec<String> = text.lines().flat_map(folded).collect();
    let wide = COLUMN * COLUMNS as f64 + 40.0;
    let high = lines.len() * LINE + 40;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide:.0}\" height=\"{high}\" \
         viewBox=\"0 0 {wide:.0} {high}\" font-size=\"14\" \
         font-family=\"'Noto Sans Mono CJK SC','Sarasa Mono SC','SimHei','Microsoft YaHei',monospace\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1e1e1e\"/>\n"
    );
    for (n, line) in lines.iter().enumerate() {
        let y = 34 + n * LINE;
        let color = match line.trim_start().chars().next() {
            Some('$') => "#8fd18f",
            Some('^') => "#ff9a8a",
            _ if line.contains(" ^") => "#ff9a8a",
            _ => "#e6e6e6",
        };
        let mut at = 0;
        for (run, columns) in runs(line) {
            let x = 20.0 + COLUMN * at as f64;
            at += columns;
            if run.trim().is_empty() {
                continue;
            }
            let length = COLUMN * columns as f64;
            let run = run.replace('&', "&amp;").replace('<', "&lt;");
            svg.push_str(&format!(
                "<text x=\"{x:.1}\" y=\"{y}\" fill=\"{color}\" textLength=\"{length:.1}\" \
                 lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\">{run}</text>\n"
            ));
        }
    }
    svg + "</svg>\n"
}

fn columns(c: char) -> usize {
    c.width().unwrap_or(0)
}

fn folded(line: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in line.chars() {
        if used + columns(c) > COLUMNS {
            lines.push(String::new());
            used = 0;
        }
        used += columns(c);
        lines.last_mut().unwrap().push(c);
    }
    lines
}

/// Characters of the same width together, blanks by themselves.
fn runs(line: &str) -> Vec<(String, usize)> {
    let mut runs: Vec<(String, usize)> = Vec::new();
    let mut kind = None;
    for c in line.chars() {
        let now = Some((columns(c), c == ' '));
        if now != kind || runs.is_empty() {
            runs.push((String::new(), 0));
            kind = now;
        }
        let run = runs.last_mut().unwrap();
        run.0.push(c);
        run.1 += columns(c);
    }
    runs
}
