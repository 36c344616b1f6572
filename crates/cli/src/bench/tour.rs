//! The measured tour: W through real phones and a real server, and the raw bound in the same run.
//!
//! Processor time counts client and server from the first sync request until all phones hold everything, sealing
//! included; autosaves, checks and no-op measurements are outside. Leaves out: printing (`report`).

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use mobile_core::{FixedClock, HttpTransport, OsEntropy, Ports, Replica, SyncReport, Transport};
use protocol::Scope;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use super::cpu;
use super::fill::{Filler, Times, play_timed};
use super::held;
use super::local::Local;
use super::office;
use super::raw::Raw;
use super::workload::{Contested, Workload};

/// Phones whose data is a tenth of everything: the first measurement of a sync with nothing new.
const TENTH: usize = 3;
/// Syncs with nothing new in one measurement.
const NOOPS: u32 = 300;

/// One phone of the run.
struct Phone {
    dir: PathBuf,
    replica: Replica,
    clock: Arc<FixedClock>,
    transport: HttpTransport,
    readable: Vec<Uuid>,
    pushed_bytes: u64,
    pulled_bytes: u64,
}

/// What a sync with nothing new costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noop {
    /// Requests of one sync.
    pub requests: f64,
    /// Bytes of one request body.
    pub sent_bytes: u64,
    /// Bytes of one reply body.
    pub received_bytes: u64,
    /// Processor time of all threads but the phone's, for one sync.
    pub server_cpu: Duration,
}

/// What one run measured.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Processor time until all hold everything.
    pub cpu: Duration,
    /// Wall time of the same.
    pub wall: Duration,
    /// Mean bytes of request bodies a phone sent.
    pub push_bytes: u64,
    /// Mean bytes of reply bodies a phone got.
    pub pull_bytes: u64,
    /// With a tenth of the data on the server, and with all.
    pub noop: [Noop; 2],
    /// Mean bytes of a phone's database.
    pub client_bytes: u64,
    /// Bytes of the server's database.
    pub server_bytes: u64,
    /// Contested fields on the server.
    pub contested: Contested,
    /// Phones whose live values differ from the server's.
    pub diverging: usize,
    /// The same while one phone was left out of the last sync: must be 1.
    pub diverging_control: usize,
    /// Autosaves timed.
    pub times: Times,
    /// A phone's folder, closed.
    pub phone_dir: PathBuf,
}

/// Runs W through phones and server in `dir`. With `open` the group sees all sheets; without, they are sealed.
///
/// # Errors
/// Anything that does not go as it must.
pub fn run(dir: &Path, w: &Workload, open: bool) -> Result<Run> {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Local::start(&dir.join("server"), listen)?;
    let client = Builder::new_current_thread().enable_all().build()?;
    let roster = server.run(office::prepare(&server.app, w, open))?;
    let mut phones = Vec::new();
    for (no, code) in roster.codes.iter().enumerate() {
        let dir = dir.join(format!("phone{no:02}"));
        phones.push(enrol(
            &client,
            &server.url,
            dir,
            code,
            w.devices[no].ops.first().map_or(0, super::workload::Op::ts),
        )?);
    }
    let mut out = Run::default();
    fill(dir, w, &mut phones, &roster.names, &mut out.times)?;
    converge(&client, dir, &mut phones, &mut out)?;
    out.contested = held::contested(&server_db(dir))?;
    for phone in &mut phones {
        phone.replica.idle()?;
    }
    let sizes = phones
        .iter()
        .map(|p| held::size_bytes(&p.dir.join("phone.db")));
    out.client_bytes = super::raw::mean(sizes)?;
    out.phone_dir = phones[0].dir.clone();
    let count = phones.len() as u64;
    out.push_bytes = phones.iter().map(|p| p.pushed_bytes).sum::<u64>() / count;
    out.pull_bytes = phones.iter().map(|p| p.pulled_bytes).sum::<u64>() / count;
    drop(phones);
    server.stop()?;
    out.server_bytes = held::size_bytes(&server_db(dir))?;
    Ok(out)
}

fn server_db(dir: &Path) -> PathBuf {
    dir.join("server").join("server.db")
}

fn enrol(client: &Runtime, url: &str, dir: PathBuf, code: &str, now_ms: i64) -> Result<Phone> {
    let clock = Arc::new(FixedClock::at(now_ms));
    let ports = Ports {
        clock: clock.clone(),
        entropy: Arc::new(OsEntropy),
    };
    let mut replica = Replica::open(&dir, ports)?;
    let transport = HttpTransport::new(url)?;
    let me = client.block_on(replica.enrol(&transport, code, "bench"))?;
    client.block_on(replica.sync(&transport, &mut |_| {}))?;
    let group = me.group.context("a phone without group")?;
    let (campaign, author) = (me.campaign, me.account);
    let scopes = [
        Scope::Campaign { campaign },
        Scope::Group { campaign, group },
        Scope::Sealed { campaign, author },
        Scope::Household { campaign, author },
    ];
    let readable = scopes.iter().map(Scope::id).collect();
    Ok(Phone {
        dir,
        replica,
        clock,
        transport,
        readable,
        pushed_bytes: 0,
        pulled_bytes: 0,
    })
}

