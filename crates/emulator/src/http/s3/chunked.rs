//! Bodies that the SDKs send in signed or checksummed chunks (`Content-Encoding: aws-chunked`).

/// The content; `None` if the chunks are malformed.
pub fn decode(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    loop {
        let end = body.windows(2).position(|pair| pair == b"\r\n")?;
        let (head, rest) = body.split_at_checked(end)?;
        let size = std::str::from_utf8(head).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(content);
        }
        let (chunk, rest) = rest.get(2..)?.split_at_checked(size)?;
        content.extend_from_slice(chunk);
        body = rest.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_and_trailers_are_dropped() {
        let body = b"4;chunk-signature=ab\r\nabcd\r\n2\r\nef\r\n0\r\nx-amz-checksum-crc32:AAAA==\r\n\r\n";
        assert_eq!(decode(body).as_deref(), Some(&b"abcdef"[..]));
        assert_eq!(decode(b"0\r\n\r\n").as_deref(), Some(&b""[..]));
        for broken in [&b"4\r\nabc"[..], b"zz\r\n", b"", b"4\r\nabcdXX"] {
            assert_eq!(decode(broken), None);
        }
    }
}
