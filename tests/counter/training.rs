//! `bianmin train`: it learns from the county's examples and from what clerks corrected at the
//! desk, and replaces the model in use only by one that does better on what neither has seen.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bianmin::meaning;
use bianmin::office::Tables;
use bianmin::store::{SledEngine, SledSettings};
use serde_json::Value;

use super::county::{VILLAGER, county, number_in};

/// A machine of its own: the county, the dialogs, and a store.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in ["county", "dialogs"] {
            let mut copy = Command::new("cp");
            assert!(
                copy.arg("-r").arg(root.join(name)).arg(home.path()).status().unwrap().success()
            );
        }
        std::fs::write(home.path().join("config.toml"), "[server]\nlisten = \"127.0.0.1:0\"\n")
            .unwrap();
        Self(home)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn model(&self) -> Vec<u8> {
        std::fs::read(self.path("county/kinds.model")).unwrap()
    }

    fn program(&self) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_bianmin"));
        program.current_dir(self.0.path());
        program
    }

    fn train(&self, arguments: &[&str]) -> String {
        let output = self.program().arg("train").args(arguments).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }

    /// The likeliest kind of matter of one line.
    fn kind(&self, text: &str) -> String {
        let file = self.path("line.txt");
        std::fs::write(&file, text).unwrap();
        let input = Stdio::from(std::fs::File::open(file).unwrap());
        let output = self.program().arg("understand").stdin(input).output().unwrap();
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        found["category"][0]["code"].as_str().unwrap_or("-").to_owned()
    }

    fn examples(&self) -> Vec<PathBuf> {
        let folder = std::fs::read_dir(self.path("county/examples")).unwrap();
        let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// A model that knows a few kinds only, as after the first weeks, beside more examples.
    fn with_poor_model(&self) -> Vec<u8> {
        let away = self.path("away");
        std::fs::create_dir(&away).unwrap();
        let files = self.examples();
        for file in &files[2..] {
            std::fs::rename(file, away.join(file.file_name().unwrap())).unwrap();
        }
        std::fs::remove_file(self.path("county/kinds.model")).unwrap();
        assert!(self.train(&[]).contains("replaced"), "there was none");
        // Half the groups are enough here, and learnt in a tenth of the time.
        for file in &files[2..4] {
            std::fs::rename(away.join(file.file_name().unwrap()), file).unwrap();
        }
        self.model()
    }
}

/// How many examples there were.
fn count(said: &str) -> usize {
    let line = said.lines().find(|line| line.contains("held back")).unwrap();
    line.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn the_shipped_model_is_not_beaten_by_itself() {
    let home = Home::new();
    let shipped = home.model();
    let said = home.train(&[]);
    assert!(said.contains("kept, the new model is not better"), "{said}");
    assert_eq!(home.model(), shipped);
}

/// From the villager's words over the clerk's page into the model, with nothing in between but
/// the store.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_clerk_corrects_at_the_desk_is_learnt() {
    let home = Home::new();
    let poor = home.with_poor_model();
    let before = home.train(&["--dry-run"]);
    assert!(before.contains("0 examples of clerks' corrections"), "{before}");
    assert!(before.contains("nothing was replaced"), "{before}");
    assert_eq!(home.model(), poor, "a dry run changes nothing");

    let folder = home.path("data/store");
    std::fs::create_dir_all(&folder).unwrap();
    let store = SledEngine::open(&folder, SledSettings::default()).unwrap();
    let county = county().store(Arc::new(store)).open().await;
    let words = "大黑坨村的嘎啦板儿歪喽 我叫张三";
    let number = number_in(&county.talk(VILLAGER, &[words, "别的", "对"]).await);
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管"), ("category", "0409")]).await;
    let csv = clerk.get("/desk/understand/corrections.csv").await;
    // While the program runs the store is its own; the corrections are named as left out.
    let said = home.train(&["--dry-run"]);
    assert!(said.contains("corrections in the store are left out"), "{said}");
    drop(clerk);
    drop(county);
    while SledEngine::open(&folder, SledSettings::default()).is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let said = home.train(&[]);
    assert!(said.contains("1 examples of clerks' corrections at the desk"), "{said}");
    assert_eq!(count(&said), count(&before) + 1, "{said}");
    assert!(said.contains("in use:") && said.contains("replaced"), "{said}");
    assert_ne!(home.model(), poor);
    assert_eq!(home.kind("于家寨村的嘎啦板儿歪喽 我叫张三"), "0409");
    // Downloaded and put into the folder as well, it counts once.
    std::fs::write(home.path("county/examples/改过的.csv"), csv).unwrap();
    assert_eq!(count(&home.train(&["--dry-run"])), count(&said));
}

