//! The files that setup writes: whole or not at all, with the owner they had, and secret ones for their owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use super::stop::Stop;

/// The longest file that is read, in bytes; above what the configuration reads of its own.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Its owner alone, whatever it was before.
    OwnerOnly,
    /// Whoever could before; everybody where it is new.
    Anybody,
}

/// The rights of a file that nobody else may read.
const OWNER_ONLY: u32 = 0o600;

/// The rights of a file that holds no secret.
const FOR_ALL: u32 = 0o644;

fn refused(path: &Path) -> impl FnOnce(io::Error) -> Stop {
    let path = path.to_owned();
    |source| Stop::File { path, source }
}

/// Reads a file; `None` where it is not there.
pub(super) fn read(path: &Path) -> Result<Option<String>, Stop> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(path)(error)),
    };
    let mut text = String::new();
    file.take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(refused(path))?;
    Ok(Some(text))
}

/// Deletes a file; one that is gone counts as deleted.
pub(super) fn delete(path: &Path) -> Result<(), Stop> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(refused(path)(error)),
        _ => Ok(()),
    }
}

/// Puts a file in another's place, whole: whoever reads it meanwhile reads the old one, also after a crash.
pub(super) fn write(path: &Path, text: &str, readers: Readers) -> Result<(), Stop> {
    // A link stays one, and what it points to is written.
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    replace(&place, text, readers).map_err(refused(path))
}

fn replace(place: &Path, text: &str, readers: Readers) -> io::Result<()> {
    let old = fs::metadata(place).ok();
    let mode = match (readers, &old) {
        (Readers::OwnerOnly, _) => OWNER_ONLY,
        (Readers::Anybody, Some(old)) => old.permissions().mode() & 0o777,
        (Readers::Anybody, None) => FOR_ALL,
    };
    let beside = beside(place);
    // A name that is taken is one of ours that a crash left.
    if let Err(error) = fs::remove_file(&beside)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let written = fill(&beside, text, mode).and_then(|()| {
        match &old {
            Some(old) => keep_owner(&beside, old)?,
            // Where root sets up in a service's directory, the file is to be the service's; nobody else can give files away.
            None => fs::metadata(place.parent().unwrap_or(place))
                .and_then(|directory| keep_owner(&beside, &directory))
                .or_else(unless_forbidden)?,
        }
        fs::rename(&beside, place)
    });
    if written.is_err() {
        // What failed is said; what is left of it is of no use.
        fs::remove_file(&beside).ok();
    }
    written
}

fn beside(place: &Path) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(".askwell-new");
    place.with_file_name(name)
}

fn fill(beside: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(OWNER_ONLY)
        .open(beside)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    file.sync_all()
}

/// Where an administrator writes what a service reads, it stays the service's.
fn keep_owner(beside: &Path, old: &fs::Metadata) -> io::Result<()> {
    let new = fs::metadata(beside)?;
    if (new.uid(), new.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    chown(beside, Some(old.uid()), Some(old.gid()))
}

fn unless_forbidden(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::PermissionDenied {
        Ok(())
    } else {
        Err(error)
    }
}

/// Says whether others than its owner may read a file.
pub(super) fn is_open_to_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_secret_file_is_its_owners_alone_also_where_it_was_not_before() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".env");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(is_open_to_others(&path));
        write(&path, "new", Readers::OwnerOnly).unwrap();
        assert_eq!(
            (read(&path).unwrap().as_deref(), mode(&path)),
            (Some("new"), 0o600)
        );
        assert!(!is_open_to_others(&path));
    }

    #[test]
    fn another_file_keeps_its_rights_and_a_link_stays_one() {
        let directory = tempfile::tempdir().unwrap();
        let (path, link) = (
            directory.path().join("a.toml"),
            directory.path().join("b.toml"),
        );
        write(&path, "", Readers::Anybody).unwrap();
        assert_eq!(mode(&path), 0o644);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write(&link, "new", Readers::Anybody).unwrap();
        assert_eq!(
            (read(&path).unwrap().as_deref(), mode(&path)),
            (Some("new"), 0o640)
        );
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn what_a_crash_left_is_no_obstacle_and_a_missing_file_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".env");
        fs::write(beside(&path), "half").unwrap();
        write(&path, "whole", Readers::OwnerOnly).unwrap();
        assert!(!beside(&path).exists());
        delete(&path).unwrap();
        delete(&path).unwrap();
        assert!(read(&path).unwrap().is_none());
        let nowhere = directory.path().join("missing/.env");
        assert!(matches!(
            write(&nowhere, "", Readers::OwnerOnly),
            Err(Stop::File { .. })
        ));
    }
}
