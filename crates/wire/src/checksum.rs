//! Checksums of TCP and UDP. RFC 9293 section 3.1, RFC 768, RFC 8200 section 8.1.

use crate::bytes::be16;
use crate::ip::Datagram;

const TCP: u8 = 6;
const UDP: u8 = 17;

/// Whether the checksum holds; `None` where there is none, or not all that it covers was captured.
pub fn holds(datagram: &Datagram<'_>) -> Option<bool> {
    let whole = datagram.cut == 0 && datagram.fragment.is_none();
    let (bytes, len) = match datagram.proto {
        TCP if whole => (datagram.payload, datagram.payload.len()),
        UDP if whole => {
            let len = usize::from(be16(datagram.payload, 4)?);
            // A sender of IPv4 may leave it out.
            if be16(datagram.payload, 6)? == 0 {
                return None;
            }
            (datagram.payload.get(..len)?, len)
        }
        _ => return None,
    };
    let mut sum = u64::from(datagram.proto).wrapping_add(len as u64);
    for address in [datagram.src, datagram.dst] {
        // The prefix of a mapped IPv4 address is none of its own.
        let bits = if address >> 32 == 0xffff { address & 0xffff_ffff } else { address };
        sum = sum.wrapping_add(words(&bits.to_be_bytes()));
    }
    sum = sum.wrapping_add(words(bytes));
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    Some(sum == 0xffff)
}

/// Sum of all pairs of bytes as numbers; the last byte of an odd count is followed by a zero. Four bytes are summed as one number, whose
/// upper half is folded onto the lower in the end: in ones' complement that is the same.
fn words(bytes: &[u8]) -> u64 {
    let (fours, rest) = bytes.as_chunks::<4>();
    let mut last = [0; 4];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    let number = |four: &[u8; 4]| u64::from(u32::from_be_bytes(*four));
    fours.iter().map(number).sum::<u64>().wrapping_add(number(&last))
}

#[cfg(test)]
mod tests {
    use crate::ip::ipv4;

    #[test]
    fn of_a_real_packet() {
        // A look-up, as Wireshark's dns.cap has it in form; the checksum by RFC 1071 by hand.
        let mut packet = [
            0x45, 0, 0, 32, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x30, 0x39, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4,
        ];
        let sum: u32 = [0x0a00, 1, 0x0a00, 2, 17, 12, 0x3039, 53, 12, 0x0102, 0x0304].iter().sum();
        let check = !(((sum & 0xffff) + (sum >> 16)) as u16);
        packet[26..28].copy_from_slice(&check.to_be_bytes());
        assert_eq!(super::holds(&ipv4(&packet, 32).unwrap()), Some(true));
        packet[31] ^= 1;
        assert_eq!(super::holds(&ipv4(&packet, 32).unwrap()), Some(false));
        assert_eq!(super::holds(&ipv4(&packet[..31], 32).unwrap()), None);
    }
}
