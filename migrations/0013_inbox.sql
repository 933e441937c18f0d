-- What a person is told. `words` holds the values of the template; what it says is written when it is read.
create table message (
  id text primary key,
  person text not null,
  template text not null,
  about text not null,
  words text not null,
  at bigint not null,
  read_at bigint,
  archived_at bigint
);
create unique index message_once on message (person, template, about);
create index message_of_person on message (person, at);
-- What a person chose for a topic; without a row the topic's own rule stands.
create table message_choice (
  person text not null,
  topic text not null,
  told boolean not null,
  mail boolean not null,
  push boolean not null,
  since bigint not null,
  primary key (person, topic)
);
create index message_choice_topic on message_choice (topic);
-- Where notices go: the address that was proved, and the one that waits for its code.
create table mail_address (
  person text primary key,
  locale text not null,
  address text,
  proved_at bigint,
  pending text,
  challenge text,
  challenge_end bigint,
  tries bigint not null,
  sent_at bigint not null,
  sent_today bigint not null
);
create table push_subscription (
  id text primary key,
  person text not null,
  locale text not null,
  endpoint text not null unique,
  p256dh bytea not null,
  auth bytea not null,
  device text not null,
  created_at bigint not null
);
create index push_of_person on push_subscription (person);
