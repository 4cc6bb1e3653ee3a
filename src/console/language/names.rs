//! The processes that have been created: ids, and the names a person gave.

use super::error::or_rather;
use super::{Target, Who};
use crate::scheduler::ProcId;
use crate::text::similar::nearest;
use crate::workload::quote::quoted;

/// One process that has been created. Its id is its for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: ProcId,
    pub name: Option<String>,
    /// Its program or command, as it was written.
    pub given: String,
}

/// All that have been created so far, in the order of their ids.
#[derive(Clone, Debug, Default)]
pub struct Names(Vec<Entry>);

impl Names {
    /// The id of the next process.
    pub fn next_id(&self) -> ProcId {
        self.0
            .last()
            .map_or(ProcId(0), |last| ProcId(last.id.0 + 1))
    }

    pub fn add(&mut self, entry: Entry) {
        self.0.push(entry);
    }

    /// In the order of their ids.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Whether one has this name.
    pub fn has(&self, name: &str) -> bool {
        self.0
            .iter()
            .any(|entry| entry.name.as_deref() == Some(name))
    }

    /// The process that is meant.
    ///
    /// # Errors
    /// When none is called that; the message says which may have been meant.
    pub fn find(&self, who: &Who) -> Result<ProcId, String> {
        let is_meant = |entry: &&Entry| match who {
            Who::Id(id) => entry.id == *id,
            Who::Name(name) => entry.name.as_ref() == Some(name),
        };
        if let Some(entry) = self.0.iter().find(is_meant) {
            return Ok(entry.id);
        }
        if self.0.is_empty() {
            return Err("there is no process yet: create one, as create c5,i,c2".to_owned());
        }
        Err(match who {
            Who::Id(id) => format!("there is no {id}: status lists those there are"),
            Who::Name(name) => {
                let names = self.0.iter().filter_map(|entry| entry.name.as_deref());
                let near = nearest(name, names);
                format!(
                    "no process is called {}{}: status lists those there are",
                    quoted(name),
                    or_rather(near.as_deref())
                )
            }
        })
    }

    /// The processes that are meant, each once. Of `all`, those for which `counts` holds.
    ///
    /// # Errors
    /// As [`Names::find`], and when `all` is none.
    pub fn resolve(
        &self,
        target: &Target,
        counts: impl Fn(ProcId) -> bool,
    ) -> Result<Vec<ProcId>, String> {
        let mut ids = Vec::new();
        match target {
            Target::All => ids.extend(self.0.iter().map(|entry| entry.id).filter(|&id| counts(id))),
            Target::These(these) => {
                for who in these {
                    let id = self.find(who)?;
                    if !ids.contains(&id) {
                        ids.push(id);
                    }
                }
            }
        }
        if ids.is_empty() {
            return Err("there is no process left to do that to: create one first".to_owned());
        }
        Ok(ids)
    }
}
