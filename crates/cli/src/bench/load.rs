//! Phones with nothing but a key, whose segments are made before they are sent.
//!
//! Invariant: what they send is what a real phone sends: signed, chained segments of whole sheets, in requests that
//! name the cursor and the heads of the last reply. Leaves out: a database; of a reply only these two are kept.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use merge::{LogId, Value};
use protocol::chain::{Hash, Header, SignedSegment, origin, sha256};
use protocol::enrol::{EnrolRequest, EnrolResponse};
use protocol::message::{SyncRequest, SyncResponse, WANT_TOKEN, heads_digest};
use protocol::request::{CONTENT_TYPE, HEADER, RequestSignature};
use protocol::{BatchBuilder, PROTOCOL_VERSION, SCHEMA_VERSION, Scope, ids, segment};
use reqwest::Client;
use server::services::campaign::Campaign;
use uuid::Uuid;

/// Lines of the bench checklist.
const ITEMS: usize = 30;
/// Answers are whole points.
const POINT_E4: i64 = 10_000;

/// A site to score: record, group, and the value of `opened`.
pub struct Target {
    site: Uuid,
    group: Option<Uuid>,
    opened: Value,
}

/// Enrolled phones and the sites there are.
pub struct Prepared {
    /// The phones.
    pub devices: Vec<Arc<Device>>,
    /// The sites.
    pub sites: Vec<Target>,
}

/// A phone.
pub struct Device {
    key: SigningKey,
    me: EnrolResponse,
    url: String,
    http: Client,
    last: Mutex<Last>,
    counter: AtomicU64,
    clock_ms: i64,
}

/// What a phone keeps of the last reply: where it stands, and how far its logs are held (by scope and epoch).
#[derive(Default)]
struct Last {
    cursor: Vec<u8>,
    heads: BTreeMap<([u8; 16], u64), (u64, Hash)>,
}

