//! QR codes as images inside the page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use protocol::problem::Code;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use super::refusal::Refusal;

/// The `data:` address of a QR code as SVG: showing it needs no request.
pub fn qr_data(content: &str) -> Result<String, Refusal> {
    let code = QrCode::with_error_correction_level(content, EcLevel::M);
    let code = code.map_err(|_| Refusal::new(Code::Invalid))?;
    let image = code
        .render::<svg::Color<'_>>()
        .min_dimensions(260, 260)
        .build();
    Ok(format!(
        "data:image/svg+xml;base64,{}",
        STANDARD.encode(image)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_qr_code_is_an_image_that_needs_no_request() {
        let data = qr_data("http://guanmo.local:8080/enrol#00000-00000").unwrap();
        let image = data.strip_prefix("data:image/svg+xml;base64,").unwrap();
        let svg = String::from_utf8(STANDARD.decode(image).unwrap()).unwrap();
        assert!(svg.contains("<svg") && !svg.contains("enrol"));
    }
}
