//! Batches as the arrays of one statement. Pure.
//!
//! No key is in two batches of one group, so each of them is done or refused by itself and
//! their order does not matter.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::store::record::shown;
use crate::store::{Batch, Expect, Key, StoreError};

/// One statement carries so many batches, and so many bytes unless one batch alone has more.
const BATCHES_MAX: usize = 256;
const BYTES_MAX: usize = 1 << 20;

/// One batch, its keys sorted and each in one place only.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Prepared {
    expected: Vec<(Key, i64)>,
    created: Vec<(Key, Vec<u8>)>,
    replaced: Vec<(Key, Vec<u8>)>,
    deleted: Vec<Key>,
}

impl Prepared {
    /// A key that stands in two expectations which exclude each other can not be met.
    pub fn of(batch: Batch) -> Result<Self, StoreError> {
        let mut absent = BTreeSet::new();
        let mut expected = BTreeMap::new();
        for (key, expect) in batch.expect {
            let clash = match expect {
                Expect::Absent => {
                    absent.insert(key.clone());
                    expected.contains_key(&key)
                }
                Expect::Version(version) => {
                    // Versions come from a sequence of the database and fit; others match none.
                    let version = i64::try_from(version.0).unwrap_or(-1);
                    let before = expected.insert(key.clone(), version);
                    before.is_some_and(|before| before != version) || absent.contains(&key)
                }
            };
            if clash {
                return Err(StoreError::Conflict(shown(&key)));
            }
        }
        let mut put: BTreeMap<_, _> = batch.put.into_iter().collect();
        let delete: BTreeSet<_> = batch.delete.into_iter().collect();
        let deleted = delete.into_iter().filter(|key| !put.contains_key(key)).collect();
        let created = absent
            .into_iter()
            .filter_map(|key| {
                let value = put.remove(&key)?;
                Some((key, value))
            })
            .collect();
        let (expected, replaced) = (expected.into_iter().collect(), put.into_iter().collect());
        Ok(Self { expected, created, replaced, deleted })
    }

    /// One record that was read is written back and nothing else: most turns.
    pub fn is_change(&self) -> bool {
        let one_key = match (&self.expected[..], &self.replaced[..]) {
            ([(expected, _)], [(replaced, _)]) => expected == replaced,
            _ => false,
        };
        one_key && self.created.is_empty() && self.deleted.is_empty()
    }

    /// All that it looks at or writes, by their hashes. Two that are equal by chance only wait
    /// for each other.
    pub fn touched(&self) -> impl Iterator<Item = u64> {
        let expected = self.expected.iter().map(|(key, _)| key);
        let put = self.created.iter().chain(&self.replaced).map(|(key, _)| key);
        expected.chain(put).chain(&self.deleted).map(|key| FxBuildHasher.hash_one(key))
    }

    fn bytes(&self) -> usize {
        let put = self.created.iter().chain(&self.replaced);
        put.map(|(key, value)| key.len() + value.len()).sum::<usize>()
            + self.expected.iter().map(|(key, _)| key.len()).sum::<usize>()
            + self.deleted.iter().map(Vec::len).sum::<usize>()
    }

    /// The first of its keys that were not as expected.
    pub fn refused_by<'m>(&self, missed: &'m [Key]) -> Option<&'m Key> {
        let minds = |key: &Key| {
            self.expected.iter().any(|(own, _)| own == key)
                || self.created.iter().any(|(own, _)| own == key)
        };
        missed.iter().find(|key| minds(key))
    }

    pub fn creates(&self) -> impl Iterator<Item = &Key> {
        self.created.iter().map(|(key, _)| key)
    }
}

/// Takes from `backlog`, in its order, those that can go in one statement: of the kind of the
/// first, and none that touches what is `busy` or what one before it touches.
pub(super) fn next<W: AsRef<Prepared>>(
    backlog: &mut Vec<W>,
    busy: &HashSet<u64, FxBuildHasher>,
) -> Vec<W> {
    let mut touched: HashSet<u64, FxBuildHasher> = HashSet::default();
    let (mut group, mut left) = (Vec::new(), Vec::new());
    let (mut kind, mut bytes) = (None, 0);
    for waiting in backlog.drain(..) {
        let prepared = waiting.as_ref();
        let is_free = prepared.touched().all(|key| !busy.contains(&key) && !touched.contains(&key));
        let fits = kind.is_none_or(|kind| kind == prepared.is_change())
            && group.len() < BATCHES_MAX
            && (group.is_empty() || bytes + prepared.bytes() <= BYTES_MAX);
        // Also of those that stay: who comes later must not overtake them.
        touched.extend(prepared.touched());
        if is_free && fits {
            kind = Some(prepared.is_change());
            bytes += prepared.bytes();
            group.push(waiting);
        } else {
            left.push(waiting);
        }
    }
    *backlog = left;
    group
}

