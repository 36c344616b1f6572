//! `guanmo device`: a headless phone over `mobile_core::Replica`, one command per user action.
//!
//! Invariant: every command opens the phone's folder, does one action and lets go of it; local ones need no network.
//! Leaves out: the rules, which are the core's; screens.

pub mod args;
mod bundle;
mod find;
mod mark;
mod net;
mod pin;
mod rescue;
mod show;
mod write;

use std::path::Path;
use std::sync::Arc;

use mobile_core::photos::{PhotoFont, StripFont};
use mobile_core::{Ports, Replica};

use crate::exit::{Exit, Failure, Outcome};
use crate::out;
use args::{DeviceArgs, DeviceCommand};

/// Runs one command on a phone.
pub fn run(args: &DeviceArgs) -> Outcome {
    // The database may be what is missing.
    let known = ["phone.db", "identity"]
        .iter()
        .any(|name| args.phone.join(name).is_file());
    let enrols = matches!(args.command, DeviceCommand::Enrol(_));
    if !known && !enrols {
        let dir = args.phone.display();
        return Err(Failure::new(
            "not_enrolled",
            format!("{dir} 不是手机数据目录；请先登记（guanmo device enrol）"),
            format!("{dir} is no phone's folder; enrol first (guanmo device enrol)"),
        ));
    }
    match &args.command {
        DeviceCommand::Check(a) => return rescue::check(&args.phone, a.json),
        DeviceCommand::Salvage(a) => return rescue::salvage(&args.phone, a.json),
        _ => {}
    }
    let mut phone = Replica::open(&args.phone, Ports::system())?;
    let phone = &mut phone;
    let typed = pin::typed(args);
    // A sync goes on behind a locked screen, and nobody can read a bundle; `pin` itself says what it needs.
    if !matches!(
        args.command,
        DeviceCommand::Sync(_) | DeviceCommand::Pin(_) | DeviceCommand::Bundle(_)
    ) {
        pin::unlock(phone, typed.as_deref())?;
    }
    if matches!(args.command, DeviceCommand::Photo(_)) {
        phone.set_photo_font(font()?);
    }
    match &args.command {
        DeviceCommand::Enrol(a) => net::enrol(phone, &args.phone, a),
        DeviceCommand::Sync(a) => net::sync(phone, &args.phone, a),
        DeviceCommand::Sites(a) => show::sites(phone, a),
        DeviceCommand::Show(a) => show::sheet(phone, a),
        DeviceCommand::Bundle(a) => bundle::run(phone, a),
        DeviceCommand::Pin(a) => pin::run(phone, typed.as_deref(), a),
        DeviceCommand::Status(a) => show::status(phone, a.json),
        DeviceCommand::Open(a) => write::open(phone, a),
        DeviceCommand::Answer(a) => write::answer(phone, a),
        DeviceCommand::Visit(a) => write::visit(phone, a),
        DeviceCommand::Photo(a) => write::photo(phone, a),
        DeviceCommand::Issue(a) => write::issue(phone, a),
        DeviceCommand::Facts(a) => write::facts(phone, a),
        DeviceCommand::Settle(a) => write::settle(phone, a),
        DeviceCommand::Submit(a) => write::submit(phone, &a.sheet),
        DeviceCommand::Amend(a) => write::amend(phone, a),
        // Both were done before the phone was opened.
        DeviceCommand::Check(_) | DeviceCommand::Salvage(_) => Ok(Exit::Ok),
    }
}

/// The font of strips: the file that `GUANMO_FONT` names, `none` for no strips; the system's otherwise.
fn font() -> Outcome<PhotoFont> {
    let Some(path) = std::env::var_os("GUANMO_FONT").filter(|path| !path.is_empty()) else {
        return Ok(PhotoFont::System);
    };
    if path == "none" {
        return Ok(PhotoFont::None);
    }
    let font = StripFont::read(Path::new(&path)).map_err(|why| {
        let path = Path::new(&path).display();
        Failure::new(
            "bad_font",
            format!("GUANMO_FONT 指定的 {path} 不是含中文的字体（TTF、OTF、TTC）：{why}"),
            format!("{path}, which GUANMO_FONT names, is no TTF, OTF or TTC font with Chinese characters: {why}"),
        )
    })?;
    Ok(PhotoFont::Given(Arc::new(font)))
}

impl From<mobile_core::Error> for Failure {
    fn from(error: mobile_core::Error) -> Self {
        let failure = Failure::new(error.code(), error.zh(), error.en());
        match error {
            // What the system said helps whoever runs a command, unlike a tapping inspector.
            mobile_core::Error::Network(cause) => Failure {
                zh: format!("{}（{cause}）", failure.zh),
                en: format!("{} ({cause})", failure.en),
                ..failure
            },
            _ => failure,
        }
    }
}

/// One line for people: what was done.
fn done(zh: &str, en: &str) -> Outcome {
    out::print(&format!("{zh} · {en}"))?;
    Ok(Exit::Ok)
}
