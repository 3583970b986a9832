drop table schedule_task_left_out;
drop table schedule_tasks;
drop table schedules;
drop table journey_passages;
drop table journey_entries;
drop table journey_steps;
drop table journey_versions;
drop table journeys;
