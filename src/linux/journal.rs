//! What is noted in the course of a run, and told once.

/// Entries in the order of time, some of which have been reported with their tick.
pub struct Journal<T> {
    entries: Vec<T>,
    reported: usize,
}

impl<T> Default for Journal<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            reported: 0,
        }
    }
}

impl<T: Copy> Journal<T> {
    pub fn note(&mut self, entry: T) {
        self.entries.push(entry);
    }

    pub fn entries(&self) -> &[T] {
        &self.entries
    }

    /// The entries since this was called last.
    pub fn report(&mut self) -> Vec<T> {
        let first = std::mem::replace(&mut self.reported, self.entries.len());
        self.entries[first..].to_vec()
    }

    pub fn into_entries(self) -> Vec<T> {
        self.entries
    }
}
