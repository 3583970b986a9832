//! Spreadsheets as CSV, in and out: the encodings of Taiwanese office programs, and cells that a
//! spreadsheet would take for a formula.

mod dates;

pub use dates::{day, moment};

use encoding_rs::BIG5;
use tidings_base::text_enum;

text_enum! {
    /// How the bytes of a file are letters.
    pub enum Encoding {
        Utf8 = "utf-8",
        /// What Excel in Traditional Chinese calls plain CSV.
        Big5 = "big5",
    }
}

impl Encoding {
    /// UTF-8 if the bytes are valid as such, else Big5.
    pub fn guess(bytes: &[u8]) -> Self {
        if std::str::from_utf8(bytes).is_ok() { Self::Utf8 } else { Self::Big5 }
    }

    /// The bytes as text, without a byte order mark. What cannot be read becomes U+FFFD.
    pub fn decode(self, bytes: &[u8]) -> String {
        let text = match self {
            Self::Utf8 => String::from_utf8_lossy(bytes),
            Self::Big5 => BIG5.decode_without_bom_handling(bytes).0,
        };
        text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
    }

    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "sheets.utf8",
            Self::Big5 => "sheets.big5",
        }
    }
}

text_enum! {
    /// Why a file is no table of rows.
    pub enum NotASheet {
        Empty = "empty",
        /// A workbook of Excel or Numbers: a ZIP archive, or the older OLE form.
        Workbook = "workbook",
        /// Something else that is no text: an image, text in UTF-16.
        Binary = "binary",
        /// Titles of columns and no row under them.
        NoRows = "no_rows",
        /// More columns than anybody maps.
        Wide = "wide",
    }
}

impl NotASheet {
    /// The key of the sentence that says what to do.
    pub fn label(self) -> &'static str {
        match self {
            Self::Empty => "sheets.not.empty",
            Self::Workbook => "sheets.not.workbook",
            Self::Binary => "sheets.not.binary",
            Self::NoRows => "sheets.not.no_rows",
            Self::Wide => "sheets.not.wide",
        }
    }
}

/// At most this many columns are read.
pub const COLUMNS: usize = 100;

/// A file as rows: the titles of the columns, and the rows under them.
#[derive(Clone, PartialEq, Debug)]
pub struct Sheet {
    pub titles: Vec<String>,
    pub rows: Vec<Row>,
}

/// A row of cells, with its number as spreadsheets count: the titles are row 1.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    pub number: i64,
    pub cells: Vec<String>,
}

impl Sheet {
    /// Reads a file. Rows in which every cell is blank are not rows; a row may have fewer or more
    /// cells than there are titles.
    pub fn read(bytes: &[u8], encoding: Encoding) -> Result<Self, NotASheet> {
        looks_like_text(bytes)?;
        let text = encoding.decode(bytes) + "\n";
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut record = csv::StringRecord::new();
        let (mut rows, mut titles, mut number, mut line) = (Vec::new(), None, 0, reader.position().line());
        // Bytes that are a `String` and rows of any length leave nothing to fail.
        while reader.read_record(&mut record).map_err(|_| NotASheet::Binary)? {
            let end = reader.position().line();
            number += 1 + blank_lines_before(&record, end - line);
            line = end;
            let cells: Vec<String> = record.iter().map(|cell| from_cell(cell).to_owned()).collect();
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            if titles.is_none() {
                titles = Some(cells);
            } else {
                rows.push(Row { number, cells });
            }
        }
        let titles = titles.ok_or(NotASheet::Empty)?;
        if titles.len() > COLUMNS {
            return Err(NotASheet::Wide);
        }
        if rows.is_empty() {
            return Err(NotASheet::NoRows);
        }
        Ok(Self { titles, rows })
    }
}

/// The reader passes over empty lines, which are rows to a spreadsheet: what is left of the lines it
/// went through when those of the record itself are taken off.
fn blank_lines_before(record: &csv::StringRecord, lines: u64) -> i64 {
    let own = 1 + record.iter().map(|cell| cell.matches('\n').count()).sum::<usize>() as u64;
    lines.saturating_sub(own) as i64
}

fn looks_like_text(bytes: &[u8]) -> Result<(), NotASheet> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        Err(NotASheet::Empty)
    } else if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        Err(NotASheet::Workbook)
    } else if bytes.contains(&0) {
        Err(NotASheet::Binary)
    } else {
        Ok(())
    }
}