/// All phones do their part offline: the first of each group timed in turns with plain commits, the others two at a time.
fn fill(
    dir: &Path,
    w: &Workload,
    phones: &mut [Phone],
    names: &HashMap<Uuid, String>,
    times: &mut Times,
) -> Result<()> {
    let mut raw = Raw::create(&dir.join("autosave.db"), &w.sites)?;
    for (phone, device) in phones.iter_mut().zip(&w.devices).take(2) {
        let mut filler = Filler::new(&mut phone.replica, &phone.clock, names)?;
        play_timed(&mut filler, &device.ops, &mut raw, times)?;
    }
    drop(raw);
    let mut rest: Vec<_> = phones.iter_mut().zip(&w.devices).skip(2).collect();
    let half = rest.len() / 2;
    let second = rest.split_off(half);
    let play = |part: Vec<(&mut Phone, &super::workload::Device)>| -> Result<()> {
        for (phone, device) in part {
            let mut filler = Filler::new(&mut phone.replica, &phone.clock, names)?;
            device.ops.iter().try_for_each(|op| filler.play(op))?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| play(second));
        let own = play(rest);
        match other.join() {
            Ok(result) => own.and(result),
            Err(_) => bail!("a phone panicked"),
        }
    })
}

/// Adds up processor and wall time of the parts that count.
#[derive(Default)]
struct Meter {
    cpu: Duration,
    wall: Duration,
}

impl Meter {
    fn measure<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (cpu, wall) = (cpu::process(), Instant::now());
        let done = work();
        self.cpu += cpu::process() - cpu;
        self.wall += wall.elapsed();
        done
    }
}

fn converge(client: &Runtime, dir: &Path, phones: &mut [Phone], out: &mut Run) -> Result<()> {
    let mut meter = Meter::default();
    for (no, phone) in phones.iter_mut().enumerate() {
        let report = meter.measure(|| sync(client, phone))?;
        ensure!(report.pushed_changes > 0, "phone {no} pushed nothing");
        if no + 1 == TENTH {
            out.noop[0] = noop(client, phone)?;
        }
    }
    // Everything is on the server; each phone fetches what came after its turn. The first is left out, as a control.
    for phone in phones.iter_mut().skip(1) {
        meter.measure(|| sync(client, phone))?;
    }
    out.diverging_control = diverging(dir, phones)?;
    let report = meter.measure(|| sync(client, &mut phones[0]))?;
    ensure!(
        report.agreed.agreed,
        "the first phone does not agree: {:?}",
        report.agreed
    );
    (out.cpu, out.wall) = (meter.cpu, meter.wall);
    out.diverging = diverging(dir, phones)?;
    out.noop[1] = noop(client, &mut phones[0])?;
    Ok(())
}

fn sync(client: &Runtime, phone: &mut Phone) -> Result<SyncReport> {
    let report = client.block_on(phone.replica.sync(&phone.transport, &mut |_| {}))?;
    phone.pushed_bytes += report.pushed_bytes;
    phone.pulled_bytes += report.pulled_bytes;
    Ok(report)
}

fn diverging(dir: &Path, phones: &[Phone]) -> Result<usize> {
    let server = held::fingerprints(&server_db(dir))?;
    let mut count = 0;
    for phone in phones {
        let differing = held::differing(&server, &phone.dir.join("phone.db"), &phone.readable)?;
        count += usize::from(!differing.is_empty());
    }
    Ok(count)
}

/// Syncs a phone that has nothing new, often.
fn noop(client: &Runtime, phone: &mut Phone) -> Result<Noop> {
    client.block_on(phone.replica.sync(&phone.transport, &mut |_| {}))?;
    let before = phone.transport.counters();
    let (process, thread) = (cpu::process(), cpu::thread());
    for _ in 0..NOOPS {
        client.block_on(phone.replica.sync(&phone.transport, &mut |_| {}))?;
    }
    let own = cpu::thread() - thread;
    let all = cpu::process() - process;
    let after = phone.transport.counters();
    let times = u64::from(NOOPS);
    Ok(Noop {
        requests: (after.requests - before.requests) as f64 / times as f64,
        sent_bytes: (after.sent_bytes - before.sent_bytes).div_ceil(times),
        received_bytes: (after.received_bytes - before.received_bytes).div_ceil(times),
        server_cpu: all.saturating_sub(own) / NOOPS,
    })
}
