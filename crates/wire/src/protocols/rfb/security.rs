//! Names of security types. IANA, Remote Framebuffer Security Types; VeNCrypt 0.2 and Tight as "The RFB Protocol" (rfbproto) describes them.

pub const INVALID: u8 = 0;
pub const NONE: u8 = 1;
pub const VNC: u8 = 2;
pub const TIGHT: u8 = 16;
pub const TLS: u8 = 18;
pub const VENCRYPT: u8 = 19;
pub const APPLE: u8 = 30;

pub fn name(kind: u8) -> &'static str {
    match kind {
        INVALID => "invalid",
        NONE => "none",
        VNC => "vnc",
        3 | 4 | 7..=15 => "realvnc",
        5 => "ra2",
        6 => "ra2ne",
        TIGHT => "tight",
        17 => "ultra",
        TLS => "tls",
        VENCRYPT => "vencrypt",
        20 => "sasl",
        21 => "md5",
        22 => "xvp",
        23 => "secure_tunnel",
        24 => "integrated_ssh",
        APPLE => "ard",
        31..=35 => "apple",
        113 => "mslogon",
        128..=255 => "realvnc",
        _ => "other",
    }
}

/// What VeNCrypt goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// A user name and a password in clear.
    Plain,
    /// TLS, once the server has agreed.
    Tls,
    Unknown,
}

/// Subtypes of VeNCrypt.
pub fn vencrypt(subtype: u32) -> (&'static str, Within) {
    match subtype {
        256 => ("plain", Within::Plain),
        257 => ("tls_none", Within::Tls),
        258 => ("tls_vnc", Within::Tls),
        259 => ("tls_plain", Within::Tls),
        260 => ("x509_none", Within::Tls),
        261 => ("x509_vnc", Within::Tls),
        262 => ("x509_plain", Within::Tls),
        263 => ("tls_sasl", Within::Tls),
        264 => ("x509_sasl", Within::Tls),
        _ => ("other", Within::Unknown),
    }
}

/// Authentication that Tight goes on with: the security type of that number, where it is one that is followed.
pub fn tight(method: u32) -> (&'static str, u8) {
    match method {
        1 => ("none", NONE),
        2 => ("vnc", VNC),
        19 => ("vencrypt", INVALID),
        _ => ("other", INVALID),
    }
}
