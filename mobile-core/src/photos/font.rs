//! The font of the strip: found on the system or given by the app, never shipped.
//!
//! A font with the Chinese characters of place names has 10–20 MB, more than the whole program, and every system the
//! program runs on has one (ADR 0012 says why). It is read once per process. Invariant: a font that is taken has
//! every character of [`PROBE`]; a face of a collection that lacks one is passed over. Left out: drawing
//! ([`super::strip`]).

use std::sync::Arc;

use ab_glyph::{Font, FontRef, FontVec};

/// What a font must have: common characters, a rare one of a market's name (文垚市场), and the marks of a strip.
pub const PROBE: &str = "观摩垚｜…#0无";
/// Faces of a collection in the order they are tried: Noto and Source Han keep simplified Chinese third.
const FACES: [u32; 10] = [2, 0, 1, 3, 4, 5, 6, 7, 8, 9];

/// Where fonts with Chinese characters are, in the order they are tried.
pub const KNOWN_FONTS: &[&str] = &[
    // Debian, Ubuntu: fonts-noto-cjk; then Arch, Alpine, Fedora.
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-vf-fonts/NotoSansCJK-VF.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    // HarmonyOS, Android.
    "/system/fonts/HarmonyOS_Sans_SC.ttf",
    "/system/fonts/HarmonyOS_Sans_SC_Regular.ttf",
    "/system/fonts/NotoSansCJK-Regular.ttc",
    "/system/fonts/NotoSansSC-Regular.otf",
    "/system/fonts/DroidSansFallback.ttf",
    // Windows.
    "C:\\Windows\\Fonts\\msyh.ttc",
    "C:\\Windows\\Fonts\\msyh.ttf",
    "C:\\Windows\\Fonts\\simhei.ttf",
    "C:\\Windows\\Fonts\\simsun.ttc",
    // macOS, iOS.
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
];

/// Why a font that was given is not taken.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// The file cannot be read.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// It is no font (TTF, OTF, TTC), or lacks Chinese characters.
    #[error("not a font with Chinese characters")]
    NoChinese,
}

/// A font that has the characters a strip needs.
#[derive(Debug)]
pub struct StripFont(FontVec);

impl StripFont {
    /// Takes the bytes of a TTF, OTF or TTC file.
    ///
    /// # Errors
    /// `NoChinese`.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, FontError> {
        let fits = |face: &u32| {
            FontRef::try_from_slice_and_index(&bytes, *face).is_ok_and(|font| has_all(&font))
        };
        let face = FACES.into_iter().find(fits).ok_or(FontError::NoChinese)?;
        let font = FontVec::try_from_vec_and_index(bytes, face);
        font.map(Self).map_err(|_| FontError::NoChinese)
    }

    /// Reads a font file.
    ///
    /// # Errors
    /// The disk's, `NoChinese`.
    pub fn read(path: &std::path::Path) -> Result<Self, FontError> {
        Self::from_bytes(std::fs::read(path)?)
    }

    /// The first font of `paths` that is there and fits.
    #[must_use]
    pub fn first_of(paths: &[&str]) -> Option<Self> {
        let mut there = paths.iter().map(std::path::Path::new);
        there.find_map(|path| Self::read(path).ok())
    }

    /// The system's font, looked for once per process.
    #[must_use]
    pub fn system() -> Option<Arc<Self>> {
        static FOUND: std::sync::OnceLock<Option<Arc<StripFont>>> = std::sync::OnceLock::new();
        FOUND
            .get_or_init(|| Self::first_of(KNOWN_FONTS).map(Arc::new))
            .clone()
    }

    pub(super) fn inner(&self) -> &FontVec {
        &self.0
    }
}

fn has_all(font: &FontRef<'_>) -> bool {
    PROBE.chars().all(|c| font.glyph_id(c).0 != 0)
}

/// Which font a phone writes its strips in.
#[derive(Debug, Clone, Default)]
pub enum PhotoFont {
    /// The system's, if it has one.
    #[default]
    System,
    /// The app's.
    Given(Arc<StripFont>),
    /// None: no strips.
    None,
}

impl PhotoFont {
    /// The font, if there is one.
    #[must_use]
    pub fn get(&self) -> Option<Arc<StripFont>> {
        match self {
            Self::System => StripFont::system(),
            Self::Given(font) => Some(font.clone()),
            Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_font_or_has_no_chinese_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("font.ttf");
        assert!(matches!(StripFont::read(&path), Err(FontError::File(_))));
        for bytes in [&b""[..], b"no font", &[0; 4_096]] {
            std::fs::write(&path, bytes).unwrap();
            assert!(matches!(StripFont::read(&path), Err(FontError::NoChinese)));
        }
        let path = path.to_str().unwrap();
        assert!(StripFont::first_of(&[path, "/nowhere/at/all.ttc"]).is_none());
        assert!(PhotoFont::None.get().is_none());
    }

    #[test]
    fn the_system_has_a_font_with_the_rare_character_of_a_market() {
        let font = StripFont::system().expect("install fonts-noto-cjk: cargo xtask test does");
        assert!("文垚市场".chars().all(|c| font.inner().glyph_id(c).0 != 0));
        let again = StripFont::system().unwrap();
        assert!(Arc::ptr_eq(&font, &again), "read once per process");
    }
}
