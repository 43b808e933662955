//! Who may see and do what.

use annona_definitions::programme::{ProgrammeId, StageId};
use annona_engine::application::{Application, Status, Task};
use annona_engine::id::{ApplicationId, Who};
use annona_engine::store::TokenOwner;
use annona_engine::{Refusal, roster};
use uuid::Uuid;

use super::*;

const CONTACT: Hash = Hash([7; 32]);

#[derive(Debug)]
struct Fixed {
    tokens: Vec<Token>,
    roster: Arc<Roster>,
}

#[async_trait]
impl Directory for Fixed {
    async fn token(&self, hash: Hash) -> Result<Option<Token>, StoreError> {
        Ok(self.tokens.iter().find(|token| token.hash == hash).cloned())
    }

    async fn roster(&self) -> Result<Arc<Roster>, StoreError> {
        Ok(Arc::clone(&self.roster))
    }
}

fn roster() -> Arc<Roster> {
    let holds = |id: &str, programme: Option<&str>, role: &str| {
        let holding = match programme {
            Some(programme) => serde_json::json!({"programme": programme, "role": role}),
            None => serde_json::json!({"role": role}),
        };
        serde_json::json!({"id": id, "name": id, "holds": [holding]})
    };
    let roster: roster::Roster = serde_json::from_value(serde_json::json!({
        "people": [
            holds("grace", Some("surgery"), "doctor"),
            holds("vera", Some("surgery"), "director"),
            holds("amos", Some("kit"), "reviewer"),
            holds("joseph", None, "administrator"),
            holds("omar", None, "operator"),
            holds("ada", None, "auditor"),
            holds("irene", None, "issuer"),
            holds("portal", None, "intake"),
            holds("other", None, "intake"),
        ],
        "providers": [
            {"id": "mulago", "name": "Mulago", "kind": "hospital", "programmes": ["surgery"]},
            {"id": "sunrise", "name": "Sunrise", "kind": "shop", "programmes": ["kit"]},
        ],
    }))
    .unwrap();
    assert_eq!(roster.check(), []);
    Arc::new(roster)
}

fn principal(name: &str) -> Principal {
    let owner = match name {
        "applicant" => TokenOwner::Applicant { programme: "surgery".to_owned(), contact: CONTACT },
        "mulago" | "sunrise" => TokenOwner::Listed(Who::Provider(name.to_owned())),
        _ => TokenOwner::Listed(Who::Person(name.to_owned())),
    };
    Principal::of(owner, roster()).unwrap()
}

fn surgery() -> ProgrammeId {
    ProgrammeId::recorded("surgery")
}

/// An application that the portal sent, in the doctor's queue and claimed by her.
fn application() -> Application {
    let at = "2026-03-02T09:00:00Z".parse().unwrap();
    let grace = Who::Person("grace".to_owned());
    Application {
        id: ApplicationId(Uuid::from_u128(1)),
        reference: "US-7K3F-92Q6".to_owned(),
        programme: surgery(),
        definition: Hash([0; 32]),
        version: 3,
        head: Hash([0; 32]),
        submitted_at: at,
        submitted_by: Who::Person("portal".to_owned()),
        changed_at: at,
        status: Status::InReview,
        form: std::collections::BTreeMap::new(),
        documents: Vec::new(),
        stages: Vec::new(),
        tasks: vec![Task {
            number: 1,
            stage: StageId::recorded("medical"),
            role: annona_definitions::programme::RoleId::recorded("doctor"),
            escalated_to: Vec::new(),
            opened_at: at,
            due: None,
            timers: Vec::new(),
            claimed_by: Some(grace),
            content: 1,
            suspended_at: None,
        }],
        tasks_opened: 1,
        drafts: Vec::new(),
        returned: None,
        held: None,
        reason: None,
        deciders: vec![(StageId::recorded("intake"), Who::Person("vera".to_owned()))],
        voucher: None,
        erased: false,
    }
}

