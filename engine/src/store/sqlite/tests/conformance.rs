//! Runs the suite of every store against a real file.

use super::super::Sqlite;
use crate::store::conformance;

/// Writes a test for each case of the suite, each with a file of its own.
macro_rules! cases_on_files {
    ([] $($module:ident { $($case:ident)* })*) => {
        $(mod $module {
            $(#[tokio::test]
            async fn $case() {
                let folder = tempfile::tempdir().unwrap();
                let store = super::Sqlite::open(&folder.path().join("annona.db")).await.unwrap();
                super::conformance::$module::$case(&store).await;
            })*
        })*
    };
}

conformance::every_case!(cases_on_files![]);
