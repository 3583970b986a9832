//! What a load balancer and an operator's monitor ask.

use actix_web::HttpResponse;
use tidings_base::{
    db::migrate,
    web::{Answer, App},
};

tidings_base::routes! {
    get "/healthz" anyone => alive;
    get "/readyz" anyone => ready;
}

/// GET `/healthz`: the process answers.
async fn alive() -> Answer {
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("alive\n"))
}

/// GET `/readyz`: the database answers and has every migration.
async fn ready(app: App) -> Answer {
    let missing = app.db.read(migrate::missing).await?;
    let mut answer = if missing == 0 { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    let text = if missing == 0 { "ready\n".to_owned() } else { format!("{missing} migrations are missing\n") };
    Ok(answer.content_type("text/plain; charset=utf-8").body(text))
}
