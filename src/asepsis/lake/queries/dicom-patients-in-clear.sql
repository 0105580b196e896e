-- DICOM: patients whose data travels in clear
-- How many patients, by pseudonym, anybody on the wire could read of, by where the data goes.
select
    called_ae,
    count(distinct patient) as patients,
    count(distinct study) as studies,
    sum(dataset_bytes) as bytes
from dicom_message
where patient is not null
group by called_ae
order by patients desc
