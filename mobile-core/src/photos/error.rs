//! Why a picture cannot be taken in, each with a stable code and a sentence that says what to do.
//!
//! The codes are part of the interface and never change their meaning; the sentences may be reworded.

use thiserror::Error;

use super::format::Foreign;

/// A picture that cannot be imported. `Display` is the English text for logs.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PhotoError {
    /// The bytes do not begin as a picture does.
    #[error("not a picture")]
    NotAPicture,
    /// The bytes are a HEIF container (HEIC), which is not decoded here.
    #[error("a HEIC picture, which is not supported")]
    HeicUnsupported,
    /// The bytes are of another format, which is not taken in.
    #[error("{}, which is not supported", .0.names().1)]
    Unsupported(Foreign),
    /// The file is larger than the limit.
    #[error("the file has {size_bytes} bytes, the limit is {limit_bytes}")]
    TooLarge {
        /// Size of the file in bytes.
        size_bytes: u64,
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// The header announces more pixels than the limit.
    #[error("the picture has {width} x {height} pixels, the limit is {limit_pixels}")]
    TooManyPixels {
        /// Width in pixels, as stored.
        width: u32,
        /// Height in pixels, as stored.
        height: u32,
        /// The limit in pixels.
        limit_pixels: u64,
    },
    /// The file is cut off or cannot be decoded.
    #[error("the picture is damaged: {detail}")]
    Damaged {
        /// What the decoder said, for the log only.
        detail: String,
    },
}

impl PhotoError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAPicture => "not_a_picture",
            Self::HeicUnsupported => "heic_unsupported",
            Self::Unsupported(_) => "format_unsupported",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::Damaged { .. } => "damaged",
        }
    }

    /// What to do, in Simplified Chinese.
    #[must_use]
    pub fn text_zh(&self) -> String {
        match self {
            Self::NotAPicture => {
                "这个文件不是照片。请用相机重新拍摄，或选择 JPG、PNG、WebP 格式的照片。".into()
            }
            Self::HeicUnsupported => {
                "这是 HEIC 格式的照片，无法读取。请在手机相机设置的“格式”中选“兼容性最佳”（JPEG）后重拍；\
                 已拍的照片请截一张屏，或导出为 JPG 再选择。"
                    .into()
            }
            Self::Unsupported(format) => format!(
                "这是{}，不能作为照片。请用相机重新拍摄，或选择 JPG、PNG、WebP 格式的照片。",
                format.names().0
            ),
            Self::TooLarge { size_bytes, limit_bytes } => format!(
                "照片文件有 {} MB，超过上限 {} MB。请把相机的分辨率调低后重拍。",
                megabytes_up(*size_bytes),
                limit_bytes / 1_000_000
            ),
            Self::TooManyPixels { width, height, limit_pixels } => format!(
                "照片有 {width}×{height} 像素，超过上限 {} 万像素。请把相机的分辨率调低后重拍。",
                limit_pixels / 10_000
            ),
            Self::Damaged { .. } => {
                "照片文件不完整或已损坏。请重新拍摄，或从相册重新选择原图。".into()
            }
        }
    }

    /// What to do, in English.
    #[must_use]
    pub fn text_en(&self) -> String {
        match self {
            Self::NotAPicture => {
                "This file is not a photo. Take the photo again, or choose a JPG, PNG or WebP file."
                    .into()
            }
            Self::HeicUnsupported => {
                "This is a HEIC photo, which cannot be read. Set the camera's format to \"Most \
                 Compatible\" (JPEG) and take it again; of a photo already taken make a screenshot, \
                 or export it as JPG."
                    .into()
            }
            Self::Unsupported(format) => format!(
                "This is {}, not a photo. Take the photo again, or choose a JPG, PNG or WebP file.",
                format.names().1
            ),
            Self::TooLarge { size_bytes, limit_bytes } => format!(
                "The photo file has {} MB, the limit is {} MB. Set the camera to a lower resolution \
                 and take it again.",
                megabytes_up(*size_bytes),
                limit_bytes / 1_000_000
            ),
            Self::TooManyPixels { width, height, limit_pixels } => format!(
                "The photo has {width}×{height} pixels, the limit is {} million. Set the camera to a \
                 lower resolution and take it again.",
                limit_pixels / 1_000_000
            ),
            Self::Damaged { .. } => {
                "The photo file is incomplete or damaged. Take it again, or choose the original from \
                 the album again."
                    .into()
            }
        }
    }
}

/// Whole megabytes, rounded up, so that a file over the limit never reads as equal to it.
fn megabytes_up(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}
