//! A picture that a telephone reads, as an element of a page.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

const SIDE_MIN: u32 = 240;

/// `None`: the text is too long for one.
pub(super) fn picture(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(SIDE_MIN, SIDE_MIN).build();
    // What a file needs before and in the element, a page does not.
    let picture = picture.find("<svg").map_or("", |at| &picture[at..]);
    Some(picture.replace(" xmlns=\"http://www.w3.org/2000/svg\"", ""))
}
