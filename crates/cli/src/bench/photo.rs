//! P15: what taking in a camera's photo costs: hash, turn, copy, thumbnail, strip.
//!
//! Invariant: processor time of one thread, median of several different photos; nothing is written to disk.
//! Control: photos of four times as many pixels must cost at least twice as much, or the clock sees nothing.

use std::time::Duration;

use anyhow::{Result, anyhow};
use clap::Args;
use mobile_core::photos::generate::TestPhoto;
use mobile_core::photos::{ImportLimits, Original, PhotoFont, Strip, StripOutcome};
use serde::Serialize;

use super::cpu;

/// What P15 allows, ms.
const REACH_MS: f64 = 400.0;

/// `guanmo bench photo`.
#[derive(Debug, Args)]
pub struct PhotoArgs {
    /// 照片张数 · How many photos
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    count: u64,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    json: bool,
}

/// The figures.
#[derive(Clone, Debug, Serialize)]
struct Figures {
    /// Photos taken in.
    photos: u64,
    /// Pixels of one, in millions.
    megapixels: f64,
    /// Median size of a file, bytes.
    file_bytes: usize,
    /// P15: median processor time of one, ms.
    import_ms: f64,
    /// The slowest, ms.
    slowest_ms: f64,
    /// Of the median: hash, limits and facts, ms.
    read_ms: f64,
    /// Bytes of the copy and the thumbnail.
    copy_bytes: [usize; 2],
    /// True if the copies have their strip.
    has_strip: bool,
    /// Control: the same with four times the pixels, ms.
    control_ms: f64,
    /// True if the figure is reached and its control fails as it must.
    reached: bool,
}

struct Taken {
    read: Duration,
    whole: Duration,
    copy_bytes: [usize; 2],
    has_strip: bool,
}

fn take(bytes: &[u8], font: &PhotoFont) -> Result<Taken> {
    let begun = cpu::thread();
    let original = Original::read(bytes, ImportLimits::default())?;
    let read = cpu::thread() - begun;
    let strip = Strip {
        font: font.get(),
        fields: [
            "城乡环境综合整治观摩评比",
            "2021-11-18 10:32",
            "火石寨乡 文垚市场",
            "35.96400,105.72900(WGS-84)",
            "观摩员01",
            &format!("#{}", hex::encode_upper(&original.hash[..4])),
        ]
        .map(str::to_owned)
        .to_vec(),
    };
    let copies = original.copies(&strip)?;
    Ok(Taken {
        read,
        whole: cpu::thread() - begun,
        copy_bytes: [copies.stored.bytes.len(), copies.thumbnail.bytes.len()],
        has_strip: matches!(copies.strip, StripOutcome::Drawn(_)),
    })
}

fn picture(seed: u64, width: u16, height: u16) -> Vec<u8> {
    let photo = TestPhoto {
        width,
        height,
        orientation: if seed.is_multiple_of(2) { 6 } else { 1 },
        taken_at_ms: Some(1_637_202_725_678),
        position_e7: Some((359_640_012, 1_057_290_345)),
        ..TestPhoto::new(seed)
    };
    photo.jpeg()
}

fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

fn measure(count: u64) -> Result<Figures> {
    let font = PhotoFont::System;
    // Reading the font is once per process.
    take(&picture(0, 400, 300), &font)?;
    let (mut taken, mut sizes) = (Vec::new(), Vec::new());
    for seed in 1..=count {
        let bytes = picture(seed, 4_000, 3_000);
        sizes.push(bytes.len());
        taken.push(take(&bytes, &font)?);
    }
    let larger = [1, 2, 3].map(|seed| picture(seed, 8_000, 6_000));
    let control = larger.iter().map(|bytes| Ok(take(bytes, &font)?.whole));
    let control_ms = ms(cpu::median(control.collect::<Result<_>>()?));
    sizes.sort_unstable();
    let import_ms = ms(cpu::median(taken.iter().map(|t| t.whole).collect()));
    let slowest = taken.iter().map(|t| t.whole).max().unwrap_or_default();
    let first = taken
        .first()
        .ok_or_else(|| anyhow!("no photo was taken in"))?;
    Ok(Figures {
        photos: count,
        megapixels: 12.0,
        file_bytes: sizes[sizes.len() / 2],
        import_ms,
        slowest_ms: ms(slowest),
        read_ms: ms(cpu::median(taken.iter().map(|t| t.read).collect())),
        copy_bytes: first.copy_bytes,
        has_strip: first.has_strip,
        control_ms,
        reached: import_ms <= REACH_MS && first.has_strip && control_ms >= 2.0 * import_ms,
    })
}

/// Measures and prints.
///
/// # Errors
/// If a photo is not taken in, which is no matter of time.
pub fn run(args: &PhotoArgs) -> Result<()> {
    let f = measure(args.count)?;
    let printed = if args.json {
        serde_json::to_string_pretty(&f)?
    } else {
        format!(
            "P15 照片入库 · photo taken in: {} ms 处理器时间 processor time (中位 median of {}; 最慢 slowest {}; \
             读取 read {})\n  {} 字节 bytes, {} 百万像素 megapixels → {} + {} 字节 bytes, 水印 strip: {}\n  \
             对照 control, 48 百万像素 megapixels: {} ms\n  ≤ {REACH_MS} ms: {}",
            f.import_ms,
            f.photos,
            f.slowest_ms,
            f.read_ms,
            f.file_bytes,
            f.megapixels,
            f.copy_bytes[0],
            f.copy_bytes[1],
            if f.has_strip { "有 yes" } else { "无 no" },
            f.control_ms,
            if f.reached { "✓" } else { "✗" },
        )
    };
    crate::out::print(&printed).map_err(|failure| anyhow!(failure.en))?;
    Ok(())
}
