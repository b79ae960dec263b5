//! A linear model over hashed character n-grams: from words to a kind of matter.
//!
//! One, two and three characters, hashed into 2^13 rows; a weight for each row and kind, most
//! of them zero. Characters do better than words on short text, and need no dictionary.

use std::fmt;

/// Rows; a power of two.
pub const ROWS: usize = 1 << 13;
const MAGIC: &[u8; 8] = b"bianmin1";
/// Weights are stored as whole steps of 1/STEPS.
pub const STEPS: f32 = 24.0;
/// Smaller weights are left out: half of them, and together they say nothing.
const STEPS_MIN: u8 = 2;
/// Longer texts are read up to here.
const CHARACTERS_MAX: usize = 300;
/// Characters of the longest n-gram.
const GRAM: usize = 3;

#[derive(Clone, PartialEq)]
pub struct Model {
    /// Codes of the kinds, in the order of their weights.
    pub codes: Vec<String>,
    bias: Vec<i8>,
    /// Where the weights of each row begin; one more at the end.
    starts: Vec<u32>,
    kinds: Vec<u8>,
    weights: Vec<i8>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Model({} kinds, {} weights)", self.codes.len(), self.weights.len())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("kinds.model 坏了，请用「bianmin train」重新做一个，或者从发行包里拷贝")]
pub struct BadModel;

impl Model {
    /// `dense`: a row of weights for each hashed row, one for each code; the last is the bias.
    pub(super) fn of(codes: Vec<String>, dense: &[Vec<f32>]) -> Self {
        let step = |weight: f32| (weight * STEPS).round().clamp(-127.0, 127.0) as i8;
        let (mut starts, mut kinds, mut weights) = (vec![0], Vec::new(), Vec::new());
        for row in &dense[..ROWS] {
            for (kind, weight) in row.iter().enumerate() {
                let weight = step(*weight);
                if weight.unsigned_abs() >= STEPS_MIN {
                    kinds.push(kind as u8);
                    weights.push(weight);
                }
            }
            starts.push(weights.len() as u32);
        }
        let bias = dense[ROWS].iter().map(|weight| step(*weight)).collect();
        Self { codes, bias, starts, kinds, weights }
    }

    /// Each code with its probability, in no order. `chars`: the matching copy.
    pub fn likely(&self, chars: &[char]) -> Vec<(&str, f32)> {
        let mut sums = vec![0i32; self.codes.len()];
        let (mut seen, mut count) = ([false; ROWS], 0);
        each_feature(chars, |row| {
            if std::mem::replace(&mut seen[row], true) {
                return;
            }
            count += 1;
            let (from, to) = (self.starts[row] as usize, self.starts[row + 1] as usize);
            for (kind, weight) in self.kinds[from..to].iter().zip(&self.weights[from..to]) {
                sums[usize::from(*kind)] += i32::from(*weight);
            }
        });
        let scale = norm(count);
        let mut scores: Vec<f32> = sums
            .iter()
            .zip(&self.bias)
            .map(|(sum, bias)| *sum as f32 * scale + f32::from(*bias))
            .collect();
        let most = scores.iter().copied().fold(f32::MIN, f32::max);
        let mut sum = 0.0;
        for score in &mut scores {
            *score = ((*score - most) / STEPS).exp();
            sum += *score;
        }
        let codes = self.codes.iter().map(String::as_str);
        codes.zip(scores).map(|(code, score)| (code, score / sum)).collect()
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(self.codes.len() as u8);
        for code in &self.codes {
            bytes.push(code.len() as u8);
            bytes.extend_from_slice(code.as_bytes());
        }
        bytes.extend(self.bias.iter().map(|bias| *bias as u8));
        for row in self.starts.windows(2) {
            let (from, to) = (row[0] as usize, row[1] as usize);
            bytes.push((to - from) as u8);
            bytes.extend_from_slice(&self.kinds[from..to]);
            bytes.extend(self.weights[from..to].iter().map(|weight| *weight as u8));
        }
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadModel> {
        let mut rest = bytes.strip_prefix(MAGIC.as_slice()).ok_or(BadModel)?;
        let mut take = |count: usize| -> Result<&[u8], BadModel> {
            let (taken, left) = rest.split_at_checked(count).ok_or(BadModel)?;
            rest = left;
            Ok(taken)
        };
        let count = usize::from(take(1)?[0]);
        let mut codes = Vec::with_capacity(count);
        for _ in 0..count {
            let length = usize::from(take(1)?[0]);
            codes.push(std::str::from_utf8(take(length)?).map_err(|_| BadModel)?.to_owned());
        }
        let bias = take(count)?.iter().map(|byte| *byte as i8).collect();
        let (mut starts, mut kinds, mut weights) = (vec![0], Vec::new(), Vec::new());
        for _ in 0..ROWS {
            let length = usize::from(take(1)?[0]);
            let of = take(length)?;
            if of.iter().any(|kind| usize::from(*kind) >= count) {
                return Err(BadModel);
            }
            kinds.extend_from_slice(of);
            weights.extend(take(length)?.iter().map(|byte| *byte as i8));
            starts.push(weights.len() as u32);
        }
        if count == 0 || !rest.is_empty() {
            return Err(BadModel);
        }
        Ok(Self { codes, bias, starts, kinds, weights })
    }

    /// Memory that it takes.
    pub fn bytes(&self) -> usize {
        self.starts.len() * 4 + self.kinds.len() * 2 + self.codes.len() * 40
    }
}

/// So that a long text does not count more than a short one.
pub(super) fn norm(count: usize) -> f32 {
    if count == 0 { 0.0 } else { 4.0 / (count as f32).sqrt() }
}

/// Most characters are Chinese, and known without looking into Unicode's tables.
fn is_word(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c) || c.is_alphanumeric()
}

/// The rows of a text: each of its n-grams once.
pub(super) fn features(chars: &[char]) -> Vec<usize> {
    let mut rows = Vec::with_capacity(chars.len() * GRAM);
    each_feature(chars, |row| rows.push(row));
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// The row of each n-gram. Punctuation and blanks part them, digits are all the same.
fn each_feature(chars: &[char], mut each: impl FnMut(usize)) {
    let fold = |c: char| if c.is_ascii_digit() { '0' } else { c };
    for part in chars[..chars.len().min(CHARACTERS_MAX)].split(|c| !is_word(*c)) {
        for from in 0..part.len() {
            // FNV-1a
            let mut hash = 0x811c_9dc5_u32;
            for c in part[from..].iter().take(GRAM) {
                hash = (hash ^ u32::from(fold(*c))).wrapping_mul(0x0100_0193);
                each((hash ^ (hash >> 15)) as usize & (ROWS - 1));
            }
        }
    }
}
