//! Who may know whom, and where things live: the borders that the compiler does not hold.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use syn::visit::Visit;

/// Inside a package, who may know whom: (package, module, the modules it may name).
const ARROWS: &[(&str, &str, &[&str])] = &[
    ("customers", "channels", &[]),
    ("customers", "consent", &["channels", "events"]),
    ("customers", "events", &[]),
    ("customers", "sheets", &[]),
    ("customers", "tags", &["events"]),
    ("customers", "orders", &["members"]),
    ("customers", "members", &["events", "sheets"]),
    ("customers", "contacts", &["channels", "consent", "events", "members", "orders", "sheets", "tags"]),
    ("customers", "audiences", &["channels", "consent", "contacts", "events", "members", "orders", "tags"]),
    ("customers", "imports", &["channels", "consent", "contacts", "events", "members", "orders", "sheets", "tags"]),
    ("sending", "messages", &[]),
    ("sending", "channels", &["images", "messages"]),
    ("sending", "dispatch", &["channels", "messages"]),
    ("sending", "images", &["messages"]),
    ("sending", "sandbox", &["channels", "dispatch", "messages"]),
    ("campaigns", "rates", &[]),
    ("campaigns", "funnel", &["rates"]),
    ("campaigns", "broadcasts", &["funnel", "rates"]),
    ("campaigns", "find", &[]),
    ("campaigns", "journeys", &["funnel"]),
    ("campaigns", "schedules", &["journeys"]),
    ("campaigns", "today", &["broadcasts", "journeys", "schedules"]),
];

const PACKAGES: &[&str] = &["base", "customers", "sending", "campaigns"];

fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The first two segments of every path that a file names outside its tests.
#[derive(Default)]
struct Paths(BTreeSet<(String, String)>);

impl<'a> Visit<'a> for Paths {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        if !item.attrs.iter().any(|attribute| attribute.path().is_ident("cfg")) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let mut segments = path.segments.iter().map(|segment| segment.ident.to_string());
        if let Some(first) = segments.next() {
            self.0.insert((first, segments.next().unwrap_or_default()));
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.tree(&item.tree, None);
    }
}

impl Paths {
    fn tree(&mut self, tree: &syn::UseTree, first: Option<String>) {
        match tree {
            syn::UseTree::Path(path) => match first {
                None => self.tree(&path.tree, Some(path.ident.to_string())),
                Some(first) => {
                    self.0.insert((first, path.ident.to_string()));
                }
            },
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(item, first.clone())),
            syn::UseTree::Name(name) => {
                let name = name.ident.to_string();
                self.0.insert(match first {
                    None => (name, String::new()),
                    Some(first) => (first, name),
                });
            }
            syn::UseTree::Rename(name) => {
                let name = name.ident.to_string();
                self.0.insert(first.map_or((name.clone(), String::new()), |first| (first, name)));
            }
            syn::UseTree::Glob(_) => {
                self.0.insert((first.unwrap_or_default(), "*".into()));
            }
        }
    }
}

fn paths(file: &Path) -> BTreeSet<(String, String)> {
    let mut paths = Paths::default();
    paths.visit_file(&syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap());
    paths.0
}

#[test]
fn inside_a_package_the_arrows_point_one_way() {
    let mut wrong = Vec::new();
    for package in PACKAGES.iter().filter(|package| **package != "base") {
        for file in sources(&format!("src/{package}")) {
            let inside = file.strip_prefix(format!("src/{package}")).unwrap();
            let module = inside.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
            if module == "lib" {
                continue;
            }
            let Some((_, _, may)) = ARROWS.iter().find(|(p, m, _)| p == package && *m == module) else {
                wrong.push(format!("{package}::{module} has no line in the table"));
                continue;
            };
            for (first, second) in paths(&file) {
                let known = ARROWS.iter().any(|(p, m, _)| p == package && *m == second);
                if first == "crate" && known && second != module && !may.contains(&second.as_str()) {
                    wrong.push(format!("{} names {second}", file.display()));
                }
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_stores_speak_to_the_database_and_only_pages_to_the_web() {
    let mut wrong = Vec::new();
    for file in PACKAGES.iter().flat_map(|package| sources(&format!("src/{package}"))) {
        let place = file.to_string_lossy().into_owned();
        let part = |name: &str| place.contains(&format!("/{name}/")) || place.ends_with(&format!("/{name}.rs"));
        let stores = part("store")
            || part("db")
            || place.contains("src/base/jobs")
            || place.contains("src/base/web/")
            || place.contains("src/base/workspace.rs");
        let pages = part("pages") || place.contains("src/base/web/");
        for (first, second) in paths(&file) {
            // The types of errors and results are everybody's.
            let harmless = matches!(second.as_str(), "QueryResult" | "result" | "NotFound");
            if first == "diesel" && !stores && !harmless {
                wrong.push(format!("{place} speaks diesel: {second}"));
            }
            if first.starts_with("actix") && !pages {
                wrong.push(format!("{place} speaks {first}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_is_longer_than_a_reader_s_patience() {
    let mut long = Vec::new();
    for file in sources("src") {
        let text = fs::read_to_string(&file).unwrap();
        let excused = text.lines().any(|line| line.starts_with("//! Long because"));
        if text.lines().count() > 400 && !excused {
            long.push(format!("{}: {} lines", file.display(), text.lines().count()));
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}