/// Everybody in these tests.
const EVERYBODY: [&str; 12] = [
    "applicant",
    "grace",
    "vera",
    "amos",
    "joseph",
    "omar",
    "ada",
    "irene",
    "portal",
    "other",
    "mulago",
    "sunrise",
];

/// Returns who may, and after a `|` who may not and is told which role it takes; everybody else sees nothing.
fn table<'a>(action: impl Fn(bool) -> Action<'a>) -> String {
    let mut allowed = Vec::new();
    let mut told = Vec::new();
    for name in EVERYBODY {
        match may(&principal(name), action(name == "applicant")) {
            Ok(()) => allowed.push(name),
            Err(Refusal::NotYourRole { .. }) => told.push(name),
            Err(Refusal::NotFound) => {}
            Err(other) => panic!("{other}"),
        }
    }
    format!("{} | {}", allowed.join(" "), told.join(" ")).trim().to_owned()
}

#[test]
fn the_installation_belongs_to_administrators_and_operators() {
    let others = "applicant grace vera amos omar ada irene portal other mulago sunrise";
    assert_eq!(table(|_| Action::Administer), format!("joseph | {others}"));
    assert_eq!(
        table(|_| Action::Incidents),
        format!("omar | {}", others.replace("omar", "joseph"))
    );
}

#[test]
fn a_token_is_its_owners_and_administrators() {
    let (grace, mulago) = (Who::Person("grace".into()), Who::Provider("mulago".into()));
    assert_eq!(table(|_| Action::ManageToken(&grace)), "grace joseph |");
    assert_eq!(table(|_| Action::ManageToken(&mulago)), "joseph mulago |");
}

#[test]
fn a_programme_is_seen_by_those_who_have_to_do_with_it() {
    let programme = surgery();
    let people = "grace vera joseph omar ada irene portal other";
    assert_eq!(
        table(|_| Action::ReadProgramme(&programme)),
        format!("applicant {people} mulago |")
    );
    assert_eq!(table(|_| Action::ReadDefinition(&programme)), format!("{people} |"));
    // Who only sends for others lists nothing.
    let listing = "applicant grace vera joseph omar ada irene |";
    assert_eq!(table(|_| Action::List(&programme)), listing);
    assert_eq!(table(|_| Action::Queues), "grace vera amos joseph omar ada irene portal other |");
    assert_eq!(
        table(|_| Action::Submit(&programme)),
        "applicant portal other | grace vera joseph omar ada irene mulago"
    );
    assert_eq!(
        table(|_| Action::SubmitFor(&programme)),
        "portal other | applicant grace vera joseph omar ada irene mulago"
    );
}

#[test]
fn an_application_is_seen_by_its_people_alone() {
    let application = application();
    let sight = |is_theirs| Sight { application: &application, is_theirs };
    let readers = "applicant grace vera joseph omar ada irene portal";
    assert_eq!(table(|theirs| Action::Read(sight(theirs))), format!("{readers} |"));
    assert_eq!(table(|theirs| Action::Speak(sight(theirs))), "applicant portal |");
    assert_eq!(
        table(|theirs| Action::Erase(sight(theirs))),
        "joseph | applicant grace vera omar ada irene portal"
    );
    // A session whose contact is not the application's sees nothing.
    assert_eq!(may(&principal("applicant"), Action::Read(sight(false))), Err(Refusal::NotFound));
}

