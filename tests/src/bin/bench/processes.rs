//! What the system says of processes. Only Linux says it in this way.

use std::{collections::BTreeSet, fs, time::Duration};

/// Processor time that a process has used, on all cores.
pub(crate) fn processor_time(id: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // `utime` and `stime`, in hundredths of a second (`USER_HZ`).
    let ticks = fields(&stat)?.skip(11).take(2).map(str::parse::<u64>);
    Some(Duration::from_millis(ticks.sum::<Result<u64, _>>().ok()? * 10))
}

/// A process, and all that it and those have started.
pub(crate) struct Tree(BTreeSet<u32>);

impl Tree {
    /// Those that run now.
    pub(crate) fn of(root: u32) -> Self {
        let parents: Vec<_> = fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let id: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
                let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
                Some((id, fields(&stat)?.nth(1)?.parse::<u32>().ok()?))
            })
            .collect();
        let mut tree = BTreeSet::from([root]);
        loop {
            let known = tree.len();
            tree.extend(
                parents
                    .iter()
                    .filter(|(_, parent)| tree.contains(parent))
                    .map(|(id, _)| *id)
                    .collect::<Vec<_>>(),
            );
            if tree.len() == known {
                return Self(tree);
            }
        }
    }

    /// Processor time of all, on all cores.
    pub(crate) fn processor_time(&self) -> Duration {
        self.0.iter().filter_map(|id| processor_time(*id)).sum()
    }

    /// Memory of all in KiB, where pages that several have count once (PSS).
    pub(crate) fn memory(&self) -> u64 {
        let shares = self.0.iter().filter_map(|id| {
            let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        });
        shares.sum()
    }

    /// Whether none of them runs any more.
    pub(crate) fn has_ended(&self) -> bool {
        self.0.iter().all(|id| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            // Of one that nobody has asked about yet, only its state is left.
            fields(&stat).and_then(|mut fields| fields.next()).is_none_or(|state| state == "Z")
        })
    }
}

/// The fields after the name of the program, which stands in parentheses and may hold anything: the state is the first.
fn fields(stat: &str) -> Option<impl Iterator<Item = &str>> {
    stat.rsplit_once(')').map(|(_, fields)| fields.split_whitespace())
}
