use super::super::{ImportStatus, kind::ImportKind, mapping::Mapping, target::Target};
use crate::{channels::ChannelKind, sheets::Encoding};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use tidings_base::{
    db::{
        Conn, Id,
        schema::{channels, imports, people},
    },
    jobs::Claimed,
};

/// An import without its file.
#[derive(Queryable, Clone, PartialEq, Debug)]
pub(crate) struct Import {
    pub id: Id,
    pub kind: ImportKind,
    account: Option<Account>,
    /// Who uploaded it; empty when that person is gone.
    person: Option<String>,
    pub file_name: String,
    pub encoding: Encoding,
    mapping: String,
    pub status: ImportStatus,
    /// Rows in the file, and rows worked through.
    pub total: i64,
    pub done: i64,
    pub created: i64,
    pub updated: i64,
    pub bad: i64,
    pub created_at: NaiveDateTime,
    pub finished_at: Option<NaiveDateTime>,
}

/// The account that contacts are taken into.
#[derive(Queryable, Clone, PartialEq, Debug)]
pub(crate) struct Account {
    pub id: Id,
    pub kind: ChannelKind,
    pub name: String,
}

impl Import {
    /// What its rows become.
    pub(crate) fn target(&self) -> Target {
        match self.kind {
            ImportKind::Contacts => {
                Target::Contacts(self.account.clone().expect("the table's check lets no import of contacts be without"))
            }
            ImportKind::Orders => Target::Orders,
        }
    }

    /// The account that contacts are taken into; orders have none.
    pub(crate) fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// How its columns are titled and what they hold.
    pub(crate) fn mapping(&self) -> Mapping {
        serde_json::from_str(&self.mapping).unwrap_or_default()
    }

    /// The name of who uploaded it.
    pub(crate) fn by(&self) -> &str {
        self.person.as_deref().unwrap_or_default()
    }
}

type Columns = (
    imports::id,
    imports::kind,
    diesel::dsl::Nullable<(channels::id, channels::kind, channels::name)>,
    diesel::dsl::Nullable<people::name>,
    imports::file_name,
    imports::encoding,
    imports::mapping,
    imports::status,
    imports::total,
    imports::done,
    imports::created,
    imports::updated,
    imports::bad,
    imports::created_at,
    imports::finished_at,
);

fn columns() -> Columns {
    (
        imports::id,
        imports::kind,
        (channels::id, channels::kind, channels::name).nullable(),
        people::name.nullable(),
        imports::file_name,
        imports::encoding,
        imports::mapping,
        imports::status,
        imports::total,
        imports::done,
        imports::created,
        imports::updated,
        imports::bad,
        imports::created_at,
        imports::finished_at,
    )
}

/// The import of this id, if there is one.
pub(crate) fn find(conn: &mut Conn, id: &Id) -> QueryResult<Option<Import>> {
    imports::table
        .left_join(channels::table.on(channels::id.nullable().eq(imports::channel_id)))
        .left_join(people::table.on(people::id.nullable().eq(imports::person_id)))
        .filter(imports::id.eq(id))
        .select(columns())
        .first(conn)
        .optional()
}

/// The newest imports of a kind.
pub(crate) fn recent(conn: &mut Conn, kind: ImportKind, limit: i64) -> QueryResult<Vec<Import>> {
    imports::table
        .left_join(channels::table.on(channels::id.nullable().eq(imports::channel_id)))
        .left_join(people::table.on(people::id.nullable().eq(imports::person_id)))
        .filter(imports::kind.eq(kind))
        .select(columns())
        .order(imports::id.desc())
        .limit(limit)
        .load(conn)
}

/// The file of an import; empty once it is finished.
pub(crate) fn content(conn: &mut Conn, id: &Id) -> QueryResult<Vec<u8>> {
    imports::table.find(id).select(imports::content).first(conn)
}

/// Keeps an uploaded file until it is confirmed. What was uploaded and not confirmed for a week goes.
pub(crate) fn create(
    conn: &mut Conn,
    (target, person_id): (&Target, &Id),
    (file_name, content, encoding): (&str, &[u8], Encoding),
    mapping: &Mapping,
    now: NaiveDateTime,
) -> QueryResult<Id> {
    let old = imports::table.filter(imports::status.eq(ImportStatus::Draft));
    diesel::delete(old.filter(imports::created_at.lt(now - TimeDelta::days(7)))).execute(conn)?;
    let id = Id::new();
    let channel_id = match target {
        Target::Contacts(account) => Some(&account.id),
        Target::Orders => None,
    };
    diesel::insert_into(imports::table)
        .values((
            imports::id.eq(&id),
            (imports::kind.eq(target.kind()), imports::channel_id.eq(channel_id)),
            imports::person_id.eq(person_id),
            imports::file_name.eq(file_name),
            imports::encoding.eq(encoding),
            imports::content.eq(content),
            imports::mapping.eq(json(mapping)),
            imports::status.eq(ImportStatus::Draft),
            (imports::total.eq(0), imports::done.eq(0)),
            (imports::created.eq(0), imports::updated.eq(0), imports::bad.eq(0)),
            (imports::due_at.eq(now), imports::epoch.eq(0), imports::begun.eq(0)),
            imports::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Reads the file another way; answers whether it was still a draft.
pub(crate) fn remap(conn: &mut Conn, id: &Id, encoding: Encoding, mapping: &Mapping) -> QueryResult<bool> {
    let draft = imports::table.find(id).filter(imports::status.eq(ImportStatus::Draft));
    let set = (imports::encoding.eq(encoding), imports::mapping.eq(json(mapping)));
    Ok(diesel::update(draft).set(set).execute(conn)? == 1)
}

/// Lets the rows be taken over; answers whether it was still a draft.
pub(crate) fn start(conn: &mut Conn, id: &Id, total: i64, now: NaiveDateTime) -> QueryResult<bool> {
    let draft = imports::table.find(id).filter(imports::status.eq(ImportStatus::Draft));
    let set = (imports::status.eq(ImportStatus::Running), imports::total.eq(total), imports::due_at.eq(now));
    Ok(diesel::update(draft).set(set).execute(conn)? == 1)
}

/// Throws a draft away.
pub(crate) fn delete(conn: &mut Conn, id: &Id) -> QueryResult<bool> {
    let draft = imports::table.find(id).filter(imports::status.eq(ImportStatus::Draft));
    Ok(diesel::delete(draft).execute(conn)? == 1)
}

/// Every row is worked through: the file, which is about people, is not kept any longer.
pub(crate) fn finish(conn: &mut Conn, claimed: &Claimed, now: NaiveDateTime) -> QueryResult<()> {
    end(conn, claimed, ImportStatus::Finished, now)
}

/// Gives up what broke off again and again. What was taken over stays.
pub(crate) fn set_aside(conn: &mut Conn, claimed: &Claimed, now: NaiveDateTime) -> QueryResult<()> {
    end(conn, claimed, ImportStatus::Failed, now)
}

fn end(conn: &mut Conn, claimed: &Claimed, status: ImportStatus, now: NaiveDateTime) -> QueryResult<()> {
    let ours = imports::table.find(&claimed.id).filter(imports::epoch.eq(claimed.epoch));
    let file: &[u8] = &[];
    diesel::update(ours.filter(imports::status.eq(ImportStatus::Running)))
        .set((
            imports::status.eq(status),
            imports::content.eq(file),
            imports::finished_at.eq(now),
            imports::owner.eq(None::<String>),
            imports::lease_until.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)
        .map(drop)
}

fn json(mapping: &Mapping) -> String {
    serde_json::to_string(mapping).expect("texts alone can always be written")
}
