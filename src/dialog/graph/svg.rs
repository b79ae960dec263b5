//! The picture as SVG, on one page of A4: one column upright, two when it is long.

use std::fmt::Write;

use super::{Block, Shape};
use crate::dialog::read::source::columns;

/// All in pixels of 1/96 inch, as in CSS.
pub(super) const FONT: f64 = 14.0;
pub(super) const LINE: f64 = 20.0;
const PAD: f64 = 12.0;
const GAP: f64 = 28.0;
const SPINE: f64 = 150.0;
const MAIN_WIDTH: f64 = 300.0;
const SIDE_LEFT: f64 = 470.0;
const SIDE_WIDTH: f64 = 290.0;
const COLUMN: f64 = 790.0;
const MARGIN: f64 = 20.0;
/// As high as a page is, for one column and for each of two.
const UPRIGHT: f64 = COLUMN * 1.414;
pub(super) const FONTS: &str =
    "'Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei','PingFang SC','SimHei',sans-serif";

pub(super) fn draw(name: &str, blocks: &[Block]) -> String {
    let heights: Vec<f64> = blocks.iter().map(|block| Drawn::of(block).height() + GAP).collect();
    let total: f64 = heights.iter().sum();
    let count = if total + 60.0 > UPRIGHT { 2 } else { 1 };
    let limit = if count == 1 { f64::MAX } else { total / 2.0 + 40.0 };
    let mut body = String::new();
    let (mut column, mut y, mut deepest) = (0, 60.0, 0.0_f64);
    for (n, block) in blocks.iter().enumerate() {
        let drawn = Drawn::of(block);
        if y + drawn.height() > limit + 60.0 && column + 1 < count {
            let x = MARGIN + SPINE;
            let _ = writeln!(body, "{}", label(x, y + 8.0, "↗ 接右边", "middle"));
            column += 1;
            y = 60.0;
            let x = x + COLUMN;
            let _ = writeln!(body, "{}", label(x, y - 12.0, "↙ 接左边", "middle"));
        }
        let x = MARGIN + COLUMN * f64::from(column);
        let last = n + 1 == blocks.len();
        body.push_str(&drawn.svg(x, y, !last));
        y += drawn.height() + GAP;
        deepest = deepest.max(y);
    }
    let width = MARGIN * 2.0 + COLUMN * f64::from(count);
    page(name, width, deepest + MARGIN, &body)
}

/// A page of A4 that is as wide as the paper, with its title.
pub(super) fn page(name: &str, width: f64, height: f64, body: &str) -> String {
    let (paper_wide, paper_high) = if width > height { (297.0, 210.0) } else { (210.0, 297.0) };
    // What is too high for the paper is made smaller as a whole.
    let scale = f64::min((paper_wide - 14.0) / width, (paper_high - 14.0) / height);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{:.0}mm\" height=\"{:.0}mm\" font-family=\"{FONTS}\" font-size=\"{FONT}\">\n\
         <title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" \
         markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#555\"/></marker></defs>\n\
         <text x=\"{MARGIN}\" y=\"32\" font-size=\"20\" font-weight=\"bold\">{title}</text>\n\
         {body}</svg>\n",
        width * scale,
        height * scale,
        title = escaped(name),
    )
}

struct Drawn<'a> {
    block: &'a Block,
    wide: f64,
    title: Vec<String>,
    lines: Vec<String>,
    when: Vec<String>,
}

impl<'a> Drawn<'a> {
    fn of(block: &'a Block) -> Self {
        let wide = if block.when.is_some() { SIDE_WIDTH } else { MAIN_WIDTH };
        let fold = |text: &String| folded(text, wide - 2.0 * PAD);
        let when = block.when.as_ref().map(|when| folded(when, SIDE_LEFT - SPINE - 40.0));
        Self {
            block,
            wide,
            title: fold(&block.title),
            lines: block.lines.iter().flat_map(fold).collect(),
            when: when.unwrap_or_default(),
        }
    }

    fn box_height(&self) -> f64 {
        LINE * count(self.title.len() + self.lines.len()) + 2.0 * PAD - 4.0
    }

    fn height(&self) -> f64 {
        self.box_height().max(LINE * count(self.when.len()) + 30.0)
    }

