use super::*;
use chrono::TimeDelta;

fn reply(status: u16, body: &str) -> Reply {
    Reply { status, body: Some(body.as_bytes().to_vec()), request_id: Some("this".to_owned()), ..Reply::default() }
}

/// The class in a word, with whom it names.
fn class(reply: &Reply, people: usize) -> String {
    match sent(reply, people) {
        Answer::Taken { request_id, people: each } => {
            assert_eq!(each.len(), people);
            format!("ok {}", request_id.unwrap_or_default())
        }
        Answer::Rejected { people, .. } => {
            assert!(people.iter().all(|(_, refusal)| refusal.reason == RefusalReason::Gone));
            format!("person {:?}", people.iter().map(|(n, _)| *n).collect::<Vec<_>>())
        }
        Answer::Later { retry_after, .. } => format!("later {:?}", retry_after.map(|wait| wait.num_seconds())),
        Answer::Stop(stop) => format!("stop {:?}", stop.reason),
        Answer::Unknown { .. } => "unknown".to_owned(),
    }
}

const MANY: usize = 500;

#[test]
fn every_answer_to_a_send_has_its_class() {
    let named = r#"{"message":"The property, to[17], in the request body is invalid (line: -, column: -)"}"#;
    let in_details = r#"{"message":"The request body has 2 error(s)","details":[{"message":"May not be empty","property":"to[3]"},{"property":"to[499]"}]}"#;
    let content = r#"{"message":"The request body has 1 error(s)","details":[{"message":"May not be empty","property":"messages[0].text"}]}"#;
    for (status, body, people, wanted) in [
        (200, r#"{"sentMessages":[{"id":"461230966842064897","quoteToken":"x"}]}"#, 1, "ok this"),
        (200, "{}", MANY, "ok this"),
        (202, "{}", MANY, "ok this"),
        (200, r#"{"sentMess"#, 1, "unknown"),
        (200, "", MANY, "unknown"),
        (200, "[]", MANY, "unknown"),
        (200, "<html>sign in to this hotel</html>", MANY, "unknown"),
        (302, "", MANY, "later None"),
        (400, named, MANY, "person [17]"),
        (400, named, 17, "person []"),
        (400, in_details, MANY, "person [3, 499]"),
        (400, r#"{"message":"Failed to send messages"}"#, 1, "person [0]"),
        (400, r#"{"message":"Failed to send messages"}"#, MANY, "person []"),
        (
            400,
            r#"{"message":"The property, to, in the request body is invalid (line: -, column: -)"}"#,
            1,
            "person [0]",
        ),
        (
            400,
            r#"{"message":"The property, to, in the request body is invalid (line: -, column: -)"}"#,
            MANY,
            "person []",
        ),
        (400, content, MANY, "stop Content"),
        (400, content, 1, "stop Content"),
        (400, r#"{"message":"The property, messages[0].type, in the request body is invalid"}"#, 1, "stop Content"),
        (400, r#"{"message":"The request body could not be parsed as JSON (line: 1, column: 1)"}"#, 1, "stop Content"),
        (400, r#"{"message":"Something new"}"#, MANY, "person []"),
        (400, "not JSON", 1, "person []"),
        (401, r#"{"message":"Authentication failed due to the following reason: invalid token."}"#, 1, "stop Token"),
        (401, "", 1, "stop Token"),
        (403, r#"{"message":"Access to this API is not available for your account"}"#, 1, "stop Permission"),
        (404, r#"{"message":"Not found"}"#, 1, "person []"),
        (408, "", 1, "unknown"),
        (410, "", 1, "person []"),
        (413, "", 1, "stop Content"),
        (415, "", 1, "stop Content"),
        (418, "", MANY, "person []"),
        (429, r#"{"message":"The API rate limit has been exceeded. Try again later."}"#, MANY, "later None"),
        (429, r#"{"message":"You have reached your monthly limit."}"#, MANY, "stop Quota"),
        (429, "slow down", MANY, "later None"),
        (500, r#"{"message":"Internal server error"}"#, MANY, "unknown"),
        (502, "<html>Bad gateway</html>", MANY, "unknown"),
        (503, "", 1, "unknown"),
        (409, "", 1, "unknown"),
        (409, r#"{"message":"The retry key is already accepted"}"#, MANY, "ok this"),
    ] {
        assert_eq!(class(&reply(status, body), people), wanted, "{status} {body}");
    }
}

#[test]
fn an_answer_that_broke_off_is_no_answer() {
    for (status, wanted) in
        [(200, "unknown"), (500, "unknown"), (401, "stop Token"), (429, "later Some(7)"), (400, "person []")]
    {
        let reply = Reply { status, body: None, retry_after: Some(TimeDelta::seconds(7)), ..Reply::default() };
        assert_eq!(class(&reply, MANY), wanted, "{status}");
    }
}

#[test]
fn what_was_taken_before_is_known_by_the_call_that_was_taken() {
    let accepted_request_id = Some("first".to_owned());
    let again = Reply {
        accepted_request_id,
        ..reply(409, r#"{"message":"The retry key is already accepted","sentMessages":[{"id":"7"}]}"#)
    };
    let wanted = Answer::Taken { request_id: Some("first".to_owned()), people: vec![Ok(Some("7".to_owned()))] };
    assert_eq!(sent(&again, 1), wanted);
    assert_eq!(class(&Reply { body: None, ..again }, MANY), "ok first");
}

#[test]
fn a_push_is_called_by_its_last_message_and_a_shared_call_by_none() {
    let reply = reply(200, r#"{"sentMessages":[{"id":"1"},{"id":"2"}]}"#);
    let wanted = Answer::Taken { request_id: Some("this".to_owned()), people: vec![Ok(Some("2".to_owned()))] };
    assert_eq!(sent(&reply, 1), wanted);
    assert_eq!(
        sent(&reply, 2),
        Answer::Taken { request_id: Some("this".to_owned()), people: vec![Ok(None), Ok(None)] }
    );
}

#[test]
fn details_are_kept_and_short() {
    let body = format!(
        r#"{{"message":"{}","details":[{{"message":"May not be empty","property":"messages[0].text"}}]}}"#,
        "長".repeat(2_000)
    );
    let Answer::Stop(Stop { detail, .. }) = sent(&reply(413, &body), 1) else { panic!("not stopped") };
    assert_eq!(detail.chars().count(), 500);
    let Answer::Stop(Stop { detail, .. }) =
        sent(&reply(415, r#"{"message":"a","details":[{"property":"p","message":"m"}]}"#), 1)
    else {
        panic!()
    };
    assert_eq!(detail, "415 a p: m");
}

#[test]
fn a_question_is_answered_refused_or_asked_again() {
    #[derive(serde::Deserialize, PartialEq, Debug)]
    struct Named {
        name: String,
    }
    let ask = |status, body: &str| asked::<Named>(&reply(status, body));
    assert_eq!(ask(200, r#"{"name":"本店"}"#), Ok(Some(Named { name: "本店".to_owned() })));
    assert_eq!(ask(404, r#"{"message":"Not found"}"#), Ok(None));
    let reason = |status| match ask(status, "") {
        Err(Trouble::Stop(stop)) => Some(stop.reason),
        Err(Trouble::Later { .. }) => None,
        Ok(answer) => panic!("{answer:?}"),
    };
    assert_eq!(reason(401), Some(StopReason::Token));
    assert_eq!(reason(403), Some(StopReason::Permission));
    for status in [200, 302, 429, 500, 503] {
        assert_eq!(reason(status), None, "{status}");
    }
}
