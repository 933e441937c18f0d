-- In whose name a token was exchanged (RFC 8693), first whom it is for and then each who acts, as JSON; and what
-- lets them: with the mandate, or the office, the token ends at once.
alter table access_token add column acting text;
alter table access_token add column mandate text;
alter table access_token add column officer text;
alter table access_token add column office text;
