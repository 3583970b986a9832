drop table journey_step_totals;
drop table dispatch_reasons;
alter table dispatches drop column emptied;
alter table dispatches drop column archived_at;
drop table sweeps;
