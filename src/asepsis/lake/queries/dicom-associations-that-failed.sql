-- DICOM: associations that failed
-- Refused or aborted: a device that was set up wrong, or somebody who guesses titles.
select
    calling_ae,
    called_ae,
    id_orig_h,
    id_resp_h,
    coalesce(reject_reason, abort_reason, result || ' by ' || aborted_by, result) as why,
    count(*) as times,
    max(ts) as last_seen
from dicom_association
where result in ('rejected', 'aborted')
group by all
order by times desc
