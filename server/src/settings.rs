//! What the office decides about its server, as opposed to its operator (flags, environment, file).
//!
//! Invariant: every value is within its bounds; a running server has one copy, replaced as a whole after the change was
//! committed. Leaves out: storage and audit (`services::settings`), who may change them.

use std::sync::{Arc, PoisonError, RwLock};

use protocol::problem::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Role;
use crate::error::{Error, Result};

/// Bytes of a megabyte as disks count it.
const MB: u64 = 1_000_000;
/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Days after which a password must be changed; 0: never. 0–730.
    pub password_days: u32,
    /// Minutes without action after which the console signs out. 5–240.
    pub idle_minutes: u32,
    /// Hours after which it signs out in any case. 1–24.
    pub session_hours: u32,
    /// Hours for which an enrolment code or a one-time secret is good unless said otherwise. 1–168.
    pub code_hours: u32,
    /// Megabytes that a revoked phone may still leave, kept apart. 1–1024.
    pub quarantine_mb: u32,
    /// Megabytes of free disk below which photos are refused, if more than the operator's own reserve. 0–1000000.
    pub disk_reserve_mb: u32,
    /// Megabytes of photos one phone may begin to upload a day (UTC); 0: no limit. 0–1000000.
    #[serde(default = "photo_mb_a_day")]
    pub photo_mb_a_day: u32,
    /// Roles that must have a second factor to use the console or the interface.
    pub second_factor_roles: Vec<String>,
}

/// Five times the heaviest day of a tour; settings stored before there was this one have it too.
fn photo_mb_a_day() -> u32 {
    2048
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            password_days: 180,
            idle_minutes: 30,
            session_hours: 12,
            code_hours: 24,
            quarantine_mb: 32,
            disk_reserve_mb: 0,
            photo_mb_a_day: photo_mb_a_day(),
            second_factor_roles: Vec::new(),
        }
    }
}

/// A setting that is a number.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    /// Its name in the interface, the form and the audit.
    pub name: &'static str,
    /// Smallest and largest value.
    pub bounds: (u32, u32),
    get: fn(&Settings) -> u32,
    set: fn(&mut Settings, u32),
}

impl Number {
    /// Its value.
    pub fn of(&self, settings: &Settings) -> u32 {
        (self.get)(settings)
    }

    /// Sets it.
    pub fn put(&self, settings: &mut Settings, value: u32) {
        (self.set)(settings, value);
    }
}

macro_rules! numbers {
    ($($field:ident: $min:literal..=$max:literal;)*) => {
        /// Every number with its bounds.
        pub const NUMBERS: &[Number] = &[$(Number {
            name: stringify!($field),
            bounds: ($min, $max),
            get: |s| s.$field,
            set: |s, value| s.$field = value,
        },)*];
    };
}

numbers! {
    password_days: 0..=730;
    idle_minutes: 5..=240;
    session_hours: 1..=24;
    code_hours: 1..=168;
    quarantine_mb: 1..=1024;
    disk_reserve_mb: 0..=1_000_000;
    photo_mb_a_day: 0..=1_000_000;
}

impl Settings {
    /// Refuses what is out of bounds, naming each; roles come out in their own order, once.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn checked(mut self) -> Result<Self> {
        let mut wrong = Vec::new();
        for number in NUMBERS {
            let (min, max) = number.bounds;
            if !(min..=max).contains(&number.of(&self)) {
                wrong.push(format!("{}: {min}–{max}", number.name));
            }
        }
        let unknown = |word: &&String| !may_be_demanded().any(|r| r.word() == word.as_str());
        if let Some(word) = self.second_factor_roles.iter().find(unknown) {
            wrong.push(format!("second_factor_roles: {word}"));
        }
        if !wrong.is_empty() {
            return Err(Error::because(Code::Invalid, wrong.join("; ")));
        }
        let named = std::mem::take(&mut self.second_factor_roles);
        let roles = may_be_demanded().map(Role::word);
        let roles = roles.filter(|word| named.iter().any(|n| n == word));
        self.second_factor_roles = roles.map(str::to_owned).collect();
        Ok(self)
    }

    /// What differs in `new`, for the audit: `idle_minutes 30 → 15; …`.
    pub fn difference(&self, new: &Self) -> String {
        let mut list = Vec::new();
        for number in NUMBERS {
            let (before, after) = (number.of(self), number.of(new));
            if before != after {
                list.push(format!("{} {before} → {after}", number.name));
            }
        }
        if self.second_factor_roles != new.second_factor_roles {
            let all = |roles: &[String]| match roles {
                [] => "-".to_owned(),
                roles => roles.join(" "),
            };
            let (before, after) = (
                all(&self.second_factor_roles),
                all(&new.second_factor_roles),
            );
            list.push(format!("second_factor_roles {before} → {after}"));
        }
        list.join("; ")
    }

    /// Whether a role must have a second factor.
    pub fn demands_second_factor(&self, role: Role) -> bool {
        self.second_factor_roles.iter().any(|r| r == role.word())
    }

    /// Without action, the console signs out after so many ms.
    pub fn idle_ms(&self) -> i64 {
        i64::from(self.idle_minutes) * MINUTE_MS
    }

    /// It signs out after so many ms in any case.
    pub fn session_ms(&self) -> i64 {
        i64::from(self.session_hours) * 60 * MINUTE_MS
    }

    /// Bytes a revoked phone may leave.
    pub fn quarantine_bytes(&self) -> u64 {
        u64::from(self.quarantine_mb) << 20
    }

    /// Bytes of photos one phone may begin to upload a day; none: no limit.
    pub fn photo_bytes_a_day(&self) -> Option<u64> {
        let bytes = u64::from(self.photo_mb_a_day) << 20;
        (bytes > 0).then_some(bytes)
    }

    /// Free disk that photos never touch, bytes; never less than the operator's own reserve.
    pub fn disk_reserve_bytes(&self, operators: u64) -> u64 {
        operators.max(u64::from(self.disk_reserve_mb) * MB)
    }
}

