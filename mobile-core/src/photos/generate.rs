//! Makes test photos: the same seed gives the same file.
//!
//! For the demo and for tests only (feature `testpic`). The pictures are plainly synthetic (sky, ground, yard walls,
//! sensor noise) but have a camera's size, orientation tag, capture time and position, so that import and upload meet
//! what they meet in a village. Left out: faces, text, anything that could be taken for a real place.

use std::io::Cursor;

use chrono::DateTime;
use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// JPEG quality of a test photo, as phones use it.
const QUALITY: u8 = 82;
/// Where a camera's clock stands, milliseconds ahead of UTC (+08:00).
const CAMERA_OFFSET_MS: i64 = 8 * 3_600_000;

/// What the photo should look like and claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestPhoto {
    /// Same seed, same file.
    pub seed: u64,
    /// Width as stored, pixels.
    pub width: u16,
    /// Height as stored, pixels.
    pub height: u16,
    /// EXIF orientation 1–8.
    pub orientation: u8,
    /// Capture time, milliseconds UTC; written as local time with offset +08:00.
    pub taken_at_ms: Option<i64>,
    /// Latitude and longitude, WGS-84, 1e-7 degree.
    pub position_e7: Option<(i64, i64)>,
}

impl TestPhoto {
    /// An upright 2,000 × 1,500 photo without time or place.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            width: 2_000,
            height: 1_500,
            orientation: 1,
            taken_at_ms: None,
            position_e7: None,
        }
    }

    /// The JPEG file.
    ///
    /// # Panics
    /// If an edge is 0: a mistake of the caller, as this is test material.
    #[must_use]
    pub fn jpeg(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, QUALITY);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder
            .add_exif_metadata(&self.exif())
            // invariant: the block has a dozen short fields, far below the 64 kB of a segment.
            .expect("the EXIF block is small");
        encoder
            .encode(&self.pixels(), self.width, self.height, ColorType::Rgb)
            // invariant: the edges are not 0 (see Panics) and the buffer has their size.
            .expect("the picture has pixels");
        bytes
    }

    /// The same as a PNG file.
    ///
    /// # Panics
    /// If an edge is 0.
    #[must_use]
    pub fn png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.lossless(image::codecs::png::PngEncoder::new(&mut bytes));
        bytes
    }

    /// The same as a WebP file (lossless).
    ///
    /// # Panics
    /// If an edge is 0.
    #[must_use]
    pub fn webp(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.lossless(image::codecs::webp::WebPEncoder::new_lossless(&mut bytes));
        bytes
    }

    fn lossless(&self, mut encoder: impl image::ImageEncoder) {
        encoder
            .set_exif_metadata(self.exif())
            // invariant: both formats have a place for EXIF.
            .expect("a place for EXIF");
        let size = (u32::from(self.width), u32::from(self.height));
        encoder
            .write_image(
                &self.pixels(),
                size.0,
                size.1,
                image::ExtendedColorType::Rgb8,
            )
            // invariant: the edges are not 0 (see Panics), memory takes every write.
            .expect("the picture has pixels");
    }

    fn pixels(&self) -> Vec<u8> {
        let mut random = Random::new(self.seed);
        let (width, height) = (u32::from(self.width), u32::from(self.height));
        let horizon = height * (30 + random.below(25)) / 100;
        let sky = [
            150 + random.below(60),
            180 + random.below(40),
            215 + random.below(30),
        ];
        let ground = [
            120 + random.below(60),
            100 + random.below(50),
            70 + random.below(40),
        ];
        let walls: Vec<Wall> = (0..6)
            .map(|_| Wall::new(&mut random, width, height))
            .collect();
        let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
        for y in 0..height {
            let shade = y.abs_diff(horizon) * 48 / height;
            let base = if y < horizon { sky } else { ground };
            let in_row: Vec<&Wall> = walls
                .iter()
                .filter(|wall| (wall.top..wall.bottom).contains(&y))
                .collect();
            for x in 0..width {
                let noise = random.next_u32() & 7;
                let wall = in_row
                    .iter()
                    .find(|wall| (wall.left..wall.right).contains(&x));
                let here = wall.map_or(base, |wall| wall.at(x, y));
                for channel in here {
                    pixels.push((channel + noise).saturating_sub(shade).min(255) as u8);
                }
            }
        }
        pixels
    }

    fn exif(&self) -> Vec<u8> {
        let mut fields = vec![
            field(Tag::Make, ascii("GUANMO TEST")),
            field(
                Tag::Orientation,
                Value::Short(vec![u16::from(self.orientation)]),
            ),
            // A serial number, so that tests can show that it does not survive the import.
            field(
                Tag::BodySerialNumber,
                ascii(&format!("SERIAL-{:016x}", self.seed)),
            ),
        ];
        let local = self
            .taken_at_ms
            .and_then(|utc| DateTime::from_timestamp_millis(utc.saturating_add(CAMERA_OFFSET_MS)));
        if let Some(local) = local {
            let text = local.format("%Y:%m:%d %H:%M:%S").to_string();
            let milliseconds = format!("{:03}", local.timestamp_subsec_millis());
            fields.push(field(Tag::DateTimeOriginal, ascii(&text)));
            fields.push(field(Tag::SubSecTimeOriginal, ascii(&milliseconds)));
            fields.push(field(Tag::OffsetTimeOriginal, ascii("+08:00")));
        }
        if let Some((lat, lon)) = self.position_e7 {
            fields.push(field(
                Tag::GPSLatitudeRef,
                ascii(if lat < 0 { "S" } else { "N" }),
            ));
            fields.push(field(Tag::GPSLatitude, degrees(lat)));
            fields.push(field(
                Tag::GPSLongitudeRef,
                ascii(if lon < 0 { "W" } else { "E" }),
            ));
            fields.push(field(Tag::GPSLongitude, degrees(lon)));
        }
        let mut writer = Writer::new();
        for field in &fields {
            writer.push_field(field);
        }
        let mut block = Cursor::new(Vec::new());
        // invariant: memory takes every write, and the fields are of the kinds their tags have.
        writer.write(&mut block, false).expect("writing to memory");
        block.into_inner()
    }
}

