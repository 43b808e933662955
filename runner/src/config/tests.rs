//! Where a setting comes from, and how a wrong one is refused.

use super::*;

fn load(file: &str, environment: &[(&str, &str)], flags: &[Given]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("annona.toml");
    std::fs::write(&path, file).unwrap();
    let environment =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(Some(&path), environment, flags)
        .map_err(|error| error.to_string().replace(&format!("{}", path.display()), "annona.toml"))
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let file = "data = 'file'\nissuer = 'file'\nlisten = '127.0.0.1:1'\n[limits]\nrequests = 1\nstop_seconds = 7\n";
    let environment =
        [("ANNONA_ISSUER", "env"), ("ANNONA_DATA", "env"), ("ANNONA_LIMITS_REQUESTS", "2")];
    let flags = [Given { name: "data", value: "flag".to_owned() }];
    let config = load(file, &environment, &flags).unwrap();
    assert_eq!(config.data, Path::new("flag"));
    assert_eq!(config.issuer, "env");
    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.limits.requests, 2);
    assert_eq!(config.limits.stop_time.as_secs(), 7);
}

#[test]
fn without_any_setting_the_defaults_stand() {
    assert_eq!(Config::load(None, [], &[]).unwrap(), Config::default());
}

#[test]
fn an_unknown_setting_is_named_with_its_place() {
    insta::assert_snapshot!(load("[smtp]\nhost = 'mail'\npasword = 'x'\n", &[], &[]).unwrap_err(), @"
    annona.toml: TOML parse error at line 3, column 1
      |
    3 | pasword = 'x'
      | ^^^^^^^
    unknown field `pasword`, expected one of `host`, `port`, `tls`, `username`, `password_file`, `ca_file`, `from`, `timeout_seconds`
    ");
}

#[test]
fn a_variable_that_is_no_setting_is_a_warning() {
    let environment = [("ANNONA_SMPT_HOST", "x"), ("ANNONA_TOKEN", "t"), ("HOME", "/")];
    let config = load("", &environment, &[]).unwrap();
    assert_eq!(config.warnings, ["the variable ANNONA_SMPT_HOST is no setting"]);
}

#[test]
fn bad_values_are_refused_by_name() {
    let refused = |file: &str| load(file, &[], &[]).unwrap_err();
    assert!(refused("listen = 'everywhere'").contains("line 1"));
    assert_eq!(refused("limits.requests = 0"), "limits.requests: must be from 1 to 100000");
    assert_eq!(refused("address = 'ftp://x'"), "address: must be as `https://annona.example.org`");
    assert_eq!(refused("issuer = ' '"), "issuer: must be a name of at most 100 characters");
    let mail = "[smtp]\nhost = 'mail.example.org'\nfrom = 'a@example.org'\n";
    assert_eq!(refused("[smtp]\nhost = 'm'\n"), "smtp.from: is needed to send mail");
    assert_eq!(refused("[smtp]\nport = 25\n"), "smtp.host: is needed to send mail");
    assert_eq!(
        refused(&format!("{mail}username = 'u'")),
        "smtp.password_file: is needed to send mail"
    );
    assert_eq!(refused(&mail.replace("a@", "a")), "smtp.from: is no mail address");
    let clear = refused(&format!("{mail}username = 'u'\npassword_file = 'p'\ntls = 'none'"));
    assert!(clear.starts_with("smtp.tls: a password is not sent"), "{clear}");
    let environment = [("ANNONA_SMTP_PORT", "many")];
    assert_eq!(
        load(mail, &environment, &[]).unwrap_err(),
        "ANNONA_SMTP_PORT: must be a whole number"
    );
    let environment = [("ANNONA_LISTEN", "nowhere")];
    assert!(load(mail, &environment, &[]).unwrap_err().starts_with("listen: "));
}

#[test]
fn every_listed_setting_is_one_and_the_issuer_defaults_to_the_host() {
    let value = |setting: &Setting| match setting.name {
        "listen" => "127.0.0.1:1",
        "address" => "https://aid.example.org/",
        "store" => "postgres://annona@127.0.0.1/annona",
        "smtp.tls" => "tls",
        "smtp.from" => "a@example.org",
        "log.format" => "json",
        _ if setting.number => "2000",
        _ => "x",
    };
    let flags: Vec<Given> = SETTINGS
        .iter()
        .filter(|setting| !matches!(setting.name, "config" | "issuer"))
        .map(|setting| match setting.name {
            "limits.request_seconds" | "smtp.timeout_seconds" | "store_connections" => {
                Given { name: setting.name, value: "9".to_owned() }
            }
            name => Given { name, value: value(setting).to_owned() },
        })
        .collect();
    let config = Config::load(None, [], &flags).unwrap();
    assert_eq!(config.address.as_deref(), Some("https://aid.example.org"));
    assert_eq!(config.issuer, "aid.example.org");
    assert_eq!(config.smtp.unwrap().port, 2000);
}

#[test]
fn a_database_is_named_by_an_address_without_a_password() {
    let config = load("store = 'postgres://annona@db/aid'\nstore_connections = 3\n", &[], &[]);
    let database = Database {
        address: "postgres://annona@db/aid".to_owned(),
        password_file: None,
        connections: Some(3),
    };
    assert_eq!(config.unwrap().store, Store::Postgres(database));
    assert_eq!(load("store = 'sqlite'", &[], &[]).unwrap().store, Store::Sqlite);
    let refused = |file: &str| load(file, &[], &[]).unwrap_err();
    assert_eq!(
        refused("store = 'postgres://annona:secret@db/aid'"),
        "store: must be `sqlite`, or as `postgres://user@host/database`: the store cannot be used: a password stands in the \
         address: put it into a file"
    );
    assert!(refused("store = 'mysql://db'").starts_with("store: must be `sqlite`"));
    assert_eq!(
        refused("store = 'postgres://db'\nstore_connections = 0"),
        "store_connections: must be from 1 to 1000"
    );
}
