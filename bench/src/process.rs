//! What the kernel counts of a process and of a core, read from `/proc`.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, anyhow};

/// The processor time of all threads of a process that still run.
///
/// In nanoseconds from `schedstat`, since `stat` counts in hundredths of a second.
pub(crate) fn cpu_time(pid: u32) -> anyhow::Result<Duration> {
    let tasks = format!("/proc/{pid}/task");
    let mut nanos = 0;
    for task in fs::read_dir(&tasks).with_context(|| format!("read {tasks}"))? {
        // A thread may end between the listing and the reading.
        if let Ok(line) = fs::read_to_string(task?.path().join("schedstat")) {
            nanos += first_number(&line).unwrap_or(0);
        }
    }
    Ok(Duration::from_nanos(nanos))
}

/// What a process occupies in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// All of it, pages of the program's own file included.
    pub(crate) resident_kib: u64,
    /// The part that is no file's: heap and stacks.
    pub(crate) anonymous_kib: u64,
}

/// Reads the memory of a process.
pub(crate) fn memory(pid: u32) -> anyhow::Result<Memory> {
    Ok(Memory {
        resident_kib: status(pid, "VmRSS:")?,
        anonymous_kib: status(pid, "RssAnon:")?,
    })
}

/// The most memory that a process has occupied since it started.
pub(crate) fn peak_memory_kib(pid: u32) -> anyhow::Result<u64> {
    status(pid, "VmHWM:")
}

/// Reads a number that the kernel tells of a process.
fn status(pid: u32, name: &str) -> anyhow::Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(first_number)
        .ok_or_else(|| anyhow!("{path} has no {name}"))
}

/// The time a core was busy since the machine started, whoever used it.
pub(crate) fn core_busy(core: usize) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat").context("read /proc/stat")?;
    let name = format!("cpu{core} ");
    let line = stat.lines().find_map(|line| line.strip_prefix(&name));
    let ticks: Vec<u64> = line
        .ok_or_else(|| anyhow!("/proc/stat has no core {core}"))?
        .split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect();
    // user nice system idle iowait irq softirq steal; a tick is a hundredth of a second on every Linux.
    let busy = ticks.iter().take(8).enumerate();
    let busy: u64 = busy
        .filter(|(place, _)| !matches!(place, 3 | 4))
        .map(|(_, ticks)| ticks)
        .sum();
    Ok(Duration::from_millis(busy * 10))
}

/// The cores this process may run on, as the kernel lists them.
pub(crate) fn allowed_cores() -> anyhow::Result<Vec<usize>> {
    let status = fs::read_to_string("/proc/self/status").context("read /proc/self/status")?;
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .ok_or_else(|| anyhow!("the kernel lists no cores"))?;
    Ok(cores_of(list))
}

/// Reads `0-2,5`.
fn cores_of(listed: &str) -> Vec<usize> {
    let mut cores = Vec::new();
    for range in listed.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        if let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse::<usize>()) {
            cores.extend(first..=last);
        }
    }
    cores
}

fn first_number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_cores_may_hold_ranges() {
        assert_eq!(cores_of("\t0-2,5\n"), [0, 1, 2, 5]);
        assert_eq!(cores_of("1"), [1]);
    }

    #[test]
    fn the_kernel_tells_of_this_process() {
        let pid = std::process::id();
        assert!(memory(pid).unwrap().resident_kib > 0);
        assert!(peak_memory_kib(pid).unwrap() > 0);
        assert!(cpu_time(pid).is_ok());
        assert!(core_busy(allowed_cores().unwrap()[0]).is_ok());
    }
}
