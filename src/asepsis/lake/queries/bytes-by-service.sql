-- Bytes by service
-- What fills the network. A connection counts once, by its fullest row.
with whole as (
    select uid, coalesce(service, proto) as service, max(orig_bytes + resp_bytes) as bytes
    from conn
    group by all
)
select service, sum(bytes) as bytes, count(*) as connections
from whole
group by service
order by bytes desc
