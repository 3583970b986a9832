//! The template components of `templates/components/`, drawn with real values: that they compile for every page that
//! imports them, and that what they promise to readers of the screen is there.
#![expect(clippy::disallowed_methods, reason = "templates are drawn without a request")]

use super::{Form, Lang, Message, Page, filters};
use askama::Template;
use chrono::NaiveDateTime;

fn drawn(template: &impl Template) -> String {
    let [zh, en] = Lang::ALL.map(|lang| template.render_with_values(&Page::sample(lang)).unwrap());
    for html in [&zh, &en] {
        assert!(!html.contains("site."), "a text is missing: {html}");
        for attribute in ["href=\"#", "aria-describedby=\"", "for=\""] {
            for ids in html.split(attribute).skip(1) {
                for id in ids.split('"').next().unwrap().split_whitespace() {
                    assert!(html.contains(&format!("id=\"{id}\"")), "{attribute}{id} leads nowhere: {html}");
                }
            }
        }
    }
    zh
}

fn invalid() -> Form {
    let mut form = Form::filled([("name", "每週新品 <b>"), ("how", "weekly"), ("tags", "vip"), ("note", "\n第一行")]);
    for name in ["name", "secret", "how", "tags", "at", "note", "kind"] {
        form.refuse(name, Message::new("forms.required"));
    }
    form
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"
{% import "components/field.html" as field %}{% import "components/form.html" as f %}
<form>{{ f::tokens() }}{{ f::errors(form) }}
{{ field::input(form, "name", "site.name", help = "site.optional", optional = true) }}
{{ field::input(form, "at", "site.name", kind = "number", min = "1", max = "9", step = "1", unit = "site.more", required = true) }}
{{ field::password(form, "secret", "site.name", "current-password") }}
{{ field::area(form, "note", "site.name", hint = "…") }}
{% call field::select(form, "kind", "site.name") %}{{ field::option(form, "kind", "", "–") }}{% endcall %}
{% call field::group(form, "how", "site.name") %}<div class="choice">{{ field::radio(form, "how", "weekly", "site.name", "site.more") }}{{ field::radio(form, "how", "daily", "site.name", disabled = true) }}</div>{% endcall %}
{% call field::group(form, "tags", "site.name", help = "site.more") %}<div class="checks">{{ field::check(form, "tags", "vip", "VIP") }}{{ field::check(form, "tags", "new", "新朋友", "3") }}</div>{% endcall %}
{% call f::foot("site.apply", "/back") %}<span class="hint">…</span>{% endcall %}
</form>"#
)]
struct Fields {
    form: Form,
}

