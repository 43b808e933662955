//! The table of every code that a finding may have.
//!
//! A code is never given another meaning. The letter names the family: Y the YAML, S the shape, N names, G guards, T time,
//! M messages, P the pipeline, V vouchers and money, X examples and tests. Each code has a page in
//! `docs/src/reference/findings`, which is built in.

use super::Severity;

/// A stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code {
    /// A letter for the family and three digits.
    pub id: &'static str,
    /// How much its findings weigh.
    pub severity: Severity,
    /// What it means, in one line.
    pub title: &'static str,
}

/// Declares the codes, the table of all of them, and their pages.
macro_rules! codes {
    ($($name:ident, $id:literal, $severity:ident, $title:literal;)*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $title, ".")]
            pub const $name: Code = Code { id: $id, severity: Severity::$severity, title: $title };
        )*

        /// Every code, in the order of the reference.
        pub const ALL: &[Code] = &[$($name),*];

        impl Code {
            /// Returns the page that explains the code, as Markdown: what it means, a wrong example, a right one.
            #[must_use]
            pub fn page(self) -> &'static str {
                match self.id {
                    $($id => {
                        include_str!(concat!("../../../docs/src/reference/findings/", $id, ".md"))
                    })*
                    _ => "",
                }
            }
        }
    };
}

