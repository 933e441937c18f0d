use super::site::{Site, Written};
use crate::{MailSettings, Mailer, ops};
use http::StatusCode;
use kernel::Locale;
use ports::{Inbox as _, Word};

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_says_that_there_is_a_message_and_nothing_about_anybody() {
    for site in Site::each().await {
        site.tell("per_chan", "con_0").await;
        site.work().await;
        assert!(site.mails.lock().unwrap().is_empty(), "no address is known");
        site.with_mail("per_chan", "mei.ling@example.hk", "tc").await;
        site.tell("per_chan", "con_1").await;
        site.work().await;
        let mails = site.mails.lock().unwrap().clone();
        assert_eq!(mails.len(), 1, "{mails:?}");
        let mail = &mails[0];
        assert!(mail.contains("RCPT TO:<mei.ling@example.hk>") && mail.contains("Auto-Submitted"));
        for personal in ["Chan", "Mei Ling", "Harbour", "con_1", "per_chan", "consent", "海港"] {
            assert!(!mail.contains(personal), "{mail}");
        }
        let inbox = &site.inbox;
        let (_, body) = crate::mail::notice(inbox, Locale::Tc);
        assert!(body.contains("https://praya.example/my/inbox") && body.contains("登入"), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_proved_by_its_code_within_five_tries_and_half_an_hour() {
    for site in Site::each().await {
        let ask = async |address: &str| {
            site.post("per_chan", "en", "/my/inbox/address", &[("address", address)]).await
        };
        let enter = async |code: &str| {
            site.post("per_chan", "en", "/my/inbox/address/code", &[("code", code)]).await
        };
        for bad in
            ["", "nobody", "a@b", "a b@example.hk", "a@example.hk\r\nBcc: x@y.z", "a@[127.0.0.1]"]
        {
            assert_eq!(ask(bad).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad:?}");
        }
        assert_eq!(enter("123456").await.status, StatusCode::CONFLICT, "nothing was asked");
        ask("chan@example.hk").await;
        assert_eq!(ask("chan@example.hk").await.status, StatusCode::TOO_MANY_REQUESTS);
        site.work().await;
        let code = site.code();
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            assert_eq!(enter(wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(enter(&code).await.status, StatusCode::CONFLICT, "five wrong ones end it");
        site.clock.advance(61);
        ask("chan@example.hk").await;
        site.work().await;
        let second = site.code();
        site.clock.advance(ops::CODE_GOOD + 1);
        assert_eq!(enter(&second).await.status, StatusCode::CONFLICT, "it was too late");
        ask("chan@example.hk").await;
        site.work().await;
        let proved = enter(&format!(" {} ", site.code())).await;
        assert_eq!(proved.location, "/my/inbox/settings?done=proved");
        assert_eq!(enter(&site.code()).await.status, StatusCode::CONFLICT, "good once");
        for again in 0..3 {
            site.clock.advance(61);
            let expected =
                if again < 2 { StatusCode::SEE_OTHER } else { StatusCode::TOO_MANY_REQUESTS };
            assert_eq!(ask("other@example.hk").await.status, expected, "five a day: {again}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_away_is_tried_again_and_a_message_read_meanwhile_is_not_mailed() {
    for site in Site::each().await {
        site.with_mail("per_chan", "chan@example.hk", "en").await;
        site.tell("per_chan", "con_1").await;
        let page = site.get("per_chan", "en", "/my/inbox").await.text;
        let id = page.split("/my/inbox/messages/").nth(1).unwrap().split('"').next().unwrap();
        site.get("per_chan", "en", &format!("/my/inbox/messages/{id}")).await;
        site.work().await;
        assert!(site.mails.lock().unwrap().is_empty());
    }
    let refused = MailSettings {
        server: "smtp://127.0.0.1:1".to_owned(),
        from: "a@b.example".to_owned(),
        login: None,
    };
    let mailer = Mailer::new(&refused).unwrap();
    let error = mailer.send("chan@example.hk", "x".into(), "y".into()).await.unwrap_err();
    assert!(!error.contains("chan"), "what is kept of a failure names nobody: {error}");
}

#[test]
fn mail_in_the_clear_over_a_network_is_refused() {
    let made = |server: &str| {
        Mailer::new(&MailSettings {
            server: server.to_owned(),
            from: "Praya <a@gov.example>".to_owned(),
            login: Some(("user".to_owned(), "secret".to_owned())),
        })
    };
    for good in
        ["smtps://mail.example", "smtp://mail.example:587", "smtp://localhost", "smtp://[::1]:25"]
    {
        assert!(made(good).is_ok(), "{good}: {:?}", made(good).err());
    }
    for bad in ["http://mail.example", "mail.example", "smtp://user:pass@mail.example", "smtp:"] {
        assert!(made(bad).is_err(), "{bad}");
    }
}

/// A server that offers no STARTTLS gets no mail: `smtp` beyond this machine requires it.
#[tokio::test(flavor = "multi_thread")]
async fn without_starttls_nothing_is_sent() {
    let transport =
        lettre::AsyncSmtpTransport::<lettre::Tokio1Executor>::starttls_relay("mail.example");
    let shown = format!("{:?}", transport.unwrap().port(2525));
    assert!(shown.contains("Required"), "{shown}");
}

async fn subscribe(site: &Site, key: &str) -> super::site::Reply {
    let fields = [
        ("endpoint", site.push_url.as_str()),
        ("p256dh", key),
        ("auth", "BTBZMqHH6r4Tts7J_aSIgg"),
        ("device", "Chromium, Linux"),
    ];
    site.post("per_chan", "tc", "/my/inbox/push", &fields).await
}

const KEY: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_encrypted_signed_and_ends_when_the_browser_has_given_it_up() {
    for site in Site::each().await {
        assert_eq!(subscribe(&site, "AAAA").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let inside = [
            ("endpoint", "https://a.example/inside"),
            ("p256dh", KEY),
            ("auth", "BTBZMqHH6r4Tts7J_aSIgg"),
        ];
        let inside = site.post("per_chan", "en", "/my/inbox/push", &inside).await;
        assert_eq!(inside.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(subscribe(&site, KEY).await.location, "/my/inbox/settings?done=push");
        site.tell("per_chan", "con_1").await;
        site.work().await;
        {
            let pushes = site.pushes.lock().unwrap();
            let (headers, body) = pushes.first().expect("the push service was called");
            let word = headers["authorization"].to_str().unwrap();
            assert!(word.starts_with("vapid t=") && word.contains(", k=B"), "{word}");
            assert_eq!(
                (&headers["content-encoding"], &headers["ttl"]),
                (&"aes128gcm".parse().unwrap(), &"86400".parse().unwrap())
            );
            // Salt, size, key of ours and one record: nothing can be read on the way.
            assert!(body.len() > 86 && !String::from_utf8_lossy(body).contains("title"));
        }
        let said = crate::push::notice(&site.inbox, Locale::Tc);
        assert!(said.contains("你有一則新訊息") && !said.contains("Chan"), "{said}");
        *site.push_status.lock().unwrap() = 410;
        site.tell("per_chan", "con_2").await;
        site.work().await;
        site.tell("per_chan", "con_3").await;
        site.work().await;
        assert_eq!(
            site.pushes.lock().unwrap().len(),
            2,
            "a browser that is gone is not called again"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_with_a_value_missing_fails_where_it_is_left() {
    for site in Site::each().await {
        let (inbox, ctx) = (site.inbox.clone(), site.ctx("per_chan", Locale::En));
        let left: Written<()> = site
            .inbox
            .db
            .write(move |tx| {
                let words = [("consumer", Word::Plain("x".to_owned()))];
                inbox.leave(tx, &ctx, ctx.person()?, "consent-stopped", "con_1", &words)
            })
            .await;
        assert_eq!(left.unwrap_err().status, 500);
        assert_eq!(site.unread("per_chan").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_no_address_is_asked_for() {
    let site = Site::new(store::testing::sqlite().await.unwrap(), false).await;
    let page = site.get("per_chan", "en", "/my/inbox/settings").await.text;
    assert!(page.contains("sends no mail") && !page.contains("type=\"email\""), "{page}");
    let asked = site.post("per_chan", "en", "/my/inbox/address", &[("address", "a@b.hk")]).await;
    assert_eq!(asked.status, StatusCode::CONFLICT);
}
