-- Scans: many doors that stay closed
-- Who tries many addresses or ports and gets no answer, or is refused.
select
    id_orig_h,
    count(distinct id_resp_h) as addresses,
    count(distinct id_resp_p) as ports,
    count(*) as tries
from conn
where conn_state in ('S0', 'REJ', 'RSTOS0')
group by id_orig_h
order by addresses desc, ports desc
