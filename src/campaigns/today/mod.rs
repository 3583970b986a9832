//! Today (今日): what a person needs this morning, by what their roles may see. What goes out next,
//! what is going out, what came of the last ones and what needs a hand; for sales, their customers.
//!
//! It only reads, and knows every feature below it.

mod pages;
mod store;
mod week;

tidings_base::routes! {
    get "/" UseWorkspace => pages::show::show;
}
