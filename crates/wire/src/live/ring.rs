//! One memory-mapped receive ring of an AF_PACKET socket: packets without a system call and without a copy (packet(7); Linux
//! Documentation/networking/packet_mmap.rst, TPACKET_V3). The only unsafe code of the crate stands here, in its neighbour, and
//! where the disk is asked for its room (`kept::room`).

use std::ffi::CString;
use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::capture::Packet;

/// How a ring is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Bytes of the ring; rounded down to whole blocks, at least two.
    pub bytes: usize,
    /// Several rings of one group share the packets of an interface, each connection on one of them.
    pub fanout: Option<u16>,
    pub promiscuous: bool,
}

/// Bytes of a block: handed over whole, so a larger one costs fewer wake-ups and a smaller one comes sooner.
const BLOCK: usize = 1 << 20;
/// Milliseconds after which the kernel hands over a block that is not full.
const RETIRE_MS: u32 = 100;
/// Bytes of the smallest frame the kernel lays out for; with TPACKET_V3 frames are of any length.
const FRAME: usize = 2048;

const LINKTYPE_ETHERNET: u16 = 1;
const LINKTYPE_RAW: u16 = 101;

/// Offsets in `tpacket_block_desc` with `tpacket_hdr_v1` (linux/if_packet.h).
mod block {
    pub const STATUS: usize = 8;
    pub const PACKETS: usize = 12;
    pub const FIRST: usize = 16;
}

/// Offsets in `tpacket3_hdr` with `tpacket_hdr_variant1` (linux/if_packet.h).
mod frame {
    pub const NEXT: usize = 0;
    pub const SECONDS: usize = 4;
    pub const NANOSECONDS: usize = 8;
    pub const CAPTURED: usize = 12;
    pub const LENGTH: usize = 16;
    pub const STATUS: usize = 20;
    pub const MAC: usize = 24;
    pub const VLAN: usize = 32;
    pub const VLAN_TPID: usize = 36;
}

pub struct Ring {
    socket: OwnedFd,
    map: NonNull<u8>,
    blocks: usize,
    current: usize,
    link: u16,
    /// A frame with its VLAN tag put back, which the kernel keeps beside it.
    tagged: Vec<u8>,
}

// SAFETY: the mapping belongs to this value alone and is unmapped only when it is dropped.
unsafe impl Send for Ring {}

impl Ring {
    /// Opens a ring on an interface. Needs CAP_NET_RAW.
    pub fn open(interface: &str, plan: Plan) -> io::Result<Ring> {
        let index = index_of(interface)?;
        // SAFETY: plain system call; the descriptor is owned at once.
        let socket =
            unsafe { checked(libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0)).map(|fd| OwnedFd::from_raw_fd(fd))? };
        let link = link_type(&socket, interface)?;
        let blocks = (plan.bytes / BLOCK).max(2);
        set(
            &socket,
            libc::SOL_PACKET,
            libc::PACKET_VERSION,
            &(libc::tpacket_versions::TPACKET_V3 as libc::c_int),
        )?;
        let request = libc::tpacket_req3 {
            tp_block_size: BLOCK as u32,
            tp_block_nr: blocks as u32,
            tp_frame_size: FRAME as u32,
            tp_frame_nr: (blocks * (BLOCK / FRAME)) as u32,
            tp_retire_blk_tov: RETIRE_MS,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        set(&socket, libc::SOL_PACKET, libc::PACKET_RX_RING, &request)?;
        let map = map(&socket, blocks * BLOCK)?;
        let ring = Ring {
            socket,
            map,
            blocks,
            current: 0,
            link,
            tagged: Vec::new(),
        };
        ring.bind(index)?;
        if plan.promiscuous {
            let membership = libc::packet_mreq {
                mr_ifindex: index,
                mr_type: libc::PACKET_MR_PROMISC as u16,
                mr_alen: 0,
                mr_address: [0; 8],
            };
            set(&ring.socket, libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &membership)?;
        }
        if let Some(group) = plan.fanout {
            // The kernel's hash is the same for both directions of a connection; fragments are put together before it is taken.
            let how = (libc::PACKET_FANOUT_HASH | libc::PACKET_FANOUT_FLAG_DEFRAG) << 16 | u32::from(group);
            set(&ring.socket, libc::SOL_PACKET, libc::PACKET_FANOUT, &how)?;
        }
        Ok(ring)
    }

