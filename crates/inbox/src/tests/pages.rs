use super::site::Site;
use http::StatusCode;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_read_put_away_and_put_back_by_whom_it_is_for_alone() {
    for site in Site::each().await {
        let empty = site.get("per_chan", "en", "/my/inbox").await.text;
        assert!(empty.contains("Nothing here"), "{empty}");
        site.tell("per_chan", "con_1").await;
        site.tell("per_chan", "con_1").await;
        assert_eq!(site.unread("per_chan").await, 1, "of one thing once");
        let page = site.get("per_chan", "tc", "/my/inbox").await.text;
        // A value is not read again as a place for another.
        let title = "海港銀行不可再查閱Chan {consumer} Mei Ling的紀錄";
        assert!(page.contains(title) && page.contains("你有 1 則新訊息"), "{page}");
        let (_, after) = page.split_once("/my/inbox/messages/").unwrap();
        let id = after.split('"').next().unwrap();
        let at = format!("/my/inbox/messages/{id}");
        for (path, nobody) in [(at.clone(), ""), (at.clone(), "per_wong")] {
            let reply = site.get(nobody, "en", &path).await;
            assert!(reply.status == StatusCode::NOT_FOUND || reply.location.contains("sign-in"));
            let reply = site.post(nobody, "en", &format!("{path}/archive"), &[]).await;
            assert!(matches!(reply.status.as_u16(), 401 | 404), "{}", reply.status);
        }
        assert_eq!(site.unread("per_chan").await, 1);
        let one = site.get("per_chan", "sc", &at).await.text;
        assert!(one.contains("海港银行不可再查阅") && one.contains("/my/consents/con_1"), "{one}");
        assert_eq!(site.unread("per_chan").await, 0);
        let away = site.post("per_chan", "en", &format!("{at}/archive"), &[]).await;
        assert_eq!(away.location, "/my/inbox?done=archived");
        assert!(!site.get("per_chan", "en", "/my/inbox").await.text.contains(id));
        assert!(site.get("per_chan", "en", "/my/inbox?archived=true").await.text.contains(id));
        site.post("per_chan", "en", &format!("{at}/restore"), &[]).await;
        assert!(site.get("per_chan", "en", "/my/inbox").await.text.contains(id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_is_paged_without_losing_a_message() {
    for site in Site::each().await {
        for number in 0..45 {
            site.tell("per_chan", &format!("con_{number}")).await;
            site.clock.advance(1);
        }
        let (mut at, mut seen) = ("/my/inbox".to_owned(), std::collections::HashSet::new());
        for pages in 1.. {
            let page = site.get("per_chan", "en", &at).await.text;
            let ids = page.split("/my/inbox/messages/").skip(1);
            seen.extend(ids.map(|rest| rest.split('"').next().unwrap().to_owned()));
            let next = page.split("href=\"").find(|rest| rest.contains("rel=\"next\""));
            let Some(next) = next else {
                assert_eq!((pages, seen.len()), (3, 45));
                break;
            };
            at = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_are_told_to_those_who_ask_and_the_account_is_never_silent() {
    use ports::Inbox as _;
    for site in Site::each().await {
        let asked = async || {
            let inbox = site.inbox.clone();
            site.inbox.db.read(move |tx| inbox.asked_for(tx, "looks")).await.unwrap().len()
        };
        assert_eq!(asked().await, 0);
        let chosen = [("told", "looks"), ("mail", "consents")];
        let saved = site.post("per_chan", "en", "/my/inbox/settings", &chosen).await;
        assert_eq!(saved.location, "/my/inbox/settings?done=saved");
        assert_eq!(asked().await, 1);
        // Consents were not ticked as told, and are told all the same: they concern the account.
        site.tell("per_chan", "con_1").await;
        assert_eq!(site.unread("per_chan").await, 1);
        site.post("per_chan", "en", "/my/inbox/settings", &[]).await;
        assert_eq!(asked().await, 0);
    }
}
