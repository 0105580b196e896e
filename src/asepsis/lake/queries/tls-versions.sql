-- TLS: versions
-- How many connections use which version. SSL and TLS before 1.2 are no longer safe (RFC 8996).
select
    coalesce(version, 'not seen') as version,
    count(*) as connections,
    count(distinct id_resp_h) as servers
from ssl
group by version
order by connections desc
