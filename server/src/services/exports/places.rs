//! Sites, issues and photos with a position, as GeoJSON.
//!
//! Invariant: nothing of a sealed sheet's photos; households only in an internal file. Leaves out: tracks, which are
//! never recorded.

use std::io::Write;

use documents::export::{self, PhotoRow, Places};

use super::{Table, Wanted, issues, language, lists};
use crate::auth::Reach;
use crate::error::Result;
use crate::services::campaign::Campaign;
use crate::services::shown;
use crate::services::sync::Context;
use crate::store::Tx;

pub(super) fn write(
    tx: &mut dyn Tx,
    ctx: &Context,
    c: &Campaign,
    reach: &Reach,
    wanted: &Wanted,
    out: impl Write,
) -> Result<usize> {
    let mut places = Places {
        rehearsal: c.rehearsal,
        ..Places::default()
    };
    let table = wanted.file.table;
    if matches!(table, Table::Sites | Table::Places) {
        places.sites = lists::sites(tx, c, reach, wanted)?;
    }
    if matches!(table, Table::Ledger | Table::Places) {
        places.issues = issues::issues(tx, ctx, c, reach, wanted)?;
    }
    if table == Table::Places {
        places.photos = photos(tx, c, reach)?;
    }
    let sites = places.sites.iter().filter(|s| s.place_e7.is_some()).count();
    let issues = places
        .issues
        .iter()
        .filter(|i| i.place_e7.is_some())
        .count();
    let count = sites + issues + places.photos.len();
    export::geojson(&places, wanted.internal, language(wanted.lang), out)?;
    Ok(count)
}

/// Photos with a position, of records that are not sealed.
fn photos(tx: &mut dyn Tx, c: &Campaign, reach: &Reach) -> Result<Vec<PhotoRow>> {
    let mut rows = Vec::new();
    for photo in tx.photos(c.id, None)? {
        let Some(entry) = tx.entry(photo.target)? else {
            continue;
        };
        let township = entry.township.as_deref();
        if shown::is_sealed(c, &entry) || !lists::covered(c, reach, township, entry.group) {
            continue;
        }
        let Some(view) = tx.view(photo.id)? else {
            continue;
        };
        let image = view.get("image");
        let place_e7 = image.at(12).as_int().zip(image.at(13).as_int());
        if place_e7.is_none() {
            continue;
        }
        let site = entry.site.and_then(|s| c.sites.get(&s));
        let caption = view.get("caption").as_text().or(image.at(16).as_text());
        rows.push(PhotoRow {
            id: photo.id.to_string(),
            site: shown::title(c, &entry),
            household: site.is_some_and(|s| s.kind == domain::SiteKind::Household),
            township: township
                .map(|code| c.township_name(code))
                .unwrap_or_default(),
            taken_ms: image.at(11).as_int(),
            caption: caption.unwrap_or_default().to_owned(),
            place_e7,
        });
    }
    Ok(rows)
}
