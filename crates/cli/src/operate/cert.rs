//! `guanmo cert`: a certificate authority of one's own for a network without names, and certificates by it.
//!
//! Invariant: the authority may vouch for the names given at its making and for nothing else, so a stolen key cannot
//! imitate other sites to the phones that trust it; files that are there are never overwritten but by `renew`, and only
//! the server's two. Leaves out: public authorities; give their files to `serve` as they are.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints,
};
use server::net::tls::describe;

use super::{disk, new_file};
use crate::exit::{Exit, Failure, Outcome};
use crate::out;

/// Days a server's certificate is valid: what phones accept at most is 398.
const SERVER_DAYS: i64 = 397;
/// Days the authority is valid.
const AUTHORITY_DAYS: i64 = 3_650;
const DAY_MS: i64 = 86_400_000;

const CA: &str = "ca.pem";
const CA_KEY: &str = "ca-key.pem";
const SERVER: &str = "server.pem";
const SERVER_KEY: &str = "server-key.pem";

/// `guanmo cert`.
#[derive(Debug, Args)]
pub struct CertArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// 建立本地证书机构和服务器证书 · Make a local authority and the server's certificate
    New {
        /// 新文件放在哪个目录 · Folder for the new files
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// 服务器的名称或 IP（可多个）· Names or IP addresses of the server
        #[arg(required = true, value_name = "NAME|IP")]
        names: Vec<String>,
    },
    /// 用同一机构更新服务器证书，名称不变 · Renew the server's certificate, same names
    Renew {
        /// new 时的目录 · The folder that `new` made
        dir: PathBuf,
    },
    /// 证书的名称和有效期 · Names and validity of a certificate
    Show {
        /// 证书文件 · The certificate
        file: PathBuf,
    },
}

/// Does it.
pub fn run(args: &CertArgs) -> Outcome {
    match &args.what {
        What::New { to, names } => new(to, names),
        What::Renew { dir } => renew(dir),
        What::Show { file } => show(file),
    }
}

fn failed(error: rcgen::Error) -> Failure {
    Failure::new(
        "bad_certificate",
        format!("无法生成证书：{error}"),
        format!("the certificate cannot be made: {error}"),
    )
}

fn new(to: &Path, names: &[String]) -> Outcome {
    make(to, names)?;
    out::print(&how_to(to))?;
    Ok(Exit::Ok)
}

/// Makes authority and certificate for these names or addresses, in a folder that has none.
///
/// # Errors
/// `bad_name`, `exists`, `bad_certificate`, the disk's.
pub fn make(to: &Path, names: &[String]) -> Outcome<()> {
    for name in names {
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
        if name.is_empty() || name.len() > 253 || !name.chars().all(plain) {
            return Err(Failure::bad_input(
                "bad_name",
                format!("{name:?} 不是服务器名称或 IP，例如 guanmo.lan 或 192.168.1.10"),
                format!("{name:?} is no server name or IP address, as guanmo.lan or 192.168.1.10"),
            ));
        }
    }
    std::fs::create_dir_all(to).map_err(|e| disk(to.display(), &e))?;
    for name in [CA, CA_KEY, SERVER, SERVER_KEY] {
        let path = to.join(name);
        if path.exists() {
            return Err(Failure::bad_input(
                "exists",
                format!(
                    "{} 已存在，未覆盖；更新证书用 guanmo cert renew",
                    path.display()
                ),
                format!(
                    "{} is there already and stays; guanmo cert renew renews it",
                    path.display()
                ),
            ));
        }
    }
    let ca_key = KeyPair::generate().map_err(failed)?;
    let ca = authority(names).self_signed(&ca_key).map_err(failed)?;
    let ca_pem = ca.pem();
    let (cert, key) = issue(&ca_pem, &ca_key.serialize_pem(), names)?;
    new_file(&to.join(CA_KEY), ca_key.serialize_pem().as_bytes(), true)?;
    new_file(&to.join(CA), ca_pem.as_bytes(), false)?;
    new_file(&to.join(SERVER_KEY), key.as_bytes(), true)?;
    new_file(&to.join(SERVER), cert.as_bytes(), false)
}

fn authority(names: &[String]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = called("Guanmo local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let allowed = names.iter().map(|name| match name.parse::<IpAddr>() {
        Ok(ip) => {
            let bits = if ip.is_ipv4() { 32 } else { 128 };
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(ip, bits))
        }
        Err(_) => GeneralSubtree::DnsName(name.clone()),
    });
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: allowed.collect(),
        excluded_subtrees: Vec::new(),
    });
    valid_for(&mut params, AUTHORITY_DAYS);
    params
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

