-- SMB: files written, renamed or deleted
-- Many files of a new extension, or of high entropy, by one machine are how ransomware begins.
select
    id_orig_h,
    coalesce(new_extension, extension, '-') as extension,
    count(*) as operations,
    round(avg(entropy), 2) as entropy,
    sum(bytes) as bytes
from smb_files
where action in ('write', 'rename', 'delete')
group by all
order by operations desc
