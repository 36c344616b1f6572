//! What the strip below a photo says: campaign, time, place, position, who, hash.
//!
//! Invariant: only what the phone knows is written; what it does not know is said to be unknown. Leaves out: letters
//! and pixels (`photos::strip`).

use chrono::{DateTime, TimeDelta, Timelike};
use uuid::Uuid;

use super::campaign::text;
use super::sites::unit_name;
use crate::error::Result;
use crate::photos::BlobHash;
use crate::replica::Replica;
use crate::views::{PhotoMeta, PhotoTarget, Position};

/// Asia/Shanghai is 8 hours ahead of UTC, all year.
const CHINA: TimeDelta = TimeDelta::hours(8);
/// Bytes of the hash that are shown: 8 hex digits.
const SHOWN_HASH: usize = 4;

fn time_text(at_ms: Option<i64>) -> String {
    let at = at_ms.and_then(DateTime::from_timestamp_millis);
    let local = at.and_then(|at| at.checked_add_signed(CHINA));
    match local {
        // Not `format`: what reads its patterns is 9 kB of the browser's module, packed.
        Some(at) => format!("{} {:02}:{:02}", at.date_naive(), at.hour(), at.minute()),
        None => "时间不明".to_owned(),
    }
}

fn position_text(position: Option<Position>) -> String {
    match position {
        Some(p) => {
            let degrees = |e7: i64| e7 as f64 / 1e7;
            let (lat, lon) = (degrees(p.lat_e7), degrees(p.lon_e7));
            format!("{lat:.5},{lon:.5}(WGS-84)")
        }
        None => "无定位".to_owned(),
    }
}

/// Joins names that are there; a name that contains the one before it stands alone.
fn place_text(names: [String; 3]) -> String {
    let mut shown: Vec<String> = Vec::new();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        if shown
            .last()
            .is_some_and(|last| name.contains(last.as_str()))
        {
            shown.pop();
        }
        shown.push(name);
    }
    shown.join(" ")
}

impl Replica {
    /// The fields of the strip of a photo of `target`.
    pub(super) fn strip_fields(
        &mut self,
        target: PhotoTarget,
        original: &BlobHash,
        meta: &PhotoMeta,
    ) -> Result<Vec<String>> {
        let campaign = self.campaign_data()?;
        let place = self.place_of(target)?;
        Ok(vec![
            campaign.view.name.clone(),
            time_text(meta.taken_at_ms),
            if place.is_empty() {
                "地点不明".to_owned()
            } else {
                place
            },
            position_text(meta.position),
            campaign.view.account_name.clone(),
            format!("#{}", hex::encode_upper(&original[..SHOWN_HASH])),
        ])
    }

    /// Township, village and site of what a photo belongs to; of an issue without site the place in words.
    fn place_of(&mut self, target: PhotoTarget) -> Result<String> {
        let me = self.me()?.clone();
        let view = self.store.read(|tx| tx.view(target.id()))?;
        let Some(view) = view else {
            return Ok(String::new());
        };
        let site: Option<Uuid> = match target {
            PhotoTarget::Sheet(_) => view.get("opened").at(0).as_id(),
            PhotoTarget::Issue(_) => view.get("site").as_id(),
            _ => view.get("entry").at(0).as_id(),
        };
        let (township, village, name) = match site {
            Some(site) => {
                let spec = self.site_spec(site)?;
                (spec.township, spec.village, self.site_name(site)?)
            }
            None => {
                let place = view.get("place");
                (
                    text(place.at(0)),
                    None,
                    text(place.at(1)).unwrap_or_default(),
                )
            }
        };
        self.store.read(|tx| {
            let unit =
                |tx: &mut _, code: Option<String>| unit_name(tx, me.campaign, code.as_deref());
            Ok(place_text([unit(tx, township)?, unit(tx, village)?, name]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_place_and_position_are_said_or_said_to_be_unknown() {
        assert_eq!(time_text(Some(1_637_202_725_678)), "2021-11-18 10:32");
        assert_eq!(time_text(None), "时间不明");
        assert_eq!(time_text(Some(i64::MAX)), "时间不明");
        let position = Position {
            lat_e7: 359_640_000,
            lon_e7: 1_057_290_000,
            accuracy_m: None,
        };
        assert_eq!(position_text(Some(position)), "35.96400,105.72900(WGS-84)");
        assert_eq!(position_text(None), "无定位");
    }

    #[test]
    fn a_place_is_township_village_and_site_without_repetition() {
        let place = |names: [&str; 3]| place_text(names.map(str::to_owned));
        assert_eq!(
            place(["火石寨乡", "小川村", "示范村"]),
            "火石寨乡 小川村 示范村"
        );
        assert_eq!(
            place(["火石寨乡", "小川村", "小川村农户1"]),
            "火石寨乡 小川村农户1"
        );
        assert_eq!(place(["", "", "文垚市场"]), "文垚市场");
        assert_eq!(place(["", "", ""]), "");
    }
}
