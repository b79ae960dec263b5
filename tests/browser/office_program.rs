//! Files that are taken out, opened by an office program: LibreOffice reads each as people's
//! table programs do, and tells what it sees by writing it again.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::county::Clerk;
use super::paper;
use super::scene::{self, PHONE};

/// 受理办理台账, in the order in which counties keep it.
const CASES: &str = "序号 · 工单编号 · 受理时间 · 来源渠道 · 受理人/代办员 · 乡镇(街道) · 村(社区) · 诉求人 · 联系电话 · 是否保密 · 诉求类型 · 一级类别 · 二级类别 · 诉求标题 · 诉求内容 · 被反映对象 · 主办单位 · 协办单位 · 派单时间 · 签收时间 · 办理时限(工作日) · 到期时间 · 延期次数/至 · 办理结果(结论) · 答复内容 · 答复时间 · 答复方式 · 是否超期 · 督办次数 · 回访时间 · 是否解决 · 满意度 · 是否重办 · 办结时间 · 用时(工作日) · 备注";
const VILLAGE: &str = "序号 · 日期 · 姓名 · 组/住址 · 电话 · 事项类别 · 事项内容 · 办理方式 · 承办单位 · 办理结果 · 办结日期 · 满意度 · 代办员签字 · 群众签字";
/// Its core; what we count beside it stands behind.
const DEPARTMENTS: &str = "序号 · 承办单位 · 交办总量 · 按时签收率 · 按时办结率 · 办结率 · 退单率 · 延期率 · 响应率 · 解决率 · 满意率 · 有效回访率 · 重办率 · 督办次数 · 约谈次数 · 评分 · 排名";
const FORMULA: &str = "=1+1&HYPERLINK(\"http://x.example\")，这是群众写的";
const A4_LYING: (u32, u32) = (842, 595);

/// Each file that is taken out: where it is, and the columns it begins with.
fn exports(day: &str) -> Vec<(&'static str, String, &'static str)> {
    let ledger =
        |kind: &str, more: &str| format!("/desk/ledgers/file/{{}}?kind={kind}&month=2026-11{more}");
    let village =
        "&village=%E8%83%A1%E5%AE%B6%E5%9D%A8%E9%95%87%E5%A4%A7%E9%BB%91%E5%9D%A8%E6%9D%91";
    let sheet =
        |kind: &str| format!("/desk/shop/sheets.{{}}?kind={kind}&day={day}&village=130225102216");
    let report =
        |kind: &str| format!("/desk/shop/reports/file/{{}}?kind={kind}&month=2026-11&merchant=M1");
    vec![
        ("cases", ledger("cases", "&reason=核实"), CASES),
        ("masked", ledger("cases", ""), CASES),
        ("village", ledger("village", village), VILLAGE),
        ("overdue", ledger("overdue", ""), "序号 · 工单编号 · 诉求标题 · 主办单位"),
        ("departments", ledger("departments", ""), DEPARTMENTS),
        ("interviews", ledger("interviews", ""), "序号 · 约谈单 · 单位 · 列入时间 · 件数"),
        (
            "merchants",
            "/desk/shop/register/{}".to_owned(),
            "序号 · 编号 · 名称 · 做什么 · 运营公司",
        ),
        ("delivery", sheet("delivery"), "序号 · 取货码 · 订单号 · 收货人 · 电话 · 商品"),
        ("picking", sheet("picking"), "商家 · 商品 · 数量 · 单位"),
        ("sorting", sheet("sorting"), "村 · 商家 · 商品"),
        ("route", sheet("route"), "车次 · 村 · 单数"),
        ("turnover", report("turnover"), "序号 · 村店 · 单数"),
        ("complaints", report("complaints"), "序号 · 商家 · 下单数"),
        ("settlement", report("settlement"), "序号 · 商家 · 运营公司"),
        ("statement", report("statement"), "序号 · 时间 · 订单号"),
    ]
}