/// What `statements::CHANGE` is given.
#[derive(Default)]
pub(super) struct ChangeArrays<'a> {
    pub keys: Vec<&'a [u8]>,
    pub versions: Vec<i64>,
    pub values: Vec<&'a [u8]>,
}

impl<'a> ChangeArrays<'a> {
    pub fn of(group: impl Iterator<Item = &'a Prepared>) -> Self {
        let rows = group.flat_map(|one| one.expected.iter().zip(&one.replaced));
        let mut rows: Vec<_> = rows.collect();
        rows.sort_unstable_by_key(|((key, _), _)| key);
        let mut arrays = Self::default();
        for ((key, version), (_, value)) in rows {
            arrays.keys.push(key);
            arrays.versions.push(*version);
            arrays.values.push(value);
        }
        arrays
    }
}

/// Keys, the batches that they belong to, and what is put under them.
#[derive(Default)]
pub(super) struct Rows<'a> {
    pub keys: Vec<&'a [u8]>,
    pub of: Vec<i64>,
    pub values: Vec<&'a [u8]>,
}

/// What `statements::COMMIT` is given, each part sorted by key so that commits which touch the
/// same keys lock them in the same order.
#[derive(Default)]
pub(super) struct CommitArrays<'a> {
    pub expected: Rows<'a>,
    pub versions: Vec<i64>,
    pub created: Rows<'a>,
    pub replaced: Rows<'a>,
    pub deleted: Rows<'a>,
}

type Writes = Vec<(Key, Vec<u8>)>;

impl<'a> CommitArrays<'a> {
    pub fn of(group: impl Iterator<Item = &'a Prepared> + Clone) -> Self {
        let numbered = || (0_i64..).zip(group.clone());
        let put = |part: fn(&Prepared) -> &Writes| {
            sorted(numbered().flat_map(move |(n, one)| {
                part(one).iter().map(move |(key, value)| (&key[..], n, &value[..]))
            }))
        };
        let mut expected: Vec<_> = numbered()
            .flat_map(|(n, one)| one.expected.iter().map(move |(key, version)| (key, n, *version)))
            .collect();
        expected.sort_unstable();
        Self {
            versions: expected.iter().map(|(_, _, version)| *version).collect(),
            expected: sorted(expected.into_iter().map(|(key, n, _)| (&key[..], n, &[][..]))),
            created: put(|one| &one.created),
            replaced: put(|one| &one.replaced),
            deleted: sorted(
                numbered()
                    .flat_map(|(n, one)| one.deleted.iter().map(move |key| (&key[..], n, &[][..]))),
            ),
        }
    }
}

