//! Every statement of this crate.

use store::Sql;

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* pub(crate) const $name: Sql = Sql::both($text);)*
        /// Every statement of this crate, for the test that prepares them all.
        pub const ALL: &[Sql] = &[$($name),*];
    };
}

statements! {
    ADD = "insert into message (id, person, template, about, words, at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing";
    /// `$2`: whether those that were put away.
    LIST = "select id, template, about, words, at, read_at, archived_at from message where person = $1 and (archived_at is not null) = $2 and at < $3 order by at desc, id desc limit 21";
    ONE = "select id, template, about, words, at, read_at, archived_at from message where person = $1 and id = $2";
    READ = "update message set read_at = $3 where person = $1 and id = $2 and read_at is null";
    ARCHIVE = "update message set archived_at = $3, read_at = coalesce(read_at, $3) where person = $1 and id = $2";
    IS_UNREAD = "select id from message where person = $1 and id = $2 and read_at is null and archived_at is null";
    UNREAD = "select count(*) from message where person = $1 and read_at is null and archived_at is null";

    CHOICES = "select topic, told, mail, push from message_choice where person = $1";
    CHOOSE = "insert into message_choice (person, topic, told, mail, push, since) values ($1, $2, $3, $4, $5, $6) on conflict (person, topic) do update set told = excluded.told, mail = excluded.mail, push = excluded.push, since = case when message_choice.told then message_choice.since else excluded.since end";
    ASKED = "select person, since from message_choice where topic = $1 and told";

    ADDRESS = "select locale, address, proved_at, pending, challenge, challenge_end, tries, sent_at, sent_today from mail_address where person = $1";
    ASK_ADDRESS = "insert into mail_address (person, locale, pending, challenge, challenge_end, tries, sent_at, sent_today) values ($1, $2, $3, $4, $5, 0, $6, $7) on conflict (person) do update set locale = excluded.locale, pending = excluded.pending, challenge = excluded.challenge, challenge_end = excluded.challenge_end, tries = 0, sent_at = excluded.sent_at, sent_today = excluded.sent_today";
    TRY_ADDRESS = "update mail_address set tries = tries + 1 where person = $1";
    PROVE_ADDRESS = "update mail_address set address = pending, proved_at = $2, pending = null, challenge = null, challenge_end = null where person = $1 and challenge = $3";
    DROP_ADDRESS = "update mail_address set address = null, proved_at = null, pending = null, challenge = null, challenge_end = null where person = $1";

    SUBSCRIBE = "insert into push_subscription (id, person, locale, endpoint, p256dh, auth, device, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (endpoint) do update set person = excluded.person, locale = excluded.locale, p256dh = excluded.p256dh, auth = excluded.auth, device = excluded.device";
    SUBSCRIPTIONS = "select id, device, created_at from push_subscription where person = $1 order by created_at";
    SUBSCRIPTION = "select endpoint, p256dh, auth, locale from push_subscription where id = $1";
    UNSUBSCRIBE = "delete from push_subscription where id = $1 and person = $2";
    MESSAGES_OF = "select id from message where person = $1 and not exists (select 1 from message other where other.person = $2 and other.template = message.template and other.about = message.about) order by id";
    HAND_MESSAGE = "update message set person = $3 where id = $1 and person = $2";
    CHOICES_OF = "select topic from message_choice where person = $1 and topic not in (select topic from message_choice where person = $2) order by topic";
    HAND_CHOICE = "update message_choice set person = $3 where topic = $1 and person = $2";
    /// By the address itself: one that was changed since is somebody's own.
    ADDRESSES_OF = "select coalesce(address, '') from mail_address where person = $1 and not exists (select 1 from mail_address other where other.person = $2)";
    HAND_ADDRESS = "update mail_address set person = $3 where coalesce(address, '') = $1 and person = $2";
    SUBSCRIPTIONS_OF = "select id from push_subscription where person = $1 and person <> $2 order by id";
    HAND_SUBSCRIPTION = "update push_subscription set person = $3 where id = $1 and person = $2";
    DROP_MESSAGES = "delete from message where person = $1";
    DROP_CHOICES = "delete from message_choice where person = $1";
    DROP_ADDRESSES = "delete from mail_address where person = $1";
    DROP_SUBSCRIPTIONS = "delete from push_subscription where person = $1";
    GONE = "delete from push_subscription where id = $1";
}
