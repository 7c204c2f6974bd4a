//! Puts a digest of the Rust sources into the module. `sfu/dataplane_digest.py` computes the same from a checkout.

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// What makes the binary, relative to the workspace.
const SOURCES: [&str; 7] = [
    "Cargo.lock",
    "Cargo.toml",
    "core/Cargo.toml",
    "core/src",
    "python/Cargo.toml",
    "python/build.rs",
    "python/src",
];

fn main() -> io::Result<()> {
    let workspace = PathBuf::from("..");
    let mut files = Vec::new();
    for source in SOURCES {
        println!("cargo::rerun-if-changed=../{source}");
        collect(&workspace, Path::new(source), &mut files)?;
    }
    files.sort();
    let mut digest = Sha256::new();
    for name in files {
        let content = fs::read(workspace.join(&name))?;
        digest.update(format!("{name} {}\n", content.len()));
        digest.update(content);
    }
    let hex: String = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    println!("cargo::rustc-env=SOURCE_DIGEST={hex}");
    Ok(())
}

fn collect(workspace: &Path, name: &Path, files: &mut Vec<String>) -> io::Result<()> {
    let path = workspace.join(name);
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(workspace, &name.join(entry?.file_name()), files)?;
        }
    } else if path.is_file() {
        files.push(name.to_string_lossy().replace('\\', "/"));
    }
    Ok(())
}
