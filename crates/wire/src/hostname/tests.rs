//! Names as they stand on networks of hospitals and of those who visit them, and what is left of each.

use super::*;

/// Owners' names: before and after.
const PEOPLE: &[(&str, &str)] = &[
    ("Annas-iPhone", "*-iPhone"),
    ("annas-iphone-2", "*-iphone-2"),
    ("iPhone-von-Erika-Mustermann", "iPhone-*"),
    ("iPhone-von-Max", "iPhone-*"),
    ("Erikas-MBP.fritz.box", "*-MBP.fritz.box"),
    ("galaxy-s21-von-erika", "galaxy-s21-*"),
    ("S21-von-Erika", "S21-*"),
    ("S21-FE-von-Mustermann", "S21-FE-*"),
    ("A52s-de-Marie", "A52s-*"),
    ("iPad-di-Marco", "iPad-*"),
    ("iPhone-de-Jean-Pierre", "iPhone-*"),
    ("MacBook-Pro-van-Jan.local", "MacBook-Pro-*.local"),
    ("Erikas-MacBook-Pro-3.local", "*-MacBook-Pro-3.local"),
    ("Erika-Mustermanns-iPad.lan", "*-iPad.lan"),
    ("NicksMacBook", "*MacBook"),
    ("NicksMacBook19640812", "*MacBook*"),
    ("erikasiphone", "*iphone"),
    ("iPhoneErika", "iPhone*"),
    ("Mustermann-iMac", "*-iMac"),
    ("Max-iPhone", "*-iPhone"),
    ("Erika's iPhone", "*-iPhone"),
    ("J\u{f6}rgs-iPad", "*-iPad"),
    ("Redmi-Note-9-Mustermann", "Redmi-Note-9-*"),
    ("HUAWEI_P30_lite-Erika", "HUAWEI_P30_lite-*"),
    ("Handy-Oma", "Handy-*"),
    ("Erikas-Apple-Watch", "*-Apple-Watch"),
    ("MUSTERMANN-PC", "*-PC"),
    ("ERIKA-PC", "*-PC"),
    ("Tim-PC", "*-PC"),
    ("PC-ERIKA", "PC-*"),
    ("erikapc", "*pc"),
    ("LAPTOP-MUSTERMANN", "LAPTOP-*"),
    ("johanna-QEMU-Virtual-Machine.local", "*-QEMU-Virtual-Machine.local"),
    ("mustermann-ThinkPad-T480", "*-ThinkPad-T480"),
    ("Erikas-Mac-mini", "*-Mac-mini"),
    ("erika-mustermann", "*"),
    ("erika.fritz.box", "*.fritz.box"),
    ("mustermann-erika-nb", "*"),
    ("Erika Mustermann", "*"),
    ("Mustermann^Erika", "*"),
    ("Erika Mustermann.klinikum.example.com", "*.klinikum.example.com"),
    ("MRN004711", "MRN*"),
    ("pat-004711.ward.local", "pat-*.ward.local"),
    ("19640812", "*"),
    ("NB-19640812-01", "NB-*-01"),
    ("annas-iphone.wlan.klinikum.de", "*-iphone.wlan.klinikum.de"),
    ("iphone-von-erika.wlan.klinikum.de", "iphone-*.wlan.klinikum.de"),
    ("mustermann-pc.klinikum.de", "*-pc.klinikum.de"),
    ("mrn004711.portal.klinikum.de", "mrn*.portal.klinikum.de"),
];

