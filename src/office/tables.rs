//! The folders `county/` and `dialogs/`, read into tables and a script.
//!
//! All that is wrong in all files is said in one run.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::calendar::Calendar;
use crate::county::{Categories, Contact, Departments, Leads, Places, Replies, WeightTable};
use crate::desk::{self, Case, Rules};
use crate::dialog::{self, Script, SourceFile};
use crate::meaning::{Emergencies, Example, Keywords, Model, Reader};
use crate::shop::{self, GoodsKinds};

use super::table_files::{HOURS, LEADS, REPLIES, TableFiles, WEIGHTS};

pub(super) const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
const FILES_MAX: usize = 500;
/// The model of kinds of matter, in the county's folder; `bianmin train` writes it.
pub const MODEL: &str = "kinds.model";

pub struct Tables {
    pub places: Places,
    pub categories: Categories,
    pub departments: Departments,
    pub leads: Leads,
    pub replies: Replies,
    pub weights: WeightTable,
    pub goods_kinds: GoodsKinds,
    pub calendar: Calendar,
    pub keywords: Keywords,
    pub emergencies: Emergencies,
    /// None until `bianmin train` made one.
    pub model: Option<Model>,
    /// The sum of all their files: instances with the same have the same tables.
    pub hash: String,
    /// What they were read from.
    pub files: TableFiles,
}

impl Tables {
    /// For understanding what villagers write.
    pub fn reader(&self) -> Reader<'_> {
        Reader {
            places: &self.places,
            categories: &self.categories,
            keywords: &self.keywords,
            emergencies: &self.emergencies,
            model: self.model.as_ref(),
            case_number,
            goods: None,
        }
    }

    pub fn rules(&self) -> Rules<'_> {
        Rules {
            calendar: &self.calendar,
            categories: &self.categories,
            departments: &self.departments,
            places: &self.places,
            leads: &self.leads,
        }
    }

    /// Whom one telephones about a case that is late.
    pub fn liaison_of(&self, case: &Case) -> Option<&Contact> {
        let department = self.departments.get(case.department.as_deref()?)?;
        Some(&department.liaison)
    }

    /// What the script says and these tables do not know.
    pub fn misfits(&self, script: &Script) -> Vec<String> {
        let options = script.options("create_case", "category").into_iter();
        let unknown = options.filter(|(code, _)| self.categories.get(code).is_none());
        let unknown = unknown.map(|(code, label)| {
            format!(
                "选项「{label}」的「值」{code} 在 categories.csv 里没有。请改成那里的四位编号。"
            )
        });
        let mut misfits: Vec<String> = unknown.collect();
        misfits.sort();
        misfits.dedup();
        misfits
    }

    /// `Err` holds one text for each mistake, with file, line and mend.
    pub fn read(folder: &Path) -> Result<Self, Vec<String>> {
        Self::of(TableFiles::read(folder)?)
    }

    /// The same for files that were read before.
    pub fn of(files: TableFiles) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let [places, aliases, neighbours, categories, departments] =
            ["places.csv", "aliases.csv", "neighbours.csv", "categories.csv", "departments.csv"]
                .map(|name| files.text(name));
        let [keywords, emergencies, goods_kinds, hours] =
            ["keywords.csv", "emergencies.csv", "goods-kinds.csv", HOURS]
                .map(|name| files.text(name));
        let years: Vec<(&str, &str)> = files.years().collect();
        let model = match files.model().map(|bytes| Model::from_bytes(&bytes)) {
            None => None,
            Some(Ok(model)) => Some(model),
            Some(Err(bad)) => {
                problems.push(format!("{bad}。"));
                None
            }
        };
        let hash = files.hash();
        let places = said(Places::parse(places, aliases, neighbours), &mut problems);
        let categories = said(Categories::parse(categories), &mut problems);
        let departments = said(Departments::parse(departments), &mut problems);
        let calendar = said(Calendar::parse(&years, hours), &mut problems);
        let keywords = categories
            .as_ref()
            .and_then(|categories| said(Keywords::parse(keywords, categories), &mut problems));
        let emergencies = said(Emergencies::parse(emergencies), &mut problems);
        let leads = categories.as_ref().zip(departments.as_ref()).and_then(|(kinds, who)| {
            said(Leads::parse(files.text(LEADS), kinds, who), &mut problems)
        });
        let replies = categories
            .as_ref()
            .and_then(|kinds| said(Replies::parse(files.text(REPLIES), kinds), &mut problems));
        let weights = said(WeightTable::parse(files.text(WEIGHTS)), &mut problems);
        let goods_kinds = said(kinds_of_goods(goods_kinds), &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let county = places.zip(categories).zip(departments).zip(leads).zip(replies).zip(weights);
        match (county, goods_kinds, calendar, keywords, emergencies) {
            (
                Some((((((places, categories), departments), leads), replies), weights)),
                Some(goods_kinds),
                Some(calendar),
                Some(keywords),
                Some(emergencies),
            ) => Ok(Self {
                places,
                categories,
                departments,
                leads,
                replies,
                weights,
                goods_kinds,
                calendar,
                keywords,
                emergencies,
                model,
                hash,
                files,
            }),
            _ => Err(problems),
        }
    }
}

