pub(super) mod account;
pub(super) mod kept;
pub(super) mod password;
pub(super) mod sign_in;

use crate::{db::DbError, web::Error};

/// Runs what takes a processor for tens of milliseconds off the async threads.
async fn costly<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(f).await.map_err(|_| DbError::Gone.into())
}
