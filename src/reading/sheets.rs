//! Spreadsheets: each sheet's name, and its cells as CSV.

use std::fmt::Write as _;
use std::io::Cursor;

use calamine::{
    Data, ExcelDateTime, Ods, OdsError, Range, Reader, SheetType, Xls, XlsError, Xlsb, XlsbError,
    Xlsx, XlsxError,
};

use super::gathered::Gathered;
use super::outcome::{Read, Unreadable};

type Source<'a> = Cursor<&'a [u8]>;

/// The name that an encrypted package has in a compound file (MS-OFFCRYPTO 2.3.4.4), as the directory there spells it.
const ENCRYPTED_PACKAGE: &str = "EncryptedPackage";

/// The names that the stream of an Excel workbook has in one.
const WORKBOOKS: [&str; 2] = ["Workbook", "Book"];

pub(super) fn read_xlsx(bytes: &[u8], limit_bytes: usize) -> Result<Read, Unreadable> {
    read::<Xlsx<_>>(bytes, limit_bytes, |error| {
        matches!(error, XlsxError::Password)
    })
}

pub(super) fn read_xlsb(bytes: &[u8], limit_bytes: usize) -> Result<Read, Unreadable> {
    read::<Xlsb<_>>(bytes, limit_bytes, |error| {
        matches!(error, XlsbError::Password)
    })
}

pub(super) fn read_ods(bytes: &[u8], limit_bytes: usize) -> Result<Read, Unreadable> {
    read::<Ods<_>>(bytes, limit_bytes, |error| {
        matches!(error, OdsError::Password)
    })
}

/// Reads a compound file: an XLS, or nothing that is read.
///
/// # Errors
/// `Encrypted` for a newer document with a password, which is packed into such a file; `Unsupported` for DOC, PPT, HWP and the rest.
pub(super) fn read_compound(bytes: &[u8], limit_bytes: usize) -> Result<Read, Unreadable> {
    if names(bytes, ENCRYPTED_PACKAGE) {
        return Err(Unreadable::Encrypted);
    }
    if !WORKBOOKS.iter().any(|name| names(bytes, name)) {
        return Err(Unreadable::Unsupported);
    }
    read::<Xls<_>>(bytes, limit_bytes, |error| {
        matches!(error, XlsError::Password)
    })
}

/// Whether a compound file has an entry of a name: UTF-16, and padded with zeros. Looked for everywhere, because following its chains of
/// sectors is what a hostile file is made for.
fn names(bytes: &[u8], name: &str) -> bool {
    let spelt: Vec<u8> = name
        .encode_utf16()
        .chain([0])
        .flat_map(u16::to_le_bytes)
        .collect();
    // Entries stand at multiples of 128 bytes.
    bytes.chunks(128).any(|entry| entry.starts_with(&spelt))
}

fn read<'a, B: Reader<Source<'a>>>(
    bytes: &'a [u8],
    limit_bytes: usize,
    wants_password: fn(&B::Error) -> bool,
) -> Result<Read, Unreadable> {
    let why = |error: B::Error| {
        if wants_password(&error) {
            Unreadable::Encrypted
        } else {
            Unreadable::Broken
        }
    };
    let mut book = B::new(Cursor::new(bytes)).map_err(why)?;
    let mut gathered = Gathered::up_to(limit_bytes);
    for (position, sheet) in book.sheets_metadata().to_vec().iter().enumerate() {
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        let range = book.worksheet_range(&sheet.name).map_err(why)?;
        let space = if position == 0 { "" } else { "\n" };
        let written = write!(gathered, "{space}# {}\n\n", sheet.name)
            .and_then(|()| write_range(&range, &mut gathered));
        if written.is_err() {
            break;
        }
    }
    Ok(gathered.into_read(None))
}

fn write_range(range: &Range<Data>, gathered: &mut Gathered) -> std::fmt::Result {
    for row in range.rows() {
        for (column, cell) in row.iter().enumerate() {
            if column > 0 {
                gathered.write_char(',')?;
            }
            write_quoted(&shown(cell), gathered)?;
        }
        gathered.write_char('\n')?;
    }
    Ok(())
}

fn write_quoted(text: &str, gathered: &mut Gathered) -> std::fmt::Result {
    if text.contains([',', '"', '\n', '\r']) {
        write!(gathered, "\"{}\"", text.replace('"', "\"\""))
    } else {
        gathered.write_str(text)
    }
}

fn shown(cell: &Data) -> String {
    match cell {
        Data::DateTime(time) => shown_time(time),
        // The library's enum, and it will grow.
        _ => cell.to_string(),
    }
}

/// Shows a date, a time, or both, where the sheet has a serial number: its fraction is the time of day, and 0 is no day.
fn shown_time(time: &ExcelDateTime) -> String {
    const MILLISECONDS_PER_DAY: f64 = 86_400_000.0;
    let serial = time.as_f64();
    if time.is_duration() {
        let seconds = (serial * MILLISECONDS_PER_DAY / 1_000.0).round();
        let hours = (seconds / 3_600.0).trunc();
        let minutes = (seconds / 60.0).trunc() - hours * 60.0;
        let seconds = seconds - hours * 3_600.0 - minutes * 60.0;
        return format!("{hours}:{minutes:02}:{seconds:02}");
    }
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    let of_day = format!("{hour:02}:{minute:02}:{second:02}");
    if serial < 1.0 {
        of_day
    } else if serial.fract() == 0.0 {
        date
    } else {
        format!("{date} {of_day}")
    }
}