fn case_number(text: &str) -> Option<(String, Range<usize>)> {
    desk::find_number(text).map(|(number, span)| (number.digits(), span))
}

/// What the model learns from: `examples/*.csv`, with the columns code and text.
pub fn read_examples(folder: &Path, reader: &Reader<'_>) -> Result<Vec<Example>, Vec<String>> {
    let mut problems = Vec::new();
    let files = read_folder(folder, "csv", &mut problems);
    let mut examples = Vec::new();
    for (name, text) in &files {
        let mut errors = Vec::new();
        let found = crate::meaning::read_examples(name, text, reader, &mut errors);
        examples.extend(found);
        problems.extend(errors.iter().map(ToString::to_string));
    }
    if problems.is_empty() { Ok(examples) } else { Err(problems) }
}

fn kinds_of_goods(text: &str) -> Result<GoodsKinds, Vec<String>> {
    let named = |problem: &shop::Problem| format!("goods-kinds.csv {problem}");
    let table = shop::Table::from_csv(text).map_err(|problem| vec![named(&problem)])?;
    GoodsKinds::parse(&table).map_err(|problems| problems.iter().map(named).collect())
}

/// The files that a script is made of.
pub fn read_files(folder: &Path) -> Result<Vec<SourceFile>, Vec<String>> {
    let mut problems = Vec::new();
    let files = script_files(folder, &mut problems);
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

pub fn read_script(folder: &Path) -> Result<Script, Vec<String>> {
    let files = read_files(folder)?;
    let mut problems = Vec::new();
    said(dialog::load(&files), &mut problems).ok_or(problems)
}

/// The dialogs, and the folders of tables beside them.
fn script_files(folder: &Path, problems: &mut Vec<String>) -> Vec<SourceFile> {
    let mut files: Vec<SourceFile> = read_folder(folder, "yaml", problems)
        .into_iter()
        .map(|(name, text)| SourceFile { name, text })
        .collect();
    for beside in dialog::FOLDERS.iter().filter(|beside| folder.join(beside).is_dir()) {
        for extension in ["csv", "xlsx"] {
            for path in paths_in(&folder.join(beside), extension, problems) {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                match read_bytes(&path)
                    .map(|bytes| dialog::decode(&format!("{beside}{name}"), &bytes))
                {
                    Ok(Ok(file)) => files.push(file),
                    Ok(Err(diagnostic)) => problems.push(diagnostic.to_string()),
                    Err(problem) => problems.push(problem),
                }
            }
        }
    }
    in_reading_order(&mut files);
    files
}

/// Dialogs, then folder by folder; a script's hash follows the order.
pub(super) fn in_reading_order(files: &mut [SourceFile]) {
    files.sort_by(|a, b| {
        let place = |file: &SourceFile| {
            let folder = dialog::FOLDERS.iter().position(|beside| file.name.starts_with(beside));
            (folder.map_or(0, |folder| folder + 1), file.name.ends_with(".xlsx"))
        };
        place(a).cmp(&place(b)).then_with(|| a.name.cmp(&b.name))
    });
}

fn said<T, E: ToString>(result: Result<T, Vec<E>>, problems: &mut Vec<String>) -> Option<T> {
    result.map_err(|found| problems.extend(found.iter().map(ToString::to_string))).ok()
}

/// Files of a folder, by name.
pub(super) fn read_folder(
    folder: &Path,
    extension: &str,
    problems: &mut Vec<String>,
) -> Vec<(String, String)> {
    let paths = paths_in(folder, extension, problems);
    paths
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, read_text(path, problems))
        })
        .collect()
}

