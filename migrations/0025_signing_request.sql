-- A document to be signed: asked by a service, or a person's own. `document` is a PDF, sealed; it and the
-- signature are forgotten a day after the answer.
create table signing_request (
  id text primary key,
  client text,
  person text,
  meant text,
  name text not null,
  digest text not null,
  form text not null,
  state text not null,
  code text not null,
  at bigint not null,
  expires_at bigint not null,
  answered_at bigint,
  serial text,
  signature bytea,
  document bytea,
  yes text
);
create index signing_request_of_person on signing_request (person, at);
create index signing_request_end on signing_request (state, expires_at);
