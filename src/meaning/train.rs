//! Fitting the model: multinomial logistic regression by stochastic gradient descent, in plain
//! Rust. The same examples give the same model, to the byte, on every machine: the order is
//! fixed, and so is the exponential function.

use std::collections::BTreeMap;

use super::model::{Model, ROWS, features, norm};

const ROUNDS: usize = 30;
const RATE: f32 = 0.35;
const DECAY: f32 = 2e-5;
/// At most 255 kinds fit in a model file.
pub const KINDS_MAX: usize = 255;

/// What somebody wrote, and which kind of matter it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub code: String,
    /// The matching copy, without place and telephone.
    pub chars: Vec<char>,
}

/// How a model does on examples that it has not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    pub count: usize,
    pub right: usize,
    /// The right kind is among the first three.
    pub in_three: usize,
    /// How many are over the gate, and how many of those are right.
    pub sure: usize,
    pub sure_right: usize,
    /// (right code, code that was said) and how often; nothing said is an empty code.
    pub said: BTreeMap<(String, String), usize>,
}

impl Score {
    /// The commonest first.
    pub fn mistakes(&self) -> Vec<(&str, &str, usize)> {
        let wrong = self.said.iter().filter(|((right, said), _)| right != said);
        let mut mistakes: Vec<_> =
            wrong.map(|((right, said), count)| (right.as_str(), said.as_str(), *count)).collect();
        mistakes.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
        mistakes
    }

    /// Does better than the other on the same examples: more are right, or as many, and surer.
    pub fn beats(&self, other: &Score) -> bool {
        (self.right, self.sure_right) > (other.right, other.sure_right)
    }
}

/// Without an example nothing is learned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    #[error("there are no examples to learn from")]
    NoExamples,
    #[error("{0} kinds of matter; a model holds {KINDS_MAX}")]
    TooMany(usize),
}

pub fn train(examples: &[Example]) -> Result<Model, TrainError> {
    let mut codes: Vec<String> = examples.iter().map(|example| example.code.clone()).collect();
    codes.sort();
    codes.dedup();
    match codes.len() {
        0 => return Err(TrainError::NoExamples),
        count if count > KINDS_MAX => return Err(TrainError::TooMany(count)),
        _ => {}
    }
    let rows: Vec<(usize, Vec<usize>)> = examples
        .iter()
        .filter_map(|example| {
            let kind = codes.binary_search(&example.code).ok()?;
            Some((kind, features(&example.chars)))
        })
        .collect();
    let mut weights = vec![vec![0.0f32; codes.len()]; ROWS + 1];
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut seed = 1u64;
    let mut scores = vec![0.0f32; codes.len()];
    for round in 0..ROUNDS {
        // Fisher and Yates, with the generator of Knuth's MMIX.
        for at in (1..order.len()).rev() {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, (seed >> 33) as usize % (at + 1));
        }
        let rate = RATE / (1.0 + round as f32 / 8.0);
        for index in &order {
            let (kind, features) = &rows[*index];
            let scale = norm(features.len());
            scores.copy_from_slice(&weights[ROWS]);
            for row in features {
                for (score, weight) in scores.iter_mut().zip(&weights[*row]) {
                    *score += weight * scale;
                }
            }
            softmax(&mut scores);
            scores[*kind] -= 1.0;
            for row in features {
                for (weight, error) in weights[*row].iter_mut().zip(&scores) {
                    *weight -= rate * (error * scale + DECAY * *weight);
                }
            }
            for (weight, error) in weights[ROWS].iter_mut().zip(&scores) {
                *weight -= rate * 0.1 * error;
            }
        }
    }
    Ok(Model::of(codes, &weights))
}

fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = exp(*score - most);
        sum += *score;
    }
    for score in scores.iter_mut() {
        *score /= sum;
    }
}

/// e^x for x <= 0. The standard library's may differ in the last bit between systems.
fn exp(x: f32) -> f32 {
    // (1 + x/1024)^1024, by ten squarings; 0.1 % is close enough for a gradient.
    let mut value = (1.0 + x / 1024.0).max(0.0);
    for _ in 0..10 {
        value *= value;
    }
    value
}

/// One example of five is held back, the same ones whenever it is asked, however many come in:
/// what an example says decides.
pub fn split(examples: &[Example]) -> (Vec<Example>, Vec<Example>) {
    let held = |example: &&Example| {
        // FNV-1a
        let hash = example
            .chars
            .iter()
            .fold(0x811c_9dc5_u32, |hash, c| (hash ^ u32::from(*c)).wrapping_mul(0x0100_0193));
        (hash >> 7) % 5 == 0
    };
    examples.iter().cloned().partition(|example| !held(&example))
}

/// `say`: the kinds that are found in a text, the likeliest first.
pub fn score<'k>(
    held: &[Example],
    gate: f32,
    say: impl Fn(&[char]) -> Vec<(&'k str, f32)>,
) -> Score {
    let mut score = Score {
        count: held.len(),
        right: 0,
        in_three: 0,
        sure: 0,
        sure_right: 0,
        said: BTreeMap::new(),
    };
    for example in held {
        let likely = say(&example.chars);
        let (first, p) = likely.first().copied().unwrap_or_default();
        let right = first == example.code;
        score.right += usize::from(right);
        score.in_three += usize::from(likely.iter().take(3).any(|(code, _)| *code == example.code));
        score.sure += usize::from(p >= gate);
        score.sure_right += usize::from(p >= gate && right);
        *score.said.entry((example.code.clone(), first.to_owned())).or_default() += 1;
    }
    score
}
