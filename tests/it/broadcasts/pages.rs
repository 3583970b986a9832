use super::shop::{Shop, audience, confirm, confirmation, form, id, later};
use crate::support::{Shown, both};
use chrono::TimeDelta;
use tidings_base::web::Role;
use tidings_customers::channels::ChannelKind;

both! {
    async fn everything_wrong_is_said_beside_its_field_and_nothing_is_lost(app: App) {
        Shop::open(&app, ChannelKind::Line).await;
        let other = audience(&app, ChannelKind::Sms).await;
        let marketer = app.as_(Role::Marketer).await;
        let wrong = form(&marketer)
            .await
            .set("name", "")
            .set("text-1", "留著這句話 {{name}}")
            .set("who", "audience")
            .without("audience")
            .add("audience", other.as_str())
            .set("when", "later")
            .set("date", "2020-01-01")
            .add("do", "next")
            .submit()
            .await;
        assert_eq!(wrong.status, 422);
        for says in ["這個受眾屬於其他渠道", "發送時間要晚於現在", "留著這句話", "要有沒有姓名時的稱呼"] {
            assert!(wrong.says(says), "{says}: {}", wrong.text());
        }
        let right = wrong.form("/broadcasts").set("name", "補上").set("text-1", "好").set("who", "matching").set("when", "now");
        assert!(confirmation(right).await.says("補上"));
    }

    async fn while_it_is_written_it_is_seen_on_the_phone(app: App) {
        Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let page = marketer.get("/broadcasts/new").await;
        let written = page.form("/broadcasts").set("text-1", "{{name|貴賓}} 您好").look(("do", "preview")).await;
        assert_eq!(written.status, 200, "{}", written.text());
        assert_eq!(written.all("#preview .bubble"), ["怡君 您好"]);
        assert_eq!(written.all("#text-1-count"), ["5 / 5,000"]);
        assert_eq!(written.all("#preview .stat b"), ["5", "1"], "who would get it, and who not");
        assert!(written.says("已拒收行銷訊息"));
        let audience = audience(&app, ChannelKind::Line).await;
        let form = page.form("/broadcasts").set("who", "audience");
        assert!(form.look(("do", "preview")).await.all("#preview .stat b").is_empty(), "no audience is chosen yet");
        let form = form.set("audience", audience.as_str()).set("name", "");
        assert_eq!(form.look(("do", "preview")).await.all("#preview .stat b"), ["5", "1"]);
        assert!(marketer.get("/broadcasts").await.all("td.title").is_empty(), "looking keeps nothing");
    }

    async fn from_the_contacts_list(app: App) {
        let shop = Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let picked = format!(
            "/broadcasts/new?channel={}&which=picked&contact={}&contact={}",
            shop.channel, shop.people[0], shop.people[1]
        );
        let list = marketer.get("/contacts").await;
        assert!(list.html.contains("formaction=\"/broadcasts/new\""));
        let page = marketer.get(&picked).await;
        let here = |page: &Shown| page.all(".side [aria-current=page]");
        assert_eq!(here(&page), ["推播訊息"], "one place of the menu is here");
        let again = page.form("/broadcasts").add("do", "preview").submit().await;
        assert_eq!(here(&again), ["推播訊息"], "a form that comes back is where it was");
        assert!(page.says("已選取 2 位聯絡人"), "{}", page.text());
        let shown = confirmation(page.form("/broadcasts").set("name", "兩個人").set("text-1", "好")).await;
        assert!(shown.says("發送給 2 人"), "{}", shown.text());

        let matching = format!("/broadcasts/new?channel={}&which=all&q=怡君", shop.channel);
        let page = marketer.get(&matching).await;
        let shown = confirmation(page.form("/broadcasts").set("name", "一個人").set("text-1", "好")).await;
        assert!(shown.says("發送給 1 人"), "{}", shown.text());
        // A contact of another account is nobody here.
        let elsewhere = Shop::open(&app, ChannelKind::Line).await;
        let foreign = format!("/broadcasts/new?channel={}&which=picked&contact={}", shop.channel, elsewhere.people[0]);
        let page = marketer.get(&foreign).await;
        let shown = confirmation(page.form("/broadcasts").set("name", "別人").set("text-1", "好")).await;
        assert!(shown.says("目前沒有人會收到"), "{}", shown.text());
    }

    async fn a_draft_changed_in_two_tabs(app: App) {
        Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let shown = confirmation(form(&marketer).await).await;
        let at = format!("/broadcasts/{}", id(&shown));
        let (one, two) = (marketer.get(&format!("{at}/edit")).await, marketer.get(&format!("{at}/edit")).await);
        confirmation(one.form(&at).set("text-1", "第一個分頁")).await;
        let told = two.form(&at).set("text-1", "第二個分頁").add("do", "next").submit().await;
        assert_eq!(told.status, 409);
        assert!(told.says("其他人剛剛修改了這則推播") && told.says("第二個分頁"), "{}", told.text());
        let stale = confirm(&shown).await;
        assert_eq!(stale.status, 409, "what is confirmed is what was shown");
        assert!(stale.says("內容在您確認前被修改了") && stale.says("第一個分頁"), "{}", stale.text());
        confirmation(told.form(&at)).await;
    }

    async fn the_records_sort_in_three_ways_and_filter(app: App) {
        Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        for name in ["第一則", "第二則"] {
            confirm(&confirmation(form(&marketer).await.set("name", name)).await).await;
            app.advance(TimeDelta::minutes(5)).await;
        }
        confirm(&confirmation(later(&app, form(&marketer).await.set("name", "排程的"), 600)).await).await;
        confirmation(form(&marketer).await.set("name", "草稿的")).await;

        let names = |shown: &Shown| shown.all("td.title a");
        let made = marketer.get("/broadcasts").await;
        assert_eq!(names(&made), ["草稿的", "排程的", "第二則", "第一則"]);
        let press = |shown: &Shown| shown.attributes("th a.sort", "href").remove(0);
        let old = marketer.get(&press(&made)).await;
        assert_eq!(names(&old)[..2], ["第一則", "第二則"], "what was never sent stands last");
        let new = marketer.get(&press(&old)).await;
        assert_eq!(names(&new)[..2], ["第二則", "第一則"]);
        assert_eq!(press(&new), "/broadcasts", "the third press leads back");

        let scheduled = marketer.get("/broadcasts?status=scheduled&status=draft").await;
        assert_eq!(names(&scheduled), ["草稿的", "排程的"]);
        assert_eq!(names(&marketer.get("/broadcasts?status=done&channel=line").await), ["第二則", "第一則"]);
        assert!(marketer.get("/broadcasts?channel=sms").await.says("沒有符合"));
        assert_eq!(names(&marketer.get("/broadcasts?q=第二").await), ["第二則"]);

        assert!(made.says("請先篩選起訖時間和剛好一個渠道"));
        let refused = marketer.get("/broadcasts/export?channel=line").await;
        assert!(refused.says("請先篩選起訖時間"), "{}", refused.text());
        let day = app.clock.now().date();
        let range = format!("from={}&to={}", day - chrono::Days::new(2), day + chrono::Days::new(2));
        let file = marketer.get(&format!("/broadcasts/export?channel=line&{range}")).await;
        assert!(file.html.contains("第一則") && file.html.contains("83.3%") && !file.html.contains("草稿的"), "{}", file.html);
    }

    async fn drafts_are_renamed_copied_and_thrown_away(app: App) {
        Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let shown = confirmation(form(&marketer).await).await;
        let at = format!("/broadcasts/{}", id(&shown));
        let page = marketer.get(&format!("{at}/rename")).await;
        assert_eq!(page.form(&format!("{at}/rename")).set("name", " ").submit().await.status, 422);
        assert!(page.form(&format!("{at}/rename")).set("name", "新主題").submit().await.says("新主題"));
        let copy = marketer.get(&format!("{at}/copy")).await;
        assert_eq!(copy.form("/broadcasts").value("name"), "新主題（複製）");
        assert_eq!(copy.form("/broadcasts").value("text-1"), "{{name|貴賓}}，週年慶開跑");
        let delete = marketer.get(&format!("{at}/delete")).await;
        assert!(delete.form(&format!("{at}/delete")).submit().await.says("已刪除草稿「新主題」"));
        assert_eq!(marketer.get(&at).await.status, 404);
    }

    async fn names_are_words_and_not_markup(app: App) {
        Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let name = "<b>週年慶</b> 🎉 \u{202e}abc";
        let shown = confirmation(form(&marketer).await.set("name", name).set("text-1", "<script>x</script>")).await;
        assert!(!shown.html.contains("<b>週年慶") && !shown.html.contains("<script>x"));
        let long = form(&marketer).await.set("name", &"長".repeat(10_000)).add("do", "next").submit().await;
        assert_eq!(long.status, 422);
        assert!(long.says("最多 100 個字"), "{}", long.text());
    }

    async fn without_an_account_the_page_says_what_to_do(app: App) {
        let marketer = app.as_(Role::Marketer).await;
        assert!(marketer.get("/broadcasts/new").await.says("先連接一個渠道帳號"));
        assert!(marketer.get("/broadcasts").await.says("還沒有推播"));
        app.channel(ChannelKind::Instagram, "IG").await;
        assert!(marketer.get("/broadcasts/new").await.says("先連接一個渠道帳號"), "Instagram takes no broadcasts");
    }
}