/// A file that the dialogs are made of, by its name.
pub(super) fn is_script_file(path: &Path) -> bool {
    let known =
        |found: &std::ffi::OsStr| ["yaml", "csv", "xlsx"].iter().any(|known| found == *known);
    path.extension().is_some_and(known) && !is_beside(path)
}

/// While a file is open, its program may keep one of its own beside it.
fn is_beside(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['~', '.']))
}

/// In their order.
pub(super) fn paths_in(folder: &Path, extension: &str, problems: &mut Vec<String>) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(format!(
                "{}：打不开这个文件夹（{error}）。请检查 config.toml 里的路径。",
                folder.display()
            ));
            return Vec::new();
        }
    };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .filter(|path| !is_beside(path))
        .collect();
    paths.sort();
    if paths.len() > FILES_MAX {
        problems.push(format!("{}：文件太多，最多{FILES_MAX}个。", folder.display()));
        return Vec::new();
    }
    paths
}

/// `Err` says why not.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let problem = match fs::metadata(path) {
        Ok(meta) if meta.len() > FILE_BYTES_MAX => "文件太大，最多4MB".to_owned(),
        Ok(_) => match fs::read(path) {
            Ok(bytes) => return Ok(bytes),
            Err(error) => format!("读不出来（{error}）"),
        },
        Err(error) => format!("打不开（{error}）"),
    };
    Err(format!("{}：{problem}。", path.display()))
}

pub(super) fn read_text(path: &Path, problems: &mut Vec<String>) -> String {
    let text = read_bytes(path).and_then(|bytes| {
        let mend = "不是 UTF-8 编码。请用记事本另存为，编码选 UTF-8";
        String::from_utf8(bytes).map_err(|_| format!("{}：{mend}。", path.display()))
    });
    text.unwrap_or_else(|problem| {
        problems.push(problem);
        String::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(edit: impl Fn(&str, String) -> String) -> Script {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialogs");
        let mut problems = Vec::new();
        let mut files = script_files(&root, &mut problems);
        for file in &mut files {
            file.text = edit(&file.name, std::mem::take(&mut file.text));
        }
        dialog::load(&files).unwrap()
    }

    #[test]
    fn script_and_tables_know_each_other() {
        let tables = Tables::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("county")).unwrap();
        assert_eq!(tables.misfits(&script(|_, text| text)), Vec::<String>::new());
        let wrong = script(|_, text| {
            let options = "类型: 单选\n    选项:\n      - 值: \"0999\"\n        字: 路灯\n      - 值: \"0201\"\n        字: 停水\n";
            text.replace("类型: 事项\n", options)
        });
        let misfits = tables.misfits(&wrong);
        assert_eq!(misfits.len(), 1, "{misfits:?}");
        assert!(misfits[0].contains("「路灯」的「值」0999"), "{misfits:?}");
    }
}
