-- Passwords in clear
-- Logins that anybody on the wire can read, by server. The passwords themselves are never kept.
with seen as (
    select 'FTP' as protocol, id_orig_h, id_resp_h, ts from ftp where password_seen
    union all
    select 'LDAP', id_orig_h, id_resp_h, ts from ldap where password_seen
    union all
    select 'Telnet', id_orig_h, id_resp_h, ts from telnet where password_seen
    union all
    select service, id_orig_h, id_resp_h, ts from login where password_seen
    union all
    select 'HTTP ' || auth_scheme, id_orig_h, id_resp_h, ts from http where auth_scheme ilike 'basic'
)
select
    protocol,
    id_resp_h,
    count(*) as logins,
    count(distinct id_orig_h) as clients,
    max(ts) as last_seen
from seen
group by protocol, id_resp_h
order by logins desc
