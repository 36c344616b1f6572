//! What is on a disk: names, bytes, and which of both would survive a power cut now.
//!
//! Invariant: a sync of a file makes its bytes and its size durable, and the first one of a new file its folder; a
//! deletion or a renaming is durable only once its folder is synced. A sync that failed loses what it should have
//! written: reading goes on to show it, no later sync writes it (as Linux does). Leaves out: who may do what when.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Random;

/// What a disk writes at once.
pub(crate) const SECTOR: usize = 512;

/// A file by its number; names refer to it.
pub(crate) type Node = u64;

/// One change of a disk.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Create {
        name: String,
    },
    Write {
        node: Node,
        at: usize,
        bytes: Arc<[u8]>,
    },
    Size {
        node: Node,
        size: usize,
    },
    Sync {
        node: Node,
    },
    SyncFailed {
        node: Node,
    },
    Delete {
        name: String,
        durably: bool,
    },
    Rename {
        from: String,
        to: String,
    },
    SyncNames,
}

#[derive(Clone, Debug)]
enum Pending {
    Write { at: usize, bytes: Arc<[u8]> },
    Size(usize),
}

#[derive(Clone, Debug, Default)]
struct Content {
    /// As it is read.
    now: Arc<Vec<u8>>,
    /// As it was synced.
    durable: Arc<Vec<u8>>,
    /// Since then, in order; true: a failed sync has lost it.
    pending: Vec<(Pending, bool)>,
}

/// A disk's content; a copy of it shares the bytes.
#[derive(Clone, Debug, Default)]
pub struct Image {
    names: BTreeMap<String, Node>,
    durable_names: BTreeMap<String, Node>,
    contents: BTreeMap<Node, Content>,
    next: Node,
}

impl Image {
    /// The names of its files, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.names.keys().cloned().collect()
    }

    /// The bytes of a file as they are read.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        let node = self.names.get(name)?;
        Some(self.contents.get(node)?.now.as_slice())
    }

    /// Makes or replaces a file, durably: for planting damage.
    pub fn put(&mut self, name: &str, bytes: Vec<u8>) {
        let bytes = Arc::new(bytes);
        let content = Content {
            now: Arc::clone(&bytes),
            durable: bytes,
            pending: Vec::new(),
        };
        self.next += 1;
        self.contents.insert(self.next, content);
        self.names.insert(name.to_owned(), self.next);
        self.durable_names.insert(name.to_owned(), self.next);
    }

    /// Removes a file, durably.
    pub fn remove(&mut self, name: &str) {
        self.names.remove(name);
        self.durable_names.remove(name);
    }

    pub(crate) fn find(&self, name: &str) -> Option<Node> {
        self.names.get(name).copied()
    }

    pub(crate) fn read(&self, node: Node) -> &[u8] {
        self.contents.get(&node).map_or(&[], |c| c.now.as_slice())
    }

    /// Bytes of all files.
    pub(crate) fn size(&self) -> usize {
        let sizes = self.names.values().map(|node| self.read(*node).len());
        sizes.sum()
    }

    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Create { name } => {
                self.next += 1;
                self.contents.insert(self.next, Content::default());
                self.names.insert(name.clone(), self.next);
            }
            Change::Write { node, at, bytes } => {
                let write = Pending::Write {
                    at: *at,
                    bytes: Arc::clone(bytes),
                };
                self.change(*node, write);
            }
            Change::Size { node, size } => self.change(*node, Pending::Size(*size)),
            Change::Sync { node } => self.sync(*node),
            Change::SyncFailed { node } => {
                for (_, lost) in self.content(*node).pending.iter_mut() {
                    *lost = true;
                }
            }
            Change::Delete { name, durably } => {
                self.names.remove(name);
                if *durably {
                    self.durable_names.remove(name);
                }
            }
            Change::Rename { from, to } => {
                if let Some(node) = self.names.remove(from) {
                    self.names.insert(to.clone(), node);
                }
            }
            Change::SyncNames => self.durable_names = self.names.clone(),
        }
    }

    fn content(&mut self, node: Node) -> &mut Content {
        self.contents.entry(node).or_default()
    }

    fn change(&mut self, node: Node, change: Pending) {
        let content = self.content(node);
        write(Arc::make_mut(&mut content.now), &change);
        content.pending.push((change, false));
    }

    fn sync(&mut self, node: Node) {
        let content = self.content(node);
        if content.pending.iter().any(|(_, lost)| *lost) {
            let durable = Arc::make_mut(&mut content.durable);
            for (change, _) in content.pending.iter().filter(|(_, lost)| !lost) {
                write(durable, change);
            }
        } else if !content.pending.is_empty() {
            let durable = Arc::make_mut(&mut content.durable);
            for (change, _) in &content.pending {
                write(durable, change);
            }
        }
        // What was lost stays lost: it is read until the next start, and may come back only then.
        content.pending.retain(|(_, lost)| *lost);
        // Whoever syncs a new file syncs its folder with it (SQLite does so itself for logs and journals).
        let is_new =
            |(name, of): (&String, &Node)| *of == node && self.durable_names.get(name) != Some(of);
        if self.names.iter().any(is_new) {
            self.durable_names = self.names.clone();
        }
    }

    /// What the next start finds if the power goes now: every change that is not synced is kept, dropped or torn.
    #[must_use]
    pub fn after_power_cut(&self, random: &mut Random) -> Self {
        let mut names = self.durable_names.clone();
        for name in self.names.keys().chain(self.durable_names.keys()) {
            let now = self.names.get(name);
            if now != self.durable_names.get(name) && random.chance(50) {
                match now {
                    Some(node) => names.insert(name.clone(), *node),
                    None => names.remove(name),
                };
            }
        }
        let mut left = Self {
            durable_names: names.clone(),
            contents: BTreeMap::new(),
            next: self.next,
            names,
        };
        for node in left.names.values() {
            let Some(content) = self.contents.get(node) else {
                continue;
            };
            let bytes = content.after_power_cut(random);
            let content = Content {
                now: Arc::clone(&bytes),
                durable: bytes,
                pending: Vec::new(),
            };
            left.contents.insert(*node, content);
        }
        left
    }
}

