-- What a client may ask for that is another node, as JSON; null for every other client.
alter table client add column node text;
