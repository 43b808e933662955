//! What every store promises, as cases that run against any of them.
//!
//! Each case gets an empty store and panics where a promise is broken. Meaning belongs here and not into the tests of one
//! store.
#![expect(
    clippy::missing_panics_doc,
    reason = "a case is a test: that it panics is what it is for"
)]

pub mod applications;
pub mod deliveries;
pub mod documents;
pub mod lists;
pub mod losses;
pub mod records;
pub mod reports;
pub mod sample;

use super::Store;

/// Hands the list of all cases to a macro, after its own arguments in brackets.
macro_rules! every_case {
    ($callback:ident! [$($arguments:tt)*]) => {
        $callback! {
            [$($arguments)*]
            applications {
                a_new_application_is_read_back_whole
                a_next_version_replaces_the_row_and_adds_its_events
                a_unit_without_events_changes_no_version
                a_batch_comes_to_what_its_units_come_to_one_by_one
                a_full_batch_is_recorded_with_its_receipts
                erasure_removes_everything_but_events
                corrected_contacts_replace_those_of_the_form
                corrected_words_replace_those_there_were
                the_contact_that_sent_an_application_stays
                personal_values_past_their_time_are_listed_until_erased
            }
            losses {
                of_two_racing_writers_exactly_one_wins
                a_losing_unit_loses_alone_and_names_itself
                one_of_fifty_with_one_once_per_key_wins
                an_approval_counts_until_the_cutoff
                a_released_key_is_free
                another_value_frees_the_first_key
                a_key_that_went_to_another_is_not_released_by_the_first
                a_key_given_up_in_a_batch_is_free_for_the_next_unit
                keys_may_change_rules
                an_approval_is_of_all_keys_held_afterwards
                a_repeated_request_gets_the_stored_outcome
                one_key_twice_in_a_batch_is_recorded_once
                a_reference_is_given_once
                a_voucher_is_given_once
                neighbours_in_a_batch_draw_from_one_pot
            }
            lists {
                pages_of_applications_meet_without_gap_or_repetition
                applications_are_found_by_what_is_asked
                pages_of_words_meet_without_gap_or_repetition
                ids_come_in_order_from_a_place
                an_officer_sees_mine_pool_and_team
                a_task_is_seen_by_a_role_it_was_escalated_to
                tasks_come_by_deadline_and_those_without_one_last
                late_tasks_and_stages_are_told_apart
                a_suspended_task_is_in_no_queue_and_fires_no_timer
                timers_come_due_the_earliest_first
                a_voucher_that_ended_is_listed_until_it_expires
                the_vouchers_of_a_status_list_stand_at_their_indexes
                applications_are_counted_by_status
                applications_that_stay_on_a_definition_are_counted
            }
            reports {
                applications_sent_within_a_span_are_counted
                what_happened_within_a_span_is_counted_once
                open_tasks_are_counted_by_role_and_stage
            }
            deliveries {
                messages_of_an_application_go_in_order
                a_message_for_later_stands_behind_what_is_due
                what_is_tried_again_holds_up_its_application_only
                a_parked_delivery_is_an_incident_and_lets_the_next_pass
                a_parked_delivery_can_be_tried_again
                an_incident_of_an_application_opens_and_closes
                a_message_is_taken_by_one_at_a_time
                what_became_of_a_message_gives_it_back
                a_timer_that_was_taken_comes_again_until_it_fires
            }
            documents {
                a_document_that_something_refers_to_stays
                a_document_is_one_applications
                a_document_that_is_gone_is_lost
                neighbours_in_a_batch_lose_a_document_to_the_first
                documents_of_an_erased_application_are_nobodys_and_go
                a_removal_follows_what_its_neighbours_did
            }
            records {
                a_definition_keeps_its_number
                a_roster_follows_the_one_before
                a_schedule_runs_once_for_an_instant
                a_sign_in_is_used_once
                a_sign_in_without_tries_is_over
                the_message_of_a_sign_in_goes_with_it
                a_purge_acts_on_what_follows_it_in_a_batch
                a_token_is_given_once
                tokens_are_found_listed_and_revoked
                what_is_past_its_time_is_purged
            }
        }
    };
}

/// Writes the function that runs every case.
macro_rules! run_all {
    ([] $($module:ident { $($case:ident)* })*) => {
        /// Runs every case, each against a store of its own.
        pub async fn all(make: impl AsyncFn() -> Box<dyn Store>) {
            $($($module::$case(&*make().await).await;)*)*
        }
    };
}

/// Writes a test for each case; the argument is an async function that returns an empty `Box<dyn Store>`.
#[cfg(test)]
macro_rules! tests_of {
    ([$make:path] $($module:ident { $($case:ident)* })*) => {
        $(mod $module {
            $(#[tokio::test]
            async fn $case() {
                $crate::store::conformance::$module::$case(&*$make().await).await;
            })*
        })*
    };
}

every_case!(run_all![]);

#[cfg(test)]
#[expect(unused_imports, reason = "for the tests of the stores that keep files")]
pub(crate) use {every_case, tests_of};

#[cfg(test)]
mod memory {
    use crate::store::{Memory, Store};

    async fn empty() -> Box<dyn Store> {
        Box::new(Memory::new())
    }

    every_case!(tests_of![super::empty]);

    #[tokio::test]
    async fn all_runs_every_case() {
        super::all(empty).await;
    }
}
