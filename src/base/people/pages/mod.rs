pub(super) mod edit;
pub(super) mod list;
pub(super) mod new;
pub(super) mod password;

use crate::web::{Form, Message, Role};

/// Name, mail address and roles, as a new person and a changed one have them.
fn read(form: &mut Form) -> (String, String, Vec<Role>) {
    let name = form.required("name", 100);
    let email = form.required("email", 254);
    if !email.is_empty() && !is_address(&email) {
        form.refuse("email", Message::new("forms.email"));
    }
    let roles: Vec<Role> = form.all("role").filter_map(|word| word.parse().ok()).collect();
    if roles.is_empty() {
        form.refuse("role", Message::new("people.no_role"));
    }
    (name, email, roles)
}

/// As browsers decide it: one `@`, something on both sides, no space.
fn is_address(email: &str) -> bool {
    let Some((user, host)) = email.split_once('@') else { return false };
    let fine = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c == '@');
    fine(user) && fine(host)
}
