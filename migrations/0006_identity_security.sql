-- What a person calls a passkey, and from what a session was begun, as the person recognises it: `Firefox, Windows`.
alter table passkey add column name text not null default '';
alter table session add column device text not null default '';
