-- The services that a session signed its person in to: who must hear when it ends (OpenID Back-Channel Logout).
create table service_session (
  session text not null,
  client text not null,
  grant_id text not null,
  expires_at bigint not null,
  primary key (session, client, grant_id)
);
create index service_session_end on service_session (expires_at);