type Change = (&'static str, Uuid, String, Value);

impl Prepared {
    /// Enrols a phone for each code and fetches what it may read.
    ///
    /// # Errors
    /// What the server refuses.
    pub async fn enrol(url: &str, campaign: &Campaign, codes: &[String]) -> Result<Self> {
        let mut devices = Vec::new();
        for (no, code) in codes.iter().enumerate() {
            devices.push(Arc::new(Device::enrol(url, no, code).await?));
        }
        // Each now learns of those that came after it.
        for device in &devices {
            device.fetch().await?;
        }
        let mut sites = Vec::new();
        for id in &campaign.route {
            let site = campaign.sites.get(id).context("a site")?;
            let entry = campaign.checklist_for(site).context("a checklist")?;
            let township = site
                .township
                .as_ref()
                .and_then(|t| campaign.townships.get(t));
            sites.push(Target {
                site: *id,
                group: township.and_then(|t| t.group),
                opened: Value::List(vec![
                    (*id).into(),
                    entry.checklist.code.as_str().into(),
                    i64::from(entry.checklist.version).into(),
                    "detailed".into(),
                ]),
            });
        }
        Ok(Self { devices, sites })
    }
}

impl Device {
    async fn enrol(url: &str, no: usize, code: &str) -> Result<Self> {
        let key = SigningKey::from_bytes(&sha256(&no.to_be_bytes()));
        let request = EnrolRequest {
            code: code.to_owned(),
            public_key: hex::encode(key.verifying_key().to_bytes()),
            device_name: format!("手机{no:02}"),
        };
        let http = Client::builder().no_proxy().build()?;
        let answer = http
            .post(format!("{url}/api/v1/enrol"))
            .json(&request)
            .send()
            .await?;
        let me = answer.error_for_status()?.json().await?;
        let device = Self {
            key,
            me,
            url: url.to_owned(),
            http,
            last: Mutex::default(),
            counter: AtomicU64::new(0),
            clock_ms: server::system_clock()(),
        };
        device.fetch().await?;
        Ok(device)
    }

    /// Fetches what it may read until there is no more.
    async fn fetch(&self) -> Result<()> {
        while self.exchange(Vec::new(), 0).await?.more {}
        Ok(())
    }

    fn request(&self, segments: Vec<SignedSegment>, flags: u8) -> (Vec<u8>, String) {
        let (cursor, heads) = {
            let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let heads = last.heads.iter();
            let mut heads = heads
                .map(|(at, head)| (at.0, at.1, head.0, head.1))
                .collect();
            (last.cursor.clone(), heads_digest(&mut heads))
        };
        let body = SyncRequest {
            protocol: PROTOCOL_VERSION,
            schema: SCHEMA_VERSION,
            generation: self.me.generation,
            cursor,
            heads,
            segments,
            clock_ms: self.clock_ms,
            flags,
            ..SyncRequest::default()
        };
        let body = body.to_bytes();
        let counter = self.counter.fetch_add(1, Ordering::Relaxed) + 1;
        let (me, key) = (&self.me, &self.key);
        let signed =
            RequestSignature::sign(key, me.device, me.server, me.generation, counter, &body);
        (body, signed.to_header())
    }

    async fn exchange(&self, segments: Vec<SignedSegment>, flags: u8) -> Result<SyncResponse> {
        let (body, signature) = self.request(segments, flags);
        let bytes = self.post(body, &signature).await?;
        let reply = SyncResponse::parse(&bytes).map_err(|e| anyhow::anyhow!("{e:?}"))?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if !reply.cursor.is_empty() {
            last.cursor.clone_from(&reply.cursor);
        }
        for have in reply.have.iter().flatten() {
            last.heads
                .insert((have.scope, have.epoch), (have.seq, have.chain));
        }
        Ok(reply)
    }

    /// Sends a segment in a request of its own.
    ///
    /// # Errors
    /// What the server refuses.
    pub async fn send(&self, segment: SignedSegment) -> Result<()> {
        self.exchange(vec![segment], 0).await.map(drop)
    }

    /// Asks for everything as if it had nothing yet.
    ///
    /// # Errors
    /// What the server refuses.
    pub async fn ask_for_everything(&self) -> Result<()> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Last::default();
        self.exchange(Vec::new(), 0).await.map(drop)
    }

    /// Sends a request; the reply, which must be one of success.
    async fn post(&self, body: Vec<u8>, signature: &str) -> Result<Vec<u8>> {
        let request = self
            .http
            .post(format!("{}/api/v1/sync", self.url))
            .body(body);
        let request = request
            .header("content-type", CONTENT_TYPE)
            .header(HEADER, signature);
        let answer = request.send().await?.error_for_status()?;
        Ok(answer.bytes().await?.to_vec())
    }

    /// A segment for each site of its group: the whole sheet with 30 answers, submitted.
    ///
    /// # Errors
    /// If a segment cannot be made.
    pub fn sheets(&self, sites: &[Target]) -> Result<Vec<SignedSegment>> {
        let scope = Scope::Sealed {
            campaign: self.me.campaign,
            author: self.me.account,
        };
        let (mut head, mut segments) = (None, Vec::new());
        for target in sites.iter().filter(|t| t.group == self.me.group) {
            let id = ids::sheet(self.me.campaign, target.site, self.me.account);
            let mut changes: Vec<Change> =
                vec![("sheet", id, "opened".into(), target.opened.clone())];
            for item in 1..=ITEMS {
                let points = ((item + segments.len()) % 10) as i64;
                let answer = Value::List(vec![(points * POINT_E4).into(), Value::Null]);
                changes.push(("sheet", id, format!("answer/B-{item}"), answer));
            }
            let state = Value::List(vec!["submitted".into(), Value::Null]);
            changes.push(("sheet", id, "state".into(), state));
            segments.push(self.segment(scope, &mut head, &changes)?);
        }
        Ok(segments)
    }

    /// A sheet in segments of one change each, as somebody would send it who sends every answer at once.
    ///
    /// # Errors
    /// If a segment cannot be made.
    pub fn single_answers(&self, target: &Target, count: usize) -> Result<Vec<SignedSegment>> {
        let scope = Scope::Sealed {
            campaign: self.me.campaign,
            author: self.me.account,
        };
        let id = ids::sheet(self.me.campaign, target.site, self.me.account);
        let mut head = None;
        let answer = |item: usize| {
            let value = Value::List(vec![(5 * POINT_E4).into(), Value::Null]);
            let field = format!("answer/B-{}", item % ITEMS + 1);
            self.segment(scope, &mut head, &[("sheet", id, field, value)])
        };
        (0..count).map(answer).collect()
    }

    /// A segment with an issue at each of the first `count` sites of its group.
    ///
    /// # Errors
    /// If a segment cannot be made.
    pub fn issues(&self, sites: &[Target], count: usize) -> Result<SignedSegment> {
        let group = self.me.group.context("no group")?;
        let campaign = self.me.campaign;
        let mut changes: Vec<Change> = Vec::new();
        let own = sites.iter().filter(|t| t.group == self.me.group);
        for (no, target) in own.take(count).enumerate() {
            let id = Uuid::new_v5(&self.me.device, target.site.as_bytes());
            let nothing = || [Value::Null, Value::Null, Value::Null];
            let mut found = vec![self.clock_ms.into()];
            found.extend(nothing());
            let texts = [
                ("category", "exposed_garbage".to_owned()),
                ("description", format!("路边垃圾 {no}")),
                ("severity", "minor".to_owned()),
            ];
            for (field, text) in texts {
                changes.push(("issue", id, field.to_owned(), text.as_str().into()));
            }
            changes.push(("issue", id, "found".to_owned(), Value::List(found)));
            changes.push(("issue", id, "site".to_owned(), target.site.into()));
        }
        self.segment(Scope::Group { campaign, group }, &mut None, &changes)
    }

    fn segment(
        &self,
        scope: Scope,
        head: &mut Option<(u64, Hash)>,
        changes: &[Change],
    ) -> Result<SignedSegment> {
        let log = LogId::new(self.me.device, scope.id(), 1);
        let (last, prev) = head.unwrap_or_else(|| (0, origin(self.me.campaign, &log)));
        let mut batch = BatchBuilder::default();
        for (no, (kind, record, field, value)) in changes.iter().enumerate() {
            let at_ms = self.clock_ms + (last as i64 + no as i64) % 60_000;
            batch.push_value(log, at_ms, (kind, *record), field, value, &[]);
        }
        let payload = segment::encode(&batch.finish(), &[scope.id()], 3)
            .map_err(|e| anyhow::anyhow!("{e:?}"))?;
        let header = Header::of(&log, last + 1, changes.len() as u32);
        let made = SignedSegment::sign(&self.key, prev, &header, payload);
        *head = Some((last + changes.len() as u64, made.chain()));
        Ok(made)
    }

    /// Announces a photo and uploads it by tus in one piece.
    ///
    /// # Errors
    /// What the server refuses.
    pub async fn upload(&self, no: usize, size: usize) -> Result<()> {
        let mut bytes = vec![0; size];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = (at * 31 + no * 7) as u8;
        }
        let hash = sha256(&bytes);
        let group = self.me.group.context("no group")?;
        let scope = Scope::Group {
            campaign: self.me.campaign,
            group,
        };
        let (named, length) = (Value::Bytes(hash.to_vec()), Value::Int(size as i64));
        let target = Uuid::from_u128(1 + no as u128);
        let mut image = vec!["issue".into(), target.into(), Value::Null];
        image.extend([named.clone(), length.clone(), named, length]);
        image.extend((0..8).map(|_| Value::Null));
        image.extend(["camera".into(), Value::Null]);
        let record = Uuid::from_u128(1_000 + no as u128);
        let change = ("photo", record, "image".to_owned(), Value::List(image));
        let segment = self.segment(scope, &mut None, &[change])?;
        self.exchange(vec![segment], 0).await?;
        let token = self.exchange(Vec::new(), WANT_TOKEN).await?.token;
        let name = STANDARD.encode(hex::encode(hash));
        let made = self.http.post(format!("{}/api/v1/blobs/", self.url));
        let made = made.bearer_auth(&token).header("tus-resumable", "1.0.0");
        let made = made
            .header("upload-length", size)
            .header("upload-metadata", format!("sha256 {name}"));
        let made = made.send().await?.error_for_status()?;
        let at = made
            .headers()
            .get("location")
            .context("no location")?
            .to_str()?;
        let at = at.trim_start_matches(self.url.as_str());
        let sent = self
            .http
            .patch(format!("{}{at}", self.url))
            .bearer_auth(&token);
        let sent = sent
            .header("tus-resumable", "1.0.0")
            .header("upload-offset", 0);
        let sent = sent.header("content-type", "application/offset+octet-stream");
        let done = sent.body(bytes).send().await?;
        ensure!(done.status().as_u16() == 204, "{}", done.text().await?);
        Ok(())
    }
}
