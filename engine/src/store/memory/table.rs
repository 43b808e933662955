//! A sorted table that can take back what was written since the last commit.
//!
//! Knows nothing of what it keeps.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::ops::RangeBounds;

/// Rows by key, with what stood there before the open transaction.
#[derive(Debug)]
pub(super) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    before: Vec<(K, Option<V>)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), before: Vec::new() }
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    /// Returns the row of a key.
    pub(super) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.rows.get(key)
    }

    /// Returns every row in the order of keys.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.iter()
    }

    /// Returns the rows of some keys in the order of keys.
    pub(super) fn range(
        &self,
        keys: impl RangeBounds<K>,
    ) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.range(keys)
    }

    /// Writes a row.
    pub(super) fn put(&mut self, key: K, value: V) {
        let before = self.rows.insert(key.clone(), value);
        self.before.push((key, before));
    }

    /// Removes a row and returns it.
    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let (key, value) = self.rows.remove_entry(key)?;
        self.before.push((key, Some(value.clone())));
        Some(value)
    }

    /// Changes a row, if it is there.
    pub(super) fn change(&mut self, key: &K, change: impl FnOnce(&mut V)) {
        if let Some(row) = self.rows.get_mut(key) {
            self.before.push((key.clone(), Some(row.clone())));
            change(row);
        }
    }

    /// Removes rows that `keep` refuses.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        let before = &mut self.before;
        self.rows.retain(|key, value| {
            let kept = keep(key, value);
            if !kept {
                before.push((key.clone(), Some(value.clone())));
            }
            kept
        });
    }

    /// Keeps what was written since the last commit.
    pub(super) fn commit(&mut self) {
        self.before.clear();
    }

    /// Takes back what was written since the last commit.
    pub(super) fn roll_back(&mut self) {
        while let Some((key, before)) = self.before.pop() {
            match before {
                Some(value) => self.rows.insert(key, value),
                None => self.rows.remove(&key),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_since_the_last_commit_is_taken_back() {
        let mut table = Table::default();
        table.put(1, "one");
        table.put(2, "two");
        table.commit();
        table.put(1, "uno");
        table.put(1, "eins");
        table.remove(&2);
        table.put(3, "drei");
        table.change(&3, |row| *row = "tre");
        table.retain(|key, _| *key != 3);
        table.roll_back();
        assert_eq!(table.iter().collect::<Vec<_>>(), [(&1, &"one"), (&2, &"two")]);
    }
}
