use std::io::Read;
use tidings::startup::{self, Failure};
use tidings_base::{settings::Settings, web::Role};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Add a person
    Add {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        /// admin, marketer, sales_manager or salesperson; may be repeated
        #[arg(long = "role", required = true, value_parser = role)]
        roles: Vec<Role>,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
}

/// `tidings user …`
#[expect(clippy::print_stdout, reason = "the answer to a command")]
pub(crate) async fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    let Command::Add { email, name, roles, password_stdin: _ } = command;
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password)?;
    let password = password.trim_end_matches(['\n', '\r']);
    let (db, clock) = startup::open(settings).await?;
    startup::add_person(&db, &clock, &email, &name, &roles, password).await?;
    println!("{email} can sign in");
    Ok(())
}

/// A role's word, with a hyphen or an underscore, or as the demo's addresses shorten it.
fn role(word: &str) -> Result<Role, String> {
    match word.replace('-', "_").as_str() {
        "manager" => Ok(Role::SalesManager),
        "sales" => Ok(Role::Salesperson),
        word => word.parse().map_err(|_| {
            let known: Vec<_> = Role::ALL.iter().map(|role| role.word()).collect();
            format!("expected one of {}", known.join(", "))
        }),
    }
}
