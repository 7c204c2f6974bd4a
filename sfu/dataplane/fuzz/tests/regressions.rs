//! Every input that ever showed a bug, and every seed, through its target: fuzzing without a fuzzer.

use std::fs;
use std::path::{Path, PathBuf};

use folkmoot_fuzz::{TARGETS, Target, find};

fn folders(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(kind);
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn run(target: &Target, kind: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(kind)
        .join(target.name);
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        (target.run)(&fs::read(path).unwrap());
    }
}

#[test]
fn no_bug_that_was_found_comes_back() {
    for target in TARGETS {
        run(target, "regressions");
    }
}

#[test]
fn every_seed_is_taken() {
    for target in TARGETS {
        run(target, "seeds");
        (target.run)(&[]);
    }
}

#[test]
fn every_folder_of_inputs_belongs_to_a_target() {
    for folder in folders("seeds").into_iter().chain(folders("regressions")) {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(
            !folder.is_dir() || find(&name).is_some(),
            "{name} is no target"
        );
    }
}
