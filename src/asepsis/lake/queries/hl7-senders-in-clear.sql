-- HL7: senders in clear
-- Applications whose messages anybody on the wire can read, and of how many patients they tell.
select
    sending_application,
    sending_facility,
    id_orig_h,
    count(*) as messages,
    count(distinct patient) as patients,
    max(ts) as last_seen
from hl7
where not is_ack
group by sending_application, sending_facility, id_orig_h
order by messages desc
