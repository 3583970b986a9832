//! The contact sheet: every picture on one page without scripts, grouped by page, the four looks side by side.

use crate::support::View;
use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

/// The state of a page of the demo shop.
pub(super) const USUAL: &str = "usual";

/// Every state, in the order of the filter, with its caption.
pub(super) const STATES: &[(&str, &str)] = &[
    (USUAL, "Demo shop"),
    ("empty", "Empty"),
    ("one", "One row"),
    ("long", "Longest names"),
    ("refused", "Error in the form"),
    ("sending", "Sending"),
    ("paused", "Paused"),
    ("failed", "Failed"),
    ("left-out", "Left out"),
    ("lost", "Session lost"),
    ("forbidden", "No permission"),
    ("missing", "Not found"),
    ("broken", "Out of order"),
];

/// `page~state.language.scheme.width.png`
pub(super) fn file_name(pattern: &str, state: &str, view: View) -> String {
    let page = pattern.trim_matches('/').replace(['/', '?', '='], "-").replace(['{', '}'], "");
    let page = if page.is_empty() { "today" } else { &page };
    let scheme = if view.dark { "dark" } else { "light" };
    format!("{page}~{state}.{}.{scheme}.{}.png", view.lang.code(), view.width)
}

/// Writes `index.html` over the pictures that are there.
pub(super) fn write(folder: &Path) {
    let names = fs::read_dir(folder).unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    let mut pages: BTreeMap<String, BTreeMap<usize, Vec<String>>> = BTreeMap::new();
    for name in names.filter(|name| name.ends_with(".png")) {
        let Some((page, rest)) = name.split_once('~') else { continue };
        let state = rest.split('.').next().unwrap();
        let place = STATES.iter().position(|(word, _)| *word == state).expect("a state of the list");
        pages.entry(page.to_owned()).or_default().entry(place).or_default().push(name.clone());
    }
    fs::write(folder.join("index.html"), html(&pages)).unwrap();
}

fn html(pages: &BTreeMap<String, BTreeMap<usize, Vec<String>>>) -> String {
    let (mut rules, mut choices, mut main) = (String::new(), String::new(), String::new());
    for (word, caption) in STATES {
        let shown = format!("body:has(#s-{word}:checked) .set:not(.s-{word}), ");
        let empty = format!("body:has(#s-{word}:checked) section:not(:has(.s-{word}))");
        writeln!(rules, "{shown}{empty} {{ display: none }}").unwrap();
        write!(choices, r#"<label><input type="radio" name="state" id="s-{word}">{caption}</label>"#).unwrap();
    }
    for (page, states) in pages {
        write!(main, r#"<section><h2 id="{page}">{page}</h2>"#).unwrap();
        for (place, pictures) in states {
            let (word, caption) = STATES[*place];
            write!(main, r#"<div class="set s-{word}"><h3>{caption}</h3>"#).unwrap();
            for lang in ["zh-TW", "en"] {
                write!(main, r#"<div class="looks {lang}">"#).unwrap();
                // Wide before narrow, light before dark: the order in which they are compared.
                for look in ["light.1440", "dark.1440", "light.390", "dark.390"] {
                    let file = format!("{page}~{word}.{lang}.{look}.png");
                    if pictures.contains(&file) {
                        write!(main, r#"<a href="{file}"><img src="{file}" alt="{page}, {caption}, {lang}, {look}" loading="lazy"></a>"#)
                            .unwrap();
                    }
                }
                main.push_str("</div>");
            }
            main.push_str("</div>");
        }
        main.push_str("</section>\n");
    }
    format!(
        "{HEAD}<style>{STYLE}{rules}</style></head><body><header><h1>Tidings, every page</h1><form>{ALL}{choices}</form><form>{LANGUAGES}</form></header><main>{main}</main></body></html>\n"
    )
}

const HEAD: &str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Tidings, every page</title>"#;

const ALL: &str = r#"<label><input type="radio" name="state" checked>Every state</label>"#;

const LANGUAGES: &str = r#"<label><input type="radio" name="lang" checked>Both languages</label><label><input type="radio" name="lang" id="l-zh">zh-TW</label><label><input type="radio" name="lang" id="l-en">en</label>"#;

const STYLE: &str = r"
body { margin: 0; font: 14px/1.4 system-ui, sans-serif; background: #eee; color: #222 }
header { position: sticky; top: 0; z-index: 1; padding: 8px 24px; background: #fff; border-bottom: 1px solid #ccc }
header h1 { margin: 0; font-size: 16px }
form { display: flex; flex-wrap: wrap; gap: 4px 16px }
section { padding: 8px 24px; border-bottom: 1px solid #ccc }
h2 { font-size: 16px; margin: 8px 0; scroll-margin-top: 96px } h3 { font-size: 13px; margin: 8px 0 4px; color: #666 }
.looks { display: grid; grid-template-columns: 3fr 3fr 1fr 1fr; gap: 12px; margin-bottom: 12px; align-items: start }
.looks a { max-height: 420px; overflow: hidden; border: 1px solid #bbb }
.looks img { display: block; width: 100% }
body:has(#l-zh:checked) .looks.en, body:has(#l-en:checked) .looks.zh-TW { display: none }
";