    fn bind(&self, index: libc::c_int) -> io::Result<()> {
        // SAFETY: all-zero is a valid sockaddr_ll; the address and its length belong together.
        unsafe {
            let mut address: libc::sockaddr_ll = std::mem::zeroed();
            address.sll_family = libc::AF_PACKET as u16;
            address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
            address.sll_ifindex = index;
            let len = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
            checked(libc::bind(self.socket.as_raw_fd(), (&raw const address).cast(), len)).map(drop)
        }
    }

    /// Gives every packet of the next block to `take`, waiting for one at most `wait`; says how many packets that were.
    /// An error means that the interface is gone or down.
    pub fn block(&mut self, wait: Duration, mut take: impl FnMut(Packet<'_>)) -> io::Result<usize> {
        // SAFETY: `current` is below `blocks`, so the block lies in the mapping.
        let base = unsafe { self.map.as_ptr().add(self.current * BLOCK) };
        // SAFETY: the kernel writes this aligned word and nothing else of a block that is ours.
        let status = unsafe { AtomicU32::from_ptr(base.add(block::STATUS).cast()) };
        let ours = |status: &AtomicU32| status.load(Ordering::Acquire) & libc::TP_STATUS_USER != 0;
        if !ours(status) {
            self.wait(wait)?;
            if !ours(status) {
                return Ok(0);
            }
        }
        // SAFETY: while the status says so, the block is ours to read.
        let bytes = unsafe { std::slice::from_raw_parts(base, BLOCK) };
        let (packets, mut at) = (word(bytes, block::PACKETS), word(bytes, block::FIRST));
        for _ in 0..packets {
            let Some(head) = bytes.get(at..) else { break };
            if let Some(packet) = packet(head, self.link, &mut self.tagged) {
                take(packet);
            }
            at += word(head, frame::NEXT);
        }
        status.store(libc::TP_STATUS_KERNEL, Ordering::Release);
        self.current = (self.current + 1) % self.blocks;
        Ok(packets)
    }

    fn wait(&self, wait: Duration) -> io::Result<()> {
        let mut poll = libc::pollfd {
            fd: self.socket.as_raw_fd(),
            events: libc::POLLIN | libc::POLLERR,
            revents: 0,
        };
        // SAFETY: one valid pollfd.
        let n = unsafe {
            libc::poll(
                &raw mut poll,
                1,
                libc::c_int::try_from(wait.as_millis()).unwrap_or(libc::c_int::MAX),
            )
        };
        match checked(n) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
            Ok(_) if poll.revents & libc::POLLERR != 0 => {
                let error: libc::c_int = get(&self.socket, libc::SOL_SOCKET, libc::SO_ERROR)?;
                if error == 0 {
                    Ok(())
                } else {
                    Err(io::Error::from_raw_os_error(error))
                }
            }
            Ok(_) => Ok(()),
        }
    }

    /// Packets that the kernel saw and that it had to drop since the last call.
    pub fn statistics(&self) -> io::Result<(u64, u64)> {
        let counted: libc::tpacket_stats_v3 = get(&self.socket, libc::SOL_PACKET, libc::PACKET_STATISTICS)?;
        Ok((u64::from(counted.tp_packets), u64::from(counted.tp_drops)))
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: mapped with this length, and nobody holds a slice of it any more.
        unsafe {
            libc::munmap(self.map.as_ptr().cast(), self.blocks * BLOCK);
        }
    }
}

