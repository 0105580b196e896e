use super::discovery::{probe, Discovery};
use super::{clean, names};
use crate::protocols::http::tests::{check, uncut};
use crate::protocols::Dir::{Orig, Resp};
use crate::protocols::{Conversation, Probe};
use crate::testing::{output, play_datagrams, PlainRow};

const NS: &str = r#"xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing" xmlns:d="http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01""#;
const SDC: &str = r#"xmlns:p="http://docs.oasis-open.org/ws-dd/ns/dpws/2009/01" xmlns:m="http://standards.ieee.org/downloads/11073/11073-20702-2016" xmlns:g="http://standards.ieee.org/downloads/11073/11073-20701-2018""#;
const ID: &str = "urn:uuid:B1F08FE1-1257-40c6-94f8-0963c4393ff0";
const DEVICE: &str = "urn:uuid:6f2a4c0e-7b1d-4d53-9a44-0c1d2e3f4a5b";

fn envelope(action: &str, id: &str, body: &str) -> String {
    format!(
        "<?xml version='1.0'?><s:Envelope {NS}><s:Header><a:Action>{action}</a:Action><a:MessageID>{id}</a:MessageID></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
}

fn discovery(name: &str, body: &str) -> String {
    envelope(&format!("http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01/{name}"), ID, body)
}

fn hello(types: &str, scopes: &str) -> String {
    discovery(
        "Hello",
        &format!(
            "<d:Hello {SDC}><a:EndpointReference><a:Address>{DEVICE}</a:Address></a:EndpointReference><d:Types>{types}</d:Types><d:Scopes>{scopes}</d:Scopes>\
            <d:XAddrs>http://10.0.0.9:54805/6f2a https://[fe80::1]/x http://erikas-mbp.local/</d:XAddrs><d:MetadataVersion>7</d:MetadataVersion></d:Hello>"
        ),
    )
}

fn heard(datagrams: &[&str]) -> Vec<PlainRow> {
    let script: Vec<_> = datagrams.iter().map(|d| (Orig, d.as_bytes())).collect();
    play_datagrams(&mut Discovery::default(), 3702, &script)
        .remove("sdc")
        .unwrap_or_default()
}

fn holds(row: &PlainRow, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(row[*column], *value, "{column}");
    }
}

#[test]
fn a_device_announces_itself() {
    let scopes = "sdc.ctxt.loc:/sdc.ctxt.loc.detail/MAIN%2F%2F%2FICU1?fac=MAIN&amp;poc=ICU+1&amp;bed=Bed7 sdc.cdc.type:///69837 sdc.mds.pkp:1.2.840.10004.20701.1.1 \
        sdc.ctxt.pat:/MRN004711 http://x.test/Erika sdc.cdc.type:/MRN004711";
    let message = hello("p:Device m:MedicalDevice m:Erika Mustermann", scopes);
    assert_eq!(probe(9, message.as_bytes()), Probe::Certain);
    // Copies are one message.
    let rows = heard(&[&message, &message, &message]);
    assert_eq!(rows.len(), 1);
    holds(
        &rows[0],
        &[
            ("transport", "udp"),
            ("action", "Hello"),
            ("service", "discovery"),
            ("message_id", "urn:uuid:b1f08fe1-1257-40c6-94f8-0963c4393ff0"),
            ("relates_to", "-"),
            ("endpoint", DEVICE),
            ("types", "[dpws:Device, mdpws:MedicalDevice, {}]"),
            (
                "scopes",
                "[sdc.ctxt.loc:fac=MAIN&poc=ICU 1&bed=Bed7, sdc.cdc.type:///69837, sdc.mds.pkp:1.2.840.10004.20701.1.1, sdc.ctxt.pat:{}, {}, sdc.cdc.type:{}]",
            ),
            ("xaddrs", "[10.0.0.9:54805, [fe80::1]:443, *-mbp.local:80]"),
            ("metadata_version", "7"),
            ("matches", "-"),
            ("partial", "false"),
            ("malformed", "-"),
        ],
    );
}

