//! What is on this machine: the secrets, the database, the disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Doctor, Finding, Sink, size};
use crate::provision::sheets;
use crate::store::{self, Access, Examined, LeaseTime, OpenError, Settings};
use crate::text::{Ailment, Healthy};

/// Below this it is time to make room: a busy server's questions of some months.
const DISK_LOW: u64 = 1_000_000_000;

impl Doctor {
    pub(super) async fn look_at_the_house(&self, found: Sink<'_>) {
        self.look_at_secrets(found);
        self.look_at_the_database(found).await;
        self.look_at_the_disk(found);
    }

    fn look_at_secrets(&self, found: Sink<'_>) {
        let path = &self.secrets;
        if !path.exists() {
            // They come from the environment.
            return;
        }
        let path = path.display().to_string().into();
        found(if sheets::is_open_to_others(&self.secrets) {
            Ailment::SecretsOpen { path }.into()
        } else {
            Healthy::Secrets { path }.into()
        });
    }

    async fn look_at_the_database(&self, found: Sink<'_>) {
        let settings = &self.config.store;
        let path = || match settings {
            Settings::Sqlite(path) => path.display().to_string(),
            Settings::Postgres(_) => "PostgreSQL".to_owned(),
        };
        let size = match store::examine(settings, &*self.clock).await {
            Examined::Missing => return found(self.to_be_made()),
            Examined::Damaged => {
                let path = path().into();
                return found(Ailment::DatabaseDamaged { path }.into());
            }
            Examined::MadeByAnotherVersion { version } => {
                return found(of_another_version(version));
            }
            Examined::Unreadable { why } => return found(fails(why)),
            // Opening it would bring it up to date, while an older askwell may still serve it.
            Examined::Whole { pending, .. } if pending > 0 => {
                let count = pending.to_string().into();
                return found(Ailment::DatabaseOlder { count }.into());
            }
            Examined::Whole { size_bytes, .. } => size(size_bytes),
            Examined::NotLookedAt => {
                if matches!(settings, Settings::Sqlite(_)) {
                    found(Ailment::DatabaseNotLookedAt.into());
                }
                path()
            }
        };
        match self.write_and_count().await {
            Ok(dead) => {
                found(Healthy::Database { size: size.into() }.into());
                if dead > 0 {
                    let count = dead.to_string().into();
                    found(Ailment::DeadLetters { count }.into());
                }
            }
            Err(finding) => found(finding),
        }
    }

    /// The file is made at the first start, if its directory is there.
    fn to_be_made(&self) -> Finding {
        let path = match &self.config.store {
            Settings::Sqlite(path) => path.clone(),
            Settings::Postgres(_) => PathBuf::new(),
        };
        let directory = path.parent().unwrap_or(&path);
        if !directory.is_dir() {
            let why = format!("{}: no such directory", directory.display());
            return fails(why);
        }
        Healthy::DatabaseToBeMade {
            path: path.display().to_string().into(),
        }
        .into()
    }

    /// Sees whether the database can be written, and counts what could be shown to nobody.
    async fn write_and_count(&self) -> Result<u64, Finding> {
        let opened = store::open(store::Opening {
            settings: &self.config.store,
            seals: &self.config.seals,
            access: Access::Beside,
            lease_time: LeaseTime::Database,
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
        });
        let store = opened.await.map_err(|error| match error {
            OpenError::NewerDatabase { version } => of_another_version(version),
            error => fails(chain(&error)),
        })?;
        let counted = async {
            store.check_writable(self.clock.now()).await?;
            store.backlog(&self.config.mattermost.server).await
        };
        let backlog = counted.await.map_err(|error| fails(chain(&error)))?;
        Ok(backlog.dead)
    }

    fn look_at_the_disk(&self, found: Sink<'_>) {
        let Settings::Sqlite(path) = &self.config.store else {
            return;
        };
        let directory = path.parent().unwrap_or(Path::new("."));
        // A directory that is not there was reported.
        let Ok(disk) = rustix::fs::statvfs(directory) else {
            return;
        };
        let bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
        let free = size(bytes).into();
        found(if bytes < DISK_LOW {
            let path = path.display().to_string().into();
            Ailment::DiskLow { free, path }.into()
        } else {
            Healthy::Disk { free }.into()
        });
    }
}

fn of_another_version(version: i64) -> Finding {
    let version = version.to_string().into();
    Ailment::DatabaseOfAnotherVersion { version }.into()
}

fn fails(why: String) -> Finding {
    Ailment::DatabaseFails { why: why.into() }.into()
}

/// What libraries said, the cause last. Neither quotes the address of a database, which may hold a password.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said.push_str(": ");
        said.push_str(&error.to_string());
        cause = error.source();
    }
    said
}
