-- How far a mandate goes beside its purposes: the most it may commit the company to at once, as `HKD 50000.00`,
-- and how many may hold it one after another below its holder.
alter table mandate add column most text;
alter table mandate add column onward bigint not null default 0 check (onward between 0 and 2);
alter table mandate_offer add column most text;
alter table mandate_offer add column onward bigint not null default 0 check (onward between 0 and 2);