/// The packet that a frame head describes; its VLAN tag, which the kernel took out, is put back.
fn packet<'a>(head: &'a [u8], link: u16, tagged: &'a mut Vec<u8>) -> Option<Packet<'a>> {
    let mac = usize::from(half(head, frame::MAC));
    let data = head.get(mac..mac.checked_add(word(head, frame::CAPTURED))?)?;
    let mut wire_len = word(head, frame::LENGTH);
    let status = word(head, frame::STATUS) as u32;
    let ts = word(head, frame::SECONDS) as i64 * 1_000_000_000 + word(head, frame::NANOSECONDS) as i64;
    let data = if status & libc::TP_STATUS_VLAN_VALID != 0 && link == LINKTYPE_ETHERNET && data.len() >= 12 {
        let tpid = if status & libc::TP_STATUS_VLAN_TPID_VALID != 0 {
            half(head, frame::VLAN_TPID)
        } else {
            0x8100
        };
        let (addresses, rest) = data.split_at(12);
        tagged.clear();
        tagged.extend_from_slice(addresses);
        tagged.extend_from_slice(&tpid.to_be_bytes());
        tagged.extend_from_slice(&(word(head, frame::VLAN) as u16).to_be_bytes());
        tagged.extend_from_slice(rest);
        wire_len += 4;
        tagged.as_slice()
    } else {
        data
    };
    Some(Packet { ts, link, data, wire_len })
}

fn word(bytes: &[u8], at: usize) -> usize {
    let word = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
    word.map_or(0, |b| u32::from_ne_bytes(b) as usize)
}

fn half(bytes: &[u8], at: usize) -> u16 {
    let half = bytes.get(at..at + 2).and_then(|b| b.try_into().ok());
    half.map_or(0, u16::from_ne_bytes)
}

fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

fn set<T>(socket: &OwnedFd, level: libc::c_int, name: libc::c_int, value: &T) -> io::Result<()> {
    let len = size_of::<T>() as libc::socklen_t;
    // SAFETY: pointer and length are those of one value.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, std::ptr::from_ref(value).cast(), len) };
    checked(result).map(drop)
}

/// `T` must be a plain C structure, for which any bytes are a value.
fn get<T: Copy>(socket: &OwnedFd, level: libc::c_int, name: libc::c_int) -> io::Result<T> {
    let mut len = size_of::<T>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes of a plain structure that was zeroed.
    unsafe {
        let mut value: T = std::mem::zeroed();
        checked(libc::getsockopt(
            socket.as_raw_fd(),
            level,
            name,
            (&raw mut value).cast(),
            &raw mut len,
        ))?;
        Ok(value)
    }
}

fn map(socket: &OwnedFd, len: usize) -> io::Result<NonNull<u8>> {
    // SAFETY: a fresh mapping of the socket's ring, checked below.
    let map = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            len,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED,
            socket.as_raw_fd(),
            0,
        )
    };
    if map == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(map.cast()).ok_or_else(|| io::Error::other("the ring was mapped to nowhere"))
}

fn index_of(interface: &str) -> io::Result<libc::c_int> {
    let name = CString::new(interface).map_err(|_| io::ErrorKind::NotFound)?;
    // SAFETY: a C string that lives through the call.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::ErrorKind::NotFound.into()),
        index => Ok(index as libc::c_int),
    }
}

/// The LINKTYPE_ value of what the interface carries: Ethernet (loopback has its head, too) or bare IP.
fn link_type(socket: &OwnedFd, interface: &str) -> io::Result<u16> {
    // SAFETY: all-zero is a valid ifreq; the name is shorter than its field, which index_of has made sure of.
    let kind = unsafe {
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(interface.bytes().take(libc::IFNAMSIZ - 1)) {
            *to = from as libc::c_char;
        }
        checked(libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFHWADDR as _, &raw mut request))?;
        request.ifr_ifru.ifru_hwaddr.sa_family
    };
    match kind {
        libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK => Ok(LINKTYPE_ETHERNET),
        libc::ARPHRD_NONE | libc::ARPHRD_PPP => Ok(LINKTYPE_RAW),
        other => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("hardware type {other} is not Ethernet"),
        )),
    }
}
