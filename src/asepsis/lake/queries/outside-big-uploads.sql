-- Outside: big uploads
-- Who sent how much out of the hospital. A connection counts once, by its fullest row.
with whole as (
    select uid, id_orig_h, id_resp_h, max(orig_bytes) as sent
    from conn
    group by all
)
select
    id_orig_h,
    id_resp_h,
    sum(sent) as bytes,
    count(*) as connections
from whole
where not regexp_matches(
    id_resp_h,
    '^(0\.|10\.|127\.|169\.254\.|172\.(1[6-9]|2[0-9]|3[01])\.|192\.168\.|22[4-9]\.|23[0-9]\.|255\.|::|f[cdef])'
)
group by id_orig_h, id_resp_h
having sum(sent) > 0
order by bytes desc
