//! The IP addresses that are not on the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The special-purpose blocks of IPv4, each with its name.
/// <https://www.iana.org/assignments/iana-ipv4-special-registry/>
const INNER_V4: [(Ipv4Addr, u32, &str); 18] = [
    (Ipv4Addr::BROADCAST, 32, "a broadcast address"),
    (Ipv4Addr::UNSPECIFIED, 8, "an unspecified address"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "a loopback address"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "a private address"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "a private address"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "a private address"),
    (Ipv4Addr::new(169, 254, 169, 254), 32, "a metadata address"),
    // Azure's wire server answers here although the block is a public one.
    (Ipv4Addr::new(168, 63, 129, 16), 32, "a metadata address"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "a link-local address"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "a carrier-grade NAT address"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "a reserved address"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "a documentation address"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "a documentation address"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "a documentation address"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "a reserved address"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "a benchmarking address"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "a multicast address"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "a reserved address"),
];

/// The special-purpose blocks of IPv6. Addresses outside `2000::/3` are refused anyway; the list gives them a name.
/// <https://www.iana.org/assignments/iana-ipv6-special-registry/>
const INNER_V6: [(Ipv6Addr, u32, &str); 13] = [
    (Ipv6Addr::UNSPECIFIED, 128, "an unspecified address"),
    (Ipv6Addr::LOCALHOST, 128, "a loopback address"),
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 128, "a metadata address"),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, "a unique local address"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, "a link-local address"),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, "a site-local address"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "a multicast address"),
    // NAT64 inside one network (RFC 8215): never public, and that network chooses the position of the IPv4 address.
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, "a local NAT64 address"),
    (Ipv6Addr::new(0x2001, 0x2, 0, 0, 0, 0, 0, 0), 48, "a benchmarking address"),
    (Ipv6Addr::new(0x2001, 0x10, 0, 0, 0, 0, 0, 0), 28, "a reserved address"),
    (Ipv6Addr::new(0x2001, 0x20, 0, 0, 0, 0, 0, 0), 28, "a reserved address"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "a documentation address"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "a documentation address"),
];

/// The name of the block an address is in, if it is not on the public internet or carries such an address inside.
pub fn inner(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => inner_v4(address),
        IpAddr::V6(address) => inner_v6(address),
    }
}

/// The addresses that may receive a packet sent to this one: itself and the IPv4 addresses it carries.
pub fn reached(address: IpAddr) -> Vec<IpAddr> {
    let mut reached = vec![address];
    if let IpAddr::V6(address) = address {
        reached.extend(carried(address).into_iter().map(IpAddr::V4));
    }
    reached
}

fn inner_v4(address: Ipv4Addr) -> Option<&'static str> {
    let within = |block: Ipv4Addr, bits: u32| (address.to_bits() ^ block.to_bits()).checked_shr(32 - bits) == Some(0);
    INNER_V4.iter().find(|(block, bits, _)| within(*block, *bits)).map(|(_, _, name)| *name)
}

fn inner_v6(address: Ipv6Addr) -> Option<&'static str> {
    let within = |block: Ipv6Addr, bits: u32| (address.to_bits() ^ block.to_bits()).checked_shr(128 - bits) == Some(0);
    if let Some((_, _, name)) = INNER_V6.iter().find(|(block, bits, _)| within(*block, *bits)) {
        return Some(name);
    }
    let carried = carried(address);
    if let Some(name) = carried.iter().find_map(|address| inner_v4(*address)) {
        return Some(name);
    }
    let is_global_unicast = address.to_bits() >> 125 == 1;
    if is_global_unicast || !carried.is_empty() { None } else { Some("a reserved address") }
}

/// The IPv4 addresses inside an IPv6 address, by every way of embedding them.
fn carried(address: Ipv6Addr) -> Vec<Ipv4Addr> {
    let [.., seventh, eighth] = address.segments();
    let last = join(seventh, eighth);
    if matches!(address, Ipv6Addr::UNSPECIFIED | Ipv6Addr::LOCALHOST) {
        return Vec::new();
    }
    match address.segments() {
        // Compatible and mapped (RFC 4291), translated (RFC 2765), NAT64 (RFC 6052), ISATAP (RFC 5214).
        [0, 0, 0, 0, 0, 0 | 0xffff, ..]
        | [0, 0, 0, 0, 0xffff, 0, ..]
        | [0x64, 0xff9b, 0, 0, 0, 0, ..]
        | [_, _, _, _, 0 | 0x200, 0x5efe, ..] => vec![last],
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => vec![join(high, low)],
        // Teredo (RFC 4380): the server in the clear, the client with every bit inverted.
        [0x2001, 0, high, low, ..] => vec![join(high, low), Ipv4Addr::from_bits(!last.to_bits())],
        _ => vec![],
    }
}

fn join(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(address: &str) -> Option<&'static str> {
        inner(address.parse().expect("an address"))
    }

    #[test]
    fn every_inner_ipv4_block_is_known() {
        for (address, expected) in [
            ("127.0.0.1", "a loopback address"),
            ("127.255.255.254", "a loopback address"),
            ("0.0.0.0", "an unspecified address"),
            ("10.1.2.3", "a private address"),
            ("172.16.0.1", "a private address"),
            ("172.31.255.255", "a private address"),
            ("192.168.1.1", "a private address"),
            ("169.254.169.254", "a metadata address"),
            ("169.254.100.1", "a link-local address"),
            ("100.64.0.1", "a carrier-grade NAT address"),
            ("100.127.255.255", "a carrier-grade NAT address"),
            ("224.0.0.1", "a multicast address"),
            ("255.255.255.255", "a broadcast address"),
            ("203.0.113.9", "a documentation address"),
            ("198.19.255.255", "a benchmarking address"),
            ("240.0.0.1", "a reserved address"),
        ] {
            assert_eq!(name(address), Some(expected), "{address}");
        }
    }

    #[test]
    fn public_addresses_are_left_alone() {
        for address in [
            "1.1.1.1",
            "172.15.255.255",
            "172.32.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
            "2002:101:101::1",
            "::ffff:1.1.1.1",
        ] {
            assert_eq!(name(address), None, "{address}");
        }
    }

    #[test]
    fn every_inner_ipv6_block_is_known() {
        for (address, expected) in [
            ("::", "an unspecified address"),
            ("::1", "a loopback address"),
            ("fd00:ec2::254", "a metadata address"),
            ("fc00::1", "a unique local address"),
            ("fe80::1", "a link-local address"),
            ("febf::1", "a link-local address"),
            ("fec0::1", "a site-local address"),
            ("ff02::1", "a multicast address"),
            ("2001:db8::1", "a documentation address"),
            ("64:ff9b:1::7f00:1", "a local NAT64 address"),
            ("4000::1", "a reserved address"),
            ("100::1", "a reserved address"),
        ] {
            assert_eq!(name(address), Some(expected), "{address}");
        }
    }

    #[test]
    fn an_inner_address_is_found_inside_an_ipv6_address() {
        for address in [
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::1",
            // Teredo: an inner server, then an inner client (127.0.0.1 with every bit inverted).
            "2001:0:7f00:1:0:0:fefe:fefe",
            "2001:0:101:101:0:0:80ff:fffe",
            "2606::5efe:127.0.0.1",
        ] {
            assert_eq!(name(address), Some("a loopback address"), "{address}");
        }
        assert_eq!(name("::ffff:169.254.169.254"), Some("a metadata address"));
    }
}
