//! A command to run, in bytes: names of files and variables need not be text.

use std::ffi::{CStr, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;

/// A command to run: a folder, arguments of which the first is the program, and variables (`NAME=value`).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request<'a> {
    pub(crate) directory: &'a CStr,
    pub(crate) arguments: Vec<&'a CStr>,
    pub(crate) environment: Vec<&'a CStr>,
}

/// Encodes a command: two counts, then every string with its null byte.
///
/// # Errors
/// When a string has a null byte inside.
pub(crate) fn encode<'a>(
    directory: &OsStr,
    arguments: impl ExactSizeIterator<Item = &'a OsStr>,
    environment: impl ExactSizeIterator<Item = (&'a OsStr, &'a OsStr)>,
) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1024);
    for count in [arguments.len(), environment.len()] {
        let count = u32::try_from(count).map_err(|_| io::ErrorKind::InvalidInput)?;
        bytes.extend_from_slice(&count.to_ne_bytes());
    }
    push(&mut bytes, &[directory.as_bytes()])?;
    for argument in arguments {
        push(&mut bytes, &[argument.as_bytes()])?;
    }
    for (name, value) in environment {
        if name.is_empty() || name.as_bytes().contains(&b'=') {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        push(&mut bytes, &[name.as_bytes(), b"=", value.as_bytes()])?;
    }
    Ok(bytes)
}

fn push(bytes: &mut Vec<u8>, parts: &[&[u8]]) -> io::Result<()> {
    for part in parts {
        if part.contains(&0) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        bytes.extend_from_slice(part);
    }
    bytes.push(0);
    Ok(())
}

impl<'a> Request<'a> {
    /// Decodes a command; nothing when it is none.
    pub(crate) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (counts, mut rest) = bytes.split_at_checked(8)?;
        let arguments = u32::from_ne_bytes(counts[..4].try_into().ok()?);
        let variables = u32::from_ne_bytes(counts[4..].try_into().ok()?);
        let mut next = || {
            let string = CStr::from_bytes_until_nul(rest).ok()?;
            rest = &rest[string.count_bytes() + 1..];
            Some(string)
        };
        let directory = next()?;
        let arguments = (0..arguments).map(|_| next()).collect::<Option<Vec<_>>>()?;
        let environment = (0..variables).map(|_| next()).collect::<Option<Vec<_>>>()?;
        (rest.is_empty() && !arguments.is_empty()).then_some(Self { directory, arguments, environment })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn string() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(1_u8.., 0..20)
    }

    proptest! {
        #[test]
        fn a_request_comes_back(
            directory in string(),
            arguments in prop::collection::vec(string(), 1..5),
            values in prop::collection::vec(string(), 0..5),
        ) {
            let os = |bytes: &'_ Vec<u8>| OsStr::from_bytes(bytes).to_owned();
            let arguments: Vec<_> = arguments.iter().map(os).collect();
            let values: Vec<_> = values.iter().map(os).collect();
            let bytes = encode(
                OsStr::from_bytes(&directory),
                arguments.iter().map(|argument| argument.as_os_str()),
                values.iter().map(|value| (OsStr::new("NAME"), value.as_os_str())),
            )
            .unwrap();
            let request = Request::decode(&bytes).unwrap();
            prop_assert_eq!(request.directory.to_bytes(), &directory[..]);
            let decoded: Vec<_> = request.arguments.iter().map(|argument| argument.to_bytes()).collect();
            prop_assert_eq!(decoded, arguments.iter().map(|argument| argument.as_bytes()).collect::<Vec<_>>());
            let variables: Vec<_> = request.environment.iter().map(|variable| variable.to_bytes().to_vec()).collect();
            let expected: Vec<_> = values.iter().map(|value| [b"NAME=", value.as_bytes()].concat()).collect();
            prop_assert_eq!(variables, expected);
        }

        #[test]
        fn any_bytes_are_decoded_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = Request::decode(&bytes);
        }
    }
}
