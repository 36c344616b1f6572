//! Per record and photo: is it safe? Every count is one SQL query, so that a test can compare both databases.
//!
//! A record is *held* when none of its live values was written by this device after what the server acknowledged
//! ([`OWN_RECORDS`]): every own change that is not live any more was replaced by a later own change, or by somebody
//! who had it from the server. A photo is held when its record is and both its files are ([`OWN_PHOTOS`]).

use uuid::Uuid;

use super::error::StoreError;
use super::photos::BlobState;
use super::tx::Tx;

type Result<T> = std::result::Result<T, StoreError>;

/// Records this author answers for (`own_records`). Columns: id, kind, 1 if something of it is only here, 1 if a field
/// of an own scope waits to be settled. Parameters: device, account.
const OWN_RECORDS: &str = "
SELECT r.id, n.name,
       coalesce(max(l.device = ?1 AND c.seq > l.acked), 0) AS only_here,
       (s.letter IN (115, 104) AND s.owner = ?2
        AND EXISTS (SELECT 1 FROM conflicts x WHERE x.record = r.no)) AS unsettled
FROM own_records o
JOIN records r ON r.no = o.record
JOIN names n ON n.no = r.kind
JOIN scopes s ON s.no = r.scope
LEFT JOIN cells c ON c.record = r.no
LEFT JOIN logs l ON l.no = c.log
GROUP BY r.no
ORDER BY r.no";

/// The same where nothing is unsent: no live value needs to be looked at.
const OWN_RECORDS_SENT: &str = "
SELECT r.id, n.name, 0 AS only_here,
       (s.letter IN (115, 104) AND s.owner = ?2
        AND EXISTS (SELECT 1 FROM conflicts x WHERE x.record = r.no)) AS unsettled
FROM own_records o
JOIN records r ON r.no = o.record
JOIN names n ON n.no = r.kind
JOIN scopes s ON s.no = r.scope
WHERE ?1 IS NOT NULL
ORDER BY r.no";

/// Own photos with the states of their two files. Columns: id, state of the copy, state of the thumbnail, sent bytes,
/// all bytes, HTTP status of a refusal.
const OWN_PHOTOS: &str = "
SELECT p.id, b.state, t.state, b.offset_bytes, b.size_bytes, coalesce(b.status, t.status)
FROM photos p
JOIN blobs b ON b.hash = p.stored
JOIN blobs t ON t.hash = p.thumbnail";

/// A record the author answers for.
#[derive(Clone, Debug)]
pub(crate) struct OwnRecord {
    pub id: Uuid,
    pub kind: String,
    pub only_here: bool,
    pub unsettled: bool,
}

/// An own photo's files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PhotoRow {
    pub id: Uuid,
    pub copy: BlobState,
    pub thumbnail: BlobState,
    pub sent_bytes: u64,
    pub size_bytes: u64,
    pub status: Option<u16>,
}

impl Tx<'_> {
    /// Notes that the author answers for a record.
    pub fn add_own_record(&mut self, id: Uuid) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT OR IGNORE INTO own_records (record) SELECT no FROM records WHERE id = ?1",
            )?
            .execute([id.as_bytes()])?;
        Ok(())
    }

    /// Every record the author answers for.
    pub fn own_records(&self, device: Uuid, account: Uuid) -> Result<Vec<OwnRecord>> {
        let sql = match self.unsent_changes(device)? {
            0 => OWN_RECORDS_SENT,
            _ => OWN_RECORDS,
        };
        let mut stmt = self.conn.prepare_cached(sql)?;
        let rows = stmt.query_map((device.as_bytes(), account.as_bytes()), |r| {
            Ok(OwnRecord {
                id: Uuid::from_bytes(r.get(0)?),
                kind: r.get(1)?,
                only_here: r.get(2)?,
                unsettled: r.get(3)?,
            })
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// Every own photo whose bytes are on this phone.
    pub fn own_photos(&self) -> Result<Vec<PhotoRow>> {
        let mut stmt = self.conn.prepare_cached(OWN_PHOTOS)?;
        let rows = stmt.query_map([], |r| {
            Ok(PhotoRow {
                id: Uuid::from_bytes(r.get(0)?),
                copy: BlobState::of(r.get(1)?),
                thumbnail: BlobState::of(r.get(2)?),
                sent_bytes: r.get::<_, i64>(3)? as u64,
                size_bytes: r.get::<_, i64>(4)? as u64,
                status: r.get(5)?,
            })
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }
}
