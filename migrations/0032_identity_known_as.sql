-- Under which account a service knows a person whose accounts were merged: it draws their number from it.
alter table service_yes add column known_as text;