fn write(bytes: &mut Vec<u8>, change: &Pending) {
    match change {
        Pending::Size(size) => bytes.resize(*size, 0),
        Pending::Write { at, bytes: new } => {
            let end = at + new.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[*at..end].copy_from_slice(new);
        }
    }
}

impl Content {
    fn after_power_cut(&self, random: &mut Random) -> Arc<Vec<u8>> {
        if self.pending.is_empty() {
            return Arc::clone(&self.durable);
        }
        let mut bytes = self.durable.to_vec();
        // Disks differ: some write nothing or everything, some in order, some as they like.
        let (manner, up_to) = (random.below(8), random.below(self.pending.len() + 1));
        for (at, (change, lost)) in self.pending.iter().enumerate() {
            let keep = match manner {
                0 => false,
                1 => true,
                2 | 3 => at < up_to,
                _ => random.chance(50),
            };
            match change {
                _ if *lost && random.chance(50) => {}
                change if keep => write(&mut bytes, change),
                Pending::Write { at, bytes: new } if manner > 1 && random.chance(50) => {
                    tear(&mut bytes, *at, new, random);
                }
                _ => {}
            }
        }
        Arc::new(bytes)
    }
}

/// Writes some sectors of `new` and not others; in one of them the power goes, and the rest of that sector is noise,
/// also where nothing was to be written. What lies beyond the old end is noise or zeros.
fn tear(bytes: &mut Vec<u8>, at: usize, new: &[u8], random: &mut Random) {
    let end = at + new.len();
    let (first, last) = (at / SECTOR, end.saturating_sub(1) / SECTOR);
    let broken = first + random.below(last - first + 1);
    let old_end = bytes.len();
    if old_end < end {
        bytes.resize(end, 0);
        if random.chance(50) {
            random.fill(&mut bytes[old_end..end]);
        }
    }
    for sector in first..=last {
        let from = (sector * SECTOR).max(at);
        let to = ((sector + 1) * SECTOR).min(end);
        if sector == broken {
            let cut = from + random.below(to - from);
            bytes[from..cut].copy_from_slice(&new[from - at..cut - at]);
            let sector_end = ((sector + 1) * SECTOR).min(bytes.len());
            if random.chance(50) {
                random.fill(&mut bytes[cut..sector_end]);
            }
        } else if random.chance(50) {
            bytes[from..to].copy_from_slice(&new[from - at..to - at]);
        }
    }
}
