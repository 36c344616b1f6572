//! Kinds of sites.
//!
//! Invariant: the words are those of `schema::SITE_KINDS` and `schema::TOWN_KINDS`.
//! Leaves out: the site's record.

use crate::words::words;

words! {
    /// What a site is.
    SiteKind {
        DemonstrationVillage = "demonstration_village", "示范村", "Demonstration village";
        Household = "household", "农户", "Household";
        RouteSegment = "route_segment", "沿途路段", "Route segment";
        Street = "street", "街道", "Street";
        TownSite = "town_site", "县城点位", "County-town site";
    }
}

words! {
    /// What a county-town site is.
    TownKind {
        Market = "market", "市场", "Market";
        Road = "road", "道路广场", "Road or square";
        Community = "community", "居民小区", "Residential community";
        OldEstate = "old_estate", "老旧小区", "Old residential estate";
        Service = "service", "服务中心", "Service centre";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    #[test]
    fn words_are_those_of_the_schema_and_of_serde() {
        let kinds: Vec<_> = SiteKind::ALL.iter().map(|k| k.word()).collect();
        assert_eq!(kinds, schema::SITE_KINDS);
        let towns: Vec<_> = TownKind::ALL.iter().map(|k| k.word()).collect();
        assert_eq!(towns, schema::TOWN_KINDS);
        for kind in SiteKind::ALL {
            let json = serde_json::to_string(kind).unwrap();
            assert_eq!(json, format!("\"{}\"", kind.word()));
            assert_eq!(SiteKind::parse(kind.word()), Some(*kind));
        }
        for kind in TownKind::ALL {
            assert_eq!(
                serde_json::to_string(kind).unwrap(),
                format!("\"{}\"", kind.word())
            );
        }
    }
}
