-- What another node asked, word for word and signed: what it claimed is its word, kept beside the look.
create table node_look (
  look text primary key references look (id),
  client text not null,
  consent text,
  register text not null,
  at bigint not null,
  question text not null
);
create index node_look_of_consent on node_look (client, consent, register, at);
