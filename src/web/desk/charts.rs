//! Drawings of figures, as SVG within a page. Each stands beside its table, which says the same.

use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, SeriesLabelPosition};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Rectangle, Text};
use plotters::series::LineSeries;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, TextStyle, WHITE};

const WIDTH: u32 = 720;
const HEIGHT: u32 = 300;
const BAR: i32 = 32;
/// Room for the names at the left, and for the numbers at the right.
const NAMES: i32 = 256;
const NUMBERS: i32 = 110;
const NAME_CHARS_MAX: usize = 12;
const TEXT: i32 = 20;
const INK: RGBColor = RGBColor(0x1d, 0x27, 0x24);
const FAINT: RGBColor = RGBColor(0xd8, 0xdf, 0xdb);
/// Each is told from white by at least 4.5; the table says what is what without them.
#[derive(Clone, Copy)]
pub enum Colour {
    Green,
    /// Of what is late.
    Red,
    Blue,
    /// Of what is nearly late.
    Amber,
    Violet,
    Grey,
}

impl Colour {
    /// For what means neither good nor bad, one after the other.
    pub const NEUTRAL: [Colour; 5] =
        [Colour::Green, Colour::Blue, Colour::Violet, Colour::Amber, Colour::Grey];

    fn rgb(self) -> RGBColor {
        match self {
            Colour::Green => RGBColor(0x0b, 0x5d, 0x4e),
            Colour::Red => RGBColor(0xa3, 0x20, 0x14),
            Colour::Blue => RGBColor(0x1a, 0x56, 0xa8),
            Colour::Amber => RGBColor(0x8a, 0x53, 0x00),
            Colour::Violet => RGBColor(0x6b, 0x4f, 0xa0),
            Colour::Grey => RGBColor(0x55, 0x62, 0x5e),
        }
    }
}

pub struct Series {
    pub name: String,
    pub colour: Colour,
    pub values: Vec<f64>,
}

type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// What went day by day.
pub fn lines(title: &str, labels: &[String], series: &[Series]) -> String {
    over_time(title, labels, series, false)
}

/// Parts of a whole, day by day.
pub fn stacked(title: &str, labels: &[String], series: &[Series]) -> String {
    over_time(title, labels, series, true)
}

/// One bar a row: its name, how long it is, and the number that stands at its end.
pub fn bars(title: &str, rows: &[(String, f64, String)]) -> String {
    let height = BAR * i32::try_from(rows.len()).unwrap_or(0) + 8;
    drawing(title, u32::try_from(height).unwrap_or(HEIGHT), |area| {
        let most = rows.iter().map(|row| row.1).fold(0.0, f64::max);
        let room = f64::from(WIDTH) - f64::from(NAMES + NUMBERS);
        for (top, (name, value, number)) in (0..).map(|n| n * BAR + 4).zip(rows) {
            let length = if most > 0.0 { value / most * room } else { 0.0 };
            // Within the drawing, so it fits.
            let end = NAMES + length.round() as i32;
            let middle = top + BAR / 2;
            area.draw(&Text::new(shortened(name), (NAMES - 8, middle), text(HPos::Right)))?;
            let corners = [(NAMES, top + 4), (end.max(NAMES + 1), top + BAR - 4)];
            area.draw(&Rectangle::new(corners, Colour::Green.rgb().filled()))?;
            area.draw(&Text::new(number.clone(), (end + 6, middle), text(HPos::Left)))?;
        }
        Ok(())
    })
}

