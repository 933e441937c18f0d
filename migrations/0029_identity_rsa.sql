-- Core §15.1: beside the keys of ES256 there are some of RS256, rotated by themselves.
alter table signing_key add column alg text not null default 'ES256';
