-- PostgreSQL does without some references here, which cost it a written lock each; SQLite only looks.
select 1;