/// From a day ago, for phones whose clock is behind.
fn valid_for(params: &mut CertificateParams, days: i64) {
    let now = std::time::SystemTime::now();
    let day = std::time::Duration::from_secs(86_400);
    params.not_before = (now - day).into();
    params.not_after = (now + day * u32::try_from(days).unwrap_or_default()).into();
}

/// A certificate of the authority for these names, with a key of its own: certificate chain and key, PEM.
fn issue(ca_pem: &str, ca_key_pem: &str, names: &[String]) -> Outcome<(String, String)> {
    let ca_key = KeyPair::from_pem(ca_key_pem).map_err(failed)?;
    let issuer = Issuer::from_ca_cert_pem(ca_pem, ca_key).map_err(failed)?;
    let mut params = CertificateParams::new(names.to_vec()).map_err(failed)?;
    params.distinguished_name = called("Guanmo");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    valid_for(&mut params, SERVER_DAYS);
    let key = KeyPair::generate().map_err(failed)?;
    let cert = params.signed_by(&key, &issuer).map_err(failed)?;
    Ok((format!("{}{ca_pem}", cert.pem()), key.serialize_pem()))
}

fn renew(dir: &Path) -> Outcome {
    let names = describe(&dir.join(SERVER))?.names;
    let read = |name: &str| out::read_text(&dir.join(name));
    let (cert, key) = issue(&read(CA)?, &read(CA_KEY)?, &names)?;
    // Key first under another name, then both at once: a server that looks between finds a pair or refuses and looks again.
    for (name, text, secret) in [(SERVER_KEY, &key, true), (SERVER, &cert, false)] {
        let (path, fresh) = (dir.join(name), dir.join(format!("{name}.new")));
        match std::fs::remove_file(&fresh) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(disk(fresh.display(), &e));
            }
            _ => {}
        }
        new_file(&fresh, text.as_bytes(), secret)?;
        std::fs::rename(&fresh, &path).map_err(|e| disk(path.display(), &e))?;
    }
    out::print(
        "已更新；运行中的服务器一分钟内自动换用，手机不用重装 · Renewed; a running server takes it within a minute, phones need nothing",
    )?;
    show(&dir.join(SERVER))
}

fn show(file: &Path) -> Outcome {
    let info = describe(file)?;
    let day = |ms: i64| {
        let at = chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default();
        at.format("%Y-%m-%d").to_string()
    };
    let left = (info.valid_ms.1 - server::system_clock()()).div_euclid(DAY_MS);
    out::print(&format!(
        "名称 · Names: {}\n有效期 · Valid: {} – {} (剩余 {left} 天 · {left} days left)",
        info.names.join(", "),
        day(info.valid_ms.0),
        day(info.valid_ms.1)
    ))?;
    Ok(if left < 0 { Exit::Failed } else { Exit::Ok })
}

fn how_to(to: &Path) -> String {
    let at = |name: &str| to.join(name).display().to_string();
    format!(
        "服务器 · Server:  guanmo serve --tls-cert {cert} --tls-key {key}\n\
         {phones}\n  \
         Windows: 双击 → 安装 → 受信任的根证书颁发机构 · double-click → Install → Trusted Root Certification Authorities\n\
         {ca_key} 只在更新证书时需要，平时请离线保存 · is needed to renew only: keep it offline",
        cert = at(SERVER),
        key = at(SERVER_KEY),
        phones = on_phones(to),
        ca_key = at(CA_KEY),
    )
}

/// How the authority of a folder gets onto phones, for people.
pub fn on_phones(dir: &Path) -> String {
    format!(
        "手机 · Phones:    把 {ca} 装到每部手机 · install it on every phone\n  \
         Android: 设置 → 安全 → 加密与凭据 → 安装证书 → CA 证书 · Settings → Security → Install a certificate → CA certificate\n  \
         iOS: 打开文件安装描述文件，再到 设置 → 通用 → 关于本机 → 证书信任设置 打开 · install the profile, then Settings → General → About → Certificate Trust Settings",
        ca = dir.join(CA).display(),
    )
}

/// Certificate and key for `serve`, in a folder that [`make`] filled.
pub fn files(dir: &Path) -> (PathBuf, PathBuf) {
    (dir.join(SERVER), dir.join(SERVER_KEY))
}