#[test]
fn only_what_may_be_medical_is_told() {
    let printer = discovery(
        "Hello",
        r#"<d:Hello xmlns:w="urn:print"><d:Types>w:PrintDeviceType</d:Types></d:Hello>"#,
    );
    assert!(heard(&[&printer]).is_empty());
    let windows = printer.replace(
        "docs.oasis-open.org/ws-dd/ns/discovery/2009/01",
        "schemas.xmlsoap.org/ws/2005/04/discovery",
    );
    assert!(heard(&[&windows]).is_empty());
    // Who asks for all devices asks for medical ones too.
    assert_eq!(heard(&[&discovery("Probe", "<d:Probe/>")]).len(), 1);
    for other in ["", "<", "hello", "<a/>", "<s:Envelope xmlns:a=\"urn:x\"/>"] {
        assert_eq!(probe(3702, other.as_bytes()), Probe::Never, "{other}");
    }
}

#[test]
fn answers_tell_how_many_were_found() {
    let found = |id: &str| {
        format!("<d:ProbeMatch><a:EndpointReference><a:Address>{id}</a:Address></a:EndpointReference><d:Types>p:Device</d:Types></d:ProbeMatch>")
    };
    let matches = [found("urn:MRN004711"), found(DEVICE)].concat();
    let message = discovery("ProbeMatches", &format!("<d:ProbeMatches {SDC}>{matches}</d:ProbeMatches>"));
    let row = &heard(&[&message])[0];
    let endpoint = output().keys.pseudonym("urn:MRN004711").unwrap();
    holds(row, &[("matches", "2"), ("endpoint", &endpoint), ("types", "[dpws:Device]")]);
}

#[test]
fn a_datagram_may_be_cut_anywhere() {
    let message = hello("p:Device m:MedicalDevice", "sdc.cdc.type:///69837");
    for end in 0..message.len() {
        let mut out = output();
        let mut identity = crate::testing::identity(3702, 17);
        let mut talk = Discovery::default();
        let mut cx = crate::context::Context {
            ts: 1,
            offset: 1,
            identity: &mut identity,
            out: &mut out,
        };
        talk.cut(Orig, &message.as_bytes()[..end], &mut cx);
        for row in crate::testing::rows(&mut out).remove("sdc").unwrap_or_default() {
            assert_eq!((row["partial"].as_str(), row["action"].as_str()), ("true", "Hello"), "{end}");
        }
    }
}