#[test]
fn a_form_that_comes_back_is_filled_in_and_says_at_each_field_what_is_wrong() {
    let html = drawn(&Fields { form: invalid() });
    assert!(html.contains(r#"value="每週新品 &#60;b&#62;""#));
    assert!(html.contains("\n\n第一行</textarea>"), "a leading line break survives");
    assert!(html.contains(r#"value="weekly" checked"#) && html.contains(r#"value="vip" checked"#));
    assert!(!html.contains(r#"value="new" checked"#) && html.contains(r#"value="daily" disabled"#));
    assert_eq!(html.matches(r#"aria-invalid="true""#).count(), 7);
    assert_eq!(html.matches(r##"<a class="link" href="#"##).count(), 7);
    assert_eq!(html.matches(r#"role="alert""#).count(), 1);
    assert!(html.contains(r#"name="csrf" value="token""#));
    assert!(html.contains(r#"href="/back">取消</a>"#));
}

#[test]
fn a_form_without_errors_has_no_summary() {
    let html = drawn(&Fields { form: Form::default() });
    assert!(!html.contains("aria-invalid") && !html.contains("role=\"alert\""));
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"
{% import "components/head.html" as head %}{% import "components/filters.html" as filters_of %}{% import "components/table.html" as table %}
{% import "components/menu.html" as menu %}{% import "components/badge.html" as badge %}{% import "components/button.html" as button %}
{% import "components/tabs.html" as tabs %}{% import "components/empty.html" as empty %}{% import "components/notice.html" as notice %}
{% import "components/time.html" as time %}
{% call head::crumbs() %}<li>…</li>{% endcall %}
{% call head::head("標題", "site.more") %}{{ button::link("/new", "site.more", "primary", "plus") }}{% endcall %}
{% call head::counted("標題", total|num) %}{{ button::post("/copy", "site.more") }}{% endcall %}
{% call tabs::tabs("site.menu") %}{{ tabs::tab("/a", "site.name", true) }}{{ tabs::counted("/b", "site.name", false, total) }}{% endcall %}
{% call filters_of::bar("/list", "site.nothing_found", q) %}{% call filters_of::pick("status", "site.name") %}{{ filters_of::option("a", "a", "甲") }}{{ filters_of::option("b", "a", "乙") }}{% endcall %}{% call filters_of::more("site.more") %}…{% endcall %}{% endcall %}
<ul class="chips">{{ filters_of::chip(q, "/list") }}</ul>
{% call notice::notice("warn") %}…{% endcall %}
<table class="table"><thead><tr>{{ table::check_all() }}{{ table::sort("?sort=name", "site.name", "descending") }}{{ table::sort("?sort=n", "site.name", class = "num") }}{{ table::head("site.name") }}{{ table::actions() }}</tr></thead>
<tbody><tr>{{ table::check("id", "1", q, true) }}<td>{{ badge::badge("running", "site.name") }}{{ badge::channel("line", q) }}{{ badge::pill("site.name", "good") }}{{ badge::avatar("怡") }}</td><td>{{ time::at(at) }}{{ time::near(at) }}{{ time::ago(at) }}</td>
<td>{% call menu::menu(1) %}{{ menu::link("/edit", "edit", "site.more") }}{{ menu::danger("/delete", "trash", "site.more") }}{{ menu::post("/copy", "copy", "site.more") }}{% endcall %}</td></tr></tbody></table>
{{ table::pager(51, 100, total|num, "", "?after=x") }}
{% call empty::empty("audiences", "site.name", "site.more") %}…{% endcall %}{{ empty::none("/list") }}
{% call notice::notice() %}…{% endcall %}{{ q }}"#
)]
struct Listing {
    q: String,
    total: i64,
    at: NaiveDateTime,
}

#[test]
fn a_list_names_its_controls_and_its_order() {
    let html = drawn(&Listing { q: "<i>王".to_owned(), total: 2431, at: NaiveDateTime::default() });
    assert!(html.contains(r#"aria-sort="descending""#) && html.matches("aria-sort").count() == 1);
    assert!(html.contains("51–100，共 2,431 筆"));
    assert!(html.contains(r#"aria-labelledby="actions name-1""#) && html.contains(r#"id="actions""#));
    assert!(html.contains(r#"rel="next""#) && !html.contains(r#"rel="prev""#));
    assert!(html.contains(r#"<option value="a" selected>甲"#));
    assert_eq!(html.matches(r#"aria-current="page""#).count(), 1);
    assert!(html.contains(r#"datetime="1970-01-01T00:00:00Z""#));
    assert!(!html.contains("<i>王"));
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"
{% import "components/figures.html" as figures %}{% import "components/recipients.html" as recipients %}
{% import "components/phone.html" as phone %}{% import "components/flow.html" as flow %}
{{ figures::stat(n, "site.name") }}{{ figures::stat_link(n, "site.name", "/", "bad") }}
<dl>{% call figures::fact("site.name") %}…{% endcall %}</dl>
{% call figures::bar(n, "名") %}{{ figures::part(0, n, "good") }}{% endcall %}
{{ figures::progress(n, n, "site.name") }}
{% call recipients::recipients(n, 97) %}{{ recipients::reason("site.name", 97) }}{% endcall %}
{% call phone::phone("line", "本店") %}<li class="bubble">…</li>{% endcall %}
{% call flow::step("s1", "send", "send", "傳送訊息") %}{{ flow::figures(n, 0, 1) }}{% endcall %}"#
)]
struct Figures {
    n: i64,
}

#[test]
fn figures_are_written_out_beside_what_is_drawn() {
    let html = drawn(&Figures { n: 1284 });
    assert!(html.contains(r#"viewBox="0 0 1381 1""#), "the bar's whole is those who get it and those who do not");
    assert_eq!(html.matches("1,284").count(), 6);
    assert!(!html.contains("style="));
}
