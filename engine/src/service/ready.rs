//! Whether anything can be recorded: what readiness asks.

use super::Engine;
use crate::store::StoreError;

impl Engine {
    /// Returns whether what is decided can be recorded: the writer takes units, and the store can be written.
    ///
    /// # Errors
    ///
    /// Returns why not.
    pub async fn is_writable(&self) -> Result<(), StoreError> {
        if !self.0.writer.is_alive() {
            return Err(StoreError::Unfit("its writer has ended".to_owned()));
        }
        self.0.store.is_writable().await
    }
}
