//! Finding (尋找): one field for whatever has a name, by what a person may see. The page does its job
//! without scripts; with them it is the palette that Ctrl or ⌘ with K opens anywhere.
//!
//! It only reads, and knows every feature below it.

mod pages;
mod store;

tidings_base::routes! {
    get "/find" UseWorkspace => pages::show::show;
}
