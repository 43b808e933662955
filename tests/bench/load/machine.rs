//! What the machine was like meanwhile: its disk, its memory, and who else used its processors.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

/// Appends of 4 KiB that the disk is asked for.
const APPENDS: usize = 101;
/// Ticks in a second of `/proc`'s processor times, on every Linux.
const TICKS: f64 = 100.0;

/// Processor seconds, of the whole machine and of the processes that are measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Processors {
    busy: f64,
    own: f64,
}

impl Processors {
    /// Reads what was used until now, by everybody and by these processes with their children and this one.
    pub(crate) fn now(roots: &[u32]) -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let first = stat.lines().next().unwrap_or_default();
        let ticks = first.split_whitespace().skip(1).filter_map(|ticks| ticks.parse::<f64>().ok());
        // The fourth and fifth are idle; those from the ninth on are counted in the first two.
        let busy: f64 = ticks
            .take(8)
            .enumerate()
            .filter(|(place, _)| *place != 3 && *place != 4)
            .map(|(_, ticks)| ticks)
            .sum();
        let processes = processes();
        let own: f64 = processes
            .iter()
            .filter(|(pid, _)| belongs(**pid, roots, &processes))
            .map(|(_, (_, ticks))| ticks)
            .sum();
        Self { busy: busy / TICKS, own: own / TICKS }
    }

    /// Returns how many cores the measured processes and the others used since `before`.
    pub(crate) fn since(self, before: Self, seconds: f64) -> (f64, f64) {
        let own = self.own - before.own;
        let others = (self.busy - before.busy - own).max(0.0);
        (own / seconds, others / seconds)
    }
}

/// Returns the proportional memory of these processes and their children, in MiB.
pub(crate) fn memory(roots: &[u32]) -> f64 {
    let processes = processes();
    let own = processes
        .keys()
        .filter(|pid| **pid != std::process::id() && belongs(**pid, roots, &processes));
    let kilobytes: f64 = own
        .filter_map(|pid| {
            let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?.to_owned();
            line.split_whitespace().next()?.parse::<f64>().ok()
        })
        .sum();
    kilobytes / 1024.0
}

/// Returns the median of an append of 4 KiB with fdatasync in a folder, in microseconds.
pub(crate) fn fdatasync(folder: &Path) -> std::io::Result<f64> {
    let path = folder.join(format!("fdatasync-{}", std::process::id()));
    let mut file = fs::File::create(&path)?;
    let mut times = Vec::with_capacity(APPENDS);
    for _ in 0..APPENDS {
        let began = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(began.elapsed().as_secs_f64() * 1e6);
    }
    fs::remove_file(&path)?;
    Ok(quantile(&mut times, 0.5))
}

/// Returns a quantile; 0 of nothing.
pub(crate) fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list of measurements"
    )]
    let place = (values.len() as f64 * part) as usize;
    values.get(place.min(values.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

/// Returns each process with its parent and its ticks, its ended children's included.
fn processes() -> HashMap<u32, (u32, f64)> {
    let mut found = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // A command's name may hold blanks and brackets; what follows its last bracket does not.
        let Some((_, rest)) = stat.rsplit_once(')') else { continue };
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |place: usize| {
            fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0)
        };
        let parent = fields.get(1).and_then(|field| field.parse().ok()).unwrap_or(0);
        found.insert(pid, (parent, number(11) + number(12) + number(13) + number(14)));
    }
    found
}

fn belongs(mut pid: u32, roots: &[u32], processes: &HashMap<u32, (u32, f64)>) -> bool {
    while pid > 1 {
        if roots.contains(&pid) || pid == std::process::id() {
            return true;
        }
        pid = processes.get(&pid).map_or(0, |(parent, _)| *parent);
    }
    false
}
