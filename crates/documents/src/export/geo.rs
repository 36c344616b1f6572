//! Places as GeoJSON (RFC 7946): sites, issues and photos that have a position.
//!
//! Invariant: positions are WGS-84, longitude first. Of households neither position nor code leaves unless the file is
//! for the office only. Leaves out: villages' boundaries, which need a licensed base map.

use std::io::Write;

use geojson::{Feature, FeatureCollection, Geometry, GeometryValue, JsonObject, JsonValue};

use super::Language;
use super::ledger::IssueRow;
use super::rows::SiteRow;
use crate::error::WriteError;

/// One photo with the place where it was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhotoRow {
    /// Its id.
    pub id: String,
    /// Name of the site it belongs to.
    pub site: String,
    /// True if it was taken at a household.
    pub household: bool,
    /// Township.
    pub township: String,
    /// When it was taken.
    pub taken_ms: Option<i64>,
    /// Caption.
    pub caption: String,
    /// Latitude and longitude, WGS-84, 1e-7 degree.
    pub place_e7: Option<(i64, i64)>,
}

/// What goes into a file of places.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Sites.
    pub sites: Vec<SiteRow>,
    /// Issues.
    pub issues: Vec<IssueRow>,
    /// Photos.
    pub photos: Vec<PhotoRow>,
    /// True if they are of a rehearsal: the file and every place in it then say so.
    pub rehearsal: bool,
}

/// Writes every place that has a position; households only if the file is internal.
///
/// # Errors
/// `out`'s.
pub fn geojson(
    places: &Places,
    internal: bool,
    language: Language,
    mut out: impl Write,
) -> Result<(), WriteError> {
    let mut features = vec![];
    for site in &places.sites {
        let site = site.clone().shown(internal, language);
        let Some(place) = site.place_e7 else { continue };
        let township = site.township.as_ref();
        features.push(feature(
            &site.id,
            place,
            &[
                ("type", "site".into()),
                ("kind", site.kind.clone().into()),
                ("name", site.name.clone().into()),
                ("township_code", township.map(|t| t.0.clone()).into()),
                ("township", township.map(|t| t.1.clone()).into()),
                (
                    "village_code",
                    site.village.as_ref().map(|v| v.0.clone()).into(),
                ),
                ("village", site.village.as_ref().map(|v| v.1.clone()).into()),
                ("group", site.group.into()),
                ("struck", site.struck.clone().into()),
            ],
        ));
    }
    for issue in &places.issues {
        let issue = issue.clone().shown(internal, language);
        let Some(place) = issue.place_e7 else {
            continue;
        };
        features.push(feature(
            &issue.id,
            place,
            &[
                ("type", "issue".into()),
                ("number", issue.number.clone().into()),
                ("category", issue.category.clone().into()),
                ("description", issue.description.clone().into()),
                ("township", issue.township.clone().into()),
                ("place", issue.place.clone().into()),
                ("standing", issue.standing.map(|s| s.word()).into()),
                ("due_on", issue.due_on.clone().into()),
                ("found_ms", issue.found_ms.into()),
            ],
        ));
    }
    for photo in places.photos.iter().filter(|p| internal || !p.household) {
        let Some(place) = photo.place_e7 else {
            continue;
        };
        features.push(feature(
            &photo.id,
            place,
            &[
                ("type", "photo".into()),
                ("site", photo.site.clone().into()),
                ("township", photo.township.clone().into()),
                ("taken_ms", photo.taken_ms.into()),
                ("caption", photo.caption.clone().into()),
            ],
        ));
    }
    let mark = |members: &mut JsonObject| {
        members.insert("rehearsal".to_owned(), true.into());
        let said = super::table::rehearsal_mark(language);
        members.insert("note".to_owned(), said.into());
    };
    if places.rehearsal {
        let all = features.iter_mut().filter_map(|f| f.properties.as_mut());
        all.for_each(mark);
    }
    let collection = FeatureCollection {
        bbox: None,
        features,
        foreign_members: places.rehearsal.then(|| {
            let mut members = JsonObject::new();
            mark(&mut members);
            members
        }),
    };
    serde_json::to_writer(&mut out, &collection)?;
    out.write_all(b"\n")?;
    Ok(())
}

fn feature(id: &str, (lat, lon): (i64, i64), properties: &[(&str, JsonValue)]) -> Feature {
    let properties = properties.iter();
    let properties: JsonObject = properties
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    let position = [lon as f64 / 1e7, lat as f64 / 1e7];
    Feature {
        bbox: None,
        geometry: Some(Geometry::new(GeometryValue::new_point(position))),
        id: Some(geojson::feature::Id::String(id.to_owned())),
        properties: Some(properties),
        foreign_members: None,
    }
}