codes! {
    TOO_LARGE, "Y001", Error, "the file is larger than a definition may be";
    NOT_UTF8, "Y002", Error, "the file is not UTF-8 text";
    SYNTAX, "Y003", Error, "the file is not YAML";
    EMPTY, "Y004", Error, "the file holds no definition";
    ANCHOR, "Y005", Error, "anchors, aliases and merge keys are not part of the language";
    TAG, "Y006", Error, "YAML tags are not part of the language";
    SEVERAL_DOCUMENTS, "Y007", Error, "the file holds more than one document";
    DUPLICATE_KEY, "Y008", Error, "a key stands twice in one place";
    TOO_DEEP, "Y009", Error, "the file is nested too deeply";
    TOO_MANY_NODES, "Y010", Error, "the file has too many entries";
    KEY_NOT_TEXT, "Y011", Error, "a key is not plain text";
    NUMBER_NOT_EXACT, "Y012", Error, "a number cannot be kept exactly without quotes";

    UNKNOWN_KEY, "S001", Error, "a key is not known here";
    MISSING_KEY, "S002", Error, "a required key is missing";
    WRONG_TYPE, "S003", Error, "a value is of the wrong kind";
    NOT_AN_OPTION, "S004", Error, "a value is none of those allowed here";
    BAD_LENGTH, "S005", Error, "a value or a list is too short, too long, or repeats itself";
    BAD_NUMBER, "S006", Error, "a number is outside its range, or is none";
    NOT_BUILT, "S007", Note, "a part of the language is checked, and not run yet";
    KEY_NOT_FOR_THIS, "S008", Error, "a key does not belong to this kind of entry";
    QUOTED_YES_NO, "S009", Error, "yes and no stand without quotes";
    BAD_NAME, "S010", Error, "a name is not written as names are";
    BAD_PATTERN, "S011", Error, "a pattern is no regular expression";
    BAD_BOUNDS, "S012", Error, "a smallest value is above the largest";
    BAD_SIZE, "S013", Error, "a file size cannot be read";
    BAD_URL, "S015", Error, "an address is none that a webhook can be sent to";
    FORMAT_NOT_KNOWN, "S014", Error, "the format of the file is not known";

    UNKNOWN_ROLE, "N001", Error, "a role is not declared";
    UNKNOWN_STAGE, "N002", Error, "a stage is not declared";
    UNKNOWN_REASON, "N003", Error, "a reason is not declared";
    UNKNOWN_FIELD, "N004", Error, "a field is not declared";
    UNKNOWN_LANGUAGE, "N005", Error, "a language is not among the programme's languages, or is no language tag";
    UNKNOWN_CURRENCY, "N006", Error, "a currency is none of ISO 4217";
    RESERVED_ROLE, "N007", Error, "a role has a name that the engine keeps for itself";
    UNKNOWN_EVENT, "N017", Error, "an event is not known";
    UNUSED_ROLE, "N008", Error, "a role is used nowhere";
    DUPLICATE_STAGE, "N009", Error, "two stages have one name";
    RESERVED_STAGE, "N010", Error, "a stage has a name that guards use for something else";
    WRONG_FIELD_TYPE, "N011", Error, "a field is of another type than is needed here";
    DUPLICATE_NAME, "N012", Error, "two entries of a list have one name";
    UNUSED_REASON, "N013", Warning, "a reason can never be given";
    NOT_PERSONAL, "N014", Warning, "a field looks personal and is not marked so";
    MISSING_TRANSLATION, "N015", Warning, "a text has no words in one of the languages";
    UNKNOWN_WEBHOOK, "N018", Error, "a webhook is not declared";
    NO_REASONS, "N016", Error, "a decision needs reasons, and none are declared";

    BAD_GUARD, "G100", Error, "a guard cannot be read";
    UNKNOWN_NAME, "G101", Error, "a guard reads something that does not exist";
    NOT_ASKED, "G102", Error, "a guard reads an answer that the stage does not ask for";
    ASKED_LATER, "G103", Error, "a guard reads an answer before it is given";
    CONSTANT_GUARD, "G105", Warning, "a guard always has the same result";
    NEVER_TRUE, "G106", Error, "an approval is never possible";
    BAD_FUNCTIONS, "G107", Error, "the functions cannot be read";
    BAD_LIMIT, "G108", Error, "a limit is no number";
    WRONG_TYPES, "G109", Error, "a guard uses values that do not go together";
    MAY_BE_MISSING, "G110", Error, "a guard uses a value that may be missing, and does not ask whether it is there";
    WRONG_RESULT, "G111", Error, "a guard comes to something else than is needed";
    NO_SUCH_OPTION, "G112", Error, "a guard compares a choice with what is none of its options";
    NO_ENTRY, "G113", Error, "a table of the limits has no entry for what a guard may look up";
    NOT_VERIFIED, "G114", Warning, "the types of a function are not declared, so that guards that call it are not verified";
    NEVER_RUNS, "G115", Error, "a guard can never be computed";

    BAD_DURATION, "T101", Error, "a duration cannot be read";
    UNKNOWN_TIMEZONE, "T102", Error, "a time zone is not known";
    BEFORE_DUE, "T103", Error, "a late action stands before the deadline it belongs to";
    BAD_CRON, "T104", Error, "a schedule's time cannot be read, or never comes";
    NO_DEADLINE, "T105", Warning, "a stage has no deadline";
    NO_KEEP, "T106", Warning, "personal values are kept for ever";
    NO_ANSWER_TIME, "T107", Error, "the applicant's time to answer is missing";
    BAD_LOCAL_TIME, "T108", Error, "a local time cannot be read, or lies in the past of its test";
    BAD_DATE, "T109", Error, "a date cannot be read";
    BAD_HOURS, "T110", Error, "opening hours cannot be read, overlap, or never come";
    BAD_CLOSED_DAY, "T111", Error, "a closed day cannot be read";
    NEVER_OPEN, "T112", Error, "applications are never taken";

    UNKNOWN_PLACEHOLDER, "M101", Error, "a message names something that is not filled in";
    PRIVATE_PLACEHOLDER, "M102", Error, "a message to others names something personal";
    UNKNOWN_RECIPIENT, "M103", Error, "a message goes to somebody who is not known";
    NO_CONTACT, "M104", Warning, "no field says where the applicant is reached";
    NOTICE_WITHOUT_TEXT, "M105", Error, "a message has no words";
    NEVER_SENT, "M106", Warning, "a message is never sent";

    SEND_BACK_TARGET, "P101", Error, "an application is sent back to a stage that is not an earlier one";
    NOT_A_DOCUMENT, "P102", Error, "a required document is no file field";
    MONEY_WITHOUT_PERSON, "P103", Error, "money needs a person";
    ISSUE_TOO_EARLY, "P104", Error, "only the last stage issues the voucher";
    NO_VOUCHER, "P105", Error, "a stage issues a voucher, and there is none";
    NEVER_OPENED, "P106", Error, "a stage is never opened";
    NEVER_ROUTED, "P107", Error, "a role never gets the stage it stands at";
    ROUTES_GAP, "P108", Warning, "routes that compare one amount leave some amounts out";
    ROUTES_OVERLAP, "P109", Warning, "routes that compare one amount hold for the same amounts";
    DECIDED_TWICE, "P110", Error, "who decides is said in two ways";
    NESTED_GROUP, "P111", Error, "a group of stages stands within another";
    PAY_TOO_EARLY, "P112", Error, "only the last stage of the reimbursement pays";

    NO_CURRENCY, "V101", Error, "money needs a currency";
    UNKNOWN_CHECK, "V102", Error, "what is asked at redemption is not in the form";
    BAD_TIMES, "V103", Error, "a voucher cannot be redeemed this many times";
    BAD_AMOUNT, "V104", Error, "a voucher of this amount is never issued";
    NEEDS_VOUCHER, "V105", Error, "a part needs a voucher, and there is none";
    BAD_SCORE, "V106", Error, "a score leaves values out, or can never count some of its points";
    NO_WAITING, "V107", Error, "waiting approvals are released, and none ever waits";

    BAD_EXAMPLE, "X101", Error, "an example does not fit the form";
    UNKNOWN_EXAMPLE, "X102", Error, "a test begins from an example that does not exist";
    UNKNOWN_STEP, "X103", Error, "a step of a test is not known";
    UNKNOWN_EXPECTATION, "X104", Error, "a test expects something that is not known";
    UNKNOWN_ANSWER, "X105", Error, "a step gives an answer that its stage does not ask for";
    WRONG_EXPECTATION, "X106", Error, "a test expects a value that can never be";
    DUPLICATE_TEST, "X107", Error, "two tests have one name";
    NO_SUCH_PART, "X108", Error, "a test uses a part that the programme does not have";
    MISSING_REASON, "X109", Error, "a step decides without the reason, or the words, that it needs";
}

/// Returns the code of an id, written in capitals or not.
#[must_use]
pub fn find(id: &str) -> Option<Code> {
    ALL.iter().copied().find(|code| code.id.eq_ignore_ascii_case(id))
}

/// Returns the code that was most likely meant by an id that is none.
#[must_use]
pub fn meant(id: &str) -> Option<Code> {
    super::likely(id, ALL.iter().map(|code| code.id)).and_then(find)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_stands_once_and_every_title_is_a_line() {
        let mut ids: Vec<&str> = ALL.iter().map(|code| code.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ALL.len());
        assert!(ALL.iter().all(|code| !code.title.ends_with('.') && !code.title.contains('\n')));
        assert_eq!(find("S001"), Some(UNKNOWN_KEY));
    }

    #[test]
    fn a_code_is_found_in_small_letters_and_a_likely_one_for_a_slip() {
        assert_eq!(find("g102"), Some(NOT_ASKED));
        assert_eq!((find("G1022"), meant("G1022")), (None, Some(NOT_ASKED)));
        assert_eq!(meant("budget"), None);
    }
}
