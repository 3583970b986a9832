//! Who may do what: the matrix of roles and permissions.

use crate::text_enum;

text_enum! {
    /// What a person is in the shop. One may hold several; what they may do is the union.
    pub enum Role {
        Admin = "admin",
        Marketer = "marketer",
        SalesManager = "sales_manager",
        Salesperson = "salesperson",
    }
}

impl Role {
    /// Its name on pages: a text key.
    pub fn label(self) -> &'static str {
        match self {
            Self::Admin => "people.role.admin",
            Self::Marketer => "people.role.marketer",
            Self::SalesManager => "people.role.sales_manager",
            Self::Salesperson => "people.role.salesperson",
        }
    }

    /// What this role is for, in a sentence: a text key.
    pub fn about(self) -> &'static str {
        match self {
            Self::Admin => "people.role_about.admin",
            Self::Marketer => "people.role_about.marketer",
            Self::SalesManager => "people.role_about.sales_manager",
            Self::Salesperson => "people.role_about.salesperson",
        }
    }
}

/// A permission as a type, so that a handler names it in its signature: `May<ReadContacts>`.
pub trait Permit: 'static {
    const PERMISSION: Permission;
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident: $($role:ident)|+;)+) => {
        /// A kind of thing that a person may do. To which rows, [`crate::db::Scope`] says.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Permission { $($(#[$doc])* $name),+ }

        impl Permission {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The roles that have it.
            pub fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => &[$(Role::$role),+]),+ }
            }
        }

        /// The permissions as types.
        pub mod permit {
            $($(#[$doc])* pub struct $name;
            impl super::Permit for $name {
                const PERMISSION: super::Permission = super::Permission::$name;
            })+
        }
    };
}

permissions! {
    /// People, their roles.
    ManagePeople: Admin;
    /// Channel accounts.
    ManageChannels: Admin;
    /// Name, zone and rules of the workspace.
    ManageSettings: Admin;
    /// What runs in the background.
    ManageJobs: Admin;
    /// The audit trail.
    ReadAudit: Admin;
    /// Contacts; a salesperson, those bound to them.
    ReadContacts: Admin | Marketer | SalesManager | Salesperson;
    /// Tags, consent, imports.
    WriteContacts: Admin | Marketer;
    /// Saved audiences.
    ReadAudiences: Admin | Marketer | SalesManager;
    /// Making and changing audiences.
    WriteAudiences: Admin | Marketer;
    /// Journeys, all of it.
    ManageJourneys: Admin | Marketer;
    /// Schedules, all of it.
    ManageSchedules: Admin | Marketer;
    /// Broadcasts, all of it.
    ManageBroadcasts: Admin | Marketer;
    /// What everybody who signed in has: today, the own account, the sandbox.
    UseWorkspace: Admin | Marketer | SalesManager | Salesperson;
}
