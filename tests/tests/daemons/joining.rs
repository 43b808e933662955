//! Who may join: a daemon with the folders, the name and the schema of the others.

use annona_tests::{Cluster, Office};

/// Settings of a daemon that keeps everything to itself.
const ALONE: &str = "address = 'https://aid.example.org'";

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_with_other_folders_another_name_or_an_older_program_is_refused() {
    let cluster = Cluster::start();
    let store = cluster.create("aid");
    // All three start at once over an empty database, and make one of everything.
    let office = Office::open(&store, 3);
    let _ = office.admin(0).get("/v1/roster").await.is(200);
    assert_eq!(cluster.query("aid", "SELECT count(*) FROM token"), "1");
    let keys = std::fs::read_dir(office.place().join("shared/keys")).unwrap();
    let is_pem =
        |name: &String| std::path::Path::new(name).extension().is_some_and(|it| it == "pem");
    let pem = |name: &String| is_pem(name) && name != "root.pem";
    let names = keys.map(|file| file.unwrap().file_name().to_string_lossy().into_owned());
    assert_eq!(names.filter(pem).count(), 1);

    let (code, said) = office.refused(&store, "alone", ALONE);
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("is not the folder that the daemons of this database share"), "{said}");

    let shared = office.place().join("shared");
    let (documents, keys) = (shared.join("documents"), shared.join("keys"));
    let folders = format!("documents = {documents:?}\nkeys = {keys:?}\n");
    let renamed = format!("address = 'https://other.example.org'\n{folders}");
    let (code, said) = office.refused(&store, "renamed", &renamed);
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("set `issuer` and `address` as theirs"), "{said}");

    let (code, said) = office.refused(&cluster.create("other"), "foreign", &renamed);
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("belongs to another installation"), "{said}");

    let _ = cluster.query("aid", "UPDATE annona_schema SET version = 99");
    let (code, said) = office.refused(&store, "older", &format!("{ALONE}\n{folders}"));
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("the store has schema 99"), "{said}");
}
