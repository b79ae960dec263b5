//! Examples that clerks add are learnt when they go live: the model is fitted anew, as `bianmin
//! train` does it, and taken unless the one that is live does better on what neither has seen.

use crate::meaning::{self, Example, GATE, Model, Reader, Score};
use crate::office::table_files::TableFiles;
use crate::office::tables::Tables;

const NOT_BETTER: &str = "例子存下了。机器人照新的例子学了一遍，没有原来的准，所以还用原来学的。";

/// `corrections`: those of clerks at their cases, as a file of examples. The second one says
/// why the model stays.
pub(super) fn trained(
    tables: &Tables,
    corrections: &str,
) -> Result<(TableFiles, Option<String>), Vec<String>> {
    let reader = tables.reader();
    let mut errors = Vec::new();
    let mut examples = Vec::new();
    for (name, text) in tables.files.examples().chain([("corrections", corrections)]) {
        for one in meaning::read_examples(name, text, &reader, &mut errors) {
            if !examples.contains(&one) {
                examples.push(one);
            }
        }
    }
    if !errors.is_empty() {
        return Err(errors.iter().map(ToString::to_string).collect());
    }
    let (learn, held) = meaning::split(&examples);
    let fitted = meaning::train(&learn)
        .map_err(|error| vec![format!("机器人照例子学不了（{error}）。请先多加几条例子。")])?;
    let new = judged(&reader, &fitted, &held);
    let old = reader.model.map(|model| judged(&reader, model, &held));
    match old.is_some_and(|old| old.beats(&new)) {
        true => Ok((tables.files.clone(), Some(NOT_BETTER.to_owned()))),
        false => Ok((tables.files.with_model(&fitted.to_bytes()), None)),
    }
}

fn judged<'a>(reader: &Reader<'a>, model: &'a Model, held: &[Example]) -> Score {
    meaning::score(held, GATE, |chars| reader.kinds_of_example(model, chars))
}
