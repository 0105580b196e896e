-- Sensor: packets it lost
-- Live only: captures do not tell. Where packets were dropped, rows are missing: what was not seen cannot be told.
select
    date_trunc('minute', ts) as minute,
    coalesce(sum(pkts_dropped), 0) as dropped,
    sum(pkts_proc) as seen
from stats
group by minute
order by minute
