-- DICOM: associations by calling title
-- Who opens associations to whom, and how many ended well.
select
    calling_ae,
    called_ae,
    count(*) as associations,
    count(*) filter (where result in ('accepted', 'released')) as completed,
    count(distinct id_orig_h) as addresses,
    max(ts) as last_seen
from dicom_association
group by calling_ae, called_ae
order by associations desc
