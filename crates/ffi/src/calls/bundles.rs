//! Bundles: what is unsent as a file, and files of other phones taken along.

use mobile_core::BundlePlan;

use crate::error::PhoneError;
use crate::mirror::{BundleOptions, CarriedBundle};
use crate::phone::Phone;

/// What a bundle will hold; its parts are written one by one.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PlannedBundle {
    /// When, ms UTC.
    pub made_ms: i64,
    /// Changes in it.
    pub changes: u64,
    /// Photo files in it (two a photo).
    pub photo_files: u64,
    /// Photo files that wait here and are not in it.
    pub photos_left_out: u64,
    /// How many files it makes.
    pub parts: u64,
}

impl From<&BundlePlan> for PlannedBundle {
    fn from(plan: &BundlePlan) -> Self {
        Self {
            made_ms: plan.made_ms,
            changes: plan.changes,
            photo_files: plan.photo_files,
            photos_left_out: plan.photos_left_out,
            parts: plan.parts() as u64,
        }
    }
}

#[uniffi::export]
impl Phone {
    /// Seals what is not sealed and lists what a bundle will hold.
    ///
    /// # Errors
    /// `nothing_unsent`, `not_enrolled`.
    #[uniffi::method(default(options = None))]
    pub fn plan_bundle(&self, options: Option<BundleOptions>) -> Result<PlannedBundle, PhoneError> {
        self.with(|f| {
            let plan = f.phone.plan_bundle(&options.unwrap_or_default())?;
            let view = PlannedBundle::from(&plan);
            f.plan = Some(plan);
            Ok(view)
        })
    }

    /// Writes a part (from 0) of the bundle planned last.
    ///
    /// # Errors
    /// `bad_argument` if none is planned or it has no such part; the disk's.
    pub fn write_bundle(&self, part: u64) -> Result<Vec<u8>, PhoneError> {
        self.guarded(|f| {
            let plan = f.plan.as_ref();
            let plan =
                plan.ok_or_else(|| PhoneError::bad_argument("write_bundle", "plan first"))?;
            let part = usize::try_from(part).ok().filter(|p| *p < plan.parts());
            let part = part.ok_or_else(|| PhoneError::bad_argument("part", "no such part"))?;
            let mut file = Vec::new();
            f.phone.write_bundle(plan, part, &mut file)?;
            Ok(file)
        })
    }

    /// Takes a bundle of another phone along, to be handed over at the next sync.
    ///
    /// # Errors
    /// `not_a_bundle`, `bundle_damaged`, `bundle_foreign`, `bundle_too_large`, `disk_full`.
    pub fn carry_bundle(&self, file: Vec<u8>) -> Result<CarriedBundle, PhoneError> {
        self.with(|f| f.phone.carry_bundle(&file))
    }

    /// The bundles this phone carries, those that wait first.
    ///
    /// # Errors
    /// The disk's.
    pub fn carried_bundles(&self) -> Result<Vec<CarriedBundle>, PhoneError> {
        self.with(|f| f.phone.carried_bundles())
    }

    /// The file of a carried bundle, to hand it on to a stick.
    ///
    /// # Errors
    /// `unknown_record`.
    pub fn carried_file(&self, sha256: String) -> Result<Vec<u8>, PhoneError> {
        self.with(|f| f.phone.carried_file(&sha256))
    }

    /// Lets go of a carried bundle.
    ///
    /// # Errors
    /// `unknown_record`.
    pub fn drop_carried(&self, sha256: String) -> Result<(), PhoneError> {
        self.with(|f| f.phone.drop_carried(&sha256))
    }
}
