-- DNS: names that do not exist
-- Who asks for names that nobody has: a wrong setting, or malware that looks for its master.
select
    id_orig_h,
    count(*) as questions,
    count(distinct query) as names,
    min(query) as for_example
from dns
where rcode_name = 'NXDOMAIN'
group by id_orig_h
order by names desc
