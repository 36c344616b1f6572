//! Actions with an id, done at most once however often they are asked for.
//!
//! For a face whose screens and whose phone live in different processes: a screen that got no answer cannot know whether
//! the action was done, and asks again. Invariant: the id and the answer are in the transaction of the action's own
//! changes. Leaves out: answers older than the last thousand, refusals (they changed nothing; asked again, they are
//! found anew).

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::replica::{Replica, damaged};
use crate::store::key;

impl Replica {
    /// Does `work` unless it was done under this id; the answer is the first one's either way. All that `work` writes is
    /// one transaction.
    ///
    /// # Errors
    /// Those of `work`; the database's.
    pub fn once<T: Serialize + DeserializeOwned>(
        &mut self,
        id: Uuid,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        if let Some(answer) = self.done(id)? {
            return Ok(answer);
        }
        self.store.make_room()?;
        self.store.begin()?;
        let done = match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(done) => done,
            Err(panic) => {
                // Else what is saved next would be a part of a transaction that nobody ends.
                self.undone();
                resume_unwind(panic)
            }
        };
        let ended = match &done {
            Ok(answer) => self
                .keep_answer(id, answer)
                .and_then(|()| Ok(self.store.commit()?)),
            Err(Error::Store(_)) => {
                self.undone();
                return done;
            }
            // What it wrote although it refused stays: a wrong PIN is counted.
            Err(_) => self.store.commit().map_err(Error::from),
        };
        if let Err(error) = ended {
            self.undone();
            return Err(error);
        }
        done
    }

    /// What the action of this id answered, if it was done.
    ///
    /// # Errors
    /// The database's.
    pub fn done<T: DeserializeOwned>(&mut self, id: Uuid) -> Result<Option<T>> {
        let kept = self.store.read(|tx| tx.applied(id))?;
        let answer = kept.map(|json| serde_json::from_slice(&json));
        answer.transpose().map_err(|e| damaged(e.to_string()))
    }

    fn keep_answer<T: Serialize>(&mut self, id: Uuid, answer: &T) -> Result<()> {
        let json = serde_json::to_vec(answer).map_err(|e| Error::invalid(e.to_string()))?;
        self.store.write(|tx| Ok(tx.keep_applied(id, &json)?))
    }

    /// Nothing is changed: what was read or decided meanwhile is forgotten, too.
    fn undone(&mut self) {
        self.store.undo();
        self.forget();
        let kept = self.store.read(|tx| {
            let enrolled = tx.meta_bytes(key::ENROLMENT)?.is_some();
            Ok::<_, Error>((tx.meta_bytes(key::PIN)?.is_some(), enrolled))
        });
        if let Ok((has_pin, enrolled)) = kept {
            self.has_pin = has_pin;
            if !enrolled {
                self.enrolment = None;
            }
        }
    }
}
