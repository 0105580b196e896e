-- TLS: certificates that end within 60 days
-- Devices whose certificate is over, or will be soon: connections to them may fail.
select
    certificate_subject,
    certificate_issuer,
    id_resp_h,
    id_resp_p,
    max(certificate_not_valid_after) as ends
from x509
where certificate_not_valid_after < now() + interval 60 days
group by all
order by ends
