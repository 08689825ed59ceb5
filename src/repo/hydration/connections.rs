//! The connections that make objects. They are kept from one batch to the next, for each learns the catalogs and hears of
//! whatever the others change.

use crate::repo::database::Database;
use crate::upstream::DbError;
use crate::upstream::admin::AdminConnection;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// So many connections to one database make objects of branches at a time; each after a batch lets others go ahead.
const MOST: usize = 2;

#[derive(Debug)]
pub struct Connections {
    permits: Semaphore,
    /// Whether there is more than one connection.
    keeps: bool,
    idle: Mutex<Vec<AdminConnection>>,
}

/// A connection, with the right to make objects on it.
#[derive(Debug)]
pub struct Borrowed<'a> {
    pub connection: AdminConnection,
    _permit: SemaphorePermit<'a>,
}

impl Connections {
    /// `pool_size` is how many connections there are in all: the larger part is for others.
    pub fn new(pool_size: usize) -> Self {
        Self {
            permits: Semaphore::new((pool_size / 2).clamp(1, MOST)),
            keeps: pool_size > 1,
            idle: Mutex::default(),
        }
    }

    pub async fn borrow(&self, database: &Database) -> Result<Borrowed<'_>, DbError> {
        let permit = self.permits.acquire().await;
        let permit = permit.map_err(|error| DbError::Unexpected(error.to_string()))?;
        let idle = self.idle().pop();
        Ok(Borrowed {
            connection: match idle {
                Some(connection) => connection,
                None => database.operator().await?,
            },
            _permit: permit,
        })
    }

    /// Keeps a connection, which has no open transaction, for the next batch.
    pub fn keep(&self, borrowed: Borrowed<'_>) {
        if self.keeps {
            self.idle().push(borrowed.connection);
        }
    }

    /// Lets go of those that nobody uses: no batch will follow soon.
    pub fn let_go(&self) {
        let idle = std::mem::take(&mut *self.idle());
        drop(idle);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<AdminConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
