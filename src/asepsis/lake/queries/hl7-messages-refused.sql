-- HL7: messages that were not accepted
-- Answered with an error (AE, CE) or refused (AR, CR): orders and results that may be missing.
select
    sending_application as refused_by,
    receiving_application as sender,
    message_type,
    ack_code,
    count(*) as messages,
    max(ts) as last_seen
from hl7
where ack_code in ('AE', 'AR', 'CE', 'CR')
group by all
order by messages desc