/// A wall or house front: a rectangle with courses of bricks.
struct Wall {
    left: u32,
    right: u32,
    top: u32,
    bottom: u32,
    brick: u32,
    colour: [u32; 3],
}

impl Wall {
    fn new(random: &mut Random, width: u32, height: u32) -> Self {
        let (left, top) = (
            random.below(width),
            height / 4 + random.below(height / 2 + 1),
        );
        Self {
            left,
            right: left + width / 8 + random.below(width / 3 + 1),
            top,
            bottom: top + height / 10 + random.below(height / 4 + 1),
            brick: 9 + random.below(14),
            colour: [
                140 + random.below(90),
                110 + random.below(90),
                90 + random.below(90),
            ],
        }
    }

    fn at(&self, x: u32, y: u32) -> [u32; 3] {
        let course = (y - self.top) / self.brick;
        let is_joint = (y - self.top).is_multiple_of(self.brick)
            || (x - self.left + course % 2 * self.brick).is_multiple_of(self.brick * 2);
        if is_joint {
            self.colour.map(|channel| channel * 2 / 3)
        } else {
            self.colour
        }
    }
}

fn field(tag: Tag, value: Value) -> Field {
    Field {
        tag,
        ifd_num: In::PRIMARY,
        value,
    }
}

fn ascii(text: &str) -> Value {
    Value::Ascii(vec![text.as_bytes().to_vec()])
}

/// Degrees, minutes and seconds exact to 1e-7 degree (36e-5 second).
fn degrees(e7: i64) -> Value {
    // At most 1.8e9, so every part fits.
    let e7 = e7.unsigned_abs().min(1_800_000_000) as u32;
    let minutes_e7 = e7 % 10_000_000 * 60;
    let seconds_e7 = u64::from(minutes_e7 % 10_000_000) * 60;
    Value::Rational(vec![
        Rational {
            num: e7 / 10_000_000,
            denom: 1,
        },
        Rational {
            num: minutes_e7 / 10_000_000,
            denom: 1,
        },
        Rational {
            num: seconds_e7 as u32,
            denom: 10_000_000,
        },
    ])
}

/// xorshift64*: noise needs speed and repeatability, nothing more.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        // Neighbouring seeds must not look alike, and 0 is the generator's fixed point.
        Self((seed.wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next_u32(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.next_u32() % limit.max(1)
    }
}
