//! Audiences: the pages, and the law that a rule's statement selects whom the rule means.

mod evaluate;
mod pages;
mod random;
mod rules;