/// Roles of which a second factor may be demanded: those that enter the console.
pub fn may_be_demanded() -> impl Iterator<Item = Role> {
    Role::ALL.iter().copied().filter(|r| r.enters_console())
}

/// The copy that a running server goes by.
#[derive(Clone, Debug, Default)]
pub struct Live(Arc<RwLock<Arc<Settings>>>);

impl Live {
    /// The settings now.
    pub fn get(&self) -> Arc<Settings> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces them.
    pub fn set(&self, settings: Settings) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_bounds_is_named_with_its_bounds() {
        assert!(Settings::default().checked().is_ok());
        for number in NUMBERS {
            let (min, max) = number.bounds;
            let with = |value: u32| {
                let mut settings = Settings::default();
                number.put(&mut settings, value);
                settings.checked()
            };
            assert!(with(min).is_ok() && with(max).is_ok(), "{}", number.name);
            let mut beyond = vec![max + 1];
            beyond.extend(min.checked_sub(1));
            for value in beyond {
                let refused = with(value).unwrap_err().message_en();
                let said = format!("{}: {min}–{max}", number.name);
                assert!(refused.contains(&said), "{refused}");
            }
        }
    }

    #[test]
    fn a_second_factor_is_demanded_of_roles_of_the_console_only() {
        let of = |roles: &[&str]| Settings {
            second_factor_roles: roles.iter().map(|r| (*r).to_owned()).collect(),
            ..Settings::default()
        };
        for bad in ["observer", "nobody", ""] {
            assert!(of(&[bad]).checked().is_err(), "{bad}");
        }
        let settings = of(&["auditor", "sysadmin", "auditor"]).checked().unwrap();
        assert_eq!(settings.second_factor_roles, ["sysadmin", "auditor"]);
        assert!(settings.demands_second_factor(Role::Auditor));
        assert!(!settings.demands_second_factor(Role::Supervisor));
    }

    #[test]
    fn a_change_is_told_with_before_and_after() {
        let old = Settings::default();
        let new = Settings {
            idle_minutes: 15,
            second_factor_roles: vec!["sysadmin".to_owned()],
            ..Settings::default()
        };
        assert_eq!(
            old.difference(&new),
            "idle_minutes 30 → 15; second_factor_roles - → sysadmin"
        );
        assert_eq!(old.difference(&old), "");
    }

    #[test]
    fn without_a_limit_a_phone_may_send_any_number_of_photos() {
        let mut settings = Settings::default();
        assert_eq!(settings.photo_bytes_a_day(), Some(2 << 30));
        settings.photo_mb_a_day = 0;
        assert_eq!(settings.photo_bytes_a_day(), None);
    }

    #[test]
    fn what_was_stored_before_a_setting_existed_has_its_default() {
        let mut stored = serde_json::to_value(Settings::default()).unwrap();
        stored.as_object_mut().unwrap().remove("photo_mb_a_day");
        let read: Settings = serde_json::from_value(stored).unwrap();
        assert_eq!(read, Settings::default());
    }

    #[test]
    fn the_operators_reserve_is_never_undercut() {
        let mut settings = Settings::default();
        assert_eq!(settings.disk_reserve_bytes(7), 7);
        settings.disk_reserve_mb = 2;
        assert_eq!(settings.disk_reserve_bytes(7), 2 * MB);
        assert_eq!(settings.disk_reserve_bytes(3 * MB), 3 * MB);
    }
}
