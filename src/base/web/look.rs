//! What the stylesheet promises: colours that can be read, no colour outside the tokens, no weight without need.

use super::assets;
use std::{collections::HashMap, fs, path::Path};

/// A colour as linear sRGB.
type Rgb = [f64; 3];

/// Text on what it stands on (WCAG 2.2, 1.4.3: 4.5) and marks on theirs (1.4.11: 3).
const TEXT: f64 = 4.5;
const MARK: f64 = 3.0;

const PAIRS: &[(&[&str], &[&str], f64)] = &[
    (&["ink", "ink-2", "ink-3"], &["paper", "surface", "sunken", "raised", "hover", "row"], TEXT),
    (&["accent", "good", "warn", "bad"], &["paper", "surface", "sunken", "raised", "row"], TEXT),
    (&["ink", "ink-2", "accent"], &["accent-soft", "good-soft", "warn-soft", "bad-soft"], TEXT),
    (&["good"], &["good-soft"], TEXT),
    (&["warn"], &["warn-soft"], TEXT),
    (&["bad"], &["bad-soft"], TEXT),
    (&["ink"], &["marked", "bubble", "bubble-grey", "mine-green", "mine-mint", "mine-blue"], TEXT),
    (&["chat-ink"], &["chat-blue", "chat-plain", "chat-sand"], TEXT),
    (&["on-fill"], &["accent-fill", "accent-fill-hover", "bad-fill", "bad-fill-hover"], TEXT),
    (&["line-strong", "accent-fill"], &["paper", "surface", "sunken"], MARK),
];

#[test]
fn every_pair_of_colours_can_be_read_in_light_and_in_dark() {
    let tokens = tokens();
    let mut faint = Vec::new();
    for (fronts, backs, least) in PAIRS {
        for front in *fronts {
            for back in *backs {
                for (scheme, name) in ["light", "dark"].iter().enumerate() {
                    let found = contrast(colour(&tokens[*front], scheme), colour(&tokens[*back], scheme));
                    if found < *least {
                        faint.push(format!("{name}: {front} on {back} has {found:.2}, needs {least}"));
                    }
                }
            }
        }
    }
    let css = files("css").into_iter().find(|(name, _)| name.ends_with("tokens.css")).unwrap().1;
    let channels: Vec<_> = css.split("--of:").skip(1).collect();
    assert_eq!(channels.len(), 6);
    for of in channels {
        let found = contrast(colour(&tokens["on-fill"], 0), colour(of.split(';').next().unwrap(), 0));
        assert!(found >= MARK, "an icon on {of:.24} has {found:.2}");
    }
    assert!(faint.is_empty(), "{faint:#?}");
}

/// The arithmetic against the ends of the scale and one value of W3C's own examples: #777 on white is 4.48.
#[test]
fn contrast_is_computed_as_wcag_does() {
    let (white, black) = (colour("oklch(100% 0 0)", 0), colour("oklch(0% 0 0)", 0));
    assert!((contrast(white, black) - 21.0).abs() < 0.01);
    assert!((contrast(white, colour("oklch(56.93% 0 0)", 0)) - 4.48).abs() < 0.02);
}

#[test]
fn colours_are_written_only_where_the_tokens_are() {
    for (name, css) in files("css") {
        let raw = css.lines().find(|line| ["oklch(", "rgb(", "hsl(", ": #"].iter().any(|way| line.contains(way)));
        assert!(name.ends_with("tokens.css") || raw.is_none(), "{name}: {raw:?} belongs into tokens.css");
        assert!(name.ends_with("layers.css") || css.contains("@layer "), "{name} stands in no layer");
    }
}

/// What a first visit costs: the whole look and all scripts are each less than 40,000 bytes, a fourth of that as they
/// are sent.
#[test]
fn styles_and_scripts_stay_small() {
    let css = assets::stylesheet().len();
    assert!(css < 40_000, "the stylesheet has grown to {css} bytes");
    let js: usize = files("js").iter().map(|(_, text)| text.len()).sum();
    assert!(js < 40_000, "the scripts have grown to {js} bytes");
}

fn files(under: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../static").join(under), &mut found);
    assert!(!found.is_empty());
    found
}

fn walk(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The first value of every token of `tokens.css`; later ones only change sizes.
fn tokens() -> HashMap<String, String> {
    let css = files("css").into_iter().find(|(name, _)| name.ends_with("tokens.css")).unwrap().1;
    let mut tokens = HashMap::new();
    for statement in css.split(';') {
        if let Some((name, value)) = statement.split_once("--").and_then(|(_, rest)| rest.split_once(':')) {
            tokens.entry(name.to_owned()).or_insert_with(|| value.trim().to_owned());
        }
    }
    tokens
}

/// `oklch(…)` or one side of `light-dark(oklch(…), oklch(…))`.
fn colour(token: &str, scheme: usize) -> Rgb {
    let sides: Vec<_> = token.split("oklch(").skip(1).collect();
    let side = if sides.len() == 2 { sides[scheme] } else { sides[0] };
    let numbers: Vec<f64> =
        side.split(')').next().unwrap().split(' ').take(3).map(|n| n.trim_end_matches('%').parse().unwrap()).collect();
    linear(numbers[0] / 100.0, numbers[1], numbers[2].to_radians())
}

/// OKLCH to linear sRGB: CSS Color Module Level 4, § 9.2 and sample code.
fn linear(lightness: f64, chroma: f64, hue: f64) -> Rgb {
    let (a, b) = (chroma * hue.cos(), chroma * hue.sin());
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s,
    ]
    .map(|part| part.clamp(0.0, 1.0))
}

/// WCAG 2.2, "contrast ratio".
fn contrast(one: Rgb, other: Rgb) -> f64 {
    let luminance = |[r, g, b]: Rgb| 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    let (one, other) = (luminance(one), luminance(other));
    one.max(other) / one.min(other)
}