/// Names of equipment, of services and of the world: none is touched.
const EQUIPMENT: &[&str] = &[
    "ct01",
    "CT-01",
    "MR-SIGNA-01",
    "MRC46123",
    "srv-pacs.hospital.local",
    "pacs.hospital.local",
    "DESKTOP-A1B2C3",
    "DESKTOP-7K2M9QX",
    "LAPTOP-3F9A2C1B",
    "WIN-8F2KQ0JH3VD",
    "NPI4A5B6C",
    "NPI123456",
    "BRN001BA9123456",
    "BRWA0C5890F1234",
    "SEP001122334455",
    "EPSON1A2B3C",
    "HPLaserJet400",
    "axis-00408c123456",
    "android-3f2a1b4c5d6e7f80",
    "iPhone",
    "iPad-2",
    "MacBook-Pro",
    "Galaxy-S21-Ultra-5G",
    "Pixel-7a",
    "HUAWEI-AR1220",
    "PC01",
    "PC-0123",
    "ukb-pc-0123",
    "LAB-PC",
    "RAD-WS-12",
    "UKB-NB-044",
    "ipad-ward3-02",
    "tablet-station4-02",
    "philips-pc",
    "GE-MR-CONSOLE",
    "EVITA-V500-12",
    "servo-u-0312",
    "IVUE-3",
    "PICIX-SRV1",
    "dc01.ad.klinik.intern",
    "st-anna-pacs01.lan",
    "st-josef.local",
    "fw-de-fra-01",
    "sw01-de-muc",
    "opc-server",
    "ipadmin",
    "stopwatch",
    "__MSBROWSE__",
    "IS~PRINTSRV",
    "WORKGROUP",
    "WPAD",
    "*",
    "*.google.com",
    "nas1",
    "btest.is.cool",
    "hs2011",
    "8f1b2c3d-1234-5678-9abc-123456789012._msdcs.hospital.local",
    "11.10.20.10.in-addr.arpa",
    "0/25.2.0.192.in-addr.arpa",
    "4.c.d.4.1.e.e.f.f.f.6.d.c.3.8.8.5.3.2.8.c.3.0.c.e.9.2.4.2.5.d.f.ip6.arpa",
    "_dicom._tcp.local",
    "_androidtvremote2._tcp.local",
    "android.clients.google.com",
    "iphone-ld.apple.com",
    "iphonesubmissions.apple.com",
    "pixel.facebook.com",
    "download.windowsupdate.com",
    "anna-laptops.com",
    "annas-iphone.com",
    "lh3.google.com",
    "d111111abcdef8.cloudfront.net",
    "www.1000000.com",
    "telemetry.imaging-vendor.example",
    "192.168.2.5",
    "ip-10-0-0-12.ec2.internal",
];

#[test]
fn owners_go_and_what_they_own_stays() {
    for (name, left) in PEOPLE {
        assert_eq!(shown(name), *left, "{name}");
        assert_eq!(shown(left), *left, "{left} changes again");
    }
}

#[test]
fn equipment_keeps_its_name() {
    for name in EQUIPMENT {
        assert_eq!(shown(name), *name);
        assert!(matches!(shown(name), Cow::Borrowed(_)), "{name} was copied");
    }
}

#[test]
fn titles_of_equipment() {
    for plain in [
        "CT ROOM 1",
        "CT01",
        "R\u{f6}ntgen 2",
        "XA (Cath Lab 3)",
        "AWS1.RAD",
        "StationName",
        "MRC46123",
        "Erlangen 7",
    ] {
        assert_eq!(title(plain), plain);
    }
    for (text, left) in [
        ("ERIKA-PC", "*-PC"),
        ("Erikas Workstation", "* Workstation"),
        ("Erika Mustermann", "*"),
        ("MUSTERMANN^ERIKA", "*"),
        ("Pat. 19640812", "Pat. *"),
        ("MRN004711", "MRN*"),
    ] {
        assert_eq!(title(text), left, "{text}");
    }
}

#[test]
fn syntax_of_host_names() {
    assert_eq!(valid("PACS.Hospital.test.").as_deref(), Some("pacs.hospital.test"));
    for bad in ["", "a..b", "Erika Mustermann", "a/b", "x@y", &"a".repeat(64), "m\u{fc}ller.de"] {
        assert_eq!(valid(bad), None, "{bad}");
    }
    assert!(is_qualified("ct01.hospital.local") && is_qualified("pacs.klinikum.de"));
    assert!(!is_qualified("ct01") && !is_qualified("mustermann.erika") && !is_qualified("Mustermann.Erika.19640812"));
    assert!(is_public("a.de") && is_public("a.b.com.") && !is_public("com") && !is_public("a.local") && !is_public("fritz.box"));
}

#[test]
fn any_text_is_taken() {
    for text in [
        "",
        ".",
        "..",
        "-",
        "\u{130}iPhone",
        "\u{130}\u{130}ipad",
        "iPhone\u{df}",
        "--iphone--",
        "***",
        "'s",
        "a'",
    ] {
        let _ = (shown(text), title(text), is_personal(text));
    }
}
