drop index contacts_person;
drop table broadcast_tags;
drop table broadcast_contacts;
drop table broadcasts;
