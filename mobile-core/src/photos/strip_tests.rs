//! Tests of [`super`].

use super::*;

fn strip(fields: &[&str]) -> Strip {
    Strip {
        font: StripFont::system(),
        fields: fields.iter().map(|f| (*f).to_owned()).collect(),
    }
}

const FIELDS: [&str; 6] = [
    "城乡环境综合整治观摩评比",
    "2021-11-18 10:32",
    "火石寨乡 文垚市场",
    "35.96400,105.72900(WGS-84)",
    "观摩员01",
    "#7F3A09BC",
];

fn grey(width: u32, height: u32) -> RgbImage {
    RgbImage::from_pixel(width, height, Rgb([128; 3]))
}

fn height_of(outcome: StripOutcome) -> u32 {
    match outcome {
        StripOutcome::Drawn(height) => height,
        other => panic!("no strip: {other:?}"),
    }
}

/// WCAG 2.2 relative luminance.
fn luminance(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(|channel| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.040_45 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    a.max(b) / a.min(b)
}

#[test]
fn the_strip_is_below_and_covers_nothing_of_the_picture() {
    let (sheet, outcome) = below(grey(1_600, 1_200), &strip(&FIELDS));
    let height = height_of(outcome);
    assert_eq!(sheet.dimensions(), (1_600, 1_200 + height));
    assert!((60..=160).contains(&height), "{height}");
    let picture = image::imageops::crop_imm(&sheet, 0, 0, 1_600, 1_200).to_image();
    assert!(picture == grey(1_600, 1_200));
    // The whole strip is its own colours, from edge to edge.
    assert_eq!(sheet.get_pixel(0, 1_200).0, PAPER);
    assert_eq!(sheet.get_pixel(1_599, 1_200 + height - 1).0, PAPER);
}

#[test]
fn its_contrast_is_over_7_to_1_also_after_jpeg() {
    assert!(contrast(PAPER, INK) >= 7.0);
    let (sheet, outcome) = below(grey(1_600, 1_200), &strip(&FIELDS));
    let jpeg = crate::photos::pixels::encode(&sheet, 80).unwrap();
    let seen = image::load_from_memory(&jpeg).unwrap().into_rgb8();
    let rows = 1_200 + height_of(outcome) / 4..1_200 + height_of(outcome) * 3 / 4;
    let mut pixels: Vec<[u8; 3]> = rows
        .flat_map(|y| (0..1_600).map(move |x| (x, y)))
        .map(|(x, y)| seen.get_pixel(x, y).0)
        .collect();
    pixels.sort_by_key(|p| p.iter().map(|c| u32::from(*c)).sum::<u32>());
    // The darkest twentieth against the brightest fiftieth: paper against the cores of strokes.
    let (dark, bright) = (pixels[pixels.len() / 20], pixels[pixels.len() * 49 / 50]);
    assert!(contrast(dark, bright) >= 7.0, "{dark:?} {bright:?}");
}

/// Pixels of a strip with one field that are no paper.
fn inked(field: &str) -> Vec<(u32, u32)> {
    let (sheet, outcome) = below(grey(800, 10), &strip(&[field]));
    assert_eq!(sheet.height(), 10 + height_of(outcome));
    let strip = sheet.enumerate_pixels().filter(|(_, y, _)| *y >= 10);
    strip
        .filter(|(_, _, p)| p.0 != PAPER)
        .map(|(x, y, _)| (x, y))
        .collect()
}

#[test]
fn a_rare_character_is_drawn_as_itself() {
    let rare = inked("垚");
    assert!(rare.len() > 40, "{} pixels", rare.len());
    assert_ne!(rare, inked("土"));
    // What the font lacks is drawn as its box; 垚 is not.
    assert_ne!(rare, inked("\u{e123}"));
}

#[test]
fn a_long_name_is_cut_and_nothing_leaves_the_strip() {
    let long = "很长的名称".repeat(60);
    let font = StripFont::system().unwrap();
    let letters = Letters {
        font: font.inner().as_scaled(16.0),
    };
    let cut = letters.cut(&long, 400.0);
    assert!(cut.ends_with(CUT) && letters.width(&cut) <= 400.0 && letters.width(&cut) > 360.0);
    let last = inked(&long).into_iter().map(|(x, _)| x).max().unwrap();
    assert!(last < 800 - 4, "{last}");
    assert_eq!(letters.cut("a\u{0}\nb", 400.0), "ab");
}

#[test]
fn small_upright_and_large_pictures_get_a_strip_of_their_scale() {
    let mut before = 0;
    for width in [168, 320, 1_200, 1_600] {
        let (sheet, outcome) = below(grey(width, 100), &strip(&FIELDS));
        let height = height_of(outcome);
        assert_eq!(sheet.dimensions(), (width, 100 + height));
        if width >= 1_200 {
            assert!(height > before, "{width}: {height} after {before}");
            before = height;
        }
    }
    let (sheet, outcome) = below(grey(167, 100), &strip(&FIELDS));
    assert_eq!(
        (sheet.dimensions(), outcome),
        ((167, 100), StripOutcome::TooNarrow)
    );
}

#[test]
fn without_a_font_the_picture_stays_as_it_is() {
    let without = Strip {
        font: None,
        ..strip(&FIELDS)
    };
    let (sheet, outcome) = below(grey(1_600, 1_200), &without);
    assert_eq!(outcome, StripOutcome::NoFont);
    assert!(sheet == grey(1_600, 1_200));
}
