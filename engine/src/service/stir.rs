//! Tells the workers of this process that something new waits for them.
//!
//! A hint: who misses it finds the same at the next look.

use tokio::sync::Notify;

use super::Engine;
use crate::store::{ApplicationUnit, Record};

/// What workers wait for.
#[derive(Debug, Default)]
pub(super) struct Stirred {
    deliveries: Notify,
    /// What the other daemons are still to be told of.
    for_others: Notify,
    erasures: Notify,
}

impl Stirred {
    /// Returns what is to be told once a unit of an application is recorded.
    pub(super) fn of_application(unit: &ApplicationUnit) -> Stir {
        Stir { delivery: !unit.notices.is_empty(), erasure: unit.destroy_key }
    }

    /// Returns what is to be told once a record is recorded.
    pub(super) fn of_record(record: &Record) -> Stir {
        let delivery = matches!(record, Record::AddSignIn(_) | Record::Delivered(..));
        Stir { delivery, erasure: false }
    }

    /// Tells it.
    pub(super) fn tell(&self, stir: Stir) {
        if stir.delivery {
            self.deliveries.notify_one();
            self.for_others.notify_one();
        }
        if stir.erasure {
            self.erasures.notify_one();
        }
    }

    /// Waits for something that the other daemons are to be told of.
    pub(super) async fn for_others(&self) {
        self.for_others.notified().await;
    }

    /// Tells this process what another daemon told.
    pub(super) fn heard(&self) {
        self.deliveries.notify_one();
    }
}

/// What is new.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stir {
    delivery: bool,
    erasure: bool,
}

impl Engine {
    /// Waits until something is put into the outbox, or becomes due there.
    pub async fn delivery_added(&self) {
        self.0.stirred.deliveries.notified().await;
    }

    /// Waits until an application is erased.
    pub async fn erased(&self) {
        self.0.stirred.erasures.notified().await;
    }
}
