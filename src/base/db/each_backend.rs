/// Compiles the same expression once for each backend, for what diesel cannot do on the enum
/// (`on_conflict`, for one): `each_backend!(conn, c => diesel::insert_into(…)….execute(c))`.
#[macro_export]
macro_rules! each_backend {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::db::Conn::Pg($c) => $body,
            $crate::db::Conn::Sqlite($c) => $body,
        }
    };
}