#[test]
fn a_task_is_worked_by_its_role_and_the_roles_it_was_escalated_to() {
    let mut application = application();
    let work = |application: &Application| {
        EVERYBODY
            .into_iter()
            .filter(|name| {
                may(&principal(name), Action::Work(application, &application.tasks[0])).is_ok()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(work(&application), ["grace"]);
    application.tasks[0]
        .escalated_to
        .push(annona_definitions::programme::RoleId::recorded("director"));
    assert_eq!(work(&application), ["grace", "vera"]);
    let amos = may(&principal("amos"), Action::Work(&application, &application.tasks[0]));
    assert_eq!(amos, Err(Refusal::NotFound));
}

#[test]
fn the_code_of_a_voucher_is_for_who_speaks_decided_or_issues() {
    let application = application();
    let sight = |is_theirs| Sight { application: &application, is_theirs };
    assert_eq!(table(|theirs| Action::HoldVoucher(sight(theirs))), "applicant vera irene portal |");
    assert_eq!(
        table(|theirs| Action::ReadVoucher(sight(theirs))),
        "applicant grace vera joseph omar ada irene portal mulago |"
    );
    assert_eq!(table(|_| Action::Redeem(&application)), "mulago |");
    assert_eq!(
        table(|theirs| Action::Revoke(sight(theirs))),
        "irene | applicant grace vera joseph omar ada portal"
    );
}

#[test]
fn personal_values_are_seen_in_ones_own_task_alone() {
    let mut application = application();
    let seeing = |application: &Application| {
        EVERYBODY
            .into_iter()
            .filter(|name| {
                sees_personal(
                    &principal(name),
                    Sight { application, is_theirs: *name == "applicant" },
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(seeing(&application), ["applicant", "grace"]);
    application.tasks[0].claimed_by = None;
    assert_eq!(seeing(&application), ["applicant"]);
    // A role taken away acts at once, whoever has claimed the task.
    application.tasks[0].claimed_by = Some(Who::Person("amos".to_owned()));
    assert_eq!(seeing(&application), ["applicant"]);
}

#[test]
fn a_document_is_its_uploaders_until_an_application_has_it() {
    let application = application();
    let sight = |is_theirs| Sight { application: &application, is_theirs };
    assert_eq!(table(|theirs| Action::ReadDocument(sight(theirs))), "applicant grace |");
    let uploader = principal("portal").scope();
    assert_eq!(table(|_| Action::ReadUpload(uploader)), "portal |");
}

#[tokio::test]
async fn a_token_opens_until_its_end_and_while_its_owner_is_listed() {
    let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
    let token = |owner: TokenOwner, expires_at: Option<&str>| {
        let secret = Secret::mint().unwrap();
        let token = Token {
            id: Uuid::from_u128(1),
            hash: secret.hash(),
            owner,
            label: String::new(),
            created_at: now,
            expires_at: expires_at.map(|end| end.parse().unwrap()),
        };
        (secret, token)
    };
    let listed = |id: &str| TokenOwner::Listed(Who::Person(id.to_owned()));
    let applicant = TokenOwner::Applicant { programme: "surgery".to_owned(), contact: CONTACT };
    let cases = [
        (token(listed("grace"), None), true),
        (token(listed("grace"), Some("2026-03-02T09:00:01Z")), true),
        (token(listed("grace"), Some("2026-03-02T09:00:00Z")), false),
        (token(listed("nobody"), None), false),
        (token(TokenOwner::Listed(Who::Engine), None), false),
        (token(applicant, Some("2026-03-03T09:00:00Z")), true),
    ];
    let tokens = cases.iter().map(|((_, token), _)| token.clone()).collect();
    let directory = Fixed { tokens, roster: roster() };
    for ((secret, token), opens) in &cases {
        let found = authenticate(&directory, secret.text(), now).await.unwrap();
        assert_eq!(found.is_some(), *opens, "{:?}", token.owner);
    }
    let unknown = Secret::mint().unwrap();
    assert!(authenticate(&directory, unknown.text(), now).await.unwrap().is_none());
    assert!(authenticate(&directory, "ann_nonsense", now).await.unwrap().is_none());
}

#[test]
fn principals_differ_by_their_scope() {
    let scopes: std::collections::BTreeSet<Hash> =
        EVERYBODY.into_iter().map(|name| principal(name).scope()).collect();
    assert_eq!(scopes.len(), EVERYBODY.len());
}
