"""What the lake is asked about assets: a query for each sort of fact.

The queries keep to SQL that DuckDB and Spark both speak; `observations` asks them, within bounds.
"""

from __future__ import annotations

from asepsis.hospital.facts import (
    Association,
    Banner,
    Bedside,
    Binding,
    Certificate,
    Claimer,
    Client,
    Coded,
    Described,
    Dimse,
    Endpoint,
    Exchange,
    Fact,
    FhirServer,
    Knocking,
    Message,
    Named,
    Results,
    Served,
    Share,
    Sharing,
    Sign,
    Store,
    Talker,
    Used,
)
from asepsis.hospital.kinds import table

ADDRESSES_OF_ONE_MACHINE = 4
"""ARP answers of one MAC for more addresses than this within an hour are answers for others (proxy ARP, RFC 1027)."""
LINES_OF_ONE_TELEPHONE = 3
"""Others that a telephone speaks SIP with: the exchanges that it is registered at, and one that it is moved to."""
MACHINES_KNOCKED_AT, DOORS_KNOCKED_AT = 20, 50
"""Machines, and ports of them all together, that nobody tries in vain on one day who knows whom he looks for: a print server whose printers
are off stays below."""

_CLAIMERS = f"""
    (SELECT sender_mac AS mac, min(ts) AS ts, min(event_id) AS event_id FROM arp
     WHERE sender_mac IS NOT NULL AND sender_ip <> '0.0.0.0' GROUP BY sender_mac, date_trunc('hour', ts)
     HAVING count(DISTINCT sender_ip) > {ADDRESSES_OF_ONE_MACHINE}) t"""  # noqa: S608 - a number of ours

_EXCHANGES = f"""
    (SELECT address, count(DISTINCT partner) AS partners, min(ts) AS ts, min(event_id) AS event_id FROM (
        SELECT id_orig_h AS address, id_resp_h AS partner, ts, event_id FROM pairs WHERE service = 'sip' AND resp_pkts > 0
        UNION ALL SELECT id_resp_h, id_orig_h, ts, event_id FROM pairs WHERE service = 'sip' AND resp_pkts > 0) s
     GROUP BY address HAVING count(DISTINCT partner) > {LINES_OF_ONE_TELEPHONE}) t"""  # noqa: S608 - a number of ours

# Only few sources are summed over all connections, and what is distinct is estimated, so that a scan of millions of ports takes no room. A
# site's own addresses: what a blocked way to the internet does to a browser is no scan. Data without an answer is half a capture.
_KNOCKING = f"""
    (SELECT id_orig_h AS address, approx_count_distinct(CASE WHEN vain THEN id_resp_h END) AS machines,
            min(CASE WHEN vain THEN ts END) AS ts, min(CASE WHEN vain THEN event_id END) AS event_id
     FROM (SELECT *, conn_state IN ('S0', 'REJ') AND coalesce(orig_bytes, 0) = 0
                     AND regexp_matches(id_resp_h, '^(10|192[.]168|172[.](1[6-9]|2[0-9]|3[01]))[.]|^f[cd]..:') AS vain
           FROM conn WHERE proto = 'tcp' AND id_orig_h IN (
               SELECT id_orig_h FROM pairs WHERE proto = 'tcp' AND service IS NULL AND orig_bytes = 0 AND resp_bytes = 0
               GROUP BY id_orig_h HAVING count(DISTINCT id_resp_h) >= {MACHINES_KNOCKED_AT} AND sum(conns) >= {DOORS_KNOCKED_AT})) c
     GROUP BY id_orig_h, date_trunc('day', ts)
     HAVING count(CASE WHEN vain THEN 1 END) * 2 > count(*)
        AND approx_count_distinct(CASE WHEN vain THEN id_resp_h END) >= {MACHINES_KNOCKED_AT}
        AND approx_count_distinct(CASE WHEN vain THEN id_resp_h || ' ' || id_resp_p END) >= {DOORS_KNOCKED_AT}) t"""  # noqa: S608 - numbers of ours

