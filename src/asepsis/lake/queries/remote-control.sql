-- Remote control: who sits at whose screen
-- Connections of RDP, VNC, SSH and Telnet.
with seen as (
    select 'RDP' as protocol, id_orig_h, id_resp_h, ts from rdp
    union all
    select 'VNC', id_orig_h, id_resp_h, ts from rfb
    union all
    select 'SSH', id_orig_h, id_resp_h, ts from ssh
    union all
    select 'Telnet', id_orig_h, id_resp_h, ts from telnet
)
select protocol, id_orig_h, id_resp_h, count(*) as connections, max(ts) as last_seen
from seen
group by protocol, id_orig_h, id_resp_h
order by connections desc
