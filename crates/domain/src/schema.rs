//! The table of record kinds and their fields: who may write each, and of what type it is.
//!
//! Invariant: a field's type and meaning never change; a new meaning is a new name.
//! Leaves out: values themselves (`merge::Value`) and the check of one against the other (`protocol::check`).
//! The same table for people is `docs/data-model.md`.

/// The class of scope a kind's records live in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScopeClass {
    /// Configuration: read by every enrolled phone.
    Campaign,
    /// Shared notes of one tour group.
    Group,
    /// One author's sheets, sealed until the lock.
    Sealed,
    /// One author's free text about households.
    Household,
    /// The office's own records.
    Office,
}

/// Who may write a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// Only the server's own log (console and imports).
    Office,
    /// Any device that may write to the scope.
    Member,
}

/// The type of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// true or false.
    Bool,
    /// An integer within the bounds, both included.
    Int(i64, i64),
    /// Text of at most so many characters.
    Text(usize),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Exactly so many bytes.
    Bytes(usize),
    /// A record id.
    Id,
    /// Null or this.
    Opt(&'static FieldType),
    /// A list with these positions.
    Tuple(&'static [FieldType]),
    /// A list of at most so many of this.
    Many(&'static FieldType, usize),
    /// One of several types.
    Any(&'static [FieldType]),
}

/// One field of a kind.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    /// The name before the `/`.
    pub name: &'static str,
    /// True if the field is `name/key`.
    pub keyed: bool,
    /// Type of the value.
    pub ty: FieldType,
    /// Who may write it.
    pub writer: Writer,
    /// True if a second value for the field is refused.
    pub write_once: bool,
}

/// One kind of record.
#[derive(Clone, Copy, Debug)]
pub struct KindSpec {
    /// Name of the kind.
    pub name: &'static str,
    /// Scopes its records may live in; empty: any.
    pub scopes: &'static [ScopeClass],
    /// Its fields.
    pub fields: &'static [FieldSpec],
}

use FieldType::*;
use ScopeClass as S;

const TIME: FieldType = Int(0, 1 << 46);
const COUNT: FieldType = Int(0, 1_000_000_000);
const NAME: FieldType = Text(100);
const CODE: FieldType = Text(40);
const PROSE: FieldType = Text(4_000);
/// As much text as one segment holds, whatever its letters (`protocol::limits::SEGMENT_RAW_BYTES`).
const DOCUMENT: FieldType = Text(1_500_000);
const LAT: FieldType = Opt(&Int(-900_000_000, 900_000_000));
const LON: FieldType = Opt(&Int(-1_800_000_000, 1_800_000_000));
const HASH: FieldType = Bytes(32);

/// Points in e4, or a count.
const POINTS: FieldType = Int(0, 10_000_000);
const MARK: FieldType = Any(&[
    Opt(&POINTS),
    Bool,
    Tuple(&[Int(0, 100_000), Int(1, 100_000)]),
]);
const NOTE: FieldType = Opt(&Text(2_000));
const ANSWER: FieldType = Opt(&Any(&[
    Tuple(&[MARK, NOTE]),
    Tuple(&[MARK, NOTE, Many(&Text(60), 20)]),
]));

/// Kinds of a site.
pub const SITE_KINDS: &[&str] = &[
    "demonstration_village",
    "household",
    "route_segment",
    "street",
    "town_site",
];
/// Kinds of a county-town site.
pub const TOWN_KINDS: &[&str] = &["market", "road", "community", "old_estate", "service"];
/// The two forms of a sheet.
pub const FORMS: &[&str] = &["detailed", "quick"];
/// How grave an issue is.
pub const SEVERITIES: &[&str] = &["minor", "major", "grave"];
/// Codes of a verdict. `withdrawn` is the office's on its own settlement; `forked` names a branch its author lost.
pub const VERDICTS: &[&str] = &[
    "invalid",
    "unauthorised",
    "recused",
    "late",
    "withdrawn",
    "forked",
];

const fn office(name: &'static str, ty: FieldType) -> FieldSpec {
    FieldSpec {
        name,
        keyed: false,
        ty,
        writer: Writer::Office,
        write_once: false,
    }
}
const fn member(name: &'static str, ty: FieldType) -> FieldSpec {
    FieldSpec {
        name,
        keyed: false,
        ty,
        writer: Writer::Member,
        write_once: false,
    }
}
const fn once(f: FieldSpec) -> FieldSpec {
    FieldSpec {
        write_once: true,
        ..f
    }
}
const fn keyed(f: FieldSpec) -> FieldSpec {
    FieldSpec { keyed: true, ..f }
}

/// The first 17 positions of a photo's `image`, which every version writes.
macro_rules! image_positions {
    ($($more:expr),*) => {
        Tuple(&[
            OneOf(&["sheet", "issue", "opinion", "commendation"]),
            Id,
            Opt(&CODE),
            HASH,
            COUNT,
            Opt(&HASH),
            Opt(&COUNT),
            Opt(&COUNT),
            Opt(&COUNT),
            Opt(&HASH),
            Opt(&COUNT),
            Opt(&TIME),
            LAT,
            LON,
            Opt(&COUNT),
            OneOf(&["camera", "album"]),
            Opt(&Text(200)),
            $($more),*
        ])
    };
}

/// Height of the strip in pixels, or why there is none.
const STRIP: FieldType = Any(&[Int(1, 10_000), OneOf(&["no_font", "too_narrow"])]);

const PHOTO: KindSpec = KindSpec {
    name: "photo",
    scopes: &[S::Group, S::Sealed],
    fields: &[
        // Positions are only ever added, at the end and together; the shorter list stays valid.
        once(member(
            "image",
            Any(&[
                image_positions!(),
                image_positions!(
                    Opt(&TIME),
                    Opt(&OneOf(&["device", "exif"])),
                    Opt(&STRIP),
                    Opt(&OneOf(&["jpeg", "png", "webp"]))
                ),
            ]),
        )),
        member("caption", Text(200)),
        member("stage", Opt(&OneOf(&["before", "after"]))),
        member("deleted", Bool),
    ],
};

/// Every kind, with its fields.
pub const KINDS: &[KindSpec] = &[
    KindSpec {
        name: "campaign",
        scopes: &[S::Campaign],
        fields: &[
            office("name", NAME),
            office("tour_kind", OneOf(&["tour", "monthly", "spot"])),
            office("dates", Tuple(&[Text(10), Text(10)])),
            office("rules", DOCUMENT),
            office(
                "state",
                OneOf(&["preparing", "running", "closed", "archived"]),
            ),
            office("sheets_open", Bool),
            once(office("rehearsal", Bool)),
            once(office("cloned_from", Id)),
            office("nominations", Tuple(&[Opt(&TIME), Int(0, 100)])),
            office("number_prefix", Text(20)),
        ],
    },
    KindSpec {
        name: "division",
        scopes: &[S::Campaign],
        fields: &[office(
            "unit",
            Tuple(&[CODE, NAME, Opt(&NAME), Opt(&CODE), CODE]),
        )],
    },
    KindSpec {
        name: "checklist",
        scopes: &[S::Campaign],
        fields: &[once(office("body", DOCUMENT))],
    },
    KindSpec {
        name: "tour_group",
        scopes: &[S::Campaign],
        fields: &[
            office("number", Int(1, 1000)),
            office("name", NAME),
            office(
                "lock",
                Tuple(&[COUNT, OneOf(&["open", "locked"]), TIME, Opt(&Text(80))]),
            ),
            office("lead", Opt(&NAME)),
            office("rapporteur", Opt(&Id)),
        ],
    },
    KindSpec {
        name: "tour_township",
        scopes: &[S::Campaign],
        fields: &[
            office("code", CODE),
            office("group", Opt(&Id)),
            office("ledger", Tuple(&[COUNT, COUNT, COUNT])),
            office("veto", Tuple(&[Bool, COUNT])),
        ],
    },
    KindSpec {
        name: "account",
        scopes: &[S::Campaign],
        fields: &[
            office("name", NAME),
            office("role", CODE),
            office("home_unit", Opt(&CODE)),
            office("group", Opt(&Id)),
            office("form", OneOf(FORMS)),
            office("active", Bool),
            office("replaced", Opt(&Tuple(&[Id, TIME, Text(400)]))),
        ],
    },
    KindSpec {
        name: "device",
        scopes: &[S::Campaign],
        fields: &[
            once(office("enrolment", Tuple(&[Id, Bytes(32), NAME, TIME]))),
            office("revoked", Opt(&Tuple(&[TIME, Text(400)]))),
            office("confirmed", Opt(&Tuple(&[TIME, NAME]))),
            office("pin_reset", Tuple(&[COUNT, TIME])),
        ],
    },
    KindSpec {
        name: "site",
        scopes: &[S::Campaign],
        fields: &[
            office("name", NAME),
            office(
                "spec",
                Tuple(&[
                    OneOf(SITE_KINDS),
                    Opt(&OneOf(TOWN_KINDS)),
                    Opt(&CODE),
                    Opt(&CODE),
                    Opt(&COUNT),
                    LAT,
                    LON,
                ]),
            ),
            office("route", Tuple(&[Opt(&Id), COUNT])),
            office("nominated", Bool),
            office("struck", Opt(&Text(400))),
        ],
    },
    KindSpec {
        name: "recusal",
        scopes: &[S::Campaign],
        fields: &[office("ruling", Tuple(&[Id, CODE, Text(400), Bool]))],
    },
    KindSpec {
        name: "rules_version",
        scopes: &[S::Campaign],
        fields: &[once(office(
            "body",
            Tuple(&[Int(1, 10_000), DOCUMENT, Text(400), TIME, NAME]),
        ))],
    },
    KindSpec {
        name: "nomination",
        scopes: &[S::Campaign],
        fields: &[
            once(office(
                "entry",
                Tuple(&[CODE, CODE, NAME, Text(400), TIME, NAME]),
            )),
            office(
                "ruling",
                Tuple(&[
                    OneOf(&["accepted", "refused", "withdrawn"]),
                    Text(400),
                    Opt(&Id),
                    TIME,
                    NAME,
                ]),
            ),
        ],
    },
    KindSpec {
        name: "draw",
        scopes: &[S::Campaign],
        fields: &[once(office("body", DOCUMENT))],
    },
    KindSpec {
        name: "audit_anchor",
        scopes: &[S::Campaign],
        fields: &[office("head", Tuple(&[COUNT, HASH, TIME]))],
    },
    KindSpec {
        name: "closing_set",
        scopes: &[S::Campaign],
        fields: &[office("body", DOCUMENT)],
    },
    KindSpec {
        name: "site_facts",
        scopes: &[S::Group],
        fields: &[
            member("name", NAME),
            member("code", CODE),
            member("contact", NAME),
            member("status", NAME),
            member("remark", PROSE),
        ],
    },
    KindSpec {
        name: "issue",
        // Office: what the office enters itself.
        scopes: &[S::Group, S::Office],
        fields: &[
            member("site", Opt(&Id)),
            member("place", Tuple(&[Opt(&CODE), Text(200)])),
            member("category", CODE),
            member("description", PROSE),
            member("severity", OneOf(SEVERITIES)),
            member("found", Tuple(&[TIME, LAT, LON, Opt(&COUNT)])),
            member("fixed_on_spot", Tuple(&[Bool, NOTE])),
            office("number", CODE),
            member("deleted", Bool),
        ],
    },
    KindSpec {
        name: "opinion",
        scopes: &[S::Group],
        fields: &[
            member("entry", Tuple(&[Opt(&Id), CODE, PROSE, Opt(&NAME)])),
            member("deleted", Bool),
        ],
    },
    KindSpec {
        name: "commendation",
        scopes: &[S::Group],
        fields: &[
            member("entry", Tuple(&[Id, PROSE])),
            member("deleted", Bool),
        ],
    },
    PHOTO,
    KindSpec {
        name: "sheet",
        // Group: only in a campaign whose sheets are open.
        scopes: &[S::Sealed, S::Group],
        fields: &[
            member("opened", Tuple(&[Id, CODE, Int(1, 10_000), OneOf(FORMS)])),
            keyed(member("answer", ANSWER)),
            member(
                "state",
                Any(&[
                    Tuple(&[OneOf(&["draft", "submitted"]), Opt(&Text(400))]),
                    // The office's word: judged by the value, since the field is the author's.
                    Tuple(&[OneOf(&["returned"]), Text(400), Many(&CODE, 200)]),
                ]),
            ),
            member("visit", OneOf(&["entered", "refused", "absent"])),
            member("note", PROSE),
        ],
    },
    KindSpec {
        name: "household_text",
        scopes: &[S::Household],
        fields: &[member("text", PROSE)],
    },
    KindSpec {
        name: "result",
        scopes: &[S::Office],
        fields: &[once(office("body", DOCUMENT))],
    },
    KindSpec {
        name: "issue_case",
        scopes: &[S::Office],
        fields: &[
            once(office("issue", Id)),
            office("lead_unit", Opt(&NAME)),
            office("assisting_units", Many(&NAME, 20)),
            office("person", Opt(&NAME)),
            office("sponsor", Opt(&NAME)),
            office("due_on", Opt(&Text(10))),
            office("measure", PROSE),
            office("remark", PROSE),
            office("root_causes", Many(&CODE, 10)),
            // What changes together at one step is one value.
            office(
                "progress",
                Tuple(&[
                    OneOf(&["to_assign", "in_progress", "to_verify", "closed"]),
                    Opt(&Text(10)),
                    Opt(&Text(10)),
                    Opt(&NAME),
                ]),
            ),
            office("duplicate_of", Opt(&Id)),
            keyed(office("distinct", Bool)),
        ],
    },
    KindSpec {
        name: "ruling",
        scopes: &[S::Office],
        fields: &[office("note", PROSE)],
    },
    KindSpec {
        name: "verdict",
        scopes: &[],
        fields: &[
            once(office(
                "target",
                Any(&[
                    Tuple(&[Id, Bytes(8), COUNT, COUNT, Opt(&Id)]),
                    Tuple(&[Id, Bytes(8), COUNT, COUNT, Opt(&Id), Bytes(8)]),
                ]),
            )),
            office(
                "ruling",
                Tuple(&[OneOf(VERDICTS), Bool, Opt(&Text(400)), Opt(&TIME)]),
            ),
        ],
    },
];

/// The spec of a kind, if this version knows it.
pub fn kind(name: &str) -> Option<&'static KindSpec> {
    KINDS.iter().find(|k| k.name == name)
}

/// The spec of a field (`name` or `name/key`) of a kind, if this version knows it.
pub fn field(kind: &KindSpec, field: &str) -> Option<&'static FieldSpec> {
    let (name, keyed) = match field.split_once('/') {
        Some((name, _)) => (name, true),
        None => (field, false),
    };
    self::kind(kind.name)?
        .fields
        .iter()
        .find(|f| f.name == name && f.keyed == keyed)
}