# A browser makes many fingerprints: only those that say something are asked for.
_JA4 = "|".join(row["pattern"] for row in table("os_signs") if row["sign"] == "ja4")
_SIGNS = f"""
    (SELECT id_orig_h AS address, 'ntlm-build' AS sign, client_os_version AS text, 'ntlm' AS source, ts, event_id FROM ntlm
     WHERE client_os_version <> '6.1.7600'
     UNION ALL SELECT id_resp_h, 'ntlm-build', server_os_version, 'ntlm', ts, event_id FROM ntlm
     UNION ALL SELECT id_resp_h, 'smb-dialect', dialect, 'smb_mapping', ts, event_id FROM smb_mapping
     UNION ALL SELECT id_orig_h, 'ssh-banner', client, 'ssh', ts, event_id FROM ssh
     UNION ALL SELECT id_resp_h, 'ssh-banner', server, 'ssh', ts, event_id FROM ssh
     UNION ALL SELECT id_orig_h, 'ja4', ja4, 'ssl', ts, event_id FROM ssl WHERE regexp_matches(ja4, '{_JA4}')) t
    WHERE text IS NOT NULL"""  # noqa: S608 - patterns of ours

QUESTIONS: tuple[tuple[str, type[Fact], str, str], ...] = (
    (
        "talkers",
        Talker,
        "address, mac, vlan",
        """
        (SELECT id_orig_h AS address, orig_l2_addr AS mac, vlan, ts, event_id FROM pairs WHERE orig_pkts > 0
         UNION ALL SELECT id_resp_h, resp_l2_addr, vlan, ts, event_id FROM pairs WHERE resp_pkts > 0) t""",
    ),
    (
        "bindings",
        Binding,
        "address, mac, source",
        """
        (SELECT sender_ip AS address, sender_mac AS mac, 'arp' AS source, ts, event_id FROM arp
         UNION ALL SELECT coalesce(assigned_addr, client_addr), mac, 'dhcp', ts, event_id FROM dhcp WHERE msg_type = 'ACK'
         UNION ALL SELECT client_addr, mac, 'dhcp', ts, event_id FROM dhcp WHERE msg_type IN ('REQUEST', 'INFORM')) t
        WHERE address IS NOT NULL AND mac IS NOT NULL""",
    ),
    (
        "types",
        Coded,
        "address, scope",
        """
        (SELECT * FROM (SELECT id_orig_h AS address, unnest(scopes) AS scope, ts, event_id FROM sdc
                        WHERE transport = 'udp' AND action IN ('Hello', 'ProbeMatches', 'ResolveMatches')) s
         WHERE scope LIKE 'sdc.cdc.type:%') t""",
    ),
    # Heimdal, by which macOS logs in, says that it is Windows 6.1.7600 wherever it runs (lib/ntlm/ntlm.c).
    (
        "signs",
        Sign,
        "address, sign, text, source",
        _SIGNS,
    ),
    # Who ends connections in the name of others says nothing in them; what is sent to many has hop limits of its own.
    (
        "signs",
        Sign,
        "address, sign, text, source",
        """
        (SELECT id_orig_h AS address, 'ttl' AS sign, CAST(orig_ttl AS VARCHAR) AS text, 'conn' AS source, ts, event_id FROM pairs
         WHERE proto = 'tcp' AND orig_bytes > 0
         UNION ALL SELECT id_resp_h, 'ttl', CAST(resp_ttl AS VARCHAR), 'conn', ts, event_id FROM pairs
         WHERE proto = 'tcp' AND resp_bytes > 0) t
        WHERE text IS NOT NULL""",
    ),
    (
        "claimers",
        Claimer,
        "mac",
        _CLAIMERS,
    ),
    (
        "served",
        Served,
        "address, port, proto, service",
        """
        (SELECT id_resp_h AS address, id_resp_p AS port, proto, service, ts, event_id FROM pairs
         WHERE resp_pkts > 0 AND proto IN ('tcp', 'udp') AND (service IS NOT NULL OR (resp_bytes > 0 AND id_resp_p < 49152))) t""",
    ),
    (
        "served",
        Served,
        "address, port, proto, service",
        """
        (SELECT server_addr AS address, 67 AS port, 'udp' AS proto, 'dhcp' AS service, ts, event_id FROM dhcp
         WHERE msg_type IN ('OFFER', 'ACK') AND server_addr IS NOT NULL) t""",
    ),
    (
        "used",
        Used,
        "address, port, proto, service",
        """
        (SELECT id_orig_h AS address, CASE WHEN service IS NULL THEN id_resp_p ELSE 0 END AS port, proto, service, ts, event_id FROM pairs
         WHERE resp_pkts > 0 AND proto IN ('tcp', 'udp') AND (service IS NOT NULL OR id_resp_p < 1024)) t""",
    ),
    (
        "clients",
        Client,
        "mac, place, client_id, host_name, client_fqdn, vendor_class, fingerprint",
        """
        (SELECT *, coalesce(client_addr, requested_addr) AS place FROM dhcp
         WHERE mac IS NOT NULL AND msg_type IN ('REQUEST', 'INFORM')
         UNION ALL SELECT *, NULL AS place FROM dhcp WHERE mac IS NOT NULL AND msg_type = 'DISCOVER') t""",
    ),
    (
        "names",
        Named,
        "address, hostname, source",
        """
        (SELECT a.address, d.query AS hostname, 'dns' AS source, d.ts, d.event_id
         FROM (SELECT query, ts, event_id, coalesce(p.place, u.answer) AS answer
               FROM (SELECT query, ts, event_id, unnest(answers) AS answer FROM dns
                     WHERE qtype_name IN ('A', 'AAAA') AND len(answers) BETWEEN 1 AND 8) u
               LEFT JOIN places p ON p.address = u.answer AND u.ts >= p.since AND u.ts < p.until) d
         JOIN (SELECT DISTINCT id_resp_h AS address FROM pairs WHERE resp_pkts > 0
               UNION SELECT DISTINCT id_orig_h FROM pairs WHERE orig_pkts > 0) a ON a.address = d.answer) t""",
    ),
    (
        "names",
        Named,
        "address, hostname, source",
        """
        (SELECT id_resp_h AS address, server_name AS hostname, 'ssl' AS source, ts, event_id FROM ssl
         WHERE server_name IS NOT NULL AND version IS NOT NULL
         UNION ALL SELECT id_orig_h, hostname, 'ntlm', ts, event_id FROM ntlm WHERE hostname IS NOT NULL
         UNION ALL SELECT id_resp_h, coalesce(server_dns_computer_name, server_nb_computer_name), 'ntlm', ts, event_id FROM ntlm
         WHERE coalesce(server_dns_computer_name, server_nb_computer_name) IS NOT NULL) t""",
    ),
    (
        "associations",
        Association,
        "orig, resp, port, calling_ae, called_ae, calling_uid, calling_version, called_uid, called_version, proposed, contexts, accepted",
        """
        (SELECT id_orig_h AS orig, id_resp_h AS resp, id_resp_p AS port, calling_ae, called_ae,
                calling_implementation_class_uid AS calling_uid, calling_implementation_version AS calling_version,
                called_implementation_class_uid AS called_uid, called_implementation_version AS called_version,
                proposed_abstract AS proposed, contexts_hash AS contexts,
                called_implementation_class_uid IS NOT NULL OR result IN ('accepted', 'released') AS accepted, ts, event_id
         FROM dicom_association) t""",
    ),
    (
        "dimse",
        Dimse,
        "orig, resp, port, calling_ae, called_ae, command, sop_class, ok",
        """
        (SELECT id_orig_h AS orig, id_resp_h AS resp, id_resp_p AS port, calling_ae, called_ae, command,
                coalesce(affected_sop_class_uid, requested_sop_class_uid, abstract_syntax) AS sop_class,
                coalesce(status IN (0, 65280, 65281), FALSE) AS ok, ts, event_id
         FROM dicom_message WHERE command IS NOT NULL) t""",
    ),
    (
        "stores",
        Store,
        "sender, sender_ae, receiver, sop_class, modality, manufacturer, model, serial, software, station, device_uid, moved",
        """
        (SELECT CASE WHEN g.uid IS NULL THEN id_orig_h ELSE id_resp_h END AS sender,
                CASE WHEN g.uid IS NULL THEN calling_ae ELSE called_ae END AS sender_ae,
                CASE WHEN g.uid IS NULL THEN id_resp_h ELSE id_orig_h END AS receiver,
                coalesce(affected_sop_class_uid, abstract_syntax) AS sop_class, modality, manufacturer, model, serial,
                software_versions AS software, station_name AS station, device_uid,
                g.uid IS NOT NULL OR move_originator_ae IS NOT NULL AS moved, ts, event_id
         FROM dicom_message m LEFT JOIN (SELECT DISTINCT uid FROM dicom_message WHERE command = 'C-GET-RQ') g ON m.uid = g.uid
         WHERE command = 'C-STORE-RQ') t""",
    ),
    (
        "messages",
        Message,
        "orig, resp, port, is_ack, sending_application, sending_facility, receiving_application, receiving_facility, message_type, "
        "software_vendor, software_product, software_version",
        """
        (SELECT id_orig_h AS orig, id_resp_h AS resp, id_resp_p AS port, * FROM
            (SELECT * FROM hl7 WHERE is_ack IS NOT NULL) h) t""",
    ),
    (
        "sharing",
        Sharing,
        "orig, applications",
        """
        (SELECT id_orig_h AS orig, count(DISTINCT sending_application) AS applications, min(ts) AS ts, min(event_id) AS event_id
         FROM hl7 WHERE NOT is_ack GROUP BY id_orig_h, uid HAVING count(DISTINCT sending_application) > 1) t""",
    ),
    (
        "exchanges",
        Exchange,
        "address, partners",
        _EXCHANGES,
    ),
    (
        "knocking",
        Knocking,
        "address, machines",
        _KNOCKING,
    ),
    (
        "fhir",
        FhirServer,
        "address, port, software, publisher",
        """
        (SELECT id_resp_h AS address, id_resp_p AS port, software, publisher, ts, event_id FROM fhir WHERE status_code < 500) t""",
    ),
    # The name of a file is a pseudonym; one in clear is that of a pipe.
    (
        "shares",
        Share,
        "address, share, files",
        """
        (SELECT id_resp_h AS address, share, FALSE AS files, ts, event_id FROM smb_mapping WHERE coalesce(status, 0) = 0
         UNION ALL SELECT id_resp_h, share, TRUE, ts, event_id FROM smb_files
         WHERE coalesce(status, 0) = 0 AND coalesce(share_type, '') <> 'PIPE' AND name LIKE '%:%') t""",
    ),
    (
        "banners",
        Banner,
        "address, role, text",
        """
        (SELECT id_resp_h AS address, 'server' AS role, server AS text, ts, event_id FROM http WHERE server IS NOT NULL
         UNION ALL SELECT id_orig_h, 'client', user_agent, ts, event_id FROM http WHERE user_agent IS NOT NULL) t""",
    ),
    (
        "described",
        Described,
        "address, source, manufacturer, model, serial, software",
        """
        (SELECT id_resp_h AS address, 'sdc' AS source, manufacturer, model, serial, firmware AS software, ts, event_id
         FROM sdc
         WHERE transport = 'http' AND action = 'GetResponse' AND coalesce(manufacturer, model, serial) IS NOT NULL
         UNION ALL
         SELECT CASE WHEN is_orig THEN id_orig_h ELSE id_resp_h END, 'astm', manufacturer, model, serial_number,
                software_version, ts, event_id
         FROM astm WHERE coalesce(model, serial_number) IS NOT NULL
         UNION ALL
         SELECT CASE WHEN is_orig THEN id_orig_h ELSE id_resp_h END, 'poct1', coalesce(manufacturer, vendor_id), model, serial_number,
                software_version, ts, event_id
         FROM poct1 WHERE message_type = 'HEL.R01') t""",
    ),
    (
        "results",
        Results,
        "sender, receiver, named, manufacturer",
        """
        (SELECT CASE WHEN is_orig THEN id_orig_h ELSE id_resp_h END AS sender,
                CASE WHEN is_orig THEN id_resp_h ELSE id_orig_h END AS receiver, sender AS named, manufacturer, ts, event_id
         FROM astm WHERE results > 0) t""",
    ),
    # Printers and cameras speak DPWS too: only types and services of medical devices tell.
    (
        "bedsides",
        Bedside,
        "address, role, partner",
        """
        (SELECT id_resp_h AS address, 'provider' AS role, id_orig_h AS partner, ts, event_id FROM sdc
         WHERE transport = 'http' AND service LIKE '%Service' AND action LIKE '%Response'
         UNION ALL
         SELECT CASE WHEN transport = 'http' THEN id_resp_h ELSE id_orig_h END, 'provider', NULL, ts, event_id FROM sdc
         WHERE action IN ('Hello', 'ProbeMatches', 'ResolveMatches', 'GetResponse') AND list_contains(types, 'mdpws:MedicalDevice')
         UNION ALL
         SELECT id_resp_h, 'consumer', id_orig_h, ts, event_id FROM sdc
         WHERE transport = 'http' AND service LIKE '%Service' AND (action LIKE '%Report' OR action = 'WaveformStream')) t""",
    ),
    (
        "certificates",
        Certificate,
        "address, fingerprint",
        """
        (SELECT id_resp_h AS address, fingerprint, ts, event_id FROM x509
         WHERE coalesce(host_cert, FALSE) AND NOT coalesce(client_cert, FALSE) AND fingerprint IS NOT NULL) t""",
    ),
    (
        "endpoints",
        Endpoint,
        "address, endpoint",
        """
        (SELECT id_orig_h AS address, endpoint, ts, event_id FROM sdc WHERE transport = 'udp' AND action = 'Hello'
         UNION ALL SELECT id_resp_h, endpoint, ts, event_id FROM sdc WHERE transport = 'http' AND action = 'GetResponse') t
        WHERE endpoint IS NOT NULL""",
    ),
)
