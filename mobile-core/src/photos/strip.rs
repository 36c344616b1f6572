//! The readable strip below a picture: what, when, where, who, and the beginning of the original's hash.
//!
//! The strip is added below and covers nothing of the picture. Invariants: white on near-black (contrast 17 : 1, at
//! least 7 : 1 after JPEG), letters in proportion to the picture's width; a field that is too long is cut with `…`;
//! without a font, or for a picture too narrow for words, there is no strip and the record says so. It is a help for
//! the eye: what counts is the signed record. Left out: which facts go in (`actions::photos`).

use std::sync::Arc;

use ab_glyph::{Font, FontVec, GlyphId, PxScaleFont, ScaleFont, point};
use image::{GenericImage, Rgb, RgbImage};

use super::font::StripFont;
use super::style::{CUT, EMS_PER_WIDTH, INK, MIN_EM, MIN_WIDTH, PAPER, SEPARATOR, StripOutcome};

/// What a strip says and in which letters.
#[derive(Debug, Clone, Default)]
pub struct Strip {
    /// The font; without one there is no strip.
    pub font: Option<Arc<StripFont>>,
    /// The fields in their order.
    pub fields: Vec<String>,
}

/// `picture` with the strip below it.
pub(super) fn below(picture: RgbImage, strip: &Strip) -> (RgbImage, StripOutcome) {
    let Some(font) = &strip.font else {
        return (picture, StripOutcome::NoFont);
    };
    let (width, height) = picture.dimensions();
    if width < MIN_WIDTH {
        return (picture, StripOutcome::TooNarrow);
    }
    let em = (width / EMS_PER_WIDTH).max(MIN_EM);
    let text = Letters {
        font: font.inner().as_scaled(em as f32),
    };
    let lines = text.lines(&strip.fields, (width - em) as f32);
    let (pad, line_height) = (em / 3, em * 4 / 3);
    let strip_height = 2 * pad + line_height * lines.len() as u32;
    let mut sheet = RgbImage::from_pixel(width, height + strip_height, Rgb(PAPER));
    if sheet.copy_from(&picture, 0, 0).is_err() {
        // invariant: the sheet is as wide and higher; a picture without strip is still the picture.
        return (picture, StripOutcome::TooNarrow);
    }
    for (line, no) in lines.iter().zip(0..) {
        let top = height + pad + no * line_height + (line_height - em) / 2;
        text.draw(&mut sheet, line, (em / 2) as f32, top as f32);
    }
    (sheet, StripOutcome::Drawn(strip_height))
}

/// A font at one size.
struct Letters<'f> {
    font: PxScaleFont<&'f FontVec>,
}

impl Letters<'_> {
    fn width(&self, text: &str) -> f32 {
        text.chars()
            .map(|c| self.font.h_advance(self.font.glyph_id(c)))
            .sum()
    }

    /// The fields in as few lines as they fit in, none broken in two.
    fn lines(&self, fields: &[String], width: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for field in fields {
            let field = self.cut(field, width);
            match lines.last_mut() {
                Some(line)
                    if self.width(line) + self.width(SEPARATOR) + self.width(&field) <= width =>
                {
                    line.push_str(SEPARATOR);
                    line.push_str(&field);
                }
                _ => lines.push(field),
            }
        }
        lines
    }

    /// One line of at most `width` pixels.
    fn cut(&self, text: &str, width: f32) -> String {
        let clean: String = text.chars().filter(|c| !c.is_control()).collect();
        if self.width(&clean) <= width {
            return clean;
        }
        let mut room = width - self.font.h_advance(self.font.glyph_id(CUT));
        let fits = |c: &char| {
            room -= self.font.h_advance(self.font.glyph_id(*c));
            room >= 0.0
        };
        let mut short: String = clean.chars().take_while(fits).collect();
        short.push(CUT);
        short
    }

    fn draw(&self, sheet: &mut RgbImage, text: &str, left: f32, top: f32) {
        let mut x = left;
        let scale = self.font.scale();
        // Centres the letters in their em: CJK fonts have more ascent than an em.
        let base = top + (scale.y - self.font.height()) / 2.0 + self.font.ascent();
        for c in text.chars() {
            let id: GlyphId = self.font.glyph_id(c);
            let glyph = id.with_scale_and_position(scale, point(x, base));
            x += self.font.h_advance(id);
            let Some(outline) = self.font.outline_glyph(glyph) else {
                continue;
            };
            let corner = outline.px_bounds().min;
            outline.draw(|dx, dy, covered| {
                // A glyph that reaches over the edge is cut off there.
                let at = (corner.x + dx as f32, corner.y + dy as f32);
                let inside = at.0 >= 0.0 && at.1 >= 0.0;
                let pixel = inside.then(|| sheet.get_pixel_mut_checked(at.0 as u32, at.1 as u32));
                if let Some(pixel) = pixel.flatten() {
                    pixel.0 = mixed(pixel.0, covered);
                }
            });
        }
    }
}

/// `under` with so much of a letter over it, 0 to 1.
fn mixed(under: [u8; 3], covered: f32) -> [u8; 3] {
    let share = covered.clamp(0.0, 1.0);
    let mut out = under;
    for (channel, ink) in out.iter_mut().zip(INK) {
        let value = f32::from(*channel) * (1.0 - share) + f32::from(ink) * share;
        *channel = value.round() as u8;
    }
    out
}

#[cfg(test)]
#[path = "strip_tests.rs"]
mod tests;