fn over_time(title: &str, labels: &[String], series: &[Series], is_stacked: bool) -> String {
    let sums = (0..labels.len()).map(|n| {
        let values = series.iter().filter_map(|one| one.values.get(n));
        if is_stacked { values.sum() } else { values.copied().fold(0.0, f64::max) }
    });
    let most = sums.fold(1.0, f64::max) * 1.1;
    let last = labels.len() as f64 - 0.5;
    drawing(title, HEIGHT, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(40)
            .y_label_area_size(48)
            .build_cartesian_2d(-0.5..last.max(0.5), 0.0..most)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(WHITE)
            .bold_line_style(FAINT)
            .label_style(("sans-serif", TEXT).into_font().color(&INK))
            .x_labels(8)
            .y_labels(5)
            .y_label_formatter(&whole)
            .x_label_formatter(&|at| label_at(labels, *at))
            .draw()?;
        let mut below = vec![0.0; labels.len()];
        for one in series {
            let colour = one.colour.rgb();
            let drawn = if is_stacked {
                let parts: Vec<_> = (0..)
                    .zip(&one.values)
                    .map(|(n, value)| {
                        let (at, from) = (f64::from(n), below[n as usize]);
                        below[n as usize] += value;
                        Rectangle::new(
                            [(at - 0.35, from), (at + 0.35, from + value)],
                            colour.filled(),
                        )
                    })
                    .collect();
                chart.draw_series(parts)?
            } else {
                let points = (0i32..).map(f64::from).zip(one.values.iter().copied());
                chart.draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            };
            drawn.label(&one.name).legend(move |(x, y)| {
                Rectangle::new([(x, y - 5), (x + 14, y + 5)], colour.filled())
            });
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.85))
            .border_style(FAINT)
            .label_font(("sans-serif", TEXT).into_font().color(&INK))
            .draw()
    })
}

/// Half a case is none.
fn whole(value: &f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { String::new() }
}

fn label_at(labels: &[String], at: f64) -> String {
    // Between two days stands none.
    if (at - at.round()).abs() > 0.01 || at < 0.0 {
        return String::new();
    }
    labels.get(at.round() as usize).cloned().unwrap_or_default()
}

fn text(at: HPos) -> TextStyle<'static> {
    let plain = ("sans-serif", TEXT).into_font().color(&INK);
    plain.pos(Pos::new(at, VPos::Center))
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_CHARS_MAX {
        return name.to_owned();
    }
    name.chars().take(NAME_CHARS_MAX - 1).chain(['…']).collect()
}

/// As wide as its place, and with a name for who does not see it.
fn drawing(title: &str, height: u32, draw: impl FnOnce(&Area<'_>) -> Drawn) -> String {
    let mut svg = String::new();
    let drawn = {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        draw(&area).and_then(|()| area.present())
    };
    if let Err(error) = drawn {
        tracing::error!(%error, "a chart could not be drawn");
        return String::new();
    }
    let inside = svg.split_once('>').map_or("", |(_, inside)| inside);
    let title = title.replace(['<', '>', '&', '"'], "");
    format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">{inside}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_has_its_name_and_nothing_that_the_policy_would_stop() {
        let labels: Vec<String> = (1..=30).map(|day| format!("11月{day}日")).collect();
        let series = |name: &str| Series {
            name: name.into(),
            colour: Colour::Violet,
            values: vec![2.0; 30],
        };
        let rows = [("垃圾清运".to_owned(), 5.0, "5".to_owned()), ("<b>&".into(), 0.0, "0".into())];
        for svg in [
            lines("每天", &labels, &[series("受理"), series("办结")]),
            stacked("来源", &labels, &[series("微信"), series("<短信>")]),
            bars("类别", &rows),
            bars("没有", &[]),
        ] {
            assert!(svg.starts_with("<svg viewBox") && svg.trim_end().ends_with("</svg>"), "{svg}");
            assert_eq!(svg.matches("role=\"img\" aria-label=\"").count(), 1);
            for forbidden in ["style=", "http", "<b>", "<短信>"] {
                assert!(!svg.contains(forbidden), "{forbidden} in {svg}");
            }
        }
        let svg = bars("类别", &rows);
        assert!(svg.contains("垃圾清运") && svg.contains("&lt;b&gt;&amp;"), "{svg}");
    }
}