#[tokio::test]
async fn an_office_program_reads_every_export_as_it_was_meant() {
    let (county, names) = scene::open().await;
    let mut clerk = county.clerk_again().await;
    let formula = clerk.file("13800138030", "0409", FORMULA).await;
    for n in 0..60 {
        clerk
            .file(
                &format!("138001381{n:02}"),
                "0409",
                "路灯坏了，晚上走路看不见，已经半个多月没有人来修",
            )
            .await;
    }
    let folder = tempfile::tempdir().unwrap();
    let day = paper::day_of(&county).await;
    let all = exports(&day);
    for (name, path, _) in &all {
        for format in ["xlsx", "csv"] {
            let bytes = fetched(&clerk, &path.replace("{}", format)).await;
            std::fs::write(folder.path().join(format!("{name}.{format}")), bytes).unwrap();
        }
    }
    let seen = Opened::all(folder.path(), &all.iter().map(|one| one.0).collect::<Vec<_>>());
    for (name, _, columns) in &all {
        let columns: Vec<&str> = columns.split(" · ").collect();
        let rows = seen.rows(name);
        let head = rows.iter().position(|row| row.first().is_some_and(|cell| cell == columns[0]));
        let head = head.unwrap_or_else(|| panic!("{name}: no head in {rows:?}"));
        assert_eq!(rows[head][..columns.len()], columns, "{name}");
        check_csv(name, folder.path(), &rows[head]);
    }
    let cases = seen.rows("cases");
    let row = |text: &str| cases.iter().find(|row| row.iter().any(|cell| cell == text));
    let number = shown(&formula);
    let line = row(&number).unwrap_or_else(|| panic!("{number} is no text: {cases:?}"));
    assert_eq!(line[8], "13800138030", "with a reason, whole, and no 1.38E+10");
    assert_eq!(line[14], FORMULA, "nothing was computed");
    let hidden = row(&shown(&names["hidden"])).unwrap();
    assert_eq!(hidden[8], "", "of a confidential case a ledger names nobody");
    let masked = seen.rows("masked");
    assert!(masked.iter().flatten().all(|cell| !cell.contains(PHONE) && cell != "13800138030"));
    assert!(masked.iter().flatten().any(|cell| cell == "138****8030"));
    check_paper(&seen);
}

/// As who has to change a word in it opens it.
#[tokio::test]
async fn a_word_processor_reads_the_bulletin() {
    let (county, _) = scene::open().await;
    let clerk = county.clerk_again().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bulletin.docx");
    let bytes = fetched(&clerk, "/desk/figures/bulletin.docx?period=2026-11").await;
    std::fs::write(&file, bytes).unwrap();
    convert(folder.path(), folder.path(), "pdf", std::slice::from_ref(&file));
    // Cell by cell: on paper a long name takes two lines.
    convert(folder.path(), folder.path(), "txt:Text (encoded):UTF8", &[file]);
    let printed = paper::read(&folder.path().join("bulletin.pdf"));
    let (width, height) = printed.size;
    assert!(width.abs_diff(A4_LYING.1) <= 1 && height.abs_diff(A4_LYING.0) <= 1, "upright A4");
    let text = std::fs::read_to_string(folder.path().join("bulletin.txt")).unwrap();
    let text = paper::dense(text.trim_start_matches('\u{feff}'));
    let page = clerk.get("/desk/figures/bulletin?period=2026-11").await;
    let rows = regex::Regex::new(r#"<th scope="row">([^<]+)</th>((?:<td>[^<]*</td>)+)"#).unwrap();
    let mut count = 0;
    for row in rows.captures_iter(&page) {
        let cells = row[2].replace("<td>", "").replace("</td>", "");
        let cells = paper::dense(&format!("{}{cells}", &row[1]));
        assert!(text.contains(&cells), "{cells} is not in {text}");
        count += 1;
    }
    assert!(count > 15 && text.contains("2026年11月"), "{count} lines: {text}");
}

/// The mark that Excel and WPS need, Windows' line ends, the same head.
fn check_csv(name: &str, folder: &Path, head: &[String]) {
    let bytes = std::fs::read(folder.join(format!("{name}.csv"))).unwrap();
    assert!(bytes.starts_with(&[0xef, 0xbb, 0xbf]), "{name}: no mark");
    let text = String::from_utf8(bytes[3..].to_vec()).unwrap();
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let head: Vec<&str> = head.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
    assert!(rows.iter().any(|row| row.iter().eq(head.iter().copied())), "{name}: {head:?} {text}");
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains("\n\r"), "{name}");
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{name}: {cell}");
    }
}

