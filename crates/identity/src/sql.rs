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
    // People, companies, mandates.
    ADD_PERSON = "insert into person (id, handle, name_en, name_tc, name_sc, hkid, made_up, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)";
    SUBJECT = "select id, name_en, name_tc, name_sc, hkid, 1 from person where id = $1
        union all select id, name_en, name_tc, name_sc, brn, 0 from company where id = $1";
    MADE_UP = "select made_up from person where id = $1";
    PERSON_BY_HKID = "select k.id, k.name_en, k.name_tc, k.name_sc, p.hkid from person p join person k on k.id = coalesce(p.merged_into, p.id) where p.hkid = $1";
    PERSON_BY_HANDLE = "select id, name_en, name_tc, name_sc, hkid from person where handle = $1";
    PERSON_BY_KEY = "select k.id, k.name_en, k.name_tc, k.name_sc, p.hkid from person p join person k on k.id = coalesce(p.merged_into, p.id) where p.hkid = $1";
    ADD_COMPANY = "insert into company (id, brn, name_en, name_tc, name_sc, made_up, created_at) values ($1, $2, $3, $4, $5, $6, $7)";
    COMPANY_BY_KEY = "select id, name_en, name_tc, name_sc, brn from company where brn = $1";
    ADD_MANDATE = "insert into mandate (id, company, person, role, scopes, needs, valid_from, valid_until, delegated_by, created_at, purposes, parent, most, onward)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    GIVEN_TO = "select m.id, c.id, c.name_en, c.name_tc, c.name_sc, m.purposes, m.needs, m.valid_until, m.most, m.onward
        from mandate m join company c on c.id = m.company
        where m.person = $1 and m.delegated_by is not null and m.revoked_at is null and m.valid_from <= $2 and m.valid_until > $2
        order by c.name_en, m.id";
    ADD_OFFER = "insert into mandate_offer (id, company, person, purposes, needs, valid_until, agree, offered_by, state, created_at, most, onward)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $10, $11)";
    OFFERS = "select o.id, o.agree, p.name_en, p.name_tc, p.name_sc, o.purposes, o.needs, o.valid_until, o.most, o.onward, o.person
        from mandate_offer o join person p on p.id = o.person
        where o.company = $1 and o.state = 'waiting' and o.created_at > $2 order by o.created_at, o.id";
    OFFER = "select company, person, agree, offered_by, purposes, needs, valid_until, most, onward from mandate_offer where id = $1 and state = 'waiting' and created_at > $2";
    MOVE_OFFER = "update mandate_offer set state = $2 where id = $1 and state = 'waiting'";
    ADD_OFFER_YES = "insert into mandate_yes (offer, person, at) values ($1, $2, $3)";
    OFFER_YESES = "select y.person, p.name_en, p.name_tc, p.name_sc from mandate_yes y join person p on p.id = y.person where y.offer = $1 order by y.at, y.person";
    AUTHORITIES = "select m.id, m.role, m.scopes, c.id, c.name_en, c.name_tc, c.name_sc, c.brn, m.purposes, m.needs, m.valid_until, m.most, m.onward
        from mandate m join company c on c.id = m.company
        where m.person = $1 and m.revoked_at is null and m.valid_from <= $2 and (m.valid_until is null or m.valid_until > $2)
        order by c.name_en, m.id";
    HOLDERS = "select p.id, p.name_en, p.name_tc, p.name_sc, p.hkid, m.id, m.role, m.scopes, m.delegated_by, m.parent, m.purposes, m.needs, m.valid_until, m.most, m.onward
        from mandate m join person p on p.id = m.person
        where m.company = $1 and m.revoked_at is null and m.valid_from <= $2 and (m.valid_until is null or m.valid_until > $2)
        order by p.name_en, m.id";
    MANDATE = "select company, person, delegated_by from mandate where id = $1 and revoked_at is null";
    PARENT = "select p.id, p.person, p.parent from mandate m join mandate p on p.id = m.parent where m.id = $1 and p.revoked_at is null";
    HISTORY = "select m.id, h.name_en, h.name_tc, h.name_sc, g.name_en, g.name_tc, g.name_sc, e.name_en, e.name_tc, e.name_sc,
            m.created_at, m.revoked_at, m.role, m.person, m.parent, m.purposes, m.needs, m.valid_until, m.most, m.onward
        from mandate m join person h on h.id = m.person left join person g on g.id = m.delegated_by left join person e on e.id = m.revoked_by
        where m.company = $1 order by m.created_at desc, m.id limit $2";
    REVOKE_MANDATE = "update mandate set revoked_at = $2, revoked_by = $3 where id = $1 and revoked_at is null";
    // Companies' accounts.
    OPEN_COMPANY = "update company set opened_at = $2, opened_by = $3 where id = $1 and opened_at is null";
    REGISTER_READ = "update company set register_at = $2, asked_at = $3 where id = $1 and (register_at is null or register_at <= $2)";
    COMPANY_ASKED = "update company set asked_at = $2 where id = $1";
    COMPANY_DUE = "select id, brn from company where opened_at is not null and asked_at < $1 order by asked_at limit 1";
    COMPANY_ACCOUNT = "select opened_at, register_at from company where id = $1";
    DROP_OFFICERS = "delete from company_officer where company = $1";
    ADD_COMPANY_OFFICER = "insert into company_officer (company, place, name_en, name_tc, name_sc, capacity_en, capacity_tc, capacity_sc, directs, since, person)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    OFFICERS_OF = "select name_en, name_tc, name_sc, capacity_en, capacity_tc, capacity_sc, since, person from company_officer where company = $1 order by place";
    REGISTER_MANDATES = "select id, person, needs from mandate where company = $1 and role = $2 and delegated_by is null and revoked_at is null order by id";
    LOWER_NEEDS = "update mandate set needs = $3 where company = $1 and role = $2 and delegated_by is null and revoked_at is null and needs > $3";
    UNDER = "select id, company, person from mandate where parent = $1 and revoked_at is null order by id";
    ADD_OFFICER = "insert into officer (person, department, role, active) values ($1, $2, $3, true)
        on conflict (person) do update set department = $2, role = $3, active = true";
    OFFICER = "select department, role from officer where person = $1 and active";
    STOP_OFFICER = "update officer set active = false where person = $1";
    PERSONAS = "select p.id, p.handle, p.name_en, p.name_tc, p.name_sc,
            coalesce(o.role, (select min(m.role) from mandate m where m.person = p.id and m.revoked_at is null), ''),
            coalesce(o.department, (select min(c.name_en) from mandate m join company c on c.id = m.company where m.person = p.id and m.revoked_at is null), ''),
            coalesce(o.department, (select min(c.name_tc) from mandate m join company c on c.id = m.company where m.person = p.id and m.revoked_at is null), ''),
            coalesce(o.department, (select min(c.name_sc) from mandate m join company c on c.id = m.company where m.person = p.id and m.revoked_at is null), ''),
            coalesce((select max(m.needs) from mandate m where m.person = p.id and m.revoked_at is null), 1)
        from person p left join officer o on o.person = p.id and o.active where p.made_up order by p.created_at, p.id limit 50";

    // Who a person is.
    CHECKS = "select level, evidence, department, at from identity_check where person = $1 order by at desc, id desc";
    ADD_CHECK = "insert into identity_check (id, person, level, evidence, document, checked_by, department, at) values ($1, $2, $3, $4, $5, $6, $7, $8)";
    PERSON_BY_DOCUMENT = "select p.id, p.name_en, p.name_tc, p.name_sc, p.hkid from identity_check c join person p on p.id = c.person
        where c.document = $1 order by c.at desc, c.id desc limit 1";
    HANDLE_OF = "select handle from person where id = $1";
    OFFICERS = "select p.id, p.handle, p.name_en, p.name_tc, p.name_sc, o.department, o.role, d.duty, g.name_en, g.name_tc, g.name_sc
        from officer o join person p on p.id = o.person left join duty d on d.person = o.person left join person g on g.id = d.given_by
        where o.active order by o.department, p.name_en, p.id, d.duty";
    DUTIES = "select duty from duty where person = $1 order by duty";
    GIVE_DUTY = "insert into duty (person, duty, given_by, given_at) values ($1, $2, $3, $4) on conflict do nothing";
    TAKE_DUTY = "delete from duty where person = $1 and duty = $2";
    DROP_DUTIES = "delete from duty where person = $1";

    // One person, one account.
    STANDING = "select k.id, k.closing_at, k.closed_at from person p join person k on k.id = coalesce(p.merged_into, p.id) where p.id = $1";
    OTHERS_OF_DOCUMENT = "select distinct p.id from person p left join identity_check c on c.person = p.id
        where (c.document = $1 or p.hkid = $2) and p.id <> $3 and p.merged_into is null and p.closed_at is null order by p.id";
    ADD_DUPLICATE = "insert into duplicate (id, first, second, state, found_by, found_at) values ($1, $2, $3, 'open', $4, $5) on conflict do nothing";
    DUPLICATES = "select d.id, a.id, a.handle, a.name_en, a.name_tc, a.name_sc, b.id, b.handle, b.name_en, b.name_tc, b.name_sc,
            d.state, d.found_at, d.kept, d.reason, d.undo_until
        from duplicate d join person a on a.id = d.first join person b on b.id = d.second
        where d.state in ('open', 'undone') or (d.state = 'merged' and d.undo_until > $1) order by d.found_at, d.id limit 100";
    DUPLICATE = "select first, second, state, found_by, kept, moved, undo_until from duplicate where id = $1";
    DECIDE_DUPLICATE = "update duplicate set state = $2, decided_by = $3, decided_at = $4, reason = $5, kept = $6, moved = $7, undo_until = $8 where id = $1";
    MANDATES_OF = "select id from mandate where person = $1 and person <> $2 order by id";
    CHECKS_OF = "select id from identity_check where person = $1 and person <> $2 order by id";
    ALIASES_OF = "select id from person where merged_into = $1 and id <> $2 order by id";
    HAND_MANDATE = "update mandate set person = $3 where id = $1 and person = $2";
    HAND_CHECK = "update identity_check set person = $3 where id = $1 and person = $2";
    HAND_ALIAS = "update person set merged_into = $3 where id = $1 and merged_into = $2";
    SERVICES_YES_OF = "select client from service_yes where person = $1 and client not in (select client from service_yes where person = $2) order by client";
    /// The service goes on knowing them by the number it had.
    HAND_SERVICE = "update service_yes set person = $3, known_as = case when coalesce(known_as, $2) = $3 then null else coalesce(known_as, $2) end where client = $1 and person = $2";
    KNOWN_AS = "select coalesce(known_as, person) from service_yes where client = $1 and person = $2";
    DROP_SERVICES_OF = "delete from service_yes where person = $1";
    LINK_IDS_OF = "select id from federation_link where person = $1 and person <> $2 order by id";
    HAND_LINK = "update federation_link set person = $3 where id = $1 and person = $2";
    ROLES_OF = "select role from client_role where person = $1 and role not in (select role from client_role where person = $2) order by role";
    HAND_ROLE = "update client_role set person = $3 where role = $1 and person = $2";
    SELVES = "select id from person where id = $1 or merged_into = $1 order by case when id = $1 then 0 else 1 end, id";
    SET_ALIAS = "update person set merged_into = $2 where id = $1";
    CODE_LOGIN = "select password, secret, last_step, confirmed, wrong from code_login where person = $1";
    ADD_CODE_LOGIN = "insert into code_login (person, password, secret, last_step, wrong, confirmed, created_at) values ($1, $2, $3, 0, 0, false, $4)";
    CONFIRM_CODE_LOGIN = "update code_login set confirmed = true where person = $1";
    DROP_CODE_LOGIN = "delete from code_login where person = $1";
    /// One code, one sign-in, also when it comes twice at once.
    SPEND_CODE = "update code_login set last_step = $2, wrong = 0 where person = $1 and last_step < $2";
    WRONG_CODE = "update code_login set wrong = wrong + 1 where person = $1";
    DROP_RECOVERY_CODES = "delete from recovery_code where person = $1";
    ADD_RECOVERY_CODE = "insert into recovery_code (hash, person) values ($1, $2)";
    RECOVERY_CODES_LEFT = "select count(*) from recovery_code where person = $1 and used_at is null";
    USE_RECOVERY_CODE = "update recovery_code set used_at = $3 where hash = $1 and person = $2 and used_at is null";
    RECOVERY_WAITS = "select min(ready_at) from invitation where person = $1 and ready_at > 0 and used_at is null and expires_at > $2 having min(ready_at) is not null";
    ADD_LATER_INVITATION = "insert into invitation (hash, person, created_at, expires_at, ready_at) values ($1, $2, $3, $4, $5)";
    STOP_RECOVERY = "delete from invitation where person = $1 and ready_at > 0 and used_at is null";
    SET_CLOSING = "update person set closing_at = $2 where id = $1 and closed_at is null";
    CLOSING_DUE = "select id from person where closing_at <= $1 and closed_at is null order by closing_at limit 50";
    CLOSE_PERSON = "update person set closed_at = $2 where id = $1";
    DROP_PASSKEYS_OF = "delete from passkey where person = $1";
    DROP_INVITATIONS_OF = "delete from invitation where person = $1";
    END_GIVEN_MANDATES = "update mandate set revoked_at = $2, revoked_by = person where person = $1 and delegated_by is not null and revoked_at is null";
    END_SERVICE_GRANTS = "update oauth_grant set ended_at = $2 where person = $1 and consent is null and ended_at is null";

    // A screen and a phone.
    ADD_APPROVAL = "insert into approval (hash, shown, code, service_en, service_tc, service_sc, device, network, state, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $10)";
    APPROVAL = "select code, service_en, service_tc, service_sc, device, network, created_at from approval where shown = $1 and state = 'waiting' and expires_at > $2";
    ANSWER_APPROVAL = "update approval set state = $2, person = $3 where shown = $1 and state = 'waiting' and expires_at > $4";
    APPROVAL_STATE = "select state from approval where hash = $1 and expires_at > $2";
    USE_APPROVAL = "update approval set state = 'used' where hash = $1 and state = 'approved' and expires_at > $2 returning person";
    SWEEP_APPROVALS = "delete from approval where hash in (select hash from approval where expires_at < $1 limit 500)";

    // Sessions.
    ADD_SESSION = "insert into session (id, hash, person, method, created_at, seen_at, expires_at, device) values ($1, $2, $3, $4, $5, $5, $6, $7)";
    SESSION_BEGUN = "select created_at, method from session where id = $1 and person = $2";
    SESSIONS_OF = "select id, device, created_at, seen_at from session where person = $1 and expires_at > $2 and seen_at > $3 order by seen_at desc, id";
    /// The one read of every request of a person signed in. Nobody works as an officer on a password, nor on another
    /// provider's word.
    VISITOR = "select s.id, s.seen_at, p.id, p.name_en, p.name_tc, p.name_sc, o.department, o.role
        from session s join person p on p.id = s.person left join officer o on o.person = p.id and o.active and s.method <> 'code' and s.method not like 'federated:%'
        where s.hash = $1 and s.expires_at > $2 and s.seen_at > $3";
    TOUCH_SESSION = "update session set seen_at = $2 where id = $1 and seen_at < $2";
    END_OWN_SESSION = "select id from session where id = $1 and person = $2";
    END_SESSION = "delete from session where id = $1";
    OTHER_SESSIONS = "select id from session where person = $1 and id <> $2";
    /// Signing in again, the same person in the same browser: what services know the session by stays.
    RENEW_SESSION = "update session set hash = $3, method = $4, created_at = $5, seen_at = $5, expires_at = $6, device = $7 where id = $1 and person = $2";
    ADD_SERVICE_SESSION = "insert into service_session (session, client, grant_id, expires_at) values ($1, $2, $3, $4)";
    SERVICE_SESSIONS = "select s.client, s.grant_id, g.scope, g.person, c.terms, g.consent from service_session s
        join oauth_grant g on g.id = s.grant_id join client c on c.id = s.client where s.session = $1 order by s.client, s.grant_id";
    DROP_SERVICE_SESSIONS = "delete from service_session where session = $1";
    KEEP_SERVICE_SESSIONS = "update service_session set expires_at = $2 where session = $1";
    SWEEP_SERVICE_SESSIONS = "delete from service_session where session in (select session from service_session where expires_at < $1 limit 500)";
    SWEEP_SESSIONS = "delete from session where id in (select id from session where seen_at < $1 limit 500)";

    // Other providers.
    ADD_TRY = "insert into federation_try (hash, provider, browser, session, body, expires_at) values ($1, $2, $3, $4, $5, $6)";
    TAKE_TRY = "delete from federation_try where hash = $1 and expires_at > $2 returning provider, browser, session, body";
    SWEEP_TRIES = "delete from federation_try where hash in (select hash from federation_try where expires_at < $1 limit 500)";
    LINK = "select id, person from federation_link where provider = $1 and subject = $2 and ended_at is null";
    ADD_LINK = "insert into federation_link (id, provider, subject, person, level, linked_at) values ($1, $2, $3, $4, $5, $6)";
    LINK_TOLD = "update federation_link set told = $2, told_at = $3 where id = $1";
    LINKS_OF = "select id, provider, level, linked_at, told, told_at from federation_link where person = $1 and ended_at is null order by linked_at, id";
    END_LINK = "update federation_link set ended_at = $3, told = null where id = $1 and person = $2 and ended_at is null";
    END_LINKS_OF = "update federation_link set ended_at = $2, told = null where person = $1 and ended_at is null";
    SESSIONS_BY = "select id from session where person = $1 and method like 'federated:%'";

    // Passkeys.
    ADD_PASSKEY = "insert into passkey (id, person, body, created_at, name) values ($1, $2, $3, $4, $5)";
    PASSKEY_LIST = "select id, name, created_at, used_at from passkey where person in (select id from person where id = $1 or merged_into = $1) order by created_at, id";
    NAME_PASSKEY = "update passkey set name = $3 where id = $1 and person in (select id from person where id = $2 or merged_into = $2)";
    /// Never the last one.
    REMOVE_PASSKEY = "delete from passkey where id = $1 and person in (select id from person where id = $2 or merged_into = $2)
        and exists (select 1 from passkey other where other.id <> $1 and other.person in (select id from person where id = $2 or merged_into = $2))";
    PASSKEY = "select k.person, k.body, coalesce(p.merged_into, k.person) from passkey k join person p on p.id = k.person where k.id = $1";
    PASSKEYS_OF = "select id, body from passkey where person in (select id from person where id = $1 or merged_into = $1) order by created_at";
    USED_PASSKEY = "update passkey set body = $2, used_at = $3 where id = $1";
    ADD_CEREMONY = "insert into ceremony (id, kind, person, state, expires_at) values ($1, $2, $3, $4, $5)";
    TAKE_CEREMONY = "delete from ceremony where id = $1 and kind = $2 and expires_at > $3 returning person, state";
    SWEEP_CEREMONIES = "delete from ceremony where id in (select id from ceremony where expires_at < $1 limit 500)";
    ADD_INVITATION = "insert into invitation (hash, person, created_at, expires_at) values ($1, $2, $3, $4)";
    INVITATION = "select person, ready_at from invitation where hash = $1 and used_at is null and expires_at > $2";
    USE_INVITATION = "update invitation set used_at = $2 where hash = $1 and used_at is null and expires_at > $2 and ready_at <= $2 returning person";
    SWEEP_INVITATIONS = "delete from invitation where hash in (select hash from invitation where expires_at < $1 limit 500)";

    // Clients.
    ADD_CLIENT = "insert into client (id, name_en, name_tc, name_sc, redirect_uris, jwks, profile, webhook, scopes, active, created_at, changed_at, node, terms)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, true, $10, $10, $11, $12)";
    CHANGE_CLIENT = "update client set name_en = $2, name_tc = $3, name_sc = $4, redirect_uris = $5, jwks = $6, profile = $7, webhook = $8, scopes = $9,
        changed_at = case when changed_at < $10 then $10 else changed_at + 1 end, node = $11, terms = $12 where id = $1";
    CLIENT = "select id, name_en, name_tc, name_sc, redirect_uris, jwks, profile, webhook, scopes, active, changed_at, node, terms from client where id = $1";
    CLIENT_STATE = "select active, changed_at from client where id = $1";
    CLIENTS = "select id, name_en, name_tc, name_sc, redirect_uris, jwks, profile, webhook, scopes, active, changed_at, node, terms from client order by name_en, id";
    ADD_SECRET = "insert into client_secret (hash, client, created_at) values ($1, $2, $3)";
    END_SECRETS = "update client_secret set expires_at = $2 where client = $1 and (expires_at is null or expires_at > $2)";
    SECRETS = "select hash, expires_at from client_secret where client = $1";
    SET_CLIENT_ACTIVE = "update client set active = $2, changed_at = case when changed_at < $3 then $3 else changed_at + 1 end where id = $1";
    /// So that what is remembered of it is read again.
    CLIENT_ORGANISATION = "select organisation from client where id = $1";
    SET_CLIENT_ORGANISATION = "update client set organisation = $2 where id = $1";
    SET_CLIENT_KEYS = "update client set jwks = $2, keys_at = $3, changed_at = case when changed_at < $3 then $3 else changed_at + 1 end where id = $1";
    CLIENT_KEYS_AT = "select keys_at from client where id = $1";
    SET_CLIENT_ROLE = "insert into client_role (person, role, organisation, created_at) values ($1, $2, $3, $4)
        on conflict (person, role) do update set organisation = $3, created_at = $4";
    DROP_CLIENT_ROLE = "delete from client_role where person = $1 and role = $2";
    CLIENT_ROLE = "select organisation from client_role where person = $1 and role = $2";
    ADD_REGISTRATION = "insert into registration (id, client, organisation, asked, state, asked_by, asked_at, reason) values ($1, $2, $3, $4, 'waiting', $5, $6, '')";
    REGISTRATION = "select id, client, organisation, asked, state, asked_by from registration where id = $1";
    REGISTRATION_WAITS = "select 1 from registration where client = $1 and state = 'waiting'";
    MOVE_REGISTRATION = "update registration set state = $2, decided_by = $3, decided_at = $4, reason = $5 where id = $1 and state = 'waiting'";
    REGISTRATIONS = "select r.id, r.organisation, r.asked, r.state, r.asked_by, r.asked_at, r.reason, p.name_en, p.name_tc, p.name_sc, d.name_en, d.name_tc, d.name_sc, c.active,
            not exists (select 1 from registration n where n.client = r.client and n.state = 'approved' and n.decided_at > r.decided_at)
        from registration r join person p on p.id = r.asked_by left join person d on d.id = r.decided_by left join client c on c.id = r.client
        where r.organisation = $1 or $2 order by case when r.state = 'waiting' then 0 else 1 end, r.asked_at desc, r.id limit 200";
    ADD_REGISTRATION_TOKEN = "insert into registration_token (hash, person, expires_at) values ($1, $2, $3)";
    REGISTRATION_TOKEN = "select person from registration_token where hash = $1 and expires_at > $2";
    SWEEP_REGISTRATION_TOKENS = "delete from registration_token where hash in (select hash from registration_token where expires_at < $1 limit 500)";
    STAMP_CLIENT = "update client set changed_at = case when changed_at < $2 then $2 else changed_at + 1 end where id = $1";

    // Our signing keys.
    ADD_KEY = "insert into signing_key (kid, alg, body, public, created_at, sign_from) values ($1, $2, $3, $4, $5, $6)";
    RETIRE_KEYS = "update signing_key set retire_at = $2 where kid <> $1 and alg = $3 and retire_at is null";
    KEYS = "select kid, body, sign_from, retire_at, alg from signing_key where retire_at is null or retire_at > $1 order by sign_from, alg, kid";

    // Pushed requests.
    ADD_INTERACTION = "insert into interaction (id, request_hash, client, asked, state, request_expires_at, expires_at, created_at)
        values ($1, $2, $3, $4, 'pushed', $5, $6, $7)";
    INTERACTION_BY_REQUEST = "select id, client, asked, state, person, request_expires_at, expires_at, created_at from interaction where request_hash = $1";
    INTERACTION = "select id, client, asked, state, person, request_expires_at, expires_at, created_at from interaction where id = $1";
    MOVE_INTERACTION = "update interaction set state = $3, person = $4, expires_at = $5 where id = $1 and state = $2";
    SWEEP_INTERACTIONS = "delete from interaction where id in (select id from interaction where expires_at < $1 limit 500)";

    // Grants.
    ADD_GRANT = "insert into oauth_grant (id, client, person, subject_kind, subject, consent, scope, details, created_at, sign_in) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    GRANT = "select client, person, consent, scope, details, created_at, ended_at, sign_in from oauth_grant where id = $1";
    GRANTS_OF_SERVICE = "select id from oauth_grant where client = $1 and person = $2 and consent is null and ended_at is null";
    OWN_GRANT = "select id from oauth_grant where client = $1 and person is null and ended_at is null";
    GRANTS_OF_CONSENT = "select id from oauth_grant where consent = $1 and ended_at is null";
    END_GRANT = "update oauth_grant set ended_at = $2 where id = $1 and ended_at is null";
    MOVE_GRANT = "update oauth_grant set consent = $2, details = $3 where consent = $1 and ended_at is null";

    // Services that a person signs in to.
    SERVICE_YES = "select asked, allowed from service_yes where person = $1 and client = $2";
    SAY_YES = "insert into service_yes (person, client, asked, allowed, first_at, last_at) values ($1, $2, $3, $4, $5, $5)
        on conflict (person, client) do update set asked = $3, allowed = $4, last_at = $5";
    SERVICES_OF = "select s.client, c.name_en, c.name_tc, c.name_sc, s.allowed, s.first_at, s.last_at
        from service_yes s join client c on c.id = s.client where s.person = $1 order by s.last_at desc, s.client";
    FORGET_YES = "delete from service_yes where person = $1 and client = $2";

    // Codes.
    ADD_CODE = "insert into code (hash, grant_id, client, redirect_uri, challenge, jkt, expires_at) values ($1, $2, $3, $4, $5, $6, $7)";
    CODE = "select grant_id, client, redirect_uri, challenge, jkt, expires_at, used_at from code where hash = $1";
    USE_CODE = "update code set used_at = $2 where hash = $1 and used_at is null";
    SWEEP_CODES = "delete from code where hash in (select hash from code where expires_at < $1 limit 500)";

    // Tokens.
    ADD_ACCESS = "insert into access_token (hash, grant_id, client, jkt, scope, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)";
    /// The one read of every fetch: token, grant and client as they are now.
    ACCESS = "select t.grant_id, t.client, g.consent, t.scope, t.jkt
        from access_token t join oauth_grant g on g.id = t.grant_id join client c on c.id = t.client
        where t.hash = $1 and t.expires_at > $2 and g.ended_at is null and c.active";
    ACCESS_FULL = "select t.grant_id, t.client, t.scope, t.jkt, t.created_at, t.expires_at, t.acting
        from access_token t join oauth_grant g on g.id = t.grant_id join client c on c.id = t.client
        where t.hash = $1 and t.expires_at > $2 and g.ended_at is null and c.active
        and (t.acting is null or exists (select 1 from client o where o.id = g.client and o.active))
        and (t.mandate is null or exists (select 1 from mandate m where m.id = t.mandate and m.revoked_at is null and (m.valid_until is null or m.valid_until > $2)))
        and (t.officer is null or exists (select 1 from officer o where o.person = t.officer and o.active and o.department = t.office))";
    /// A client's own token, if the client stands as it was read and has its grant: one statement.
    ADD_OWN_ACCESS = "insert into access_token (hash, grant_id, client, jkt, scope, created_at, expires_at)
        select $1, g.id, c.id, $3, $4, $5, $6 from client c join oauth_grant g on g.client = c.id
        where c.id = $2 and c.active and c.changed_at = $7 and g.person is null and g.ended_at is null limit 1 returning grant_id";
    /// A token that is brought to be exchanged, while all that lets it be stands.
    SUBJECT_TOKEN = "select t.grant_id, t.client, t.scope, t.jkt, t.expires_at, t.acting, t.mandate, t.officer, t.office, g.person
        from access_token t join oauth_grant g on g.id = t.grant_id join client c on c.id = t.client
        where t.hash = $1 and t.expires_at > $2 and g.ended_at is null and c.active
        and (t.acting is null or exists (select 1 from client o where o.id = g.client and o.active))
        and (t.mandate is null or exists (select 1 from mandate m where m.id = t.mandate and m.revoked_at is null and (m.valid_until is null or m.valid_until > $2)))
        and (t.officer is null or exists (select 1 from officer o where o.person = t.officer and o.active and o.department = t.office))";
    ADD_ACTING = "insert into access_token (hash, grant_id, client, jkt, scope, created_at, expires_at, acting, mandate, officer, office)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    DROP_ACCESS = "delete from access_token where hash = $1 and client = $2";
    DROP_ACCESS_OF_GRANT = "delete from access_token where grant_id = $1";
    SWEEP_ACCESS = "delete from access_token where hash in (select hash from access_token where expires_at < $1 limit 500)";
    ADD_REFRESH = "insert into refresh_token (hash, grant_id, family, client, jkt, scope, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)";
    REFRESH = "select grant_id, family, client, jkt, scope, expires_at, used_at, created_at from refresh_token where hash = $1";
    USE_REFRESH = "update refresh_token set used_at = $2 where hash = $1 and used_at is null";
    DROP_REFRESH_OF_GRANT = "delete from refresh_token where grant_id = $1";
    SWEEP_REFRESH = "delete from refresh_token where hash in (select hash from refresh_token where expires_at < $1 limit 500)";

    // After a restore.
    HOLD = "insert into restored (id, log_size, log_had, at) values ('restored', $1, $2, $3)
        on conflict (id) do update set log_size = $1, log_had = $2, at = $3";
    HELD = "select log_size, log_had from restored";
    LET_GO = "delete from restored";
    DROP_SESSIONS = "delete from session";
    DROP_ACCESSES = "delete from access_token";
    DROP_REFRESHES = "delete from refresh_token";
    DROP_CODES = "delete from code";
    DROP_INTERACTIONS = "delete from interaction";
    DROP_CEREMONIES = "delete from ceremony";
    DROP_INVITATIONS = "delete from invitation";
    DROP_REGISTRATION_TOKENS = "delete from registration_token";

    // Replays.
    SPEND = "insert into spent (second, hash) values ($1, $2) on conflict do nothing";
    SWEEP_SPENT = "delete from spent where (second, hash) in (select second, hash from spent where second < $1 order by second limit 500)";
}
