-- Outside: new destinations
-- Addresses outside that were first talked to in the last day of what the lake holds. In a new lake all are new.
with outward as (
    select id_orig_h, id_resp_h, id_resp_p, ts
    from conn
    where not regexp_matches(
        id_resp_h,
        '^(0\.|10\.|127\.|169\.254\.|172\.(1[6-9]|2[0-9]|3[01])\.|192\.168\.|22[4-9]\.|23[0-9]\.|255\.|::|f[cdef])'
    )
)
select
    id_resp_h,
    min(ts) as first_seen,
    count(*) as connections,
    list(distinct id_orig_h) as who,
    list(distinct id_resp_p) as ports
from outward
group by id_resp_h
having min(ts) >= (select max(ts) from conn) - interval 1 day
order by first_seen desc
