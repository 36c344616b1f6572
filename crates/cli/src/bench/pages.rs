//! `guanmo bench pages`: how long the server takes for each page of the console with ten whole tours stored.
//!
//! Invariant: the pages are those a supervisor's links lead to, found by following them; the control is an answer that
//! takes longer on purpose (every answer of a tour as a workbook), which must be over the bound. Leaves out: the browser.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::json;

use super::local::Local;
use super::reader::Reader;
use super::tours;

/// What P14 asks.
const BOUND: Duration = Duration::from_millis(50);
/// Pages of one form (same path but for ids) that are looked at.
const OF_A_FORM: usize = 4;
/// Times each is fetched.
const ROUNDS: usize = 25;
/// What must be slower than the bound, or the clock sees nothing.
const CONTROL: &str = "/api/v1/exports/answers.xlsx";

/// `guanmo bench pages`.
#[derive(Debug, Args)]
pub struct PagesArgs {
    /// 存有几次观摩 · Tours stored
    #[arg(long, default_value_t = 10)]
    tours: usize,
    /// 所在磁盘上的文件夹，缺省为临时文件夹 · Folder on the disk to measure; a temporary one without it
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// 输出 JSON · Print JSON
    #[arg(long)]
    json: bool,
}

/// Fills, measures, prints.
///
/// # Errors
/// Anything that does not go as it must; a figure that is not reached is no error.
pub fn run(args: &PagesArgs) -> Result<()> {
    let place = match &args.dir {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let server = Local::start(&place.path().join("server"), ([127, 0, 0, 1], 0).into())?;
    for no in 1..=args.tours {
        eprintln!("观摩 · tour {no}/{} …", args.tours);
        server.run(tours::play(&server, &format!("观摩 {no:02}")))?;
    }
    let (mut pages, control) = server.run(measure(&server))?;
    server.stop()?;
    for times in pages.values_mut() {
        times.sort();
    }
    let mut all: Vec<Duration> = pages.values().flatten().copied().collect();
    all.sort();
    let fetched = all.len();
    ensure!(fetched > 0, "no page was found");
    let p99 = at(&all, 99);
    let slowest = pages.iter().max_by_key(|(_, times)| at(times, 99));
    let (form, times) = slowest.map_or(("", &[][..]), |(f, t)| (f.as_str(), t));
    let printed = if args.json {
        let forms: BTreeMap<&String, f64> = pages.iter().map(|(f, t)| (f, ms(at(t, 99)))).collect();
        json!({
            "tours": args.tours, "sheets": args.tours * tours::SHEETS, "forms": forms, "fetched": fetched,
            "p99_ms": ms(p99), "reached": p99 <= BOUND, "control_ms": ms(control), "control_fails": control > BOUND,
        })
        .to_string()
    } else {
        let mark = if p99 <= BOUND && control > BOUND {
            "✓"
        } else {
            "✗"
        };
        format!(
            "{} 次观摩 · tours, {} 张评分单 · sheets; {} 种页面 · forms of page, {fetched} 次 · fetches\n\
             {mark} P14 p99 {:.1} ms (≤ {:.0}); 最慢 · slowest {form} p99 {:.1} ms; 对照 · control {:.0} ms",
            args.tours,
            args.tours * tours::SHEETS,
            pages.len(),
            ms(p99),
            ms(BOUND),
            ms(at(times, 99)),
            ms(control),
        )
    };
    crate::out::print(&printed).map_err(|failure| anyhow::anyhow!(failure.en))?;
    Ok(())
}

/// The time that `percent` of the sorted times do not exceed.
fn at(sorted: &[Duration], percent: usize) -> Duration {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e4).round() / 10.0
}

/// Times by form of page, and the control's.
async fn measure(server: &Local) -> Result<(BTreeMap<String, Vec<Duration>>, Duration)> {
    let reader = Reader::sign_in(server).await?;
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut open = vec!["/console".to_owned()];
    while let Some(path) = open.pop() {
        let seen = found.entry(form(&path)).or_default();
        if seen.contains(&path) || seen.len() >= OF_A_FORM {
            continue;
        }
        let body = reader.get(&path).await?;
        // Pages of links lead to files as well.
        if body.starts_with(b"<!") {
            open.extend(links(&String::from_utf8(body)?));
            seen.push(path);
        }
    }
    let mut times: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
    for _ in 0..ROUNDS {
        for (form, paths) in found.iter().filter(|(_, paths)| !paths.is_empty()) {
            for path in paths {
                let took = reader.timed(path).await?.1;
                times.entry(form.clone()).or_default().push(took);
            }
        }
    }
    Ok((times, reader.timed(CONTROL).await?.1))
}

/// A path without its ids, numbers and what is asked.
fn form(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let part = |part: &str| {
        let digits = part.chars().filter(char::is_ascii_digit).count();
        if digits >= 6 || (digits > 0 && digits == part.len()) {
            "{id}".to_owned()
        } else {
            part.to_owned()
        }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Pages of the console that a page links to.
fn links(page: &str) -> Vec<String> {
    let after = page.split("href=\"/console").skip(1);
    let paths = after.filter_map(|rest| rest.split('"').next());
    let paths = paths.map(|rest| {
        format!(
            "/console{}",
            rest.replace("&amp;", "&").replace("&#38;", "&")
        )
    });
    paths
        .map(|path| path.split('#').next().unwrap_or_default().to_owned())
        .filter(|path| !path.contains("language"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_one_form_are_told_by_their_path() {
        let id = "0190aaaa-0000-7000-8000-000000000000";
        assert_eq!(
            form(&format!("/console/records/{id}?x=1")),
            "/console/records/{id}"
        );
        assert_eq!(form("/console/ranking/640422215"), "/console/ranking/{id}");
        assert_eq!(
            links("<a href=\"/console/records?a=1&amp;b=2#top\"><a href=\"/x\">"),
            ["/console/records?a=1&b=2"]
        );
    }
}