    /// `down`: the line goes on below.
    fn svg(&self, x: f64, y: f64, down: bool) -> String {
        let mut svg = String::new();
        let spine = x + SPINE;
        let side = self.block.when.is_some();
        let height = self.height();
        let left = if side { x + SIDE_LEFT } else { spine - self.wide / 2.0 };
        let (from, middle) = if side { (y, y + height / 2.0) } else { (y + self.box_height(), y) };
        if side {
            svg.push_str(&line(&[(spine, y), (spine, y + height)], false));
            // A diamond on the line, and the way out to the side.
            let _ = writeln!(
                svg,
                "<path d=\"M{spine} {}l9 9l-9 9l-9 -9z\" fill=\"#fff3cd\" stroke=\"#8a6d00\"/>",
                middle - 9.0
            );
            svg.push_str(&line(&[(spine + 9.0, middle), (left, middle)], true));
            let top = middle - LINE * count(self.when.len()) - 1.0 + 14.0;
            for (n, text) in self.when.iter().enumerate() {
                let at = top + LINE * count(n) - 6.0;
                let _ = writeln!(svg, "{}", label(spine + 18.0, at, text, "start"));
            }
        }
        let box_top = if side { middle - self.box_height() / 2.0 } else { y };
        self.frame(&mut svg, left, box_top);
        if side {
            let right = left + self.wide;
            let bottom = y + height + GAP / 2.0;
            if self.block.ends {
                let _ = writeln!(
                    svg,
                    "{}",
                    label(right - PAD, box_top + self.box_height() + 15.0, "■ 到此为止", "end")
                );
            } else {
                let middle = left + 24.0;
                let out = box_top + self.box_height();
                svg.push_str(&line(&[(middle, out), (middle, bottom), (spine, bottom)], false));
            }
        }
        if down {
            let from = if side { y + height } else { from };
            svg.push_str(&line(&[(spine, from), (spine, y + height + GAP)], true));
        }
        svg
    }

    fn frame(&self, svg: &mut String, left: f64, top: f64) {
        let (fill, edge, round) = match self.block.kind {
            Shape::Begin => ("#e3f2e6", "#2e7d32", 18.0),
            Shape::End => ("#eeeeee", "#555555", 18.0),
            Shape::Ask => ("#e8f0fe", "#1a56b0", 4.0),
            Shape::Say => ("#ffffff", "#777777", 4.0),
            Shape::Confirm => ("#fff3cd", "#8a6d00", 4.0),
            Shape::Call => ("#fde7e1", "#b0451a", 4.0),
        };
        let (wide, high) = (self.wide, self.box_height());
        let _ = writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\" rx=\"{round}\" \
             fill=\"{fill}\" stroke=\"{edge}\"/>"
        );
        let mut y = top + PAD + FONT - 3.0;
        for (n, text) in self.title.iter().chain(&self.lines).enumerate() {
            let bold = if n < self.title.len() { " font-weight=\"bold\"" } else { "" };
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{y}\"{bold}>{}</text>",
                left + PAD,
                escaped(text)
            );
            y += LINE;
        }
    }
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

fn line(points: &[(f64, f64)], arrow: bool) -> String {
    let mut path = String::new();
    for (n, (x, y)) in points.iter().enumerate() {
        let _ = write!(path, "{}{x} {y}", if n == 0 { 'M' } else { 'L' });
    }
    let end = if arrow { " marker-end=\"url(#a)\"" } else { "" };
    format!("<path d=\"{path}\" fill=\"none\" stroke=\"#555\"{end}/>\n")
}

pub(super) fn label(x: f64, y: f64, text: &str, anchor: &str) -> String {
    format!(
        "<text x=\"{x}\" y=\"{y}\" font-size=\"12\" fill=\"#6b5400\" text-anchor=\"{anchor}\">{}</text>",
        escaped(text)
    )
}

/// Lines that are not wider than `most`.
pub(super) fn folded(text: &str, most: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0.0;
    for c in text.chars() {
        let wide = width(c);
        // A full stop does not begin a line.
        if used + wide > most && !matches!(c, '。' | '，' | '、' | '；' | '」' | '】' | '？' | '！')
        {
            lines.push(String::new());
            used = 0.0;
        }
        used += wide;
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
    }
    lines
}

/// Pixels that a character takes; a little more than it does for letters of the alphabet.
pub(super) fn width(c: char) -> f64 {
    if columns(c) >= 2 { FONT } else { FONT * 0.62 }
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