fn sorted<'a>(rows: impl Iterator<Item = (&'a [u8], i64, &'a [u8])>) -> Rows<'a> {
    let mut all: Vec<_> = rows.collect();
    all.sort_unstable_by_key(|(key, ..)| *key);
    let mut rows = Rows::default();
    for (key, n, value) in all {
        rows.keys.push(key);
        rows.of.push(n);
        rows.values.push(value);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Version;
    use proptest::prelude::*;

    impl AsRef<Prepared> for Prepared {
        fn as_ref(&self) -> &Prepared {
            self
        }
    }

    fn keys() -> impl Strategy<Value = Vec<Key>> {
        prop::collection::vec((0u8..8).prop_map(|n| vec![b'a' + n]), 0..8)
    }

    prop_compose! {
        fn batch()(
            put in keys(), delete in keys(), absent in keys(), expected in keys()
        ) -> Batch {
            let mut batch = Batch {
                put: put.iter().chain(&absent).map(|key| (key.clone(), key.clone())).collect(),
                delete,
                ..Batch::default()
            };
            batch.expect.extend(absent.into_iter().map(|key| (key, Expect::Absent)));
            batch.expect.extend(expected.into_iter().map(|key| (key, Expect::Version(Version(7)))));
            batch
        }
    }

    proptest! {
        /// What CockroachDB asks for: no row is written by two parts of the statement. And
        /// what PostgreSQL asks for: no key twice in one part. Nor in two batches of a group.
        #[test]
        fn no_key_is_in_two_parts(batches in prop::collection::vec(batch(), 0..6)) {
            let prepared = batches.into_iter().filter_map(|batch| Prepared::of(batch).ok());
            let mut backlog: Vec<Prepared> = prepared.collect();
            let mut sent = 0;
            let all = backlog.len();
            while !backlog.is_empty() {
                let group = next(&mut backlog, &HashSet::default());
                sent += group.len();
                prop_assert!(!group.is_empty());
                let arrays = CommitArrays::of(group.iter());
                let parts = [&arrays.created.keys, &arrays.replaced.keys, &arrays.deleted.keys];
                let mut written: Vec<&[u8]> = parts.into_iter().flatten().copied().collect();
                let count = written.len();
                written.sort_unstable();
                written.dedup();
                prop_assert_eq!(written.len(), count);
                for part in parts.into_iter().chain([&arrays.expected.keys]) {
                    prop_assert!(part.is_sorted());
                    prop_assert!(part.windows(2).all(|two| two[0] != two[1]));
                }
                for (n, one) in group.iter().enumerate() {
                    let of_others: HashSet<u64> = group.iter().enumerate()
                        .filter(|(m, _)| *m != n).flat_map(|(_, other)| other.touched()).collect();
                    prop_assert!(one.touched().all(|key| !of_others.contains(&key)));
                }
            }
            prop_assert_eq!(sent, all);
        }

        /// Whatever a batch says of a key is kept, once.
        #[test]
        fn nothing_is_lost_of_a_batch(batch in batch()) {
            let of = |expect: Expect| batch.expect.iter()
                .filter(move |(_, found)| *found == expect).map(|(key, _)| key.clone());
            let absent: BTreeSet<Key> = of(Expect::Absent).collect();
            let versioned: BTreeSet<Key> = of(Expect::Version(Version(7))).collect();
            let put: BTreeSet<Key> = batch.put.iter().map(|(key, _)| key.clone()).collect();
            let deleted: BTreeSet<Key> = batch.delete.iter().cloned().collect();
            let Ok(prepared) = Prepared::of(batch) else {
                prop_assert!(!absent.is_disjoint(&versioned));
                return Ok(());
            };
            prop_assert!(absent.is_disjoint(&versioned));
            let names = |rows: &[(Key, Vec<u8>)]| -> BTreeSet<Key> {
                rows.iter().map(|(key, _)| key.clone()).collect()
            };
            let expected: BTreeSet<Key> =
                prepared.expected.iter().map(|(key, _)| key.clone()).collect();
            prop_assert_eq!(expected, versioned);
            prop_assert_eq!(names(&prepared.replaced), &put - &absent);
            prop_assert_eq!(prepared.deleted.into_iter().collect::<BTreeSet<_>>(), &deleted - &put);
            prop_assert_eq!(names(&prepared.created), absent);
        }
    }

    /// Who comes later does not overtake who waits for the same key, and nobody goes while
    /// another statement has it.
    #[test]
    fn on_one_key_the_order_is_kept() {
        let change = |key: &str, version| {
            let key = key.as_bytes().to_vec();
            let expect = vec![(key.clone(), Expect::Version(Version(version)))];
            Prepared::of(Batch { expect, put: vec![(key, Vec::new())], delete: Vec::new() })
        };
        let blind = |keys: &[&str]| {
            let put = keys.iter().map(|key| (key.as_bytes().to_vec(), Vec::new())).collect();
            Prepared::of(Batch { put, ..Batch::default() })
        };
        let all =
            [change("a", 1), change("a", 2), blind(&["b", "c"]), change("c", 3), change("d", 4)];
        let mut backlog: Vec<Prepared> = all.into_iter().map(Result::unwrap).collect();
        let busy: HashSet<u64, FxBuildHasher> = change("d", 4).unwrap().touched().collect();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for _ in 0..4 {
            let group = next(&mut backlog, &busy);
            groups.push(
                group.iter().map(|one| one.replaced.len() * 10 + one.expected.len()).collect(),
            );
        }
        // a alone; then the second a, because b and c are of the other kind and before c.
        assert_eq!(groups, [vec![11], vec![11], vec![20], vec![11]] as [Vec<usize>; 4]);
        assert_eq!(backlog.len(), 1, "d is busy");
    }
}
