//! The machine that was measured on, in a sentence.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};

/// Describes processors, memory, kernel and the file system of a directory, and what else was going on.
pub(crate) fn describe(directory: &Path) -> anyhow::Result<String> {
    let processors = read("/proc/cpuinfo")?;
    let names = processors
        .lines()
        .filter_map(|line| line.strip_prefix("model name"))
        .filter_map(|line| line.split_once(':'));
    let names: Vec<&str> = names.map(|(_, name)| name.trim()).collect();
    let memory = read("/proc/meminfo")?;
    let memory = memory
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<u64>().ok());
    let kernel = read("/proc/sys/kernel/osrelease")?;
    let load = read("/proc/loadavg")?;
    Ok(format!(
        "Measured {date} on {count} cores ({name}), {gib} GiB of memory, Linux {kernel}, {file_system}; load average {load} at the start.\n",
        date = today()?,
        count = names.len(),
        name = names.first().copied().unwrap_or("unknown"),
        gib = memory.unwrap_or_default() / (1024 * 1024),
        kernel = kernel.trim(),
        file_system = file_system(directory)?,
        load = load.split_whitespace().next().unwrap_or_default(),
    ))
}

/// The file system that a directory lies on, which must be one that keeps what is flushed to it.
pub(crate) fn file_system(directory: &Path) -> anyhow::Result<String> {
    let directory = directory.canonicalize()?;
    let mounts = read("/proc/mounts")?;
    let mount = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace().skip(1);
            Some((words.next()?, words.next()?))
        })
        .filter(|(place, _)| directory.starts_with(place))
        .max_by_key(|(place, _)| place.len());
    match mount {
        Some((_, "tmpfs" | "ramfs")) => bail!(
            "{} lies in memory, where nothing is durable; name another directory",
            directory.display()
        ),
        Some((_, kind)) => Ok(kind.to_owned()),
        None => bail!("no file system is known of {}", directory.display()),
    }
}

/// The date in UTC.
fn today() -> anyhow::Result<String> {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(date_of(since_epoch))
}

/// The civil date of a time, after Howard Hinnant's "chrono-compatible low-level date algorithms".
fn date_of(since_epoch: Duration) -> String {
    let days = since_epoch.as_secs() / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("read {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_one_of_the_calendar() {
        for (days, date) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (20_780, "2026-11-23"),
            (11_016, "2000-02-29"),
        ] {
            assert_eq!(date_of(Duration::from_secs(days * 86_400)), date);
        }
    }
}
