//! Lists of files as file managers hand them over: `text/uri-list` (RFC 2483) of `file` URIs (RFC 8089).

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// Most files that are taken at once. Nobody means to load more, and each may start a thread that reads it.
const MOST: usize = 64;

/// The files in `list` that lie on this machine, whose name is `host`, in their order. Comments, other schemes, other
/// machines and what is no URI at all are left out.
pub fn files(list: &[u8], host: &str) -> Vec<PathBuf> {
    // Lines end with CR and LF. Some programs write LF alone, or a NUL behind the last line.
    let lines = list.split(|byte| matches!(byte, b'\r' | b'\n' | 0));
    lines.filter_map(|line| file(line.trim_ascii(), host)).take(MOST).collect()
}

/// The file that one line names. A comment begins with `#`, so it has no scheme.
fn file(uri: &[u8], host: &str) -> Option<PathBuf> {
    let (scheme, rest) = uri.split_at_checked(b"file:".len())?;
    if !scheme.eq_ignore_ascii_case(b"file:") {
        return None;
    }
    let path = match rest.strip_prefix(b"//") {
        Some(rest) => {
            let (machine, path) = rest.split_at(rest.iter().position(|&byte| byte == b'/')?);
            let known = [b"".as_slice(), b"localhost", host.as_bytes()];
            known.iter().any(|name| machine.eq_ignore_ascii_case(name)).then_some(path)?
        }
        None => rest,
    };
    let path = decode(path);
    (path.starts_with(b"/") && !path.contains(&0)).then(|| OsString::from_vec(path).into())
}

/// Undoes percent-encoding. A `%` that no two hexadecimal digits follow stands for itself: some programs do not encode
/// it.
fn decode(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((16 * high + low) as u8);
                at += 3;
            }
            _ => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use proptest::prelude::*;

    use super::*;

    fn read(list: &str) -> Vec<PathBuf> {
        files(list.as_bytes(), "studio-pc")
    }

    #[test]
    fn files_come_in_order_without_comments_and_empty_lines() {
        let list = "# two networks\r\nfile:///home/a/one.onnx\r\n\r\nfile:///b/two%20b.onnx\r\n";
        assert_eq!(read(list), [PathBuf::from("/home/a/one.onnx"), "/b/two b.onnx".into()]);
        assert_eq!(read("file:///a\nfile:///b"), [PathBuf::from("/a"), "/b".into()], "LF alone, no last one");
        assert_eq!(read("file:///a\r\n\0"), [PathBuf::from("/a")], "a NUL at the end");
        assert!(read("").is_empty());
    }

    #[test]
    fn only_files_of_this_machine_are_taken() {
        for own in ["file:///a/b", "file://localhost/a/b", "file://STUDIO-PC/a/b", "file:/a/b", "FILE:///a/b"]
        {
            assert_eq!(read(own), [PathBuf::from("/a/b")], "{own}");
        }
        for other in [
            "file://server/a/b",
            "file://studio-pc.example.org/a/b",
            "http://localhost/a/b",
            "smb://server/a",
            "file://localhost",
            "file:a/b",
            "file:",
            "files:///a",
            "/a/b",
            "fil",
        ] {
            assert!(read(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn names_are_decoded_to_bytes() {
        assert_eq!(read("file:///%C3%BC%20%23%25.json"), [PathBuf::from("/ü #%.json")]);
        assert_eq!(
            read("file:///ü+ü.json"),
            [PathBuf::from("/ü+ü.json")],
            "not encoded, and a plus is a plus"
        );
        assert_eq!(read("file:///100%.wav"), [PathBuf::from("/100%.wav")]);
        assert_eq!(read("file:///%zz%4"), [PathBuf::from("/%zz%4")]);
        assert_eq!(read("file:///%ff")[0].as_os_str().as_bytes(), b"/\xff", "a name need not be UTF-8");
        assert!(read("file:///a%00b").is_empty(), "no file is called that");
        assert_eq!(
            read("file:///%0d%0a"),
            [PathBuf::from("/\r\n")],
            "lines are cut before names are decoded"
        );
    }

    #[test]
    fn a_list_without_end_gives_no_more_than_can_be_meant() {
        assert_eq!(read(&"file:///a\r\n".repeat(10_000)).len(), MOST);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(list: Vec<u8>) {
            files(&list, "");
        }

        #[test]
        fn every_path_comes_back(path: Vec<u8>) {
            let path: Vec<u8> = std::iter::once(b'/').chain(path.into_iter().filter(|&byte| byte != 0)).collect();
            let encoded: String = path.iter().map(|byte| format!("%{byte:02x}")).collect();
            let read = files(format!("file://{encoded}\r\n").replacen("%2f", "/", 1).as_bytes(), "");
            prop_assert_eq!(read[0].as_os_str().as_bytes(), path);
        }
    }
}
