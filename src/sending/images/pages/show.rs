use super::super::store::{self, Image, ImageKey};
use actix_web::{HttpRequest, HttpResponse, http::header, web};
use tidings_base::{
    db::DbError,
    web::{Answer, App},
};

/// GET `/media/{image}`: the picture as it was uploaded.
pub(in super::super) async fn content(app: App, req: HttpRequest, key: web::Path<String>) -> Answer {
    answer(&app, &req, &key, false).await
}

/// GET `/media/{image}/preview`: small enough for every vendor and for our own pages.
pub(in super::super) async fn preview(app: App, req: HttpRequest, key: web::Path<String>) -> Answer {
    answer(&app, &req, &key, true).await
}

async fn answer(app: &App, req: &HttpRequest, key: &str, preview: bool) -> Answer {
    let Ok(key) = key.parse::<ImageKey>() else { return Ok(nothing()) };
    let tag = format!("\"{key}{}\"", if preview { "-preview" } else { "" });
    let find = move |conn: &mut _| store::find(conn, &key, preview).map_err(DbError::from);
    let Some(Image { mime, content }) = app.db.read(find).await? else { return Ok(nothing()) };
    let held = req.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let held = held.is_some_and(|tags| tags.split(',').any(|held| held.trim().trim_start_matches("W/") == tag));
    let mut answer = if held { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header((header::ETAG, tag));
    answer.insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"));
    if held {
        return Ok(answer.finish());
    }
    Ok(answer.content_type(mime).body(content))
}

/// Who asks for a picture is a program: no page, and no session is looked at to draw one.
fn nothing() -> HttpResponse {
    HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body("no such image")
}