/// Writes rows as CSV that spreadsheets open as it is meant: UTF-8 with a byte order mark (without
/// it Excel reads Big5), lines ended as RFC 4180 says, and no cell that runs as a formula.
pub struct Writer(csv::Writer<Vec<u8>>);

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// An empty file.
    pub fn new() -> Self {
        Self::on("\u{feff}".as_bytes().to_vec())
    }

    /// The next part of a file that is written in parts.
    pub fn going_on() -> Self {
        Self::on(Vec::new())
    }

    fn on(start: Vec<u8>) -> Self {
        Self(csv::WriterBuilder::new().flexible(true).terminator(csv::Terminator::CRLF).from_writer(start))
    }

    /// Adds a row.
    pub fn row<I>(&mut self, cells: I)
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let cells: Vec<String> = cells.into_iter().map(|cell| to_cell(cell.as_ref())).collect();
        self.0.write_record(&cells).expect("a vector takes every row");
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        self.0.into_inner().expect("a vector takes every row")
    }
}

/// A cell that a spreadsheet would run gets a leading apostrophe (OWASP, "CSV Injection").
fn to_cell(cell: &str) -> String {
    if runs(cell) { format!("'{cell}") } else { cell.to_owned() }
}

/// Takes off one apostrophe that [`to_cell`], or a person in a spreadsheet, put before a formula.
fn from_cell(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if runs(rest) => rest,
        Some(_) | None => cell,
    }
}

fn runs(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
        let sheet = Sheet::read(bytes, Encoding::guess(bytes)).unwrap();
        std::iter::once(sheet.titles).chain(sheet.rows.into_iter().map(|row| row.cells)).collect()
    }

    #[test]
    fn utf8_big5_and_a_byte_order_mark_read_the_same() {
        let text = "姓名,手機\r\n王怡君,0912345678\r\n";
        let big5 = BIG5.encode(text).0.into_owned();
        assert_eq!(Encoding::guess(text.as_bytes()), Encoding::Utf8);
        assert_eq!(Encoding::guess(&big5), Encoding::Big5);
        let expected = [["姓名", "手機"], ["王怡君", "0912345678"]];
        assert_eq!(cells(text.as_bytes()), expected);
        assert_eq!(cells(format!("\u{feff}{text}").as_bytes()), expected);
        assert_eq!(cells(&big5), expected);
    }

    #[test]
    fn the_wrong_encoding_shows_itself() {
        let big5 = BIG5.encode("王怡君").0.into_owned();
        assert!(Encoding::Utf8.decode(&big5).contains('\u{fffd}'));
    }

    #[test]
    fn quotes_commas_and_newlines_stay_in_their_cell() {
        let file = "name,note\n\"Chen, \"\"Amy\"\"\",\"two\nlines\"\n\nBob,\n,,\nCy,x,extra\n";
        let sheet = Sheet::read(file.as_bytes(), Encoding::Utf8).unwrap();
        assert_eq!(sheet.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 4, 6]);
        assert_eq!(sheet.rows[0].cells, ["Chen, \"Amy\"", "two\nlines"]);
        assert_eq!(sheet.rows[1].cells, ["Bob", ""]);
        assert_eq!(sheet.rows[2].cells, ["Cy", "x", "extra"]);
    }

    #[test]
    fn what_is_no_table_is_named() {
        for (bytes, expected) in [
            (b"".as_slice(), NotASheet::Empty),
            (b" \r\n\n", NotASheet::Empty),
            (b"name,phone\n", NotASheet::NoRows),
            (b"PK\x03\x04rest", NotASheet::Workbook),
            (b"\xff\xfen\0a\0", NotASheet::Binary),
        ] {
            assert_eq!(Sheet::read(bytes, Encoding::Utf8), Err(expected));
        }
        let wide = format!("{}\nx", "a,".repeat(COLUMNS));
        assert_eq!(Sheet::read(wide.as_bytes(), Encoding::Utf8), Err(NotASheet::Wide));
    }

    #[test]
    fn a_formula_is_written_as_text_and_read_as_it_was() {
        let mut writer = Writer::new();
        writer.row(["=1+1", "+886912345678", "-2", "@cmd", "\tx", "'quoted", "plain", "a,b"]);
        writer.row(["x"]);
        let file = writer.finish();
        let text = String::from_utf8(file.clone()).unwrap();
        assert_eq!(text, "\u{feff}'=1+1,'+886912345678,'-2,'@cmd,'\tx,'quoted,plain,\"a,b\"\r\nx\r\n");
        assert_eq!(cells(&file)[0], ["=1+1", "+886912345678", "-2", "@cmd", "\tx", "'quoted", "plain", "a,b"]);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_again(table in proptest::collection::vec(proptest::collection::vec("\\PC{1,8}|[=+@'\",\n-]{1,4}", 3), 2..6)) {
            let mut writer = Writer::new();
            for row in &table {
                writer.row(row);
            }
            let blank = |row: &Vec<String>| row.iter().all(|cell| cell.trim().is_empty());
            // One apostrophe before a formula cannot be told from ours.
            proptest::prop_assume!(!table.iter().any(|row| blank(row) || row.iter().any(|cell| from_cell(cell) != cell)));
            proptest::prop_assert_eq!(cells(&writer.finish()), table);
        }
    }
}