/// Four of five examples say something wrong; what is held back is right. The model in use stays.
#[test]
fn a_worse_model_is_refused() {
    let home = Home::new();
    let tables = Tables::read(&home.path("county")).unwrap();
    let reader = tables.reader();
    let codes: Vec<&str> = tables.categories.iter().map(|kind| kind.code.as_str()).collect();
    for file in home.examples() {
        let text = std::fs::read_to_string(&file).unwrap();
        let rows = text.lines().enumerate().map(|(n, row)| {
            let Some((code, words)) = row.split_once(',').filter(|_| n > 0) else {
                return row.to_owned();
            };
            let cells = words.rsplit_once(',').unwrap().0.trim_matches('"');
            let (learnt, _) = meaning::split(&[reader.example(code, cells)]);
            let at = codes.iter().position(|known| *known == code).unwrap();
            let other = codes[(at + 7) % codes.len()];
            format!("{},{words}", if learnt.is_empty() { code } else { other })
        });
        let rows: Vec<String> = rows.collect();
        std::fs::write(&file, rows.join("\n") + "\n").unwrap();
    }
    let shipped = home.model();
    let said = home.train(&[]);
    assert!(said.contains("kept, the new model is not better"), "{said}");
    assert_eq!(home.model(), shipped);
}

/// Every kind with what it was taken for, the right ones too, and the sums that belong to it.
#[test]
fn the_report_is_the_whole_confusion_matrix() {
    let home = Home::new();
    let file = home.path("matrix.csv");
    let said = home.train(&["--dry-run", "--report", file.to_str().unwrap()]);
    let held: usize = {
        let line = said.lines().find(|line| line.contains("held back")).unwrap();
        line.split(", ").last().unwrap().split(' ').next().unwrap().parse().unwrap()
    };
    let matrix = std::fs::read_to_string(file).unwrap();
    let matrix = matrix.strip_prefix('\u{feff}').unwrap();
    let rows: Vec<Vec<&str>> = matrix.lines().map(|row| row.split(',').collect()).collect();
    let kinds = rows.len() - 3;
    assert!(kinds >= 120, "{kinds} kinds");
    assert!(rows.iter().all(|row| row.len() == kinds + 4), "a square, and the sums");
    assert_eq!(rows[0][0], "right");
    assert!(rows[0][1].starts_with("0101 种植技术"));
    let number = |cell: &str| if cell.is_empty() { 0 } else { cell.parse::<usize>().unwrap() };
    let (mut all, mut right) = (0, 0);
    for (at, row) in rows[1..=kinds].iter().enumerate() {
        assert_eq!(row[0], rows[0][at + 1]);
        let cells: Vec<usize> = row[1..=kinds + 1].iter().map(|cell| number(cell)).collect();
        let sum: usize = cells.iter().sum();
        assert_eq!(number(row[kinds + 2]), sum, "{row:?}");
        if sum > 0 {
            let recall = format!("{:.3}", cells[at] as f64 / sum as f64);
            assert_eq!(row[kinds + 3], recall, "{row:?}");
        }
        all += sum;
        right += cells[at];
    }
    assert_eq!(all, held, "every example that was held back stands in it once");
    let (totals, precision) = (&rows[kinds + 1], &rows[kinds + 2]);
    assert_eq!((totals[0], precision[0]), ("said", "precision"));
    assert_eq!(number(totals[kinds + 2]), held);
    for at in 1..=kinds {
        let said: usize = rows[1..=kinds].iter().map(|row| number(row[at])).sum();
        assert_eq!(number(totals[at]), said, "{}", rows[0][at]);
        if said > 0 {
            let share = format!("{:.3}", number(rows[at][at]) as f64 / said as f64);
            assert_eq!(precision[at], share, "{}", rows[0][at]);
        }
    }
    assert_eq!(totals[kinds + 3], format!("{:.3}", right as f64 / held as f64));
    let percent = format!("new: {:.1} % right", 100.0 * right as f64 / held as f64);
    assert!(said.contains(&percent), "{percent}: {said}");
}
