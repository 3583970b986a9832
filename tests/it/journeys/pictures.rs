//! Pictures in a message: chosen in the form of a step, and seen on the phone of whoever gets it.

use super::shop::{Shop, newest};
use crate::{
    images::picture,
    support::{App, Backend, Browser, Filled, PASSWORD, Shown, both, run},
};
use fantoccini::Locator;
use image::ImageFormat;
use tidings_base::web::{Role, end_sessions};
use tidings_customers::channels::ChannelKind;

const RED: [u8; 3] = [200, 30, 30];
const BLUE: [u8; 3] = [30, 30, 200];

/// The form of a new message of a journey, with a text and a picture that is not yet chosen.
async fn with_a_picture(shop: &Shop, at: &str) -> Filled {
    let form = shop.new_step(at, "send", "first").await.set("text-1", "秋冬新品上市");
    let added = form.add("compose", "add-image").submit().await;
    assert_eq!(added.status, 200, "{}", added.text());
    added.form(&format!("{at}/steps"))
}

/// The keys in the form that came back, picture by picture.
fn keys(shown: &Shown) -> Vec<String> {
    shown.attributes("input[type=hidden][name^=image-]", "value")
}

both! {
    async fn a_picture_is_chosen_kept_and_received(app: App) {
        let shop = Shop::open(app, &["王怡君"]).await;
        let at = shop.journey("新品").await;
        let form = with_a_picture(&shop, &at).await;
        let photo = picture(ImageFormat::Jpeg, 40, 30, RED);
        let uploaded = form.file("image-2", "大衣.jpg", &photo).add("compose", "upload-2").submit().await;
        assert_eq!(uploaded.status, 200, "{}", uploaded.text());
        let key = keys(&uploaded).remove(0);
        let preview = format!("/media/{key}/preview");
        assert_eq!(uploaded.attributes(".phone .bubble img", "src"), [preview.as_str()], "seen before it is saved");
        assert_eq!(uploaded.attributes(".composer img", "src"), [preview.as_str()]);

        // What was uploaded stays across every round trip; nothing is chosen a second time.
        let again = uploaded.form(&format!("{at}/steps")).set("alt-2", "羊毛大衣").add("compose", "up-2").submit().await;
        assert_eq!(keys(&again), [key.as_str()]);
        let saved = again.form(&format!("{at}/steps")).submit().await;
        assert!(saved.says("已加入步驟") && saved.says("［圖片］ 羊毛大衣"), "{}", saved.text());
        assert_eq!(saved.attributes(".step .pictures img", "src"), [preview.as_str()]);
        let step = newest(&saved);
        let edit = shop.get(&format!("{at}/steps/{step}/edit")).await;
        assert_eq!(keys(&edit), [key.as_str()]);
        assert_eq!(edit.form(&format!("{at}/steps/{step}")).value("alt-1"), "羊毛大衣");
        assert!(edit.form(&format!("{at}/steps/{step}")).submit().await.says("已儲存步驟"));

        shop.publish(&at).await;
        assert_eq!(shop.enter(&at).await, 1);
        let list = shop.get("/sandbox").await;
        let phone = list.attributes("td.title a[href^='/sandbox/']", "href").remove(0);
        let phone = shop.get(&phone).await;
        assert_eq!(phone.attributes(".phone .bubble img", "src"), [preview]);
        assert_eq!(phone.attributes(".phone .bubble img", "alt"), ["羊毛大衣"]);
        assert!(phone.says("秋冬新品上市"));
    }

    async fn the_last_message_in_the_sandbox_says_that_it_is_a_picture(app: App) {
        let shop = Shop::open(app, &["王怡君"]).await;
        let at = shop.journey("新品").await;
        let form = with_a_picture(&shop, &at).await.file("image-2", "a.png", &picture(ImageFormat::Png, 8, 8, RED));
        assert!(form.submit().await.says("已加入步驟"), "the last button uploads, too");
        shop.publish(&at).await;
        shop.enter(&at).await;
        assert!(shop.get("/sandbox").await.says("［圖片］"));
    }

    async fn pictures_and_texts_outlive_a_mistake_elsewhere(app: App) {
        let shop = Shop::open(app, &[]).await;
        let at = shop.journey("新品").await;
        let form = with_a_picture(&shop, &at).await;
        let two = form.file("image-2", "a.png", &picture(ImageFormat::Png, 8, 8, RED)).add("compose", "add-image");
        let two = two.submit().await.form(&format!("{at}/steps"));
        let wrong = two.file("image-3", "b.jpg", &picture(ImageFormat::Jpeg, 8, 8, BLUE));
        let wrong = wrong.set("text-1", "{{nick|x}}").set("alt-3", "藍色").submit().await;
        assert_eq!(wrong.status, 422);
        assert!(!wrong.all("#text-1-error").is_empty() && wrong.all("[id^=image-][id$=-error]").is_empty(), "{}", wrong.text());
        let kept = keys(&wrong);
        assert!(kept.len() == 2 && kept[0] != kept[1] && kept.iter().all(|key| key.len() == 32), "{kept:?}");
        let form = wrong.form(&format!("{at}/steps"));
        assert_eq!((form.value("text-1"), form.value("alt-3")), ("{{nick|x}}", "藍色"));

        // The first picture is removed, the second one stays and saves.
        let removed = form.set("text-1", "好").add("compose", "remove-2").submit().await;
        assert_eq!(keys(&removed), kept[1..]);
        let saved = removed.form(&format!("{at}/steps")).submit().await;
        assert_eq!(saved.attributes(".step .pictures img", "src"), [format!("/media/{}/preview", kept[1])]);
    }

    async fn what_is_no_picture_is_refused_beside_its_field_and_nothing_else_is_lost(app: App) {
        let shop = Shop::open(app, &[]).await;
        let at = shop.journey("新品").await;
        let good = picture(ImageFormat::Png, 30, 20, RED);
        let jpeg = picture(ImageFormat::Jpeg, 60, 60, BLUE);
        let cases: [(&str, &str, Vec<u8>, &str); 9] = [
            ("HTML", "photo.png", b"<!doctype html><script>alert(1)</script>".to_vec(), "不是 JPEG 或 PNG"),
            ("SVG", "photo.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "不是 JPEG 或 PNG"),
            ("GIF", "photo.jpg", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), "不是 JPEG 或 PNG"),
            ("WebP", "photo.jpg", b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0/\0\0\0".to_vec(), "不是 JPEG 或 PNG"),
            ("nothing", "photo.jpg", Vec::new(), "不是 JPEG 或 PNG"),
            ("half a PNG", "photo.png", good[..good.len() / 2].to_vec(), "不完整或已損壞"),
            ("half a JPEG", "photo.jpg", jpeg[..jpeg.len() / 2].to_vec(), "不完整或已損壞"),
            ("a bomb", "photo.png", picture(ImageFormat::Png, 9_999, 3_001, [0; 3]), "9,999 × 3,001 像素"),
            ("50 MB", "photo.jpg", vec![0xff; 50 << 20], "檔案太大，最大 10 MB"),
        ];
        for (what, name, content, said) in cases {
            let form = with_a_picture(&shop, &at).await.set("alt-2", "說明");
            let back = form.file("image-2", name, &content).submit().await;
            assert_eq!(back.status, 422, "{what}: {}", back.text());
            let beside = back.all("#image-2-error").join("");
            assert!(beside.contains(said), "{what}: {beside:?}");
            let form = back.form(&format!("{at}/steps"));
            let fields = ["text-1", "image-2", "alt-2"].map(|name| form.value(name).to_owned());
            assert_eq!(fields, ["秋冬新品上市", "", "說明"], "{what}");
        }

        // The picture that stood there stays, whichever button is pressed.
        let form = with_a_picture(&shop, &at).await.file("image-2", "a.png", &good).add("compose", "upload-2");
        let uploaded = form.submit().await;
        let form = uploaded.form(&format!("{at}/steps")).file("image-2", "b.png", b"<html>").add("compose", "add");
        let back = form.submit().await;
        assert_eq!((back.status, keys(&back)), (422, keys(&uploaded)));
        assert!(back.all("#image-2-error").join("").contains("不是 JPEG 或 PNG"));
        assert_eq!(back.all(".part").len(), 3, "and the button did what it says");

        // More than anybody sends by mistake is not read at all.
        let vast = vec![0xff; (64 << 20) + (1 << 16)];
        assert_eq!(with_a_picture(&shop, &at).await.file("image-2", "a.png", &vast).submit().await.status, 413);
        assert_eq!(shop.count("journey_steps").await, 0);
        assert_eq!(shop.count("images").await, 1);
    }

    async fn a_key_that_was_never_given_is_no_picture(app: App) {
        let shop = Shop::open(app, &[]).await;
        let at = shop.journey("新品").await;
        for forged in ["0123456789abcdef0123456789abcdef", "x", "../../etc/passwd", "' or 1=1 --", ""] {
            let form = with_a_picture(&shop, &at).await;
            let back = form.set("image-2", forged).submit().await;
            assert_eq!(back.status, 422, "{forged}");
            assert!(back.all("#image-2-error").join("").contains("請選一張圖片"), "{forged}: {}", back.text());
            assert_eq!(keys(&back), [""], "{forged}");
            assert!(!back.html.contains("/media/"), "{forged}");
        }
        let long = with_a_picture(&shop, &at).await.file("image-2", "a.png", &picture(ImageFormat::Png, 8, 8, RED));
        let long = long.set("alt-2", &"長".repeat(501)).submit().await;
        assert_eq!(long.status, 422);
        assert!(long.all("#alt-2-error").join("").contains("最多 500 個字，目前有 501 個字"), "{}", long.text());
        assert_eq!(shop.count("journey_steps").await, 0);
    }

    async fn a_channel_without_pictures_offers_none_and_takes_none(app: App) {
        let shop = Shop::open(app, &[]).await;
        let sms = Shop { channel: shop.app.channel(ChannelKind::Sms, "簡訊").await, ..shop };
        let at = sms.journey("簡訊").await;
        let page = sms.get(&format!("{at}/steps/new?kind=send&at=first")).await;
        assert!(page.attributes("button[value='add-image']", "name").is_empty());
        let forged = page.form(&format!("{at}/steps")).set("text-1", "好").add("compose", "add-image").submit().await;
        assert_eq!(forged.all(".part").len(), 1);
        let form = page.form(&format!("{at}/steps")).without("text-1").add("image-1", "0123456789abcdef0123456789abcdef");
        let back = form.submit().await;
        assert_eq!(back.status, 422);
        assert!(back.says("這個渠道不能發送圖片"), "{}", back.text());
    }

    async fn a_mail_has_words_beside_its_subject_and_up_to_five_parts(app: App) {
        let shop = Shop::open(app, &[]).await;
        let mail = Shop { channel: shop.app.channel(ChannelKind::Email, "電子報").await, ..shop };
        let at = mail.journey("電子報").await;
        let form = mail.new_step(&at, "send", "first").await;
        let mut form = form.set("subject", "週年慶").set("preheader", "全館八折\n今晚截止").set("text-1", "好");
        for _ in 0..4 {
            form = form.add("compose", "add-image").submit().await.form(&format!("{at}/steps"));
        }
        let full = form.add("compose", "preview").submit().await;
        assert_eq!(full.all(".part").len(), 5);
        assert!(full.attributes("button[value='add']", "name").is_empty(), "five are enough");
        assert!(full.all(".phone .bubble").join("").contains("全館八折"));
        let long = full.form(&format!("{at}/steps")).set("preheader", &"長".repeat(201)).submit().await;
        assert!(long.all("#preheader-error").join("").contains("最多 200 個字"), "{}", long.text());
    }

    async fn a_lost_session_keeps_the_texts_and_says_that_files_are_to_be_chosen_again(app: App) {
        let (email, person) = app.person(&[Role::Marketer]).await;
        let shop = Shop { marketer: app.sign_in(&email).await, ..Shop::open(app, &[]).await };
        let at = shop.journey("新品").await;
        let form = with_a_picture(&shop, &at).await;
        shop.app.write(move |conn| end_sessions(conn, &person, None)).await;
        let lost = form.set("alt-2", "大衣").file("image-2", "大衣.png", &picture(ImageFormat::Png, 8, 8, RED));
        let lost = lost.submit().await;
        assert!(lost.path.starts_with("/signin?kept="), "{}", lost.path);
        let kept = lost.form("/signin").set("email", &email).set("password", PASSWORD).submit().await;
        assert!(kept.says("秋冬新品上市") && kept.says("檔案沒有保留") && kept.says("大衣.png"), "{}", kept.text());
        let back = kept.form(&format!("{at}/steps")).submit().await;
        assert_eq!(back.status, 422);
        assert!(back.all("#image-2-error").join("").contains("請選一張圖片"), "{}", back.text());
        let form = back.form(&format!("{at}/steps"));
        assert_eq!((form.value("text-1"), form.value("alt-2")), ("秋冬新品上市", "大衣"));
        let saved = form.file("image-2", "大衣.png", &picture(ImageFormat::Png, 8, 8, RED)).submit().await;
        assert!(saved.says("已加入步驟"), "{}", saved.text());
    }
}

#[test]
fn in_a_real_browser_a_chosen_picture_is_seen_on_the_phone() {
    run(Backend::Sqlite, |app: App| async move {
        let browser = Browser::start(&app).await;
        let shop = Shop::open(app, &[]).await;
        let at = shop.journey("新品").await;
        browser.sign_in(&shop.app, Role::Marketer).await;
        browser.open(&format!("{at}/steps/new?kind=send&at=first")).await;
        let press = async |css: &str| {
            let button = browser.client.wait().for_element(Locator::Css(css)).await.unwrap();
            browser.ask(&format!("document.querySelector({css:?}).scrollIntoView({{ block: 'center' }})")).await;
            button.click().await.unwrap();
        };
        press("button[value='add-image']").await;
        let photo = tempfile::Builder::new().suffix(".jpg").tempfile().unwrap();
        std::fs::write(photo.path(), picture(ImageFormat::Jpeg, 400, 300, RED)).unwrap();
        let chooser = browser.client.wait().for_element(Locator::Css("#image-2")).await.unwrap();
        chooser.send_keys(photo.path().to_str().unwrap()).await.unwrap();
        press("button[value='upload-2']").await;
        browser
            .client
            .wait()
            .for_element(Locator::Css(".phone .bubble img"))
            .await
            .expect("the phone shows the picture");
        let width = "const image = document.querySelector('.phone .bubble img'); await image.decode(); return image.naturalWidth";
        assert_eq!(browser.ask(width).await, 400, "it is loaded, which the policy allows");
        assert!(browser.complaints().await.is_empty());
    });
}
