//! What needs the server: enrol and sync.
//!
//! Invariant: a sync that fails has lost nothing; what the server acknowledged before stays acknowledged. The server's
//! address is kept in `server-url` beside the database. Leaves out: retries and what travels (`mobile_core::sync`).

use std::fs;
use std::future::Future;
use std::path::Path;

use mobile_core::{HttpTransport, Progress, Replica, SyncReport};
use serde_json::json;

use super::args::{EnrolArgs, SyncArgs};
use super::done;
use crate::exit::{Exit, Failure, Outcome};
use crate::out;

const SERVER_URL: &str = "server-url";

/// Enrols the phone and fetches what it needs for the field.
pub fn enrol(phone: &mut Replica, dir: &Path, args: &EnrolArgs) -> Outcome {
    let transport = transport(&args.server)?;
    let me = wait(phone.enrol(&transport, &args.code, &args.name))??;
    let keep = fs::write(dir.join(SERVER_URL), args.server.trim());
    keep.map_err(|error| {
        Failure::new(
            "file",
            format!("已登记，但无法记下服务器地址：{error}"),
            format!("enrolled, but the server's address cannot be kept: {error}"),
        )
    })?;
    if args.json {
        let fingerprint = phone.key_fingerprint();
        out::print_json(&json!({"identity": me, "key_fingerprint": fingerprint}))?;
        return Ok(Exit::Ok);
    }
    let fingerprint = phone.key_fingerprint().unwrap_or_default();
    done(
        &format!(
            "已登记为{}，密钥指纹 {fingerprint}；请同步",
            me.account_name
        ),
        &format!(
            "enrolled as {}, key {fingerprint}; sync next",
            me.account_name
        ),
    )
}

/// Syncs. Ends with 1 if the two sides do not agree, with 5 if the phone was paused.
pub fn sync(phone: &mut Replica, dir: &Path, args: &SyncArgs) -> Outcome {
    let url = match &args.server {
        Some(url) => url.clone(),
        None => fs::read_to_string(dir.join(SERVER_URL)).map_err(|_| {
            Failure::bad_input(
                "usage",
                "不知道服务器地址，请加 --server",
                "the server's address is not known; give --server",
            )
        })?,
    };
    let transport = transport(&url)?;
    let bar = out::spinner();
    let mut progress = |step: Progress| bar.set_message(words(&step));
    let report = wait(phone.sync(&transport, &mut progress));
    bar.finish_and_clear();
    let report = report??;
    if args.json {
        out::print_json(&report)?;
    } else {
        out::print(&readable(&report))?;
    }
    Ok(verdict(&report))
}

fn verdict(report: &SyncReport) -> Exit {
    let agreed = report.agreed.agreed || !report.agreed.compared;
    if !agreed || report.contradictions > 0 || report.revoked {
        Exit::Failed
    } else if report.paused {
        Exit::Busy
    } else {
        Exit::Ok
    }
}

fn transport(url: &str) -> Outcome<HttpTransport> {
    HttpTransport::new(url.trim()).map_err(|error| {
        Failure::bad_input(
            "invalid",
            format!("服务器地址“{url}”不对：{error}"),
            format!("`{url}` is no address of a server: {error}"),
        )
    })
}

/// Runs a future to its end on this thread.
fn wait<T>(future: impl Future<Output = T>) -> Outcome<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| {
        Failure::new(
            "runtime",
            format!("无法启动网络：{error}"),
            format!("cannot start networking: {error}"),
        )
    })?;
    Ok(runtime.block_on(future))
}

fn words(step: &Progress) -> String {
    match step {
        Progress::Sending { bytes_left } => {
            format!("正在发送，还有 {bytes_left} 字节 · sending, {bytes_left} bytes left")
        }
        Progress::Received { changes, .. } => {
            format!("已收 {changes} 项更改 · received {changes} changes")
        }
        Progress::Photo {
            done,
            left,
            sent_bytes,
            size_bytes,
        } => format!(
            "照片 {}/{}：{sent_bytes}/{size_bytes} 字节 · photo",
            done + 1,
            done + left
        ),
        Progress::Waiting { ms } => format!("{ms} 毫秒后重试 · retry in {ms} ms"),
    }
}

fn readable(report: &SyncReport) -> String {
    let agreed = match (&report.agreed.compared, &report.agreed.agreed) {
        (false, _) => "未比对 · not compared yet",
        (true, true) => "一致 · agreed",
        (true, false) => {
            "不一致，请再次同步并联系督查室 · DIFFERENT: sync again and tell the office"
        }
    };
    let mut text = format!(
        "发送 {} 项更改，{} 字节 · sent {0} changes, {1} bytes\n\
         收到 {} 项更改，{} 字节 · received {2} changes, {3} bytes\n\
         照片：已传 {} 个文件，待传 {} · photos: {4} files sent, {5} waiting\n\
         {} 次请求 · {6} requests\n\
         与服务器比对：{agreed}\n\
         服务器已收评分单 {} / 共 {}，照片 {} / 共 {} · sheets and photos held by the server, of all\n",
        report.pushed_changes,
        report.pushed_bytes,
        report.pulled_changes,
        report.pulled_bytes,
        report.photos_sent,
        report.photos_waiting,
        report.requests,
        report.agreed.sheets.held,
        report.agreed.sheets.total(),
        report.agreed.photos.held,
        report.agreed.photos.total(),
    );
    let mut note = |shown: bool, line: &str| {
        if shown {
            text += line;
            text.push('\n');
        }
    };
    note(
        report.bundles_delivered > 0,
        &format!(
            "代送的离线包已交给服务器：{} · bundles of others handed over: {0}",
            report.bundles_delivered
        ),
    );
    note(
        report.forked,
        "本机数据是一份副本，未送达的内容已重新发出 · this folder is a copy; what was not held was issued anew",
    );
    note(
        report.skew_flagged,
        "手机时钟与服务器相差超过 5 分钟 · the clock is off by more than 5 minutes",
    );
    note(
        report.contradictions > 0,
        "警告：服务器历史与本机所存不符，请联系督查室 · WARNING: the server's history contradicts this phone",
    );
    note(report.revoked, "本机已被注销 · this phone is revoked");
    text
}
