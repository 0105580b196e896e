-- Connections over time
-- How many began in each minute.
select
    date_trunc('minute', ts) as minute,
    count(distinct uid) as connections
from conn
group by minute
order by minute
