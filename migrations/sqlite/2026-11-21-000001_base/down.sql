drop table settings;
drop table audit;
drop table kept_forms;
drop table once_tokens;
drop table sign_in_failures;
drop table sessions;
drop table people_roles;
drop table people;
