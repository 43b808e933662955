//! The data folder: who holds it, and what it refuses to open.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_folder_is_its_owners_alone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = Folder::open(&parent.path().join("a/data")).unwrap();
    let layout = folder.layout();
    assert_eq!(mode(layout.root()), 0o700);
    for inner in [layout.documents(), layout.keys(), layout.messages()] {
        assert_eq!(mode(&inner), 0o700);
    }
    folder.master_key(None).unwrap();
    assert_eq!(mode(&layout.master_key()), 0o600);
}

#[test]
fn a_second_daemon_is_refused_and_told_who_holds_the_folder() {
    let parent = tempfile::tempdir().unwrap();
    let first = Folder::open(parent.path()).unwrap();
    let FolderError::InUse { pid, .. } = Folder::open(parent.path()).unwrap_err() else {
        panic!("another error")
    };
    assert_eq!(pid, Some(std::process::id()));
    drop(first);
    Folder::open(parent.path()).unwrap();
}

#[test]
fn the_master_key_is_created_once_and_never_beside_a_database() {
    let parent = tempfile::tempdir().unwrap();
    let folder = Folder::open(parent.path()).unwrap();
    let path = folder.layout().master_key();
    let key = folder.master_key(None).unwrap();
    fs::write(folder.layout().database(), "").unwrap();
    let again = folder.master_key(None).unwrap();
    assert_eq!(key.hash("phone", "1"), again.hash("phone", "1"));

    fs::remove_file(&path).unwrap();
    assert!(matches!(folder.master_key(None), Err(FolderError::KeyLost { .. })));
    assert!(!path.exists());
}

#[test]
fn a_named_master_key_is_never_created() {
    let parent = tempfile::tempdir().unwrap();
    let folder = Folder::open(parent.path()).unwrap();
    let named = parent.path().join("elsewhere.key");
    assert!(matches!(folder.master_key(Some(&named)), Err(FolderError::Io { .. })));
    assert!(!named.exists());
    create_private(&named, "AB".repeat(32).as_bytes()).unwrap();
    folder.master_key(Some(&named)).unwrap();
    assert!(!folder.layout().master_key().exists());
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let folder = Folder::open(parent.path()).unwrap();
    folder.master_key(None).unwrap();
    let path = folder.layout().master_key();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = folder.master_key(None).unwrap_err().to_string();
    assert!(error.contains("mode 640"), "{error}");
}

#[test]
fn a_file_without_a_key_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let folder = Folder::open(parent.path()).unwrap();
    for wrong in ["", "zz", &"ab".repeat(31), &"ab".repeat(33)] {
        replace_private(&folder.layout().master_key(), wrong.as_bytes()).unwrap();
        assert!(matches!(folder.master_key(None), Err(FolderError::NoKey { .. })), "{wrong}");
    }
}

#[test]
fn a_new_file_never_overwrites_and_a_replaced_one_leaves_no_draft() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("secret");
    create_private(&path, b"one").unwrap();
    assert!(matches!(create_private(&path, b"two"), Err(FolderError::Exists { .. })));
    assert_eq!(read_private(&path).unwrap().as_slice(), b"one");
    replace_private(&path, b"three").unwrap();
    assert_eq!(read_private(&path).unwrap().as_slice(), b"three");
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
}

#[test]
fn clients_find_the_daemon_while_it_runs() {
    let parent = tempfile::tempdir().unwrap();
    let folder = Folder::open(parent.path()).unwrap();
    let running = Running { address: "http://127.0.0.1:7667".to_owned(), pid: 7 };
    assert_eq!(folder.layout().running(), None);
    folder.announce(&running).unwrap();
    assert_eq!(folder.layout().running(), Some(running));
    folder.retract();
    assert_eq!(folder.layout().running(), None);
}