/// Request and response over HTTP, played in every cut and to every end.
fn over_http(request: &str, response: &str) -> Vec<PlainRow> {
    let head = |first: &str, body: &str| {
        format!(
            "{first}\r\nContent-Type: application/soap+xml; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    check(
        &[
            (Orig, head("POST /6f2a HTTP/1.1\r\nHost: mon", request).as_bytes()),
            (Resp, head("HTTP/1.1 200 Ok", response).as_bytes()),
        ],
        "sdc",
    )
}

const TRANSFER: &str = "http://schemas.xmlsoap.org/ws/2004/09/transfer";

#[test]
fn a_device_says_what_it_is() {
    let metadata = format!(
        "<x:Metadata xmlns:x='urn:mex' {SDC}><p:ThisModel><p:Manufacturer xml:lang='en'>Nord &amp; Licht</p:Manufacturer><p:Manufacturer>Zwei</p:Manufacturer>\
        <p:ManufacturerUrl>http://n.test</p:ManufacturerUrl><p:ModelName>CardioView M5</p:ModelName><p:ModelNumber> M5-2000 </p:ModelNumber></p:ThisModel>\
        <p:ThisDevice><p:FriendlyName>Monitor von Erika Mustermann</p:FriendlyName><p:FirmwareVersion>4.2.1</p:FirmwareVersion><p:SerialNumber>CV5-008817</p:SerialNumber></p:ThisDevice>\
        <p:Relationship><p:Host><a:EndpointReference><a:Address>{DEVICE}</a:Address></a:EndpointReference><p:Types>p:Device m:MedicalDevice</p:Types></p:Host>\
        <p:Hosted><a:EndpointReference><a:Address>http://10.0.0.9:54805/Get</a:Address></a:EndpointReference><p:Types>g:GetService g:SetService</p:Types></p:Hosted></p:Relationship></x:Metadata>"
    );
    let rows = over_http(
        &envelope(&format!("{TRANSFER}/Get"), ID, ""),
        &envelope(&format!("{TRANSFER}/GetResponse"), ID, &metadata),
    );
    // The request names nothing of SDC, but its answer does.
    assert_eq!(rows.len(), 2);
    holds(
        &rows[0],
        &[
            ("action", "Get"),
            ("service", "transfer"),
            ("transport", "http"),
            ("status_code", "-"),
        ],
    );
    holds(
        &rows[1],
        &[
            ("action", "GetResponse"),
            ("status_code", "200"),
            ("manufacturer", "Nord & Licht"),
            ("model", "CardioView M5"),
            ("model_number", "M5-2000"),
            ("friendly_name", "Monitor *"),
            ("firmware", "4.2.1"),
            ("serial", "CV5-008817"),
            ("endpoint", DEVICE),
            ("types", "[dpws:Device, mdpws:MedicalDevice]"),
            ("services", "[sdc:GetService, sdc:SetService]"),
            ("partial", "false"),
        ],
    );
    assert_eq!(
        (&rows[0]["uid"], &rows[0]["community_id"]),
        (&rows[1]["uid"], &rows[1]["community_id"])
    );
}

#[test]
fn a_patient_is_a_pseudonym_and_values_are_not_looked_at() {
    let biceps = r#"xmlns:b="http://standards.ieee.org/downloads/11073/11073-10207-2017/message" xmlns:q="http://standards.ieee.org/downloads/11073/11073-10207-2017/participant" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance""#;
    let report = format!(
        "<b:EpisodicContextReport {biceps} MdibVersion='12'><b:ReportPart><b:ContextState xsi:type='q:LocationContextState'><q:Identification Extension='MAIN/ICU1'/></b:ContextState>\
        <b:ContextState Handle='ERIKA' xsi:type='q:PatientContextState'><q:Validator Extension='MRN1'/><q:Identification Root='urn:x' Extension='MRN004711'/><q:CoreData><q:Givenname>Erika</q:Givenname>\
        <q:DateOfBirth>1964-08-12</q:DateOfBirth></q:CoreData></b:ContextState></b:ReportPart></b:EpisodicContextReport>"
    );
    let action = "http://standards.ieee.org/downloads/11073/11073-20701-2018/ContextService/EpisodicContextReport";
    let request = envelope(action, "MRN004711", &report);
    let rows = over_http(&request, "");
    let patient = output().keys.pseudonym("MRN004711").unwrap();
    let request = &rows[0];
    holds(
        request,
        &[
            ("action", "EpisodicContextReport"),
            ("service", "ContextService"),
            ("patient", &patient),
            ("states", "2"),
            ("mdib_version", "12"),
            ("message_id", &patient),
        ],
    );
    let all = format!("{rows:?}").to_lowercase();
    assert!(!all.contains("erika") && !all.contains("004711") && !all.contains("1964"));
}

#[test]
fn faults_and_what_is_wrong() {
    let fault = format!("<s:Fault {SDC}><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>MRN1</s:Value></s:Subcode></s:Code><s:Reason><s:Text>Erika</s:Text></s:Reason></s:Fault>");
    let rows = over_http(
        &envelope(
            "http://standards.ieee.org/downloads/11073/11073-20701-2018/GetService/Erika",
            "",
            "",
        ),
        &envelope("http://www.w3.org/2005/08/addressing/fault", ID, &fault),
    );
    holds(
        &rows[0],
        &[("action", "{}"), ("service", "-"), ("message_id", "-"), ("malformed", "-")],
    );
    holds(&rows[1], &[("action", "fault"), ("fault", "Sender")]);
    let entity =
        format!("<s:Envelope {NS} {SDC}><!DOCTYPE x [<!ENTITY e 'MRN7'>]><s:Header><a:MessageID>&e;</a:MessageID></s:Header></s:Envelope>");
    let row = &over_http(&entity, "")[0];
    holds(row, &[("malformed", "document type"), ("partial", "true"), ("message_id", "-")]);
    holds(
        &over_http(&format!("<s:Envelope {NS} {SDC}/>"), "")[0],
        &[("malformed", "action"), ("partial", "false")],
    );
    assert!(over_http("<a/>", &envelope("urn:x", ID, "<y/>")).is_empty());
}

#[test]
fn hostile_envelopes_are_bounded() {
    let keys = output().keys;
    let deep = "<s:Body>".repeat(100_000);
    let many = (0..20_000)
        .map(|n| format!("<q xmlns:p{n}='http://standards.ieee.org/downloads/11073/11073-20702-2016'>"))
        .collect::<String>();
    for body in [
        deep,
        many,
        format!("<d:Hello><d:Scopes>{}", "sdc.cdc.type:///1 ".repeat(100_000)),
        format!("<d:Hello><d:Types>{}", "m:MedicalDevice ".repeat(200)),
        format!("<a:EndpointReference{}", " x".repeat(100_000)),
        "<b:State xsi:type='q:PatientContextState'><q:Identification Extension='".repeat(2000),
        "</s:Body>".repeat(1000),
    ] {
        let mut soap = super::Soap::default();
        soap.feed(format!("<s:Envelope {NS}>{body}").as_bytes(), &keys);
        assert!(!soap.is_medical() || body.contains("20702"));
    }
}

#[test]
fn damaged_envelopes_give_the_same_rows_however_they_are_cut() {
    let whole = hello("p:Device m:MedicalDevice", "sdc.ctxt.loc:/x?fac=MAIN&amp;bed=B1");
    let mut state = 1u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    for _ in 0..300 {
        let mut body = whole.clone().into_bytes();
        for _ in 0..1 + random(4) {
            let at = random(body.len());
            body[at] = b"\"<>/!-= &?:x"[random(12)];
        }
        let head = format!(
            "POST / HTTP/1.1\r\nContent-Type: application/soap+xml\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let request = [head.as_bytes(), &body].concat();
        uncut(
            &[(Orig, &request), (Resp, b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")],
            "sdc",
        );
    }
}

#[test]
fn actions_and_identifiers() {
    for (uri, service, name) in [
        (
            "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01/Bye",
            Some("discovery"),
            "Bye",
        ),
        (
            "http://schemas.xmlsoap.org/ws/2004/09/mex/GetMetadata/Request",
            Some("metadata"),
            "GetMetadata",
        ),
        (
            "http://schemas.xmlsoap.org/ws/2004/08/eventing/Subscribe",
            Some("eventing"),
            "Subscribe",
        ),
        (
            "http://standards.ieee.org/downloads/11073/11073-20701-2018/SetService/Activate",
            Some("SetService"),
            "Activate",
        ),
        ("http://evil.test/SetService/Activate", None, "{}"),
        ("", None, "{}"),
    ] {
        let action = names::action(uri);
        assert_eq!((action.service, action.name), (service, Some(name)), "{uri}");
    }
    let keys = output().keys;
    assert_eq!(
        clean::identifier(ID, &keys).unwrap(),
        "urn:uuid:b1f08fe1-1257-40c6-94f8-0963c4393ff0"
    );
    assert_eq!(clean::identifier("19640812", &keys), keys.pseudonym("19640812"));
    for (uri, kept) in [
        ("sdc.ctxt.loc:/a/b", "sdc.ctxt.loc:{}"),
        (
            "sdc.ctxt.loc:/a?rm=Erika%20Mustermann&ward=1&bed=19640812",
            "sdc.ctxt.loc:rm=*&bed=*",
        ),
        (
            "sdc.cdc.type:/urn:oid:1.3.111.2.11073.10101.1//69837",
            "sdc.cdc.type:/urn:oid:1.3.111.2.11073.10101.1//69837",
        ),
        ("", "{}"),
    ] {
        assert_eq!(clean::scope(uri), kept);
    }
    for (uri, kept) in [
        ("http://[::1]:80/", Some("[::1]:80")),
        ("10.0.0.1", None),
        ("http://u:p@mon:99999/", Some("mon:80")),
    ] {
        assert_eq!(clean::address(uri).as_deref(), kept);
    }
}
