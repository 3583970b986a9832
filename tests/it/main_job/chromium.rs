//! In a real browser, with its scripts.

use super::shop;
use crate::support::{App, Backend, Browser, View, run};
use chrono::TimeDelta;
use fantoccini::{Locator, elements::Element};
use tidings_base::web::{Lang, Role};

/// A person in front of the browser.
struct Person {
    browser: Browser,
}

impl Person {
    async fn find(&self, css: &str) -> Element {
        let found = self.browser.client.wait().for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(e) => panic!("no {css}: {e}: {}", self.text().await),
        }
    }

    /// Brings it into sight, as a person would scroll, and clicks it.
    async fn press(&self, css: &str) {
        let element = self.find(css).await;
        self.browser.ask(&format!("document.querySelector({css:?}).scrollIntoView({{ block: 'center' }})")).await;
        element.click().await.unwrap_or_else(|e| panic!("{css} cannot be clicked: {e}"));
    }

    async fn write(&self, css: &str, text: &str) {
        let element = self.find(css).await;
        element.clear().await.unwrap();
        element.send_keys(text).await.unwrap();
    }

    async fn pick(&self, css: &str, value: &str) {
        self.find(css).await.select_by_value(value).await.unwrap();
    }

    /// The first choice of a select that is a choice.
    async fn pick_first(&self, css: &str) {
        let first = format!("return [...document.querySelector({css:?}).options].find(o => o.value).value");
        let value = self.browser.ask(&first).await.as_str().unwrap().to_owned();
        self.pick(css, &value).await;
    }

    /// Sets a date or a time, which each locale of a browser has its own keys for.
    async fn set(&self, css: &str, value: &str) {
        let script = format!(
            "const field = document.querySelector({css:?}); field.value = {value:?}; \
             field.dispatchEvent(new Event('input', {{ bubbles: true }})); \
             field.dispatchEvent(new Event('change', {{ bubbles: true }}));"
        );
        self.browser.ask(&script).await;
    }

    async fn text(&self) -> String {
        self.browser.ask("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits for words, as a person would for the next page.
    async fn sees(&self, words: &str) {
        let xpath = format!("//body//*[contains(normalize-space(.), '{words}')]");
        if self.browser.client.wait().for_element(Locator::XPath(&xpath)).await.is_err() {
            let place = self.browser.client.current_url().await.unwrap();
            panic!("{words} is not on {place}: {}", self.text().await);
        }
    }
}

async fn audience(person: &Person) {
    person.browser.open("/audiences/new").await;
    person.write("#name", "VIP 客戶").await;
    person.pick("select[name=kind]", "line").await;
    person.pick("select[name='rule.adding']", "tags").await;
    person.press("button[value='add_condition:']").await;
    person.press("input[type=checkbox][name^='rule.']").await;
    // Without pressing anything.
    person.sees("王怡君").await;
    person.press("button[value=save]").await;
    person.sees("VIP 客戶").await;
}

async fn journey(person: &Person) {
    person.browser.open("/journeys/new").await;
    person.write("#name", "新品上市旅程").await;
    person.pick_first("select[name=channel]").await;
    person.press("main form .foot button.primary").await;
    let adding = person.find("main a[href*='kind=send']").await.attr("href").await.unwrap().unwrap();
    let journey = adding.split("/steps").next().unwrap().to_owned();
    person.browser.open(&adding).await;
    person.write("textarea[name=text-1]", "{{name|貴賓}} 您好，新品到了").await;
    person.find("#preview .bubble mark").await;
    person.press("main form .foot button[value=save]").await;
    person.sees("新品到了").await;
    person.browser.open(&format!("{journey}/publish")).await;
    person.press("main form .foot button.primary").await;
    person.sees("進行中").await;
}

/// Every day for three days, first in two minutes: the field knows no seconds, and filling in takes some.
async fn schedule(app: &App, person: &Person) {
    let soon = (app.clock.now() + TimeDelta::minutes(2)).and_utc().with_timezone(&chrono_tz::Asia::Taipei);
    person.browser.open("/schedules/new").await;
    person.write("#name", "三天的新品通知").await;
    person.pick_first("select[name=journey]").await;
    person.pick_first("select[name=audience]").await;
    person.press("input[name=frequency][value=periodic]").await;
    person.set("#every", "1").await;
    person.pick("select[name=unit]", "days").await;
    person.set("#start", &soon.date_naive().to_string()).await;
    person.set("#end", &(soon.date_naive() + TimeDelta::days(2)).to_string()).await;
    person.set("#time", &soon.format("%H:%M").to_string()).await;
    person.find(".calendar rect.runs ~ rect.runs ~ rect.runs").await;
    person.press("button[value=publish]").await;
    person.sees("三天的新品通知").await;
}

#[test]
fn a_marketer_does_the_main_job_in_a_browser() {
    run(Backend::Sqlite, |app| async move {
        shop(&app).await;
        let person = Person { browser: Browser::start(&app).await };
        person.browser.look(View { lang: Lang::Zh, dark: false, width: 1440 }).await;
        person.browser.sign_in(&app, Role::Marketer).await;
        audience(&person).await;
        journey(&person).await;
        schedule(&app, &person).await;
        person.sees("剩餘任務").await;
        let text = person.text().await;
        assert_eq!(text.matches("待執行").count(), 3, "{text}");
        let last = person
            .browser
            .ask("return [...document.querySelectorAll(\"main a[href*='/tasks/']\")].pop().pathname")
            .await;
        person.browser.open(last.as_str().unwrap()).await;
        person.press("main form .foot button").await;
        person.sees("已取消").await;

        app.advance(TimeDelta::minutes(2)).await;
        person.browser.client.refresh().await.unwrap();
        person.sees("已完成").await;
        let text = person.text().await;
        assert_eq!((text.matches("待執行").count(), text.matches("已取消").count()), (1, 1), "{text}");

        person.browser.open("/sandbox").await;
        let phone = "return [...document.querySelectorAll(\"main a[href^='/sandbox/']\")].find(a => a.textContent.includes('王怡君')).pathname";
        let phone = person.browser.ask(phone).await;
        person.browser.open(phone.as_str().unwrap()).await;
        person.sees("王怡君 您好，新品到了").await;
        assert!(person.browser.complaints().await.is_empty());
    });
}