/// However many columns, one page wide; of a long one the head stands on each page.
fn check_paper(seen: &Opened) {
    check_print(seen, "cases", 1, &["工单编号", "备注"]);
    check_print(seen, "village", 2, &["办理方式", "群众签字"]);
}

/// A4 lying, the head on each page, who took it out at the foot.
fn check_print(seen: &Opened, name: &str, least: usize, head: &[&str]) {
    let printed = paper::read(&seen.folder.join(format!("{name}.pdf")));
    let (width, height) = printed.size;
    let is_a4 = width.abs_diff(A4_LYING.0) <= 1 && height.abs_diff(A4_LYING.1) <= 1;
    assert!(is_a4, "{:?}", printed.size);
    // The last page says who took it out.
    let (mark, pages) = printed.pages.split_last().unwrap();
    assert!(paper::dense(mark).contains("导出人"), "{mark}");
    assert!(pages.len() >= least, "{name}: {} pages", pages.len());
    for page in pages {
        let page = paper::dense(page);
        let has_head = head.iter().all(|column| page.contains(column));
        assert!(has_head, "{name}: one page wide, with its head: {page}");
        assert!(page.contains("导出人：管理员"), "{page}");
    }
}

async fn fetched(clerk: &Clerk<'_>, path: &str) -> Vec<u8> {
    // What holds whole numbers is taken out by a form.
    let is_form =
        path.contains("reason=") || path.contains("/sheets.") || path.contains("/register/");
    let (address, query) = path.split_once('?').unwrap_or((path, ""));
    let fields: Vec<(&str, &str)> =
        query.split('&').filter_map(|one| one.split_once('=')).collect();
    let (status, bytes) = match (is_form, address.contains("/ledgers/")) {
        (false, _) => clerk.download(path).await,
        (true, false) => clerk.take_out(path, &[]).await,
        (true, true) => clerk.take_out(address, &fields).await,
    };
    assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&bytes));
    bytes
}

struct Opened {
    folder: PathBuf,
}

impl Opened {
    /// Opens the workbooks, and writes each as a table of texts; the case ledger as it would be
    /// printed as well.
    fn all(folder: &Path, names: &[&str]) -> Self {
        let files = |names: &[&str]| -> Vec<PathBuf> {
            names.iter().map(|name| folder.join(format!("{name}.xlsx"))).collect()
        };
        let out = folder.join("opened");
        // Comma, quotes, UTF-8, all cells as they are shown.
        convert(
            folder,
            &out,
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false",
            &files(names),
        );
        convert(folder, &out, "pdf", &files(&["cases", "village"]));
        Self { folder: out }
    }

    fn rows(&self, name: &str) -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(self.folder.join(format!("{name}.csv"))).unwrap();
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let row = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
        reader.records().map(|found| row(found.unwrap())).collect()
    }
}

fn convert(folder: &Path, out: &Path, format: &str, files: &[PathBuf]) {
    let run = Command::new("soffice")
        .arg(format!("-env:UserInstallation=file://{}", folder.join("profile").display()))
        .args(["--headless", "--norestore", "--convert-to", format, "--outdir"])
        .arg(out)
        .args(files)
        .output();
    let run = run.expect("LibreOffice is missing. Please run tests/all.sh.");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

/// `126-041-273`, as people read it.
fn shown(digits: &str) -> String {
    format!("{}-{}-{}", &digits[..3], &digits[3..6], &digits[6..])
}
